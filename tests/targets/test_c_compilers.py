"""Emitted C through real compilers: bit for bit, without warnings, faults seen."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lutgen import toolchain
from lutgen.errors import ToolError
from lutgen.solution import Solution, Verdict
from lutgen.spec import Method
from lutgen.targets import Options, _c_replay, _literals, c
from lutgen.targets._c_replay import Compiler
from lutgen.targets._c_types import code_type
from tests.targets import programs
from tests.targets.programs import sides, solution, wrapped
from tests.tools import require_tool

COMPILERS = ("gcc", "clang", "g++", "clang++")
HEADER, SPLIT = Options(c_layout="header"), Options(c_layout="split")

FORMATS = {
    "s8": ("gelu", {}),
    "s16": ("gelu", {"bits": 16}),
    "u8": ("sigmoid", sides(8, 8, input_unsigned=True, output_unsigned=True)),
    "s8_to_u8": ("sigmoid", sides(8, 8, output_unsigned=True)),
    "s6": ("tanh", {"bits": 6}),
    "u6": ("sigmoid", sides(6, 6, input_unsigned=True)),
    "s12": ("tanh", {"bits": 12}),
    "u12": ("tanh", sides(12, 12, input_unsigned=True)),
    "s8_to_s16": ("tanh", sides(8, 16)),
    "s16_to_s8": ("tanh", sides(16, 8)),
}


@pytest.fixture(scope="module", autouse=True)
def compilers() -> None:
    for name in COMPILERS:
        require_tool(name)


def written(folder: Path, *solutions: Solution, options: Options = HEADER) -> Path:
    """Write the files of the solutions into ``folder`` and return it."""
    for each in solutions:
        for artifact in c.emit(each, options):
            (folder / artifact.path).write_bytes(artifact.content)
    return folder


def failed(verdicts: tuple[Verdict, ...]) -> list[Verdict]:
    return [verdict for verdict in verdicts if not verdict.passed]


def replayed(folder: Path, *solutions: Solution, options: Options = HEADER) -> tuple[Verdict, ...]:
    return c.replay(written(folder, *solutions, options=options), solutions, options)


def compiled(
    compiler: str, *arguments: str, main: str, folder: Path, language: str = "-std=c99"
) -> bytes:
    """Compile a main program in ``folder`` with all warnings, run it, return its stdout."""
    tool = require_tool(compiler)
    (folder / "main.c").write_text(main, encoding="ascii")
    kind = () if language == "-std=c99" else ("-x", "c++")
    command = [*tool.command, *kind, language, *_c_replay.WARNINGS, *arguments]
    toolchain.run(tool, [*command, "main.c", "-o", "main"], folder=folder)
    return toolchain.run("main", [folder / "main"], folder=folder)


# Every code, every compiler


@pytest.mark.parametrize("options", [HEADER, SPLIT], ids=lambda options: options.c_layout)
def test_tables_of_all_formats_give_the_programs_codes(tmp_path: Path, options: Options) -> None:
    solutions = [
        solution(name, name=f"f_{label}", **request)
        for label, (name, request) in FORMATS.items()
    ]

    verdicts = replayed(tmp_path, *solutions, options=options)

    assert failed(verdicts) == []
    assert len(verdicts) == len(solutions) * len(COMPILERS)
    assert {v.codes for v in verdicts} == {2**6, 2**8, 2**12, 2**16}


def test_programs_of_all_operations_give_the_programs_codes(tmp_path: Path) -> None:
    solutions = list(map(wrapped, [*programs.by_hand(), *map(programs.at_random, range(24))]))

    verdicts = replayed(tmp_path, *solutions)

    assert failed(verdicts) == []
    assert len(verdicts) == len(solutions) * len(COMPILERS)


def test_every_method_gives_the_programs_codes(tmp_path: Path) -> None:
    solutions = [
        solution("tanh", bits=bits, name=f"tanh_{method}_{bits}", method=Method(method))
        for method in ("interp", "uniform", "pwl", "quadratic") for bits in (8, 16)
    ]

    verdicts = replayed(tmp_path, *solutions)

    assert failed(verdicts) == []
    assert len(verdicts) == len(solutions) * len(COMPILERS)


FRAMES = [
    ("gelu", "lut", "residual", {}), ("elu", "lut", "residual", {"bits": 16}),
    ("softplus", "pwl", "residual", {}), ("srelu", "uniform", "residual", {}),
    ("gelu", "lut", "complement", {}), ("silu", "pwl", "complement", {"bits": 16}),
    ("hard_tanh", "lut", "complement", {}), ("bent_identity", "uniform", "complement", {}),
    ("relu", "steps", "complement", {}),
]


def test_every_frame_gives_the_programs_codes(tmp_path: Path) -> None:
    solutions = [
        solution(name, name=f"f{number}_{name}_{fold}",
                 method=Method(method, fold=fold, max_error="faithful"), **formats)
        for number, (name, method, fold, formats) in enumerate(FRAMES)
    ]

    verdicts = replayed(tmp_path, *solutions)

    assert failed(verdicts) == []
    assert len(verdicts) == len(solutions) * len(COMPILERS)


def test_dyadic_breakpoints_give_the_programs_codes(tmp_path: Path) -> None:
    solutions = [
        solution("gelu", bits=bits, name=f"gelu_{fold}_{bits}",
                 method=Method("pwl", breakpoints="dyadic", fold=fold, max_error="faithful"))
        for fold in ("on", "off", "residual", "complement") for bits in (8, 16)
    ]

    verdicts = replayed(tmp_path, *solutions)

    assert failed(verdicts) == []
    assert len(verdicts) == len(solutions) * len(COMPILERS)


def test_split_files_of_searches_link(tmp_path: Path) -> None:
    solutions = [
        wrapped(programs.searched_segments(31, programs.S16, "found")),
        wrapped(programs.uniform_segments()),
    ]

    assert failed(replayed(tmp_path, *solutions, options=SPLIT)) == []


SANITIZERS = {
    "gcc": ("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    # Traps, for clang's runtime libraries are seldom installed; it also sees conversions.
    "clang": ("-fsanitize=undefined,implicit-conversion",
              "-fsanitize-trap=undefined,implicit-conversion"),
}


def sanitized(compiler: str, folder: Path, *solutions: Solution) -> tuple[Verdict, ...]:
    """Replay files in ``folder`` so that undefined behaviour ends the program."""
    tool = require_tool(compiler)
    flags = ("-std=c99", "-O0", *SANITIZERS[compiler], *_c_replay.WARNINGS)
    batch = [
        _c_replay._Files(each, _c_replay._read(folder, each.spec.name, HEADER))
        for each in solutions
    ]
    return tuple(_c_replay.judge(Compiler(tool, flags, f"{tool} with sanitizers"), batch))


@pytest.mark.parametrize("compiler", list(SANITIZERS))
def test_nothing_is_undefined_or_read_out_of_bounds(compiler: str, tmp_path: Path) -> None:
    solutions = [
        solution("gelu"), solution("tanh", bits=6), solution("tanh", **sides(8, 16)),
        *map(wrapped, programs.by_hand()), *map(wrapped, map(programs.at_random, range(24))),
    ]

    assert failed(sanitized(compiler, written(tmp_path, *solutions), *solutions)) == []


@pytest.mark.parametrize("compiler", list(SANITIZERS))
def test_the_sanitizers_see_an_overflow(compiler: str, tmp_path: Path) -> None:
    solved = wrapped(programs.shifted_product())
    path = written(tmp_path, solved) / "shifted.h"
    text = path.read_text(encoding="ascii")
    path.write_text(text.replace("(product >>", "((product + 2000000000) >>"), encoding="ascii")

    (verdict,) = sanitized(compiler, tmp_path, solved)

    assert verdict.problem.startswith("the compiled program: ")


def test_the_address_sanitizer_sees_a_code_that_is_not_cut_to_its_format(tmp_path: Path) -> None:
    solved = solution("tanh", bits=6)
    path = written(tmp_path, solved) / "tanh_s6.h"
    text = path.read_text(encoding="ascii")
    path.write_text(text.replace(" & 0x3Fu", ""), encoding="ascii")

    (verdict,) = sanitized("gcc", tmp_path, solved)

    assert "out of bounds" in verdict.problem or "AddressSanitizer" in verdict.problem


# Planted faults


def spoiled(
    folder: Path, pattern: str, replacement: str, solved: Solution | None = None,
    options: Options = HEADER,
) -> tuple[Verdict, ...]:
    """Replay a table whose files were edited after they were written."""
    solved = solved or solution("gelu")
    written(folder, solved, options=options)
    paths = sorted(folder.glob(f"{solved.spec.name}.*"))
    texts = {path: path.read_text(encoding="ascii") for path in paths}
    edited = {p: re.sub(pattern, replacement, t, count=1, flags=re.S) for p, t in texts.items()}
    assert edited != texts
    for path, text in edited.items():
        path.write_text(text, encoding="ascii")
    return c.replay(folder, (solved,), options)


@pytest.mark.parametrize("options", [HEADER, SPLIT], ids=lambda options: options.c_layout)
def test_a_mutated_table_entry_is_one_mismatch(tmp_path: Path, options: Options) -> None:
    verdicts = spoiled(tmp_path, r"/\*  64 \*/  64,", "/*  64 */  65,", options=options)

    assert [verdict.mismatches for verdict in verdicts] == [1] * len(COMPILERS)
    assert not any(verdict.passed for verdict in verdicts)


def test_a_shifted_address_is_many_mismatches(tmp_path: Path) -> None:
    verdicts = spoiled(tmp_path, r"= \(uint8_t\)x;", "= (uint8_t)(x + 1);")

    assert all(verdict.mismatches > 50 for verdict in verdicts)


def test_an_array_function_that_skips_its_tail_is_found(tmp_path: Path) -> None:
    verdicts = spoiled(tmp_path, r"for \(; i < n; i\+\+\)", "for (; i + 1u < n; i++)")

    assert all(verdict.mismatches > 0 for verdict in verdicts)


def test_an_array_function_that_does_nothing_is_found(tmp_path: Path) -> None:
    verdicts = spoiled(tmp_path, r"(?<=in\[i\]\);\n    }\n)}", "    (void)whole;\n}")
    assert failed(verdicts) == []

    verdicts = spoiled(tmp_path, r"size_t whole = n - n % 8u;", "size_t whole = 0u * n; return;")
    assert all(not verdict.passed for verdict in verdicts)


@pytest.mark.parametrize(("macro", "value"), [
    ("OUT_ZERO_POINT 0", "OUT_ZERO_POINT 5"),
    ("IN_SCALE 0.0625f", "IN_SCALE 0.125f"),
    ('IN_SCALE_EXACT "1/16"', 'IN_SCALE_EXACT "1/8"'),
])
def test_a_macro_with_another_value_is_found(tmp_path: Path, macro: str, value: str) -> None:
    found = spoiled(tmp_path, macro, value)

    assert all(f"the macro GELU_S8_{macro.split()[0]} has" in v.problem for v in found)


def test_a_wrong_selftest_is_found(tmp_path: Path) -> None:
    verdicts = spoiled(tmp_path, r"return crc == 0x\w+u", "return crc == 0x12345678u")

    assert all("self-test returns 1 with 0 wrong codes" in verdict.problem for verdict in verdicts)


def test_a_selftest_that_always_agrees_is_found(tmp_path: Path) -> None:
    solved = solution("gelu")
    written(tmp_path, solved)
    path = tmp_path / "gelu_s8.h"
    text = path.read_text(encoding="ascii").replace("/*  64 */  64,", "/*  64 */  65,")
    path.write_text(re.sub(r"\? 0 : 1;", "? 0 : 0;", text), encoding="ascii")

    assert all("self-test returns 0" in v.problem for v in c.replay(tmp_path, (solved,), HEADER))


def test_a_logical_shift_is_found_by_the_selftest(tmp_path: Path) -> None:
    solved = wrapped(programs.shifted_product())
    verdicts = spoiled(tmp_path, r"\(product >> 20\)", "((uint32_t)product >> 20)", solved)

    assert all(verdict.mismatches > 0 and not verdict.problem for verdict in verdicts)


@pytest.mark.parametrize(
    ("pattern", "replacement", "reason"),
    [
        (r"return \(int8_t\)", r"int idle; \g<0>", "idle"),
        (r"#ifndef LUTGEN_GELU", "#error broken\n#ifndef LUTGEN_GELU", "broken"),
        (r"const uint8_t \w+ = \(uint8_t\)x;", r"\g<0> *(volatile char *)0 = 1;", "killed by SIG"),
        (r"const uint8_t \w+ = \(uint8_t\)x;", r"\g<0> exit(0);", "wrote 0 bytes"),
        (r".*", "", "exit code 1"),
    ],
    ids=["warning", "error", "crash", "no output", "empty"],
)
def test_what_cannot_be_run_is_a_problem_with_a_reason(
    tmp_path: Path, pattern: str, replacement: str, reason: str
) -> None:
    verdicts = spoiled(tmp_path, pattern, replacement)

    assert not any(verdict.passed for verdict in verdicts)
    assert [v for v in verdicts if reason not in v.problem] == []


def test_a_fault_is_laid_at_its_own_door(tmp_path: Path) -> None:
    good, bad, other = (solution("gelu", name=name) for name in ("good", "bad", "other"))
    written(tmp_path, good, bad, other)
    (tmp_path / "bad.h").write_text("#error broken\n", encoding="ascii")

    verdicts = c.replay(tmp_path, (good, bad, other), HEADER)

    assert {v.name for v in verdicts if not v.passed} == {"bad"}
    assert len(verdicts) == 3 * len(COMPILERS)


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    (verdict,) = c.replay(tmp_path, (solution("gelu"),), HEADER)

    assert not verdict.passed
    assert "gelu_s8.h: does not exist" in verdict.problem


def test_without_a_compiler_nothing_passes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(toolchain, "c_compilers", lambda: ())

    (verdict,) = replayed(tmp_path, solution("gelu"))

    assert not verdict.passed
    assert "no C compiler found" in verdict.problem


def test_a_cc_that_does_not_exist_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -m32")

    (verdict,) = replayed(tmp_path, solution("gelu"))

    assert not verdict.passed
    assert "no-such-compiler" in verdict.problem


# Use in a project


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_header_is_included_twice_by_two_sources_and_used_by_neither(
    compiler: str, tmp_path: Path
) -> None:
    written(tmp_path, solution("gelu"))
    include = '#include "gelu_s8.h"\n#include "gelu_s8.h"\n'
    other = f"{include}int other(void);\nint other(void) {{ return 0; }}\n"
    (tmp_path / "other.c").write_text(other)
    language = "-std=c++11" if "+" in compiler else "-std=c99"

    compiled(
        compiler, "other.c", main=f"{include}int main(void) {{ return 0; }}\n", folder=tmp_path,
        language=language,
    )


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_split_layout_has_one_table_for_all_its_users(compiler: str, tmp_path: Path) -> None:
    written(tmp_path, solution("gelu"), options=SPLIT)
    other = '#include "gelu_s8.h"\nconst int8_t *other(void);\nconst int8_t *other(void)'
    (tmp_path / "other.c").write_text(f"{other} {{ return gelu_s8_lut; }}\n")
    main = (
        '#include "gelu_s8.h"\nconst int8_t *other(void);\n'
        "int main(void) { return other() == gelu_s8_lut && gelu_s8(64) == 64 ? 0 : 1; }\n"
    )
    language = "-std=c++11" if "+" in compiler else "-std=c99"

    compiled(compiler, "other.c", "gelu_s8.c", main=main, folder=tmp_path, language=language)


def test_the_macros_have_the_formats_values(tmp_path: Path) -> None:
    solved = solution("sigmoid", name="gate")
    written(tmp_path, solved)
    names = ("IN_SCALE", "IN_ZERO_POINT", "OUT_SCALE", "OUT_ZERO_POINT", "MAX_ERROR_LSB")
    numbers = "".join(f'printf("%.9g\\n", (double)GATE_{name});' for name in names)
    exact = ("IN_SCALE_EXACT", "OUT_SCALE_EXACT", "TABLE_SHA256")
    texts = "".join(f"puts(GATE_{name});" for name in exact)
    main = (
        '#include <stdio.h>\n#include "gate.h"\n'
        f"int main(void) {{ {numbers} {texts} return 0; }}\n"
    )

    lines = compiled("gcc", main=main, folder=tmp_path).decode().split()

    spec = solved.spec
    assert [float(line) for line in lines[:4]] == [
        float(spec.input.scale), spec.input.zero_point,
        float(spec.output.scale), spec.output.zero_point,
    ]
    assert 0 <= float(lines[4]) - solved.report.max_lsb < 2e-6
    assert lines[5:] == [str(spec.input.scale), str(spec.output.scale), solved.codes_sha256]


def test_a_table_can_be_placed_aligned_and_read_by_macros(tmp_path: Path) -> None:
    written(tmp_path, solution("gelu"))
    main = (
        '#define LUTGEN_STORAGE __attribute__((section(".itcm_data")))\n'
        "static int reads;\n"
        "#define LUTGEN_READ_8(entry) (reads++, *(entry))\n"
        '#include "gelu_s8.h"\n'
        "int main(void) { return gelu_s8(64) == 64 && reads == 1"
        " && (size_t)gelu_s8_lut % 4u == 0u ? 0 : 1; }\n"
    )

    compiled("gcc", main=main, folder=tmp_path)

    assert b".itcm_data" in (tmp_path / "main").read_bytes()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_description_breaks_out_of_its_comment(compiler: str, tmp_path: Path) -> None:
    words = r"""*/ #error out /* ??/ */ // \ "quote' %s caf""" + "\u00e9 \\"
    solved = solution("gelu", description=words)
    written(tmp_path, solved)
    language = "-std=c++11" if "+" in compiler else "-std=c99"

    compiled(
        compiler, "-trigraphs", folder=tmp_path, language=language,
        main='#include "gelu_s8.h"\nint main(void) { return gelu_s8(64) == 64 ? 0 : 1; }\n',
    )
    assert _literals.comment_text(words) in (tmp_path / "gelu_s8.h").read_text().replace(
        "\n *           : ", " "
    )


