"""The three forms in which an activation returns a real number.

``Exact``
    a rational: every comparison and rounding is decided at once, ties included.
``arb``
    a ball that encloses the value; a smaller one is had by evaluating again with more bits.
``Anchored``
    a rational plus a ball.  Functions that hug a rational asymptote return this form: at
    ``x = 63.5`` GELU differs from ``x`` by about 2**-27000, which no practical precision of a
    plain ball would show, while ``anchor = x`` and the sign of the offset decide any rounding.

Infinite limits (poles, and inputs outside the domain) are the exact balls ``PLUS_INFINITY``
and ``MINUS_INFINITY``; they saturate.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from flint import arb, ctx, fmpq, fmpz

Exact = fmpq

PLUS_INFINITY = arb("inf")
MINUS_INFINITY = arb("-inf")


class Anchored:
    """A real number written as ``anchor + offset``, for values that hug a rational.

    Attributes:
        anchor: the exact rational.
        offset: ball that encloses the small rest.
        side: +1 or -1, the proved sign of the offset where the ball may be too wide to show it;
            0 where the ball has to speak for itself.
    """

    __slots__ = ("anchor", "offset", "side")

    def __init__(self, anchor: Exact, offset: arb, side: int = 0) -> None:
        self.anchor = anchor
        self.offset = offset
        self.side = side

    def ball(self) -> arb:
        """Return the enclosure of the sum at the current precision."""
        return self.offset + self.anchor

    def sign_of_offset(self) -> int:
        """Return +1, -1, or 0 where the current precision does not show the sign."""
        return self.side or (1 if self.offset > 0 else -1 if self.offset < 0 else 0)

    def __add__(self, other: Value) -> Value:
        if isinstance(other, Exact):
            return Anchored(self.anchor + other, self.offset, self.side)
        return self.ball() + other if isinstance(other, arb) else NotImplemented

    def __mul__(self, other: Value) -> Value:
        if isinstance(other, Exact):
            sign = (other > 0) - (other < 0)
            return Anchored(self.anchor * other, self.offset * other, self.side * sign)
        return self.ball() * other if isinstance(other, arb) else NotImplemented

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Anchored:
        return Anchored(-self.anchor, -self.offset, -self.side)

    def __sub__(self, other: Value) -> Value:
        return self + (-other)

    def __rsub__(self, other: Value) -> Value:
        return (-self) + other

    def __truediv__(self, other: Value) -> Value:
        return self * (1 / other)


Value = Exact | arb | Anchored


def exact(value: int | Fraction | str) -> Exact:
    """Return ``value`` as the rational type activations compute with."""
    fraction = Fraction(value)
    return fmpq(fraction.numerator, fraction.denominator)


def fraction(value: Exact) -> Fraction:
    """Return a rational as the standard library's type, which the rest of lutgen stores."""
    return Fraction(int(value.p), int(value.q))


def ball(value: Value) -> arb:
    """Return an enclosure of ``value`` at the current precision."""
    return value.ball() if isinstance(value, Anchored) else arb(value)


def square_root(value: Exact | arb) -> Exact | arb:
    """Return the square root of ``value`` >= 0, exact where it is rational."""
    if isinstance(value, Exact):
        root = _rational_root(value, 2)
        return arb(value).sqrt() if root is None else root
    return value.sqrt()


def power(base: Exact, exponent: Exact) -> Exact | arb:
    """Return ``base ** exponent`` for ``base`` > 0, exact where it is rational."""
    numerator, degree = int(exponent.p), int(exponent.q)
    # Beyond this size an exact power is no longer worth its digits; the ball says the same.
    if abs(numerator) <= 64 and degree <= 64:
        root = base if degree == 1 else _rational_root(base, degree)
        if root is not None:
            return root**numerator
    return arb(base) ** arb(exponent)


def bits_in_use() -> int:
    """Return the bits with which balls are computed now."""
    return ctx.prec


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Compute balls with ``bits`` bits inside the ``with`` block."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def _rational_root(value: Exact, degree: int) -> Exact | None:
    """Return the ``degree``-th root of ``value`` >= 0 if it is rational, else None."""
    numerator, denominator = value.p.root(degree), value.q.root(degree)
    if numerator**degree == value.p and denominator**degree == value.q:
        return fmpq(fmpz(numerator), fmpz(denominator))
    return None
