"""C99: a header to include, or a header and a source, with scalar and array functions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from zlib import crc32

from lutgen.errors import UsageError
from lutgen.program import Program, ops
from lutgen.rendering import render
from lutgen.solution import Artifact, Solution, Verdict
from lutgen.targets import Options
from lutgen.targets._c_expressions import Function
from lutgen.targets._c_tables import Array, Search
from lutgen.targets._c_types import CType
from lutgen.targets._literals import (
    block_comment,
    decimal_above,
    float32,
    float32_hex,
    integer,
    rows,
)
from lutgen.targets._provenance import provenance

DIRECT_ROUND, SHORT_ROUND, SHORT_PROGRAM = 8, 4, 16
"""Elements per round of the array function: of a direct table, and of a short program.

Measured with benchmarks/c_kernels.py: more gains nothing with gcc -O2, and a long program or a
search hides the cost of its loop.
"""

PARAMETERS = ("in", "out", "n")
"""The array function's; a function of that name could not be called there."""

ALIGNMENT = 4
"""Bytes; a table starts on a word, so that it can be copied and compared word by word."""


_KINDS = {"header": ("header.h",), "split": ("split.h", "split.c")}
"""The templates of each layout; the last letter is the file's."""


def outputs(name: str, options: Options) -> tuple[str, ...]:
    """Return the paths of the files of ``emit``."""
    return tuple(f"{name}.{kind[-1]}" for kind in _KINDS[options.c_layout])