def test_an_unsanitised_description_would_break_out(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_literals, "comment_text", lambda words: words)
    written(tmp_path, solution("gelu", description="*/ #error out"))

    main = '#include "gelu_s8.h"\nint main(void) { return 0; }\n'

    with pytest.raises(ToolError, match=r"gelu_s8\.h"):
        compiled("gcc", main=main, folder=tmp_path)


# Where int has 16 bits

AVR_DRIVER = """
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
{includes}

static void put(uint8_t character)
{{
    while ((UCSR0A & (1 << UDRE0)) == 0) {{
    }}
    UDR0 = character;
}}

static void put_number(uint16_t number)
{{
    int8_t shift;

    for (shift = 12; shift >= 0; shift = (int8_t)(shift - 4)) {{
        const uint8_t digit = (uint8_t)((number >> shift) & 15u);
        put((uint8_t)(digit < 10u ? '0' + digit : 'a' + digit - 10));
    }}
}}

int main(void)
{{
    int32_t code;

    UCSR0B = 1 << TXEN0;
{calls}
    put('\\n');
    cli();
    sleep_enable();
    sleep_cpu();
    return 0;
}}
"""

AVR_CALL = """
    for (code = {first}; code <= {last}; code += {step}) {{
        put_number((uint16_t){name}(({type})code));
        if (code % 16 == 0) {{
            put('\\n');
        }}
    }}
    put_number((uint16_t){name}_selftest());
"""


