"""Variables that a pass over the elements of a row fills: the largest element, or a sum.

Sums of more than 32 bits are taken in 32 bits within a round of the loop; where only the sum's
high bits are wanted, these are kept in one variable and what is left in another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from lutgen.targets._c_types import INT32, UINT32, CType, Text, converted, in_type
from lutgen.targets._literals import block_comment, integer

At = Callable[[str], Text]
"""Returns the text of a value for the element at an index."""


class Accumulator(NamedTuple):
    """A variable that a pass over the elements fills.

    Attributes:
        start: the lines that declare it.
        lines: returns the statements for the element at an index.
        closing: the statements after each round.
    """

    start: tuple[str, ...]
    lines: Callable[[str], Sequence[str]]
    closing: tuple[str, ...] = ()


class Variable(NamedTuple):
    """What is declared.

    Attributes:
        name: identifier.
        type: its type.
        comment: above it; may be empty.
    """

    name: str
    type: CType
    comment: str = ""

    def start(self, number: int = 0) -> tuple[str, ...]:
        """Return the lines that declare it with its first value."""
        text = integer(number) + "u" * (not self.type.signed)
        return (*block_comment(self.comment), f"{self.type} {self.name} = {text};")

    def beside(self, element: Text) -> Text:
        """Return an element so that C computes with it in the variable's type."""
        return in_type(self.type, Text(self.name, self.type, atomic=True), element)[1]


def part_type(low: int, high: int) -> CType | None:
    """Return the type of sums from ``low`` to ``high``; None where 32 bits do not hold them."""
    return next((t for t in (INT32, UINT32) if t.holds(0, low, high)), None)


def largest(variable: Variable, lowest: int, element: At) -> Accumulator:
    """Return the largest element; its text is written twice.

    Args:
        variable: where it is.
        lowest: a number that no element is below.
        element: what each element is.
    """
    def lines(at: str) -> list[str]:
        shown, name = variable.beside(element(at)), variable.name
        return [f"{name} = {shown} > {name} ? {shown} : {name};"]

    return Accumulator(variable.start(lowest), lines)


def largest_by(variable: Variable, lowest: int, element: At, larger: str) -> Accumulator:
    """Return the largest element, which a function called ``larger`` finds."""
    def lines(at: str) -> list[str]:
        shown = variable.beside(element(at))
        return [f"{variable.name} = {larger}({variable.name}, {shown});"]

    return Accumulator(variable.start(lowest), lines)


def total(variable: Variable, element: At) -> Accumulator:
    """Return the sum of the elements."""
    return Accumulator(
        variable.start(), lambda at: [f"{variable.name} += {variable.beside(element(at))};"]
    )


def total_in_parts(variable: Variable, part: Variable, element: At) -> Accumulator:
    """Return the sum of the elements, those of each round first in a part of 32 bits."""
    return Accumulator(
        (*variable.start(), *part.start()), total(part, element).lines,
        (f"{variable.name} += {part.name};", f"{part.name} = 0;"),
    )


def shifted_total(variable: Variable, part: Variable, element: At, bits: int) -> Accumulator:
    """Return the sum of the elements without its low bits, which stay in a part of 32 bits."""
    moved = converted(Text(f"{part.name} >> {bits}", part.type), variable.type)
    return Accumulator(
        (*variable.start(), *part.start()), total(part, element).lines,
        (f"{variable.name} += {moved};", f"{part.name} &= 0x{2**bits - 1:X};"),
    )
