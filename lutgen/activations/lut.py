"""The article's table of 13 knots, joined by lines."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from lutgen.activations._record import COMPLEMENT, NONDECREASING, Activation, Parameter
from lutgen.numerics.reals import Exact, Value, exact

_LITERALS = (
    *("0", "0.05", "0.12", "0.20", "0.30", "0.40", "0.50"),
    *("0.60", "0.70", "0.80", "0.88", "0.95", "1"),
)
KNOTS = tuple(map(exact, _LITERALS))
"""Values at equal distances from ``lo`` to ``hi``."""

RISES = tuple(after - before for before, after in pairwise(KNOTS))


def value(x: Exact, lo: Exact, hi: Exact) -> Value:
    """Return the point on the line between two knots; outside, the value at the end."""
    if x <= lo:
        return KNOTS[0]
    if x >= hi:
        return KNOTS[-1]
    position = (x - lo) / (hi - lo) * len(RISES)
    piece = int(position.floor())
    return KNOTS[piece] + RISES[piece] * (position - piece)


def derivative(x: Exact, lo: Exact, hi: Exact) -> Value:
    """Return the slope of the piece that begins at ``x`` or holds it; 0 outside."""
    if not lo <= x < hi:
        return Exact(0)
    inverse_step = len(RISES) / (hi - lo)
    return RISES[int(((x - lo) * inverse_step).floor())] * inverse_step


def _kinks(lo: Fraction, hi: Fraction) -> tuple[Fraction, ...]:
    """The knots where the slope changes; in the middle of the table it does not."""
    slopes = (0, *RISES, 0)
    step = (hi - lo) / len(RISES)
    return tuple(
        lo + step * knot
        for knot, (before, after) in enumerate(pairwise(slopes))
        if before != after
    )


RECORD = Activation(
    name="lut",
    value=value,
    derivative=derivative,
    summary="The article's 13 knots from 0 to 1, joined by lines and constant outside.",
    formula="interpolate((0, 0.05, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.95, 1), "
    "at equal distances on [lo, hi])",
    source="no paper known; the article's own knots",
    note="Shaped like a sigmoid, but up to 0.142 away from it.  Own knots are given as a table.",
    parameters=(
        Parameter("lo", "-5", meaning="place of the first knot"),
        Parameter("hi", "5", meaning="place of the last knot"),
    ),
    constraint=("lo < hi", lambda lo, hi: lo < hi),
    # The knots themselves are symmetric about their middle.
    symmetry=lambda lo, hi: COMPLEMENT if lo == -hi else None,
    monotone=NONDECREASING,
    bounds=(Fraction(0), Fraction(1)),
    kinks=_kinks,
    kink_rule="the right-hand derivative",
    default_range=(-5, 5),
)
