"""Numbers as the user wrote them: the exact rational and the text it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from lutgen.errors import UsageError

MAX_LITERAL_LENGTH = 64
MAX_EXPONENT = 400

_DECIMAL = r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
_FORMS = (
    rf"(?P<sign>[+-]?)(?:"
    rf"(?P<hex>0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?(?:[pP][+-]?[0-9]+)?)"
    rf"|(?P<numerator>{_DECIMAL})/(?P<denominator>{_DECIMAL})"
    rf"|(?P<decimal>{_DECIMAL})(?P<float32>f?)"
    rf")"
)


@dataclass(frozen=True)
class Number:
    """An exact rational, with the text the user gave for it.

    Attributes:
        value: the number.
        text: how it was written; equality ignores it.
    """

    value: Fraction
    text: str = field(compare=False)

    @classmethod
    def of(cls, value: int | Fraction) -> Number:
        """Return ``value`` with its own exact text, such as ``3`` or ``1/255``."""
        return cls(Fraction(value), str(value))

    @classmethod
    def parse(cls, text: str, argument: str) -> Number:
        """Read ``0.01``, ``1/255``, ``1e-3``, ``0x1p-7`` exactly, ``0.0039f`` as that float32.

        Args:
            text: what the user typed.
            argument: what it was typed for, for the message.

        Raises:
            UsageError: the text is none of these forms, is too long, or divides by zero.
        """
        advice = "write 0.01, 1/255, 0x1p-7, or 0.0039f for a float32"
        short = len(text) <= MAX_LITERAL_LENGTH
        match = re.fullmatch(_FORMS, text.strip(), re.ASCII) if short else None
        if match is None or _exponent(match) > MAX_EXPONENT:
            raise UsageError.about(argument, "must be a finite number", text, advice)
        if match["hex"]:
            value = _hexadecimal(match["hex"])
        elif match["numerator"]:
            divisor = Fraction(match["denominator"])
            if divisor == 0:
                raise UsageError.about(argument, "must not divide by zero", text, advice)
            value = Fraction(match["numerator"]) / divisor
        else:
            value = Fraction(match["decimal"])
            if match["float32"]:
                value = nearest_float32(value)
                if value >= 2**128:
                    raise UsageError.about(argument, "must be within float32", text)
        return cls(-value if match["sign"] == "-" else value, text.strip())

    def __str__(self) -> str:
        """Return the exact rational, such as ``1/16``."""
        return str(self.value)


def _exponent(match: re.Match[str]) -> int:
    """Return the largest power of ten or two in a literal, by magnitude."""
    marks = r"[pP]([+-]?[0-9]+)" if match["hex"] else r"[eE]([+-]?[0-9]+)"
    return max((abs(int(digits)) for digits in re.findall(marks, match[0])), default=0)


def nearest_float32(value: Fraction) -> Fraction:
    """Return the IEEE-754 binary32 number nearest to ``value`` >= 0, ties to even.

    Computed in integers: going through a Python float would round twice.
    """
    if value == 0:
        return value
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if Fraction(2) ** exponent > value:
        exponent -= 1
    step = Fraction(2) ** (max(exponent, -126) - 23)
    return round(value / step) * step


def _hexadecimal(text: str) -> Fraction:
    """Return the value of an unsigned C99 hexadecimal floating literal."""
    mantissa, _, exponent = text[2:].lower().partition("p")
    whole, _, fraction = mantissa.partition(".")
    scaled = Fraction(int(whole + fraction, 16), 16 ** len(fraction))
    return scaled * Fraction(2) ** int(exponent or 0)
