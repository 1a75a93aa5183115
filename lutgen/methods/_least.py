"""The smallest error that something can be done with: bisection on a threshold."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

HALF = Fraction(1, 2)

RESOLUTION = Fraction(1, 2**16)
"""The threshold is found to this many LSB."""

GREATEST = Fraction(2**16)
"""No format has codes further apart than this many LSB."""


def least(
    works: Callable[[Fraction], object], start: Fraction, most: Fraction | None = None
) -> Fraction | None:
    """Return the smallest error at which ``works`` is true, from above; None if it never is.

    Args:
        works: true from some error on.
        start: an error below which it is known not to be true.
        most: an error at which it is known to be true.
    """
    if works(start):
        return start
    low, step = start, RESOLUTION
    end = GREATEST if most is None else most
    while low + step < end and not works(low + step):
        low, step = low + step, 4 * step
    high = min(low + step, end)
    if most is None and high == end and not works(high):
        return None
    while high - low > RESOLUTION:
        middle = (low + high) / 2
        low, high = (low, middle) if works(middle) else (middle, high)
    return high