def on_avr(
    folder: Path, *solutions: Solution, before: str = "", flags: tuple[str, ...] = ()
) -> None:
    """Run solutions on a simulated ATmega2560 and check every output."""
    tool, simulator = require_tool("avr-gcc"), require_tool("simavr")
    written(folder, *solutions)
    calls, wanted = "", []
    for each in solutions:
        codes = each.spec.input
        # The self-test covers all codes; of 16 bits a sample is printed.
        step = 1 if codes.width <= 8 else 211
        calls += AVR_CALL.format(
            name=each.spec.name, first=_literals.integer(codes.min_code), last=codes.max_code,
            step=step, type=str(code_type(codes)),
        )
        wanted += [*each.report.codes[::step].tolist(), 0]
    includes = "\n".join([before, *(f'#include "{each.spec.name}.h"' for each in solutions)])
    (folder / "main.c").write_text(AVR_DRIVER.format(includes=includes, calls=calls))
    warnings = [w for w in _c_replay.WARNINGS if w != "-Wpedantic"]
    toolchain.run(tool, [
        *tool.command, "-std=gnu99", "-O2", "-mmcu=atmega2560", *warnings, *flags,
        "-DLUTGEN_SELFTEST", "main.c", "-o", "main.elf",
    ], folder=folder)
    # The simulator shows the serial port on stderr.
    output = toolchain.run(simulator, [
        "sh", "-c", 'exec "$@" 2>&1', "sh",
        *simulator.command, "-m", "atmega2560", "-f", "16000000", "main.elf",
    ], folder=folder)
    plain = re.sub(r"\x1b\[\d*m", "", output.decode("ascii"))
    digits = "".join(re.findall(r"^([0-9a-f]+)\.\r?$", plain, re.M))
    numbers = np.array([int(digits[i:i + 4], 16) for i in range(0, len(digits), 4)])
    assert len(numbers) == len(wanted), "the simulator's output is not complete"
    assert numbers.tolist() == [number % 2**16 for number in wanted], "wrong codes"


