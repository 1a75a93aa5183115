"""The elementary functions of reals in the forms of ``arithmetic``.

Each returns what is rational as a rational, and what nears a rational as that rational plus a rest
whose digits and sign it keeps.
"""

from __future__ import annotations

from flint import arb

from lutgen.numerics.arithmetic import (
    ONE,
    ZERO,
    NoValueError,
    Real,
    TooLargeError,
    anchored,
    known_sign,
    sign,
)
from lutgen.numerics.reals import Exact, ball, square_root


def exp(t: Real) -> Real:
    """Return ``e ** t``; near 1 as 1 plus ``expm1``."""
    if isinstance(t, Exact) and t == 0:
        return ONE
    small = ball(t)
    if abs(small) < 1:
        return anchored(ONE, small.expm1(), known_sign(t))
    return anchored(ZERO, small.exp(), 1)


def log(t: Real) -> Real:
    """Return the natural logarithm; near 1 by ``log1p`` of the distance.

    Raises:
        NoValueError: ``t`` is 0 or negative.
        UndecidedError: the sign of ``t`` is not known.
    """
    if sign(t) <= 0:
        raise NoValueError("the logarithm of a number that is not positive")
    if isinstance(t, Exact):
        if t == 1:
            return ZERO
        return anchored(ZERO, arb(t - 1).log1p() if abs(t - 1) < 1 else arb(t).log())
    if t.anchor == 1:
        return anchored(ZERO, t.offset.log1p(), t.sign_of_offset())
    return anchored(ZERO, t.ball().log())


def sqrt(t: Real) -> Real:
    """Return the square root, exact where it is rational.

    Raises:
        NoValueError: ``t`` is negative.
        UndecidedError: the sign of ``t`` is not known.
    """
    if sign(t) < 0:
        raise NoValueError("the square root of a negative number")
    if isinstance(t, Exact):
        root = square_root(t)
        return root if isinstance(root, Exact) else anchored(ZERO, root, 1)
    root = square_root(t.anchor) if t.anchor > 0 else None
    if not isinstance(root, Exact):
        return anchored(ZERO, t.ball().nonnegative_part().sqrt(), 1)
    # sqrt(r^2 + u) is r plus u / (sqrt(r^2 + u) + r).
    return anchored(root, t.offset / (t.ball().sqrt() + root), t.sign_of_offset())


def sin(t: Real) -> Real:
    """Return the sine."""
    return t if isinstance(t, Exact) and t == 0 else anchored(ZERO, ball(t).sin())


def cos(t: Real) -> Real:
    """Return the cosine; near 1 as 1 minus ``2 sin(t/2)**2``."""
    if isinstance(t, Exact) and t == 0:
        return ONE
    angle = ball(t)
    if abs(angle) < 1:
        return anchored(ONE, -2 * (angle / 2).sin() ** 2, -abs(known_sign(t)))
    return anchored(ZERO, angle.cos())


def atan(t: Real) -> Real:
    """Return the inverse tangent."""
    if isinstance(t, Exact) and t == 0:
        return t
    return anchored(ZERO, ball(t).atan(), known_sign(t))


def tanh(t: Real) -> Real:
    """Return the hyperbolic tangent; beyond 1 as 1 minus ``2 / (exp(2t) + 1)``."""
    if isinstance(t, Exact) and t == 0:
        return t
    side, size = known_sign(t), abs(ball(t))
    if side == 0 or not size > 1:
        return anchored(ZERO, ball(t).tanh(), side)
    small = (-2 * size).exp()
    return anchored(Exact(side), -side * 2 * small / (1 + small), -side)


def erf(t: Real) -> Real:
    """Return the Gauss error function; beyond 1 as 1 minus ``erfc(t)``."""
    if isinstance(t, Exact) and t == 0:
        return t
    side, size = known_sign(t), abs(ball(t))
    if side == 0 or not size > 1:
        return anchored(ZERO, ball(t).erf(), side)
    # Beyond, erfc is out of reach of a ball: 0 < erfc(t) < exp(-t * t) for t > 1.
    rest = size.erfc() if size < _FAR else _below((-size * size).exp())
    return anchored(Exact(side), -side * rest, -side)


_FAR = 2**32
"""Where erfc is enclosed by its bound."""


def _below(bound: arb) -> arb:
    """Return a ball that holds everything from 0 to ``bound``."""
    if not bound.is_finite():
        raise TooLargeError
    return bound.union(arb(0))
