"""The output format that a function's values ask for, where the user gives none."""

from __future__ import annotations

from fractions import Fraction

from lutgen import sampling
from lutgen.errors import UsageError
from lutgen.formats import NumberFormat, power_of_two_at_least
from lutgen.numerics.reals import Value, arb, ball, exact, working_precision

# Scales are float32 numbers, so no output format reaches further or finer than about this.
_LARGEST_OUTPUT = 2**120
_SMALLEST_OUTPUT = arb(2) ** -110


def covering_format(
    function: sampling.Function,
    input_format: NumberFormat,
    covered: tuple[Fraction, Fraction],
    *,
    width: int,
    signed: bool,
) -> NumberFormat:
    """Return the smallest power-of-two scale whose codes hold the function's values.

    The rounded values may lie one code beyond either end (so tanh gets 1/128 at 8 bits): that
    code saturates, and all others gain a bit.  With at most 8 bits the zero point of a one-sided
    function is the end of the code range; above it is 0.

    Args:
        function: the real function.
        input_format: the codes at which it is evaluated.
        covered: real input range that matters; codes outside it do not count.
        width: bits of the output codes.
        signed: whether they are signed.
    """
    return format_around(*extremes(function, input_format, covered), width=width, signed=signed)


def format_around(low: Fraction, high: Fraction, *, width: int, signed: bool) -> NumberFormat:
    """Return the smallest power-of-two scale whose codes hold ``low`` to ``high``.

    Either end may lie one code beyond, and saturates there; see ``covering_format``.
    """
    codes = NumberFormat(width, signed, Fraction(1))
    if width <= 8 or not signed:
        one_sided = codes.min_code if low >= 0 else codes.max_code if high <= 0 else None
        zero_point = (0 if signed else 2 ** (width - 1)) if one_sided is None else one_sided
    else:
        zero_point = 0
    # Half a code short of two codes beyond the end still rounds to one code beyond it.
    above = Fraction(2 * (codes.max_code + 1 - zero_point) + 1, 2)
    below = Fraction(2 * (zero_point - codes.min_code + 1) + 1, 2)
    reach = max(high / above if high > 0 else Fraction(0), -low / below if low < 0 else Fraction(0))
    scale = power_of_two_at_least(reach) if reach else Fraction(1, 2 ** (width - 1))
    return NumberFormat(width, signed, scale, zero_point)


def extremes(
    function: sampling.Function, codes: NumberFormat, covered: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction]:
    """Return rational bounds of the finite values over the covered codes, each within 2^-60."""
    inputs = sampling.real_inputs(codes)
    start, end = map(exact, covered)
    found = [
        value
        for x, value in zip(inputs, sampling.values(function, codes), strict=True)
        if start <= x <= end and not sampling.is_infinite(value)
    ]
    if not found:
        return Fraction(0), Fraction(0)
    with working_precision(sampling.BASE_PRECISION):
        ends = ball(min(found, key=_midpoint)).mid(), ball(max(found, key=_midpoint)).mid()
        if any(abs(end) > _LARGEST_OUTPUT for end in ends):
            raise UsageError(
                "the function reaches values beyond 2^120 on this input range; give --out-scale, "
                "or a smaller --range"
            )
        return _exactly(ends[0]), _exactly(ends[1])


def _midpoint(value: Value) -> float:
    """Return a float near ``value``, to find the extreme ones by."""
    return float(ball(value).mid())


def _exactly(point: arb) -> Fraction:
    """Return the rational that an exact ball is; 0 where no scale would show it."""
    if abs(point) < _SMALLEST_OUTPUT:
        return Fraction(0)
    mantissa, exponent = point.man_exp()
    return int(mantissa) * Fraction(2) ** int(exponent)
