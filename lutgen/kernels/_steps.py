"""Steps that several kernels take: rounding shifts, and factors as integers."""

from __future__ import annotations

from fractions import Fraction

from lutgen.formats import NumberFormat
from lutgen.program import Builder, ops


def rounded(
    b: Builder, name: str, value: ops.Ref, bits: int, rounding: str, zero_point: int = 0
) -> ops.Ref:
    """Add ``value / 2**bits``, rounded to a whole number, plus a zero point.

    The rounding constant and the zero point are one addition where the rule allows it.

    Args:
        b: where the steps are added.
        name: of the result.
        value: what is divided.
        bits: of the divisor; below 0 the value is multiplied.
        rounding: ``half-up``, ``half-even``, ``half-away`` or ``floor``.
        zero_point: added after rounding.
    """
    if bits <= 0:
        scaled = b.shift_left(name, value, -bits) if bits else value
        return b.add(name, scaled, b.const(zero_point)) if zero_point else scaled
    half, offset = 1 << (bits - 1), zero_point << bits
    match rounding:
        case "floor":
            constant = b.const(offset)
        case "half-up":
            constant = b.const(half + offset)
        case "half-away":
            constant = b.select(
                "rounding", value, b.const(half - 1 + offset), b.const(half + offset),
                "A half goes away from 0.",
            )
        case "half-even":
            whole = b.shift_right("whole", value, bits)
            odd = b.low_bits("odd", whole, 1, "A half goes to the even neighbour.")
            constant = b.add("rounding", odd, b.const(half - 1 + offset))
        case _:
            raise ValueError(f"no rounding {rounding}")
    return b.shift_right(name, b.add("biased", value, constant), bits, "Round once.")


def saturated(b: Builder, value: ops.Ref, codes: NumberFormat, name: str = "y") -> ops.Ref:
    """Return the code nearest to a value, which may be the value itself."""
    if codes.min_code <= b.value(value).low and b.value(value).high <= codes.max_code:
        return value
    return b.clamp(name, value, codes.min_code, codes.max_code, "Saturate to the output codes.")


def centred(b: Builder, name: str, code: ops.Ref, codes: NumberFormat) -> ops.Ref:
    """Add what a code is above its zero point."""
    if not codes.zero_point:
        return code
    return b.sub(f"{name}_above_zero", code, b.const(codes.zero_point))


def farthest(codes: NumberFormat) -> int:
    """Return how far from its zero point a code can lie."""
    return max(codes.zero_point - codes.min_code, codes.max_code - codes.zero_point)


def fixed_point(value: Fraction, bits: int) -> int:
    """Return ``value * 2**bits`` rounded to the nearest whole number, half up."""
    return (value * Fraction(2) ** bits + Fraction(1, 2)).__floor__()


def shift_for(factor: Fraction, bits: int) -> int:
    """Return the largest shift by which ``factor``, in fixed point, is below ``2**bits``."""
    shift = bits - factor.numerator.bit_length() + factor.denominator.bit_length() + 1
    while fixed_point(factor, shift) >= 1 << bits:
        shift -= 1
    return shift
