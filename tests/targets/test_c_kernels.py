"""Emitted C of kernels: what its functions are called and say, and that they give the codes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lutgen import toolchain
from lutgen.errors import UsageError
from lutgen.request import Side
from lutgen.solution import Solution, Verdict
from lutgen.targets import Options, _c_replay, c
from lutgen.targets._c_replay_plan import Plan
from tests.targets import c_kernels as kernels
from tests.targets.c_kernels import solved, wrapped
from tests.targets.test_c_compilers import (
    COMPILERS,
    HEADER,
    SANITIZERS,
    SPLIT,
    compiled,
    data_bytes,
    failed,
    replayed,
    sanitized,
    written,
)
from tests.tools import require_tool

AT_RANDOM = range(12)


def text(solution: Solution, options: Options = HEADER) -> str:
    """Return the emitted files in a row."""
    return "".join(a.content.decode("ascii") for a in c.emit(solution, options))


def declarations(solution: Solution) -> list[str]:
    """Return the declarations of a split header's functions, in one line each."""
    header = c.emit(solution, SPLIT)[0].content.decode("ascii")
    found = re.findall(r"^((?:void|u?int\w*) [^;{}]*\([^;{}]*\));", header, re.M)
    return [" ".join(each.split()) for each in found]


# What the functions are called


