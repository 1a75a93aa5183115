"""Number formats: which real number a code stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from lutgen.errors import UsageError
from lutgen.numerics.literals import Number

MIN_WIDTH, MAX_WIDTH = 2, 16
GRIDS = ("pow2", "symmetric", "affine")

# The band of normal float32 numbers: every runtime that reads the scale can hold it.
_SMALLEST_SCALE, _LARGEST_SCALE = Fraction(2) ** -126, Fraction(2) ** 127


@dataclass(frozen=True)
class NumberFormat:
    """Integer codes and the reals they stand for: ``real = scale * (code - zero_point)``.

    Attributes:
        width: bits per code.
        signed: two's complement if true.
        scale: real value of one LSB, exact and positive.
        zero_point: the code that stands for 0.
        scale_text: the scale as the user wrote it; equality ignores it.
    """

    width: int
    signed: bool
    scale: Fraction
    zero_point: int = 0
    scale_text: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.scale_text:
            object.__setattr__(self, "scale_text", str(self.scale))

    @property
    def min_code(self) -> int:
        """The lowest code."""
        return -(2 ** (self.width - 1)) if self.signed else 0

    @property
    def max_code(self) -> int:
        """The highest code."""
        return 2 ** (self.width - 1) - 1 if self.signed else 2**self.width - 1

    @property
    def codes(self) -> range:
        """All codes in ascending order."""
        return range(self.min_code, self.max_code + 1)

    @property
    def suffix(self) -> str:
        """The code type as a name part: ``s8``, ``u16``."""
        return f"{'s' if self.signed else 'u'}{self.width}"

    @property
    def q_name(self) -> str | None:
        """``Q4.4`` or ``UQ0.8`` where the format is one (m counts the sign bit), else None."""
        denominator = self.scale.denominator
        if self.zero_point or self.scale.numerator != 1 or denominator & (denominator - 1):
            return None
        fraction_bits = denominator.bit_length() - 1
        if fraction_bits > self.width:
            return None
        return f"{'' if self.signed else 'U'}Q{self.width - fraction_bits}.{fraction_bits}"

    @property
    def description(self) -> str:
        """One line for people: type, scale, zero point, Q name, real range."""
        low, high = float(self.decode(self.min_code)), float(self.decode(self.max_code))
        name = f" = {self.q_name}" if self.q_name else ""
        return (
            f"{'int' if self.signed else 'uint'}{self.width}, scale {self.scale_text}, "
            f"zero point {self.zero_point}{name}, real range [{low:.6g}, {high:.6g}]"
        )

    def decode(self, code: int) -> Fraction:
        """Return the exact real value of ``code``."""
        return self.scale * (code - self.zero_point)

    def saturate(self, code: int) -> int:
        """Return the nearest code of this format."""
        return max(self.min_code, min(self.max_code, code))


def affine(
    width: int, *, signed: bool, scale: Number, zero_point: int, side: str
) -> NumberFormat:
    """Return the format with this scale and zero point.

    Args:
        width: bits per code.
        signed: two's complement if true.
        scale: real value of one LSB.
        zero_point: the code that stands for 0.
        side: ``in`` or ``out``, for the messages.

    Raises:
        UsageError: the scale is not positive and within float32, or the zero point is no code.
    """
    if not _SMALLEST_SCALE <= scale.value <= _LARGEST_SCALE:
        problem = "must be a positive finite number" if scale.value <= 0 else (
            "must lie between 2^-126 and 2^127"
        )
        raise UsageError.about(
            f"--{side}-scale", problem, scale.text, "try 0.0078125, or --range LO,HI"
        )
    found = NumberFormat(width, signed, scale.value, zero_point, scale.text)
    if not found.min_code <= zero_point <= found.max_code:
        raise UsageError.about(
            f"--{side}-zp", f"must be a code, {found.min_code} to {found.max_code}", zero_point
        )
    return found


def q_format(text: str, side: str) -> NumberFormat:
    """Return the format of Q notation: ``Q4.4`` is signed, ``UQ0.8`` unsigned.

    ``Qm.n`` has m + n bits; m counts the sign bit (ARM's convention; TI's does not).

    Raises:
        UsageError: not Q notation, or not 2 to 16 bits.
    """
    argument = f"--{side}-format"
    match = re.fullmatch(r"([Uu]?)[Qq]([0-9]{1,2})\.([0-9]{1,2})", text, re.ASCII)
    if not match:
        raise UsageError.about(argument, "must be Q notation", text, "try Q4.4 or UQ0.8")
    whole, fraction_bits = int(match[2]), int(match[3])
    width = whole + fraction_bits
    if not MIN_WIDTH <= width <= MAX_WIDTH or (whole == 0 and not match[1]):
        raise UsageError.about(
            argument,
            f"must have {MIN_WIDTH} to {MAX_WIDTH} bits, the sign bit counted before the point",
            text,
        )
    return NumberFormat(width, not match[1], Fraction(1, 2**fraction_bits))


def from_range(
    low: Number, high: Number, width: int, *, signed: bool, grid: str
) -> NumberFormat:
    """Return the format whose codes cover the real range ``low`` .. ``high``.

    Args:
        low: lower end of the range.
        high: upper end; under ``pow2`` it may lie one code beyond the highest code.
        width: bits per code.
        signed: two's complement if true.
        grid: ``pow2`` (smallest power of two, zero point 0), ``symmetric`` (largest magnitude
            over the highest code, zero point 0) or ``affine`` (zero point rounded).

    Raises:
        UsageError: the range is empty or reversed, or this grid cannot cover it.
    """
    shown_range = f"{low.text},{high.text}"
    if low.value >= high.value:
        raise UsageError.about(
            "--range", "must be LO,HI with LO below HI", shown_range, "try --range=-8,8"
        )
    limit = max(abs(low.value), abs(high.value))
    if limit > 2**64 or high.value - low.value < Fraction(1, 2**64):
        raise UsageError.about("--range", "must span 2^-64 to 2^64", shown_range)
    if grid != "affine" and not signed and low.value < 0:
        raise UsageError.about(
            "--range", f"unsigned codes on the {grid} grid cannot go below 0", shown_range,
            "use signed codes or --grid affine",
        )
    codes = NumberFormat(width, signed, Fraction(1))
    if grid == "pow2":
        reach = max(high.value / (codes.max_code + 1), low.value / (codes.min_code or 1))
        return NumberFormat(width, signed, power_of_two_at_least(reach))
    if grid == "symmetric":
        return NumberFormat(width, signed, limit / codes.max_code)
    scale = (high.value - low.value) / (2**width - 1)
    zero_point = round(codes.min_code - low.value / scale)
    if not codes.min_code <= zero_point <= codes.max_code:
        raise UsageError.about(
            "--range", "an affine range must contain 0", shown_range, "widen it, or --grid pow2"
        )
    return NumberFormat(width, signed, scale, zero_point)


def power_of_two_at_least(value: Fraction) -> Fraction:
    """Return the smallest power of two that is at least ``value`` > 0."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    candidate = Fraction(2) ** (exponent - 1)
    while candidate < value:
        candidate *= 2
    return candidate
