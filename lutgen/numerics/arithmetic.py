"""Sums, products, quotients and powers of reals that lose nothing exact on the way.

Here every real is a rational, or a rational anchor plus a ball with, where it is proved, the sign
of what the ball holds.  Rationals stay rational, and what vanishes beside an anchor keeps its own
digits: ``1 / (1 + exp(-x))`` is 1 minus a tail, and ``x`` times that is ``x`` minus a tail.
"""

from __future__ import annotations

from flint import arb

from lutgen.numerics.reals import (
    MINUS_INFINITY,
    PLUS_INFINITY,
    Anchored,
    Exact,
    Value,
    ball,
    power,
)

Real = Exact | Anchored

ZERO, ONE = Exact(0), Exact(1)

_LONGEST = 2**12
"""Bits beyond which a rational is no longer worth its digits; a ball says the same."""

_LARGEST_PRODUCT = 1024
"""Exponents up to here are products; beyond, the power goes by way of the logarithm."""


class UnsettledError(ArithmeticError):
    """A value is not to be had; the text says why.

    Attributes:
        part: what of an expression it is about, where that is known.
    """

    part = ""


class NoValueError(UnsettledError):
    """There is no real value."""


class UndecidedError(UnsettledError):
    """The working precision does not tell something that the value depends on."""


class TooLargeError(UndecidedError):
    """The enclosure of a number on the way has no bounds."""

    def __init__(self) -> None:
        super().__init__("a value is too large")


def lifted(value: Value) -> Real:
    """Return a value of any form in the forms used here.

    Raises:
        NoValueError: it is an infinite limit.
        TooLargeError: it is a ball without bounds.
    """
    if isinstance(value, arb):
        if value in (PLUS_INFINITY, MINUS_INFINITY):
            raise NoValueError("it is infinite")
        return anchored(ZERO, value)
    return value


def anchored(anchor: Exact, offset: arb, side: int = 0) -> Real:
    """Return ``anchor + offset``, the anchor merged into the ball unless it dominates.

    Args:
        anchor: the exact rational.
        offset: ball that encloses the rest.
        side: the proved sign of the rest; 0 where the ball has to speak for itself.

    Raises:
        TooLargeError: the ball has no bounds.
    """
    if not offset.is_finite():
        raise TooLargeError
    if offset.is_zero():
        return anchor
    if anchor == 0 or (abs(offset) < abs(anchor) / 2 and _length(anchor) <= _LONGEST):
        return Anchored(anchor, offset, side)
    return Anchored(ZERO, offset + anchor, side if side == _sign_of(anchor) else 0)


def known_sign(value: Real) -> int:
    """Return +1 or -1, or 0 where the value is 0 or its sign is not known."""
    if isinstance(value, Exact):
        return _sign_of(value)
    if value.anchor == 0:
        return value.sign_of_offset()
    enclosure = value.ball()
    return (enclosure > 0) - (enclosure < 0)


def sign(value: Real) -> int:
    """Return +1, 0 or -1.

    Raises:
        UndecidedError: the working precision does not tell.
    """
    found = known_sign(value)
    if found == 0 and not isinstance(value, Exact):
        raise UndecidedError("a sign is not known")
    return found


def add(a: Real, b: Real) -> Real:
    """Return ``a + b``."""
    if isinstance(a, Exact):
        if isinstance(b, Exact):
            return _kept(a + b)
        a, b = b, a
    if isinstance(b, Exact):
        return anchored(a.anchor + b, a.offset, a.side)
    side = _common(a.sign_of_offset(), b.sign_of_offset())
    return anchored(a.anchor + b.anchor, a.offset + b.offset, side)


def subtract(a: Real, b: Real) -> Real:
    """Return ``a - b``."""
    return add(a, -b)


def multiply(a: Real, b: Real) -> Real:
    """Return ``a * b``; 0 where either is exactly 0."""
    if isinstance(a, Exact):
        if isinstance(b, Exact):
            return _kept(a * b)
        a, b = b, a
    if isinstance(b, Exact):
        return anchored(a.anchor * b, a.offset * b, a.side * _sign_of(b)) if b != 0 else b
    if b.anchor == 0:
        a, b = b, a
    side = a.sign_of_offset() * known_sign(b)
    if a.anchor == 0:
        return anchored(ZERO, a.offset * b.ball(), side)
    rest = a.anchor * b.offset + a.offset * b.ball()
    return anchored(
        a.anchor * b.anchor, rest, _common(side, _sign_of(a.anchor) * b.sign_of_offset())
    )