SIGNATURES = {
    "glu": [
        "int8_t glu_s8(int8_t a, int8_t b)",
        "void glu_s8_n(const int8_t *a, const int8_t *b, int8_t *out, size_t n)",
        "void glu_s8_halves(const int8_t *in, int8_t *out, size_t n)",
        "void glu_s8_interleaved(const int8_t *in, int8_t *out, size_t n)",
        "int glu_s8_selftest(void)",
    ],
    "crelu": [
        "void crelu_s8(int8_t x, int8_t *positive, int8_t *negative)",
        "void crelu_s8_n(const int8_t *in, int8_t *positive, int8_t *negative, size_t n)",
        "int crelu_s8_selftest(void)",
    ],
    "softmax": [
        "void softmax_s8(const int8_t *in, int8_t *out, size_t n)",
        "void softmax_s8_rows(const int8_t *in, int8_t *out, size_t rows, size_t n)",
    ],
    "dynamic_relu_run_time": [
        "int8_t dynamic_relu_run_time_s8(int8_t x, int8_t context)",
        "void dynamic_relu_run_time_s8_n(const int8_t *in, int8_t context, int8_t *out, size_t n)",
        "int dynamic_relu_run_time_s8_selftest(void)",
    ],
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_functions_have_these_signatures(name: str) -> None:
    assert declarations(solved(name)) == SIGNATURES[name]


def test_a_channel_is_one_number_for_an_array() -> None:
    (prelu,) = [s for s in kernels.catalogue(8) if s.spec.name == "prelu_None_8"]

    assert declarations(prelu)[:2] == [
        "int8_t prelu_None_8(int8_t x, uint8_t channel)",
        "void prelu_None_8_n(const int8_t *in, uint8_t channel, int8_t *out, size_t n)",
    ]


@pytest.mark.parametrize(
    ("gate", "halves", "interleaved"),
    [("second", "glu_s8(in[i], in[n + i])", "glu_s8(in[2u * i], in[2u * i + 1u])"),
     ("first", "glu_s8(in[n + i], in[i])", "glu_s8(in[2u * i + 1u], in[2u * i])")],
)
def test_the_order_of_a_joined_row_is_told(gate: str, halves: str, interleaved: str) -> None:
    content = text(solved("glu", settings={"gate": gate}))
    words = " ".join(re.sub(r"\n \* +: ", " ", content).split())
    gate_place, other = ("second", "first") if gate == "second" else ("first", "second")

    assert f"the gate is the {gate} half of a joined row" in words
    assert f"in its {gate_place} half those of b, the gate" in words
    assert f"in its {other} half those of a" in words
    assert f"out[i] = {halves} for i below n." in words
    assert f"out[i] = {interleaved} for i below n." in words


def test_there_are_no_joined_rows_of_two_formats() -> None:
    mixed = solved("glu", inputs={"in2": Side("in2", scale="1/8", zero_point="0")})

    assert "_halves" not in text(mixed) and "_interleaved" not in text(mixed)


@pytest.mark.parametrize("options", [HEADER, SPLIT], ids=lambda options: options.c_layout)
def test_files_are_printable_ascii_in_short_lines(options: Options) -> None:
    for each in (*kernels.catalogue(8), *kernels.odd_formats()):
        content = text(each, options)

        assert re.fullmatch(r"[\n -~]*", content)
        assert not re.search(r" \n|//|\n\n\n|\?\?", content)
        assert [line for line in content.splitlines() if len(line) > 118] == []


def test_two_emissions_have_the_same_bytes() -> None:
    assert text(solved("softmax")) == text(solved("softmax"))


@pytest.mark.parametrize(("kernel", "name"), [
    ("softmax", "rows"), ("softmax", "whole"), ("crelu", "positive"), ("maxout_inputs", "x2"),
    ("dy_relu_run_time", "a1"),
])
def test_a_name_that_a_parameter_would_hide_is_refused(kernel: str, name: str) -> None:
    solution = solved(kernel)

    with pytest.raises(UsageError, match="--name"):
        c.emit(replace(solution, spec=replace(solution.spec, name=name)), Options())


def test_what_cannot_be_run_on_every_input_has_no_selftest_and_says_so() -> None:
    assert "self-test   none here" in text(solved("softmax"))
    assert "selftest(" not in text(solved("softmax"))
    assert "selftest(" in text(solved("glu")) and "self-test   none" not in text(solved("glu"))


def test_arrays_that_may_be_the_same_are_told() -> None:
    apart = kernels.built("softmax", output=Side("out", bits=16))

    assert "The arrays must not overlap." in " ".join(text(apart).split())
    assert "The arrays may be the same one" in " ".join(text(solved("softmax")).split())


def test_a_row_is_taken_in_the_types_that_are_proved() -> None:
    """No number of 64 bits in the softmax of short rows; the quotients are of 32 bits."""
    few = text(solved("softmax", settings={"max_n": 16}))
    many = text(solved("softmax"))

    for each in (few, many):
        body = each[each.index("_weight_of("):]
        assert not re.search(r"\bu?int64_t\b", body)
        assert re.findall(r"u / \(uint\d+_t\)", body) == ["u / (uint32_t)"] * 2
    assert "distance" not in many[many.index("_weight_of("):]


# Facts


def test_the_macros_have_the_formats_values(tmp_path: Path) -> None:
    sides = {"in": Side("in", scale="0.047f", zero_point="-3"),
             "in2": Side("in2", scale="1/33", zero_point="100", unsigned=True)}
    gate = solved("glu", inputs=sides, name="gate")
    written(tmp_path, gate, solved("softmax", settings={"max_n": 77}), solved("crelu"))
    names = ("IN_SCALE", "IN_ZERO_POINT", "IN2_SCALE", "IN2_ZERO_POINT", "OUT_ZERO_POINT",
             "MAX_ERROR_LSB")
    numbers = "".join(f'printf("%.9g\\n", (double)GATE_{name});' for name in names)
    main = (
        '#include <stdio.h>\n#include "gate.h"\n#include "softmax_s8.h"\n#include "crelu_s8.h"\n'
        f"int main(void) {{ {numbers} puts(GATE_TABLE_SHA256); puts(GATE_IN2_SCALE_EXACT);"
        'printf("%d %d %d\\n", SOFTMAX_S8_MAX_N, CRELU_S8_POSITIVE_ZERO_POINT,'
        " CRELU_S8_NEGATIVE_ZERO_POINT); return 0; }\n"
    )

    lines = compiled("gcc", main=main, folder=tmp_path).decode().splitlines()

    spec = gate.spec
    assert [float(line) for line in lines[:5]] == [
        pytest.approx(float(spec.inputs["a"].scale)), -3,
        pytest.approx(float(spec.inputs["b"].scale)), 100, spec.output.zero_point,
    ]
    assert 0 <= float(lines[5]) - gate.report.max_lsb < 2e-6
    assert lines[6:] == [gate.codes_sha256, "1/33", "77 -128 -128"]


def test_the_error_of_what_is_not_run_on_every_input_is_the_proved_one() -> None:
    solution = solved("softmax")
    error = float(re.search(r"MAX_ERROR_LSB (\S+)f", text(solution))[1])

    assert 0 <= error - float(solution.report.bound_lsb) < 2e-6
    assert error > solution.report.max_lsb
    assert "one that no input passes" in text(solution)


# Every compiler


def assert_replayed(folder: Path, *solutions: Solution, options: Options = HEADER) -> None:
    """Replay solutions with every compiler and check that all pass."""
    for name in COMPILERS:
        require_tool(name)
    verdicts = replayed(folder, *solutions, options=options)

    assert failed(verdicts) == []
    assert len(verdicts) == len(solutions) * len(COMPILERS)
    assert {v.codes for v in verdicts} == {s.report.stimulus.count for s in solutions}


@pytest.mark.parametrize("bits", [8, 16])
def test_every_kernel_gives_the_programs_codes(bits: int, tmp_path: Path) -> None:
    assert_replayed(tmp_path, *kernels.catalogue(bits))


def test_kernels_of_odd_formats_give_the_programs_codes(tmp_path: Path) -> None:
    assert_replayed(tmp_path, *kernels.odd_formats())


def test_split_files_link(tmp_path: Path) -> None:
    found = [solved(name) for name in ("glu", "crelu", "softmax", "evonorm_s0_run_time")]

    assert_replayed(tmp_path, *found, options=SPLIT)


def programs() -> list[Solution]:
    """Return the programs at the corners, and the random ones."""
    made = [*kernels.rows_by_hand(), *kernels.numbers_by_hand()]
    made += map(kernels.several_at_random, AT_RANDOM)
    made += map(kernels.rows_at_random, AT_RANDOM)
    return [wrapped(*each) for each in made]


def test_programs_of_all_operations_give_the_programs_codes(tmp_path: Path) -> None:
    assert_replayed(tmp_path, *programs())


@pytest.mark.parametrize("compiler", list(SANITIZERS))
def test_nothing_is_undefined_or_read_out_of_bounds(compiler: str, tmp_path: Path) -> None:
    require_tool(compiler)
    names = ("glu", "crelu", "softmax", "log_softmax", "dynamic_relu_run_time")
    found = [*map(solved, names), *kernels.odd_formats(), *programs()]

    assert failed(sanitized(compiler, written(tmp_path, *found), *found)) == []


# Planted faults


def spoiled(
    folder: Path, solution: Solution, old: str, new: str, options: Options = HEADER
) -> tuple[Verdict, ...]:
    """Replay a kernel whose files were edited after they were written."""
    for name in COMPILERS:
        require_tool(name)
    written(folder, solution, options=options)
    edited = False
    for path in folder.glob(f"{solution.spec.name}.*"):
        content = path.read_text(encoding="ascii")
        changed, count = re.subn(old, new, content, count=1, flags=re.S)
        path.write_text(changed, encoding="ascii")
        edited |= bool(count)
    assert edited
    return c.replay(folder, (solution,), options)


FAULTS = {
    "an entry": ("glu", r"/\*   8 \*/ +\d+,", "/*   8 */ 1,"),
    "the wrong half": ("glu", r"in\[n \+ i \+ 1u\]", "in[n + i]"),
    "the wrong neighbour": ("glu", r"in\[2u \* \(i \+ 2u\) \+ 1u\]", "in[2u * (i + 2u)]"),
    "a tail left out": ("glu", r"for \(; i < n; i\+\+\)", "for (; i + 1u < n; i++)"),
    "inputs exchanged": ("glu", r"glu_s8\(a\[i\], b\[i\]\);", "glu_s8(b[i], a[i]);"),
    "outputs exchanged": (
        "crelu", r"&positive\[i\], &negative\[i\]\);\n    }\n}",
        "&negative[i], &positive[i]);\n    }\n}",
    ),
    "written too early": (
        "crelu", r"(    crelu_s8)\(in\[i\]", r"    positive[i] = 0;\n\1(in[i]"
    ),
    "a context for one element": ("dynamic_relu_run_time", r"\+ 3u\], slope, intercept\)",
                                  "+ 3u], slope, intercept + 9999)"),
    "a maximum of too few": (
        "softmax", r"(peak = in\[i\] > peak \? )in\[i\]( : peak;\n    }\n    /)", r"\1peak\2"
    ),
    "a sum carried on wrongly": ("softmax", r"sum_part &= 0x3FF;", "sum_part &= 0x7FF;"),
    "a pointer beside": ("softmax", r"\[255\] - peak", "[254] - peak"),
    "another row": ("softmax", r"&in\[row \* n\]", "&in[row]"),
    "rows left out": ("softmax", r"row < rows", "row + 1u < rows"),
    "nothing for no element": ("softmax", r"if \(n == 0u\)", "if (n == 1u)"),
    "an element beyond": ("glu", r"(    for \(; i < n; i\+\+\) {\n[^}]*}\n)",
                          r"\1    if (n != 0u) { out[n] = out[n - 1u]; }\n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    kernel, old, new = FAULTS[fault]
    verdicts = spoiled(tmp_path, solved(kernel), old, new)

    assert len(verdicts) == len(COMPILERS)
    assert [v for v in verdicts if v.passed] == []


def test_both_kinds_of_multiplication_are_run(tmp_path: Path) -> None:
    verdicts = spoiled(tmp_path, solved("softmax"), r"\(factor\) << \(32 - \(bits\)\)",
                       "(factor) << (31 - (bits))")
    assert {v.tool for v in verdicts if v.passed} == {v.tool for v in verdicts if "c++" in v.tool}

    verdicts = spoiled(tmp_path, solved("softmax"), r"\(\(number\) \* \(factor\)\) >> \(bits\)",
                       "((number) * (factor)) >> (bits + 1)")
    assert {v.tool for v in verdicts if v.passed} == {v.tool for v in verdicts if "c99" in v.tool}


def test_a_wrong_selftest_is_found(tmp_path: Path) -> None:
    verdicts = spoiled(tmp_path, solved("glu"), r"crc == 0x\w+u \?", "crc == 0x12345678u ?")

    assert all("self-test returns 1 with 0 wrong codes" in verdict.problem for verdict in verdicts)


def test_a_selftest_of_both_outputs_finds_a_wrong_one(tmp_path: Path) -> None:
    old, new = r"\*negative = \(int8_t\)\(", r"*negative = (int8_t)(x == 3 ? 5 : "
    verdicts = spoiled(tmp_path, solved("crelu"), old, new)

    assert [(v.mismatches, v.problem) for v in verdicts] == [(1, "")] * len(COMPILERS)


# Use in a project


@pytest.mark.parametrize("compiler", COMPILERS)
def test_headers_of_kernels_stand_beside_each_other_unused(compiler: str, tmp_path: Path) -> None:
    require_tool(compiler)
    found = [solved(name) for name in ("glu", "crelu", "softmax", "softmin", "maxout_inputs")]
    written(tmp_path, *found)
    include = "".join(f'#include "{each.spec.name}.h"\n' for each in found)
    language = "-std=c++11" if "+" in compiler else "-std=c99"

    compiled(compiler, main=f"{include}{include}int main(void) {{ return 0; }}\n",
             folder=tmp_path, language=language)


def test_tables_of_rows_can_be_placed_and_read_by_macros(tmp_path: Path) -> None:
    written(tmp_path, solved("softmax"))
    main = (
        '#define LUTGEN_STORAGE __attribute__((section(".itcm_data")))\n'
        "static unsigned reads;\n"
        "#define LUTGEN_READ_8(entry) (reads++, *(entry))\n"
        "#define LUTGEN_READ_16(entry) (reads++, *(entry))\n"
        "#define LUTGEN_READ_32(entry) (reads++, *(entry))\n"
        "#define LUTGEN_READ_64(entry) (reads++, *(entry))\n"
        '#include "softmax_s8.h"\n'
        "int main(void) { int8_t row[2] = {5, -100}; softmax_s8(row, row, 2u);"
        " return row[0] == 127 && row[1] == -128 && reads == 4u ? 0 : 1; }\n"
    )
    require_tool("gcc")

    compiled("gcc", main=main, folder=tmp_path)

    assert b".itcm_data" in (tmp_path / "main").read_bytes()


# Where int has 16 bits


AVR_MAIN = """
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
{before}
{includes}
{arrays}

static void put(uint8_t character)
{{
    while ((UCSR0A & (1 << UDRE0)) == 0) {{
    }}
    UDR0 = character;
}}

static void put_codes(const void *codes, uint16_t size)
{{
    const uint8_t *const bytes = (const uint8_t *)codes;
    uint16_t i;

    for (i = 0u; i < size; i++) {{
        put((uint8_t)('a' + (bytes[i] >> 4)));
        put((uint8_t)('a' + (bytes[i] & 15u)));
        if (i % 32u == 31u) {{
            put('\\n');
        }}
    }}
    put('\\n');
}}

int main(void)
{{
    UCSR0B = 1 << TXEN0;
{calls}
    cli();
    sleep_enable();
    sleep_cpu();
    return 0;
}}
"""

AVR_ELEMENTS = 96


def on_avr(
    folder: Path, *solutions: Solution, before: str = "", flags: tuple[str, ...] = ()
) -> None:
    """Run array and row functions on a simulated ATmega2560 and check their outputs."""
    tool, simulator = require_tool("avr-gcc"), require_tool("simavr")
    written(folder, *solutions)
    arrays, calls, wanted = "", "", []
    for each in solutions:
        made, call, codes = _avr_case(each)
        arrays, calls, wanted = arrays + made, calls + call, [*wanted, *codes]
    includes = "\n".join(f'#include "{each.spec.name}.h"' for each in solutions)
    (folder / "main.c").write_text(
        AVR_MAIN.format(before=before, includes=includes, arrays=arrays, calls=calls)
    )
    warnings = [w for w in _c_replay.WARNINGS if w != "-Wpedantic"]
    toolchain.run(tool, [
        *tool.command, "-std=gnu99", "-O2", "-mmcu=atmega2560", *warnings, *flags,
        "main.c", "-o", "main.elf",
    ], folder=folder)
    output = toolchain.run(simulator, [
        "sh", "-c", 'exec "$@" 2>&1', "sh",
        *simulator.command, "-m", "atmega2560", "-f", "16000000", "main.elf",
    ], folder=folder)
    plain = re.sub(r"\x1b\[\d*m", "", output.decode("ascii"))
    letters = "".join(re.findall(r"^([a-p]+)\.\r?$", plain, re.M))
    found = bytes(
        (ord(a) - 97) * 16 + ord(b) - 97 for a, b in zip(letters[::2], letters[1::2], strict=True)
    )
    assert len(found) == sum(map(len, wanted)), "the simulator's output is not complete"
    assert found == b"".join(wanted), "wrong codes"


def _avr_case(solution: Solution) -> tuple[str, str, list[bytes]]:
    """Return arrays of inputs, a call of the array function, and what it gives."""
    name, plan = solution.spec.name, Plan.of(solution)
    face = plan.interface
    table = next(calls.table for calls in plan.calls if calls.form in ("row", "n"))
    # The last row of a fitting length, or the first call.
    places = [row for row in table.tolist() if row[1] <= AVR_ELEMENTS] or [table[0].tolist()]
    start, count, *once = places[-1]
    count = min(count, AVR_ELEMENTS)
    here = slice(start, start + count)
    made, sources = "", []
    for each in face.inputs:
        if not each.array:
            sources.append(f"({each.type}){once[face.once.index(each)]}")
            continue
        codes = ", ".join(str(code) for code in plan.arrays[each.port][here].tolist())
        made += f"static const {each.type} {name}_{each.port}[] = {{{codes}}};\n"
        sources.append(f"{name}_{each.port}")
    call, wanted = "", []
    for output in face.outputs:
        made += f"static {output.type} {name}_{output.name}_out[{count}];\n"
        call += f"    put_codes({name}_{output.name}_out, sizeof({name}_{output.name}_out));\n"
        codes = plan.wanted_arrays[output.name][here]
        wanted.append(codes.astype(f"<{output.type.numpy}").tobytes())
    sinks = [f"{name}_{output.name}_out" for output in face.outputs]
    function = name if solution.program.takes_rows else f"{name}_n"
    return made, f"    {function}({', '.join([*sources, *sinks])}, {count}u);\n{call}", wanted


def test_an_avr_gets_the_same_codes(tmp_path: Path) -> None:
    found = [solved(name) for name in ("glu", "crelu", "softmax", "log_softmax")]
    found += [kernels.built(name, bits=16) for name in ("softmax", "swiglu", "bilinear")]
    made = [*kernels.rows_by_hand(), *map(kernels.rows_at_random, range(6)),
            *map(kernels.several_at_random, range(0, 12, 3))]
    # No object of theirs has more than 32 KiB.
    made = [each for each in made if "u12" not in each[0].name]

    on_avr(
        tmp_path, *found, *(wrapped(*each) for each in made),
        before="#include <avr/pgmspace.h>",
    )


@pytest.mark.parametrize(
    ("before", "flags"),
    [("#include <avr/pgmspace.h>", ()),
     ("", ("-DLUTGEN_STORAGE=__flash", "-DLUTGEN_SPACE=__flash"))],
    ids=["PROGMEM", "__flash"],
)
def test_avr_tables_can_stay_in_flash(before: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    on_avr(tmp_path, solved("glu"), solved("softmax", settings={"max_n": 16}), before=before,
           flags=flags)

    assert data_bytes(tmp_path / "main.elf") < 400


def test_the_avr_check_sees_a_missing_cast(tmp_path: Path, monkeypatch) -> None:
    solution = kernels.built("bilinear", bits=12)
    emit = c.emit

    def without_casts(each: Solution, options: Options):
        found = emit(each, options)
        assert b"(int32_t)a * b" in found[0].content
        return tuple(
            a.__class__(a.path, a.content.replace(b"(int32_t)a * b", b"a * b"), a.target)
            for a in found
        )

    monkeypatch.setattr(c, "emit", without_casts)

    with pytest.raises(AssertionError, match="wrong codes"):
        on_avr(tmp_path, solution)


def test_a_kernel_of_many_inputs_is_run_on_windows_of_them() -> None:
    plan = Plan.of(solved("dy_relu_run_time"))
    calls = plan.calls[0].table

    assert len(calls) > 900 and (calls[:, 1] == 64).all()
    assert len(np.unique(calls[:, 2:], axis=0)) == len(calls)
