"""A division that is done once for a row: by subtractions, a bit of the quotient in each clock."""

from __future__ import annotations

from typing import NamedTuple

from lutgen.program.table import bits_of
from lutgen.targets._literals import comment_lines
from lutgen.targets._verilog_passes import Division, Operand
from lutgen.targets._verilog_ports import port_type
from lutgen.targets._verilog_signals import literal


class Clocks(NamedTuple):
    """The counters of the control, as a division reads them.

    Attributes:
        pass_width: bits of ``pass``.
        clock_width: bits of ``clocks``, which counts between two passes.
    """

    pass_width: int
    clock_width: int

    def pass_number(self, number: int) -> str:
        """Return the number of a pass as a literal."""
        return literal(number, self.pass_width)

    def clock(self, number: int) -> str:
        """Return a number of clocks as a literal."""
        return literal(number, self.clock_width)

    def until(self, last: int) -> str:
        """Return the test whether a clock is at most the last."""
        return f"clocks {'<=' if last else '=='} {self.clock(last)}"


class SerialDivision(NamedTuple):
    """A division and when it is done.

    The division restores: from the highest bit on, the divisor is taken from what is left
    wherever it fits.  The register of the quotient holds the low bits of the dividend first, which
    leave it at the top while the quotient comes in below.

    Attributes:
        division: what is divided.
        after: the pass that it follows.
        start: the clock after that pass in which its operands are there.
    """

    division: Division
    after: int
    start: int

    @property
    def places(self) -> int:
        """Bits of the quotient, and clocks that they take."""
        return bits_of(0, self.division.high)

    @property
    def stop(self) -> int:
        """The first clock in which the quotient is there."""
        return self.start + 1 + self.places

    @property
    def rest_width(self) -> int:
        """Bits of what is left, which is less than the divisor."""
        return bits_of(0, max(self.division.divisor.high - 1, 0))

    @property
    def masks(self) -> dict[str, int]:
        """The bits that are read of the operands, by their names."""
        dividend, divisor = self.division.dividend, self.division.divisor
        read = {divisor.name: (1 << bits_of(0, divisor.high)) - 1}
        both = (1 << (self.places + self.rest_width)) - 1
        own = (1 << bits_of(0, dividend.high)) - 1
        read[dividend.name] = read.get(dividend.name, 0) | (both & own)
        return read

    def view(self, clocks: Clocks) -> tuple[str, ...]:
        """Return what the template shows: comment, declarations, and what is done when."""
        name, rest, places = self.division.name, self.rest_width, self.places
        tried, less, left = f"{name}_tried", f"{name}_less", f"{name}_rest"
        dividend, divisor = self.division.dividend, self.division.divisor
        comment = comment_lines(
            f"{self.division.comment} {name} is {_named(dividend)} / {_named(divisor)}, a bit in "
            "each clock, the highest first; the dividend's low bits make room for it.",
            width=90,
        )
        declarations = [
            f"reg {port_type(places, signed=False)}{name};",
            f"reg {port_type(rest, signed=False)}{left};",
            f"wire [{rest}:0] {tried} = {{{left}, {_bit(name, places - 1, places)}}};",
            f"wire [{rest}:0] {less} = {tried} - {_bits(divisor, rest, 0)};",
        ]
        sign, cut = f"{less}[{rest}]", _range(rest)
        moved = f"{{{name}{_range(places - 1)}, !{sign}}}" if places > 1 else f"!{sign}"
        load = [
            f"{name} <= {_bits(dividend, places - 1, 0)};",
            f"{left} <= {_bits(dividend, places + rest - 1, places)};",
        ]
        step = [f"{name} <= {moved};", f"{left} <= {sign} ? {tried}{cut} : {less}{cut};"]
        return (
            "\n".join(f"    // {line}" for line in comment),
            "\n".join(f"    {line}" for line in declarations),
            f"state == SETTLE && pass == {clocks.pass_number(self.after)}",
            clocks.until(self.start),
            "\n".join(f"                {line}" for line in load),
            clocks.until(self.stop - 1),
            "\n".join(f"                {line}" for line in step),
        )


def _named(operand: Operand) -> str:
    return operand.name or str(operand.low)


def _range(width: int) -> str:
    return f"[{width - 1}:0]" if width > 1 else "[0]"


def _bit(name: str, place: int, width: int) -> str:
    return f"{name}[{place}]" if width > 1 else name


def _bits(operand: Operand, high: int, low: int) -> str:
    """Return some bits of an operand that is not negative; those above it are zeros."""
    count = high - low + 1
    if not operand.name:
        return literal(operand.low >> low & ((1 << count) - 1), count)
    width = bits_of(0, operand.high)
    if low >= width:
        return literal(0, count)
    if low == 0 and width <= high + 1:
        part = operand.name
    else:
        part = f"{operand.name}[{min(high, width - 1)}:{low}]"
    more = high + 1 - width
    return f"{{{more}'d0, {part}}}" if more > 0 else part