def divide(a: Real, b: Real) -> Real:
    """Return ``a / b``.

    Raises:
        NoValueError: ``b`` is 0.
        UndecidedError: ``b`` cannot be told from 0.
    """
    if isinstance(b, Exact):
        if b == 0:
            raise NoValueError("division by zero")
        return multiply(a, 1 / b)
    below = sign(b)
    if isinstance(a, Exact) and a == 0:
        return a
    if b.anchor == 0:
        return anchored(ZERO, ball(a) / b.offset, known_sign(a) * below)
    # (p + u) / (q + v) is p/q plus (u - (p/q) v) / (q + v).
    anchor, offset, side = (a, arb(0), None) if isinstance(a, Exact) else (
        a.anchor, a.offset, a.sign_of_offset()
    )
    quotient = anchor / b.anchor
    other = -_sign_of(quotient) * b.sign_of_offset()
    if side is None:
        side = other
    elif quotient != 0:
        side = _common(side, other)
    return anchored(quotient, (offset - quotient * b.offset) / b.ball(), side * below)


def raise_to(base: Real, exponent: Real) -> Real:
    """Return ``base ** exponent``; 1 where the exponent is 0.

    Raises:
        NoValueError: a negative power of 0, or a power of a negative number that is not whole.
        UndecidedError: a sign that matters is not known.
    """
    if isinstance(exponent, Exact) and exponent.q == 1:
        return _whole_power(base, int(exponent.p))
    side = sign(base)
    if side < 0:
        raise NoValueError("a power of a negative number that is not a whole power")
    if side == 0:
        if sign(exponent) < 0:
            raise NoValueError("a negative power of 0")
        return ZERO
    if base == ONE:
        return ONE
    if isinstance(base, Exact) and isinstance(exponent, Exact) and _length(exponent) <= _LONGEST:
        found = power(base, exponent)
        return _kept(found) if isinstance(found, Exact) else anchored(ZERO, found, 1)
    return anchored(ZERO, (ball(exponent) * ball(base).log()).exp(), 1)


def maximum(a: Real, b: Real) -> Real:
    """Return the larger one; where that is not known, a ball that holds it either way."""
    if isinstance(a, Exact) and isinstance(b, Exact):
        return max(a, b)
    above = known_sign(subtract(a, b))
    if above:
        return a if above > 0 else b
    return anchored(ZERO, ball(a).max(ball(b)))


def minimum(a: Real, b: Real) -> Real:
    """Return the smaller one; where that is not known, a ball that holds it either way."""
    return -maximum(-a, -b)


def hull(a: Real, b: Real) -> Real:
    """Return a ball that holds both, with their anchor where they share one."""
    if isinstance(a, Anchored) and isinstance(b, Anchored) and a.anchor == b.anchor:
        side = _common(a.sign_of_offset(), b.sign_of_offset())
        return anchored(a.anchor, a.offset.union(b.offset), side)
    if isinstance(a, Exact) and isinstance(b, Exact) and a == b:
        return a
    return anchored(ZERO, ball(a).union(ball(b)))


def absolute(value: Real) -> Real:
    """Return ``|value|``."""
    if isinstance(value, Exact):
        return abs(value)
    side = known_sign(value)
    if side:
        return value if side > 0 else -value
    return anchored(ZERO, abs(value.ball()))


def _whole_power(base: Real, exponent: int) -> Real:
    """Return ``base ** exponent`` by products where there are not too many."""
    if exponent == 0:
        return ONE
    if exponent < 0:
        if isinstance(base, Exact) and base == 0:
            raise NoValueError("a negative power of 0")
        return divide(ONE, _whole_power(base, -exponent))
    if isinstance(base, Exact) and (abs(base) <= 1 and base.q == 1):
        return base if exponent % 2 else abs(base)
    if isinstance(base, Exact) and _length(base) * exponent <= _LONGEST:
        return base**exponent
    if exponent > _LARGEST_PRODUCT:
        side = sign(base)
        found = (exponent * ball(absolute(base)).log()).exp()
        return anchored(ZERO, found if side > 0 or exponent % 2 == 0 else -found,
                        side if exponent % 2 else 1)
    result, square = ONE, base
    while True:
        if exponent % 2:
            result = multiply(result, square)
        exponent //= 2
        if not exponent:
            return result
        square = multiply(square, square)


def _kept(value: Exact) -> Real:
    """Return a rational, as a ball where it has grown too long."""
    if _length(value) <= _LONGEST:
        return value
    return anchored(ZERO, arb(value), _sign_of(value))


def _length(value: Exact) -> int:
    """Return the bits of a rational."""
    return value.p.bit_length() + value.q.bit_length()


def _sign_of(value: Exact) -> int:
    return (value > 0) - (value < 0)


def _common(a: int, b: int) -> int:
    """Return the sign of a sum of two parts that are not 0."""
    return a if a == b else 0