def emit(solution: Solution, options: Options) -> tuple[Artifact, ...]:
    """Return ``NAME.h``, and ``NAME.c`` where the layout is split.

    Raises:
        UsageError: the name is a parameter's of the array function.
    """
    if solution.spec.name in PARAMETERS:
        raise UsageError.about(
            "--name", "is the name of a parameter in C", solution.spec.name, "choose a longer name"
        )
    name, view = solution.spec.name, _view(solution, options)
    return tuple(
        Artifact(PurePosixPath(path), render(f"c/{kind}.jinja", **view), "c")
        for path, kind in zip(outputs(name, options), _KINDS[options.c_layout], strict=True)
    )


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Compile the files with every compiler found and run them on every input code.

    The scalar function, the array function and the self-test are all run; the output is compared
    bit for bit with the program's.
    """
    from lutgen.targets import _c_replay

    return _c_replay.replay(folder, solutions, options)


def _view(solution: Solution, options: Options) -> dict[str, object]:
    """Return what the templates show, as flat texts, integers and tuples."""
    function = Function(solution.program)
    stem, alone = solution.spec.name, options.c_layout == "header"
    inline = "static inline " if alone else ""
    arrays = [_array_view(array) for array in function.arrays]
    return {
        "provenance": "\n".join(f" * {line}".rstrip() for line in _provenance(solution, function)),
        "guard": f"LUTGEN_{stem.upper()}_H",
        "header": f"{stem}.h",
        "macros": tuple(_macros(solution)),
        "linkage": "static " if alone else "",
        "arrays": tuple(arrays),
        "declarations": tuple((meaning, text) for _, text, meaning, _ in arrays),
        "searches": tuple(map(_search_view, function.searches)),
        **_scalar_view(stem, inline, function),
        **_array_function_view(stem, inline, function, solution.program),
        **_selftest_view(solution, inline, function),
    }


def _scalar_view(stem: str, inline: str, function: Function) -> dict[str, object]:
    text = "Returns the output code for an input code."
    if function.reduces:
        text += f" Bits above its low {function.input_format.width} do not count."
    return {
        "scalar_text": _comment(text),
        "scalar": (
            f"{inline}{function.output_type} {stem}({function.input_type} {function.parameter})"
        ),
        "body": _indented(function.statements),
    }


def _array_function_view(
    stem: str, inline: str, function: Function, program: Program
) -> dict[str, object]:
    return {
        "array_text": _comment(
            f"out[i] = {stem}(in[i]) for i below n. The arrays may be the same one, but must not "
            "overlap otherwise."
        ),
        "array": (
            f"{inline}void {stem}_n(const {function.input_type} *in, {function.output_type} *out, "
            "size_t n)"
        ),
        "array_body": _indented(_loops(stem, _elements_per_round(program))),
    }


def _selftest_view(
    solution: Solution, inline: str, function: Function
) -> dict[str, object]:
    output_type, codes = function.output_type, solution.spec.input
    # CRC-32 of the bytes that TABLE_SHA256 hashes; the usual last inversion is done here.
    crc = crc32(solution.report.codes.astype(f"<{output_type.numpy}").tobytes()) ^ 0xFFFFFFFF
    return {
        "selftest_text": _comment(
            "Returns 0 if the output codes of all input codes have the right CRC-32. Else the "
            "table is damaged, or this compiler's >> of a negative number is not arithmetic."
        ),
        "selftest": f"{inline}int {solution.spec.name}_selftest(void)",
        "first": integer(codes.min_code),
        "last": integer(codes.max_code),
        "output_bits": (
            f"({CType(output_type.bits, False)}){solution.spec.name}(({function.input_type})code)"
        ),
        "bits": output_type.bits,
        "crc": f"0x{crc:08X}u",
    }


def _provenance(solution: Solution, function: Function) -> list[str]:
    """Return the lines of the notice at the top of every file."""
    tables = ", ".join(f"{array.name}[{len(array.values)}]" for array in function.arrays)
    storage = f"{solution.report.storage_bytes} bytes" + (f": {tables}" if tables else "")
    return provenance(solution, [("storage", storage), ("order", _order(solution))])


def _order(solution: Solution) -> str:
    """Return how a direct table is ordered; nothing for other programs."""
    if not solution.program.is_direct:
        return ""
    codes = solution.spec.input
    if not codes.signed:
        return "the entry at i is for input code i"
    return (
        f"the entry at i is for the input code whose bits, read as unsigned, are i: 0 to "
        f"{codes.max_code}, then {codes.min_code} to -1"
    )


def _macros(solution: Solution) -> list[tuple[str, str]]:
    """Return the names and texts of the facts that a program may need."""
    spec, prefix = solution.spec, solution.spec.name.upper()
    found = []
    for side, number_format in (("IN", spec.input), ("OUT", spec.output)):
        scale = number_format.scale
        found += [
            (f"{prefix}_{side}_SCALE", f"{float32(scale)} /* {float32_hex(scale)} */"),
            (f"{prefix}_{side}_SCALE_EXACT", f'"{scale}"'),
            (f"{prefix}_{side}_ZERO_POINT", _macro_integer(number_format.zero_point)),
        ]
    return [
        *found,
        (f"{prefix}_MAX_ERROR_LSB", f"{decimal_above(solution.report.max_lsb, 6)}f"),
        (f"{prefix}_TABLE_SHA256", f'"{solution.codes_sha256}"'),
    ]


def _macro_integer(number: int) -> str:
    text = integer(number)
    return f"({text})" if text.startswith("-") else text


def _array_view(array: Array) -> tuple[object, ...]:
    """Return the alignment, the declaration, the comment and the rows of a table."""
    return (
        max(ALIGNMENT, array.type.bits // 8),
        f"{array.type} {array.name}[{len(array.values)}]",
        _comment(array.meaning),
        rows(array.values, per_row=8 if array.type.bits <= 16 else 4),
    )


def _search_view(search: Search) -> tuple[object, ...]:
    """Return the declaration, the table, the steps and the result of a search."""
    return (
        f"{search.result} {search.name}({search.argument} value)",
        search.array.name,
        _indented(search.steps),
        f"({search.result})count",
    )


def _comment(text: str) -> str:
    return "\n".join(block_comment(text))


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" if line else "" for line in lines)


def _loops(stem: str, step: int) -> list[str]:
    """Return the statements of the array function, ``step`` elements in a round."""
    if step == 1:
        return ["size_t i;", "", "for (i = 0u; i < n; i++) {", f"    out[i] = {stem}(in[i]);", "}"]
    further = [f"    out[i + {j}u] = {stem}(in[i + {j}u]);" for j in range(1, step)]
    return [
        f"/* Rounds of {step}.  The exact != lets compilers count by the pointers alone. */",
        f"const size_t whole = n - n % {step}u;",
        "size_t i;",
        "",
        f"for (i = 0u; i != whole; i += {step}u) {{",
        f"    out[i] = {stem}(in[i]);",
        *further,
        "}",
        "for (; i < n; i++) {",
        f"    out[i] = {stem}(in[i]);",
        "}",
    ]


def _elements_per_round(program: Program) -> int:
    """Return how many elements each round of the array function's loop takes."""
    if program.is_direct:
        return DIRECT_ROUND
    kinds = [type(value.op) for value in program.values]
    steps = len(kinds) - kinds.count(ops.Const)
    return 1 if ops.Segment in kinds or steps > SHORT_PROGRAM else SHORT_ROUND
