"""Which law of symmetry a function seems to obey: a proposal, which methods prove on every code."""

from __future__ import annotations

from collections.abc import Callable

from lutgen.activations._record import Symmetry
from lutgen.errors import LutgenError
from lutgen.numerics.arithmetic import ZERO, Real, add, multiply, subtract
from lutgen.numerics.reals import Exact, Value, ball, exact, fraction, working_precision

_BITS = 192
_POINTS = tuple(Exact(*pair) for pair in ((1, 3), (1, 1), (5, 2), (7, 1), (1, 37), (40, 7), (2, 1)))

# A constant of a law that is not this simple is not one.
_LARGEST_DENOMINATOR, _LARGEST = 2**24, Exact(2**64)
_CLOSE = Exact(1, 2**96)


def law_of(function: Callable[[Exact], Value]) -> Symmetry | None:
    """Return the law that holds at a few points on either side of 0; None where none does."""
    try:
        with working_precision(_BITS):
            pairs = [(x, function(x), function(-x)) for x in _POINTS]
            sums = [add(right, left) for _, right, left in pairs]
            offset = _rational(sums[0])
            if offset is not None and all(_equal(found, offset) for found in sums):
                return Symmetry(-1, offset=fraction(offset))
            rises = [subtract(left, right) for _, right, left in pairs]
            slope = _rational(multiply(rises[0], 1 / _POINTS[0]))
            lines = [multiply(slope, x) for x in _POINTS] if slope is not None else [ZERO]
            if len(lines) == len(rises) and all(map(_equal, rises, lines)):
                return Symmetry(+1, slope=fraction(slope))
    except LutgenError:
        return None
    return None


def _rational(value: Real) -> Exact | None:
    """Return the simple rational that a value seems to be."""
    if isinstance(value, Exact):
        return value
    enclosure = ball(value)
    if abs(enclosure) < _CLOSE:
        found = ZERO
    elif abs(enclosure) < _LARGEST:
        found = exact(fraction(enclosure.mid().fmpq()).limit_denominator(_LARGEST_DENOMINATOR))
    else:
        return None
    return found if _equal(value, found) else None


def _equal(value: Real, number: Exact) -> bool:
    """Return whether a value cannot be told from a number, and nearly everything else can."""
    apart = subtract(value, number)
    if isinstance(apart, Exact):
        return apart == 0
    enclosure = apart.ball()
    return enclosure.contains(0) and enclosure.rad() < _CLOSE