def test_an_avr_gets_the_same_codes(tmp_path: Path) -> None:
    arithmetic = [
        programs.uniform_segments(), programs.uniform_segments(programs.U8),
        programs.wide_arithmetic(), programs.searched_segments(31, programs.S8, "found"),
        *map(programs.at_random, range(12)),
    ]

    on_avr(tmp_path, solution("gelu"), *map(wrapped, arithmetic))


@pytest.mark.parametrize(
    ("before", "flags"),
    [("#include <avr/pgmspace.h>", ()), ("", ("-DLUTGEN_STORAGE=__flash",))],
    ids=["PROGMEM", "__flash"],
)
def test_avr_tables_can_stay_in_flash(before: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    solutions = [
        solution("gelu"), solution("tanh", **sides(8, 16)), wrapped(programs.uniform_segments()),
    ]

    on_avr(tmp_path, *solutions, before=before, flags=flags)

    assert data_bytes(tmp_path / "main.elf") < 64


def test_avr_tables_are_in_memory_otherwise(tmp_path: Path) -> None:
    on_avr(tmp_path, solution("gelu"))

    assert data_bytes(tmp_path / "main.elf") >= 256


def test_the_avr_check_sees_a_missing_cast(tmp_path: Path, monkeypatch) -> None:
    solved = wrapped(programs.uniform_segments())
    emit = c.emit

    def without_casts(each: Solution, options: Options):
        return tuple(
            a.__class__(a.path, a.content.replace(b"(int32_t)slope * x", b"slope * x"), a.target)
            for a in emit(each, options)
        )

    monkeypatch.setattr(c, "emit", without_casts)

    with pytest.raises(AssertionError, match="wrong codes"):
        on_avr(tmp_path, solved)


def data_bytes(elf: Path) -> int:
    """Return how many bytes of an AVR program are copied to memory at start."""
    size = require_tool("avr-size")
    table = toolchain.run(size, [*size.command, "-A", elf]).decode("ascii")
    return int(re.search(r"^\.data +(\d+)", table, re.M)[1])
