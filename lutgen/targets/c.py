"""C99: a header to include, or a header and a source, with scalar and array functions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from lutgen.errors import UsageError
from lutgen.rendering import render
from lutgen.solution import Artifact, Solution, Verdict
from lutgen.spec import Spec
from lutgen.targets import Options, _c_elementwise
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_facts import facts, facts_text
from lutgen.targets._c_functions import Function, Functions, folded
from lutgen.targets._c_interface import ARRAYS, Interface, reserved
from lutgen.targets._c_selftest import selftest
from lutgen.targets._c_tables import Array, Search
from lutgen.targets._c_types import running_type
from lutgen.targets._literals import own_comment, rows
from lutgen.targets._provenance import provenance

LONGEST_COMMENT = 104
"""Length of a comment in one line."""

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
        UsageError: the name is a parameter's of an array function.
    """
    name, view = solution.spec.name, _view(solution, options)
    return tuple(
        Artifact(PurePosixPath(path), render(f"c/{kind}.jinja", **view), "c")
        for path, kind in zip(outputs(name, options), _KINDS[options.c_layout], strict=True)
    )


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Compile the files with every compiler found and run them on every input code.

    The functions of single numbers, of arrays and of rows and the self-test are all run; the
    output is compared bit for bit with the program's.
    """
    from lutgen.targets import _c_replay

    return _c_replay.replay(folder, solutions, options)


def _view(solution: Solution, options: Options) -> dict[str, object]:
    """Return what the templates show, as flat texts, integers and tuples."""
    stem, alone = solution.spec.name, options.c_layout == "header"
    inline = "static inline " if alone else ""
    is_table = isinstance(solution.spec, Spec)
    fold = str if is_table else folded
    expressions = (
        Expressions(solution.program) if is_table
        else Expressions(solution.program, reserved(solution.program), running_type)
    )
    interface = Interface.of(solution, expressions.names)
    _check_name(stem, (*ARRAYS, "n") if is_table else interface.names)
    functions = _functions(solution, expressions, interface, inline)
    tests = selftest(solution, interface, inline)
    arrays = [_array_view(array) for array in expressions.arrays]
    bodies = "".join(line for each in (*functions.helpers, *functions.public) for line in each.body)
    return {
        "provenance": "\n".join(
            f" * {line}".rstrip()
            for line in _provenance(solution, expressions.arrays, tests)
        ),
        "guard": f"LUTGEN_{stem.upper()}_H",
        "header": f"{stem}.h",
        "points": "LUTGEN_SPACE" in "".join((bodies, *(h.declaration for h in functions.helpers))),
        "scales": "LUTGEN_SCALED(" in bodies,
        "facts_text": facts_text(solution),
        "macros": tuple(facts(solution)),
        "linkage": "static " if alone else "",
        "arrays": tuple(arrays),
        "declarations": tuple((meaning, text) for _, text, meaning, _ in arrays),
        "searches": tuple(map(_search_view, expressions.searches)),
        "helpers": tuple(each.row(fold) for each in functions.helpers),
        "functions": tuple(each.row(fold) for each in functions.public),
        "selftests": tuple(each.row(fold) for each in tests),
    }


def _check_name(stem: str, taken: Iterable[str]) -> None:
    """Refuse a name that a parameter would hide where the function is called.

    Raises:
        UsageError: it is one of the names taken.
    """
    if stem in taken:
        raise UsageError.about(
            "--name", "is the name of a parameter in C", stem, "choose a longer name"
        )


def _functions(
    solution: Solution, expressions: Expressions, interface: Interface, inline: str
) -> Functions:
    if not solution.program.takes_rows:
        return _c_elementwise.functions(expressions, interface, inline)
    # Loaded here: a plain table does not need it.
    from lutgen.targets import _c_rows

    return _c_rows.functions(solution, expressions, interface, inline)


def _provenance(
    solution: Solution, arrays: Iterable[Array], tests: tuple[Function, ...]
) -> list[str]:
    """Return the lines of the notice at the top of every file."""
    tables = ", ".join(f"{array.name}[{len(array.values)}]" for array in arrays)
    size = solution.report.storage_bytes
    if not isinstance(solution.spec, Spec):
        size = sum(len(array.values) * array.type.bits // 8 for array in arrays)
    storage = f"{size} bytes" + (f": {tables}" if tables else "")
    untested = "" if tests else "none here, for the inputs are too many; lutgen verify runs them"
    return provenance(
        solution, [("storage", storage), ("order", _order(solution)), ("self-test", untested)]
    )


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


def _array_view(array: Array) -> tuple[object, ...]:
    """Return the alignment, the declaration, the comment and the rows of a table."""
    return (
        max(ALIGNMENT, array.type.bits // 8),
        f"{array.type} {array.name}[{len(array.values)}]",
        "\n".join(array.comment),
        rows(array.values, per_row=8 if array.type.bits <= 16 else 4),
    )


def _search_view(search: Search) -> tuple[object, ...]:
    """Return the comment, the declaration, the steps and the result of a search."""
    text = (
        f"Returns how many entries of {search.array.name} are at or below value: a binary search."
    )
    return (
        "\n".join(own_comment(text, LONGEST_COMMENT)),
        f"{search.result} {search.name}({search.argument} value)",
        "\n".join(f"    {line}" if line else "" for line in search.steps),
        f"({search.result})count",
    )
