"""The functions of a program that reduces rows: of one row, and of several."""

from __future__ import annotations

from lutgen.solution import Solution
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_functions import Function, Functions
from lutgen.targets._c_interface import Interface
from lutgen.targets._c_levels import Levels
from lutgen.targets._c_sweep import Sweep


def functions(
    solution: Solution, expressions: Expressions, interface: Interface, inline: str
) -> Functions:
    """Return the functions of one row and of several rows.

    Args:
        solution: the program and what it is for.
        expressions: the program's values.
        interface: what goes in and out.
        inline: what functions that users call are declared as.
    """
    levels = Levels(expressions.program, [each.port for each in interface.once])
    sweep = Sweep(interface, expressions, levels)
    stem = interface.stem
    row = Function(
        _row_text(solution, interface),
        f"{inline}void {stem}({interface.array_parameters('n')})",
        tuple(sweep.lines),
    )
    places = [
        *(f"&{i.array}[row * n]" if i.array else i.parameter for i in interface.inputs),
        *(f"&{each.array}[row * n]" for each in interface.outputs),
    ]
    rows = Function(
        f"{stem} of each of several rows of n codes, one row after the other in each array.",
        f"{inline}void {stem}_rows({interface.array_parameters('rows', 'n')})",
        (
            "size_t row;", "",
            "for (row = 0u; row < rows; row++) {",
            f"    {stem}({', '.join([*places, 'n'])});",
            "}",
        ),
    )
    return Functions(tuple(sweep.helpers), (row, rows))


def _row_text(solution: Solution, interface: Interface) -> str:
    spec = solution.spec
    longest = spec.settings.max_n if "max_n" in spec.kernel.settings else None
    text = f"{spec.kernel.name} of a row of n codes; where n is 0, nothing is done."
    if longest is not None:
        text += f" n must not be above {longest}."
    for each in interface.inputs:
        if each.reduces:
            text += f" Bits of {each.parameter} above the low {each.format.width} do not count."
    return f"{text} {interface.overlap}"
