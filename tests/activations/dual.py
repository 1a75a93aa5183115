"""Exact arithmetic for the oracles: a rational with its exact slope, and honest elementaries.

Every oracle is one formula.  Fed an ``mpf`` it gives a number to the working precision; fed a
``Fraction`` or a ``Dual`` it gives the exact value or slope, or raises ``IrrationalError``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from mpmath import mp

Number = mp.mpf | Fraction


class IrrationalError(Exception):
    """Some step has no rational result, so the formula must be evaluated in mpmath."""


@dataclass(frozen=True, eq=False)
class Dual:
    """``value + slope * epsilon`` with ``epsilon ** 2 == 0``: forward differentiation.

    It compares by its value, so that a formula in pieces takes the piece at that point.
    """

    value: Fraction
    slope: Fraction

    @staticmethod
    def of(other: object) -> Dual:
        return other if isinstance(other, Dual) else Dual(Fraction(other), Fraction(0))

    def __add__(self, other: object) -> Dual:
        other = Dual.of(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: object) -> Dual:
        other = Dual.of(other)
        return Dual(
            self.value * other.value, self.slope * other.value + self.value * other.slope
        )

    def __truediv__(self, other: object) -> Dual:
        other = Dual.of(other)
        ratio = self.value / other.value
        return Dual(ratio, (self.slope - ratio * other.slope) / other.value)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: object) -> Dual:
        return self + (-Dual.of(other))

    def __rsub__(self, other: object) -> Dual:
        return Dual.of(other) - self

    def __rtruediv__(self, other: object) -> Dual:
        return Dual.of(other) / self

    def __abs__(self) -> Dual:
        """Return ``|.|``, whose slope at 0 is taken as 0."""
        sign = (self.value > 0) - (self.value < 0)
        return Dual(abs(self.value), sign * self.slope)

    def __lt__(self, other: object) -> bool:
        return self.value < Dual.of(other).value

    def __le__(self, other: object) -> bool:
        return self.value <= Dual.of(other).value

    def __gt__(self, other: object) -> bool:
        return self.value > Dual.of(other).value

    def __ge__(self, other: object) -> bool:
        return self.value >= Dual.of(other).value

    def __eq__(self, other: object) -> bool:
        return self.value == Dual.of(other).value


def elementary(
    function: Callable, *, at: int, value: Fraction | int, slope: Fraction | int | None
) -> Callable:
    """Return an mpmath function that knows the one rational point it has.

    Args:
        function: the mpmath function.
        at: the only rational argument with a rational value (Lindemann-Weierstrass; for erf
            and ncdf merely the only known one, which is enough: others are then undecided).
        value: the value there.
        slope: the slope there; None if that is irrational.
    """

    def evaluated(x: Number | Dual) -> Number | Dual:
        if isinstance(x, mp.mpf):
            return function(x)
        if isinstance(x, Dual):
            if x.value == at and slope is not None:
                return Dual(Fraction(value), slope * x.slope)
        elif x == at:
            return Fraction(value)
        raise IrrationalError

    return evaluated


HALF = Fraction(1, 2)

exp = elementary(mp.exp, at=0, value=1, slope=1)
log = elementary(mp.log, at=1, value=0, slope=1)
sinh = elementary(mp.sinh, at=0, value=0, slope=1)
tanh = elementary(mp.tanh, at=0, value=0, slope=1)
sin = elementary(mp.sin, at=0, value=0, slope=1)
cos = elementary(mp.cos, at=0, value=1, slope=0)
atan = elementary(mp.atan, at=0, value=0, slope=1)
erf = elementary(mp.erf, at=0, value=0, slope=None)
ncdf = elementary(mp.ncdf, at=0, value=HALF, slope=None)


def root(x: Number | Dual) -> Number | Dual:
    """Return the square root of ``x`` >= 0."""
    if isinstance(x, mp.mpf):
        return mp.sqrt(x)
    if isinstance(x, Dual):
        value = root(x.value)
        if value == 0:
            raise IrrationalError
        return Dual(value, x.slope / (2 * value))
    x = Fraction(x)
    found = Fraction(isqrt(x.numerator), isqrt(x.denominator))
    if found * found != x:
        raise IrrationalError
    return found


def power(base: Number | Dual, exponent: Number) -> Number | Dual:
    """Return ``base ** exponent`` for ``base`` > 0."""
    if isinstance(base, mp.mpf):
        return mp.power(base, exponent)
    if isinstance(base, Dual):
        value = power(base.value, exponent)
        return Dual(value, exponent * value / base.value * base.slope)
    if base == 1:
        return base
    if max(abs(exponent.numerator), exponent.denominator) > 4096:
        raise IrrationalError  # rational perhaps, but not within reason
    return _degree_root(base, exponent.denominator) ** exponent.numerator


def _degree_root(x: Fraction, degree: int) -> Fraction:
    """Return the rational ``degree``-th root of ``x`` > 0."""
    found = Fraction(*(_whole_root(part, degree) for part in (x.numerator, x.denominator)))
    if found**degree != x:
        raise IrrationalError
    return found


def _whole_root(n: int, degree: int) -> int:
    """Return the largest whole number whose power is at most ``n``, by bisection."""
    low, high = 0, 1 << (n.bit_length() // degree + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle)
    return low
