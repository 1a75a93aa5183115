"""A scaled number as output codes: the requantisation that straight kernels end with."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from lutgen.formats import NumberFormat
from lutgen.kernels._steps import fixed_point, rounded, saturated, shift_for
from lutgen.program import Builder, ops

SLACK = Fraction(1, 256)
"""Error in LSB that a multiplier may add to the rounding."""

ROUNDING_ERROR = {
    "half-up": Fraction(1, 2), "half-even": Fraction(1, 2), "half-away": Fraction(1, 2),
    "floor": Fraction(1),
}
"""Error in LSB of a rounding."""


class Line(NamedTuple):
    """Output codes.

    Attributes:
        ref: the value.
        bound_lsb: an error that no input passes.
    """

    ref: ops.Ref
    bound_lsb: Fraction


class Multiplier(NamedTuple):
    """A real factor as an integer: ``number / 2**shift``.

    Attributes:
        number: the integer.
        shift: bits; below 0 the number is multiplied by a power of two.
        error: relative error of the factor.
    """

    number: int
    shift: int
    error: Fraction

    @classmethod
    def of(cls, factor: Fraction, limit: Fraction) -> Multiplier:
        """Return the integer of fewest bits whose relative error is at most ``limit``."""
        for bits in range(1, 32):
            shift = shift_for(factor, bits)
            number = fixed_point(factor, shift)
            error = abs(Fraction(number) / (factor * Fraction(2) ** shift) - 1)
            if error <= limit:
                break
        while number % 2 == 0:
            number, shift = number // 2, shift - 1
        return cls(number, shift, error)


def factor_of(source: NumberFormat, target: NumberFormat) -> Fraction:
    """Return how many target LSB one source LSB is."""
    return source.scale / target.scale


def reach(codes: NumberFormat) -> int:
    """Return how far from its zero point a code can lie, and one more."""
    return max(codes.max_code - codes.zero_point, codes.zero_point - codes.min_code) + 1


def scaled_line(
    b: Builder, name: str, value: ops.Ref, factor: Fraction, codes: NumberFormat, rounding: str
) -> Line:
    """Add ``value * factor`` as output codes, rounded once and saturated.

    Args:
        b: where the steps are added.
        name: of the result.
        value: a whole number.
        factor: output LSB per unit of it, above 0.
        codes: of the output.
        rounding: how it becomes a code.
    """
    # Only results that do not saturate count, so the relative error is of the reach.
    multiplier = Multiplier.of(factor, SLACK / reach(codes))
    if multiplier.number != 1:
        value = b.mul(f"{name}_scaled", value, b.const(multiplier.number))
    y = rounded(b, f"{name}_code", value, multiplier.shift, rounding, codes.zero_point)
    bound = ROUNDING_ERROR[rounding] * bool(multiplier.shift > 0) + reach(codes) * multiplier.error
    return Line(saturated(b, y, codes, name), bound)
