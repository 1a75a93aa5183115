"""The signals of a Verilog module: expressions of exact widths, and what they cost in time.

A formula is text in which signals stand as ``Bits``, so that the pipeline can print each under the
name it has in that stage, and tell which bits nobody reads.  Patterns are unsigned and modulo
their width, which gives the right bits of every sum, difference and product; a comparison or a
product of signed numbers says so with ``$signed``.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from lutgen.program import Table
from lutgen.program.table import bits_of

# Picoseconds on a small FPGA of about 2015 (iCE40 HX), the way to the next cell included.  They
# say where stages are best cut; faster devices keep the proportions.
LUT_DELAY, CARRY_DELAY = 1200, 140
ADDER_DELAY = 1700


GLUE = "\N{NO-BREAK SPACE}"
"""A space at which no line is broken; the printed one is an ordinary space."""


class Bits(NamedTuple):
    """Bits of a signal in a formula.

    Attributes:
        signal: its number.
        high: the highest bit.
        low: the lowest bit.
    """

    signal: int
    high: int
    low: int


Formula: TypeAlias = tuple["str | Bits", ...]


class Signal(NamedTuple):
    """One value of the module.

    Attributes:
        name: identifier, unique in the module.
        low: the smallest number it takes.
        high: the largest number it takes.
        formula: how it is computed; the address where it is read from a table.
        delay: picoseconds from its operands.
        comment: why it is computed; may be empty.
        table: the table it is read from, or None.
    """

    name: str
    low: int
    high: int
    formula: Formula
    delay: int
    comment: str = ""
    table: Table | None = None

    @property
    def width(self) -> int:
        """Bits of the signal: no more than its interval needs."""
        return bits_of(self.low, self.high)

    @property
    def signed(self) -> bool:
        """Whether it is two's complement."""
        return self.low < 0

    @property
    def operands(self) -> tuple[int, ...]:
        """The signals that it is computed from, each once."""
        return tuple(dict.fromkeys(p.signal for p in self.formula if isinstance(p, Bits)))


class Signals(list[Signal]):
    """The signals of a module in order, and the formulas that read them."""

    def whole(self, number: int) -> Bits:
        """Return all bits of a signal."""
        return Bits(number, self[number].width - 1, 0)

    def sign(self, number: int) -> Bits:
        """Return the sign bit of a signed signal."""
        top = self[number].width - 1
        return Bits(number, top, top)

    def pattern(self, number: int, width: int) -> Formula:
        """Return the signal modulo ``2**width``: cut, or extended by its sign or by zeros."""
        own = self[number].width
        if width <= own:
            return (Bits(number, width - 1, 0),)
        return extended(self.whole(number), self.sign(number), width - own, self[number].signed)

    def number(self, number: int, width: int, *, signed: bool) -> Formula:
        """Return the signal as an operand whose signedness counts.

        Args:
            number: the signal.
            width: bits of the operand, enough for the signal's values.
            signed: whether the operation is one of signed numbers.
        """
        own = self[number]
        formula = self.pattern(number, width)
        if not signed or (own.signed and own.width == width):
            return formula
        return ("$signed(", *formula, ")")

    def is_negative(self, number: int) -> Formula:
        """Return the test whether a signed signal is below zero."""
        return (self.sign(number),)

    def at_least(self, number: int, bound: int) -> Formula:
        """Return the test ``signal >= bound``, where some values pass it and some do not."""
        own = self[number]
        exponent = abs(bound).bit_length() - 1
        highest = own.width - 1 - own.signed
        if bound == 0:
            return ("!", self.sign(number))
        if abs(bound) != 1 << exponent or exponent > highest:
            return (self.whole(number), f" >= {literal(bound, own.width, signed=own.signed)}")
        # For a power of two the bits above it decide.
        high = Bits(number, highest, exponent)
        if bound < 0:
            return ("!", self.sign(number), " || &", high)
        return ("!", self.sign(number), " && |", high) if own.signed else ("|", high)


def extended(bits: Bits, sign: Bits, more: int, signed: bool) -> Formula:
    """Return some bits with ``more`` above them: copies of the sign, or zeros."""
    if not signed:
        return (f"{{{more}'d0,{GLUE}", bits, "}")
    copies: Formula = (sign,) if more == 1 else (f"{{{more}{{", sign, "}}")
    return ("{", *copies, f",{GLUE}", bits, "}")


def literal(value: int, width: int, *, signed: bool = False) -> str:
    """Return a number as a sized literal; unsigned ones are modulo ``2**width``."""
    mark = "s" if signed else ""
    if value >= 0:
        return f"{width}'{mark}d{value}"
    if value == -1 << (width - 1):
        # The lowest number has no positive counterpart of its width.
        return f"{width}'{mark}h{1 << (width - 1):x}"
    return f"-{width}'{mark}d{-value}"


def adder_delay(width: int) -> int:
    """Return the picoseconds of an addition or comparison."""
    return ADDER_DELAY + CARRY_DELAY * width


def read_delay(depth: int) -> int:
    """Return the picoseconds of reading a table made of logic."""
    levels = max((depth - 1).bit_length() - 4, 0)
    return LUT_DELAY + LUT_DELAY * levels // 2
