"""S-shaped rectified linear unit."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import (
    NONDECREASING,
    NONINCREASING,
    ODD,
    Activation,
    Bounds,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, tl: Exact, al: Exact, tr: Exact, ar: Exact) -> Value:
    """Return the line of the piece that ``x`` lies in; the lines meet at the thresholds."""
    if x <= tl:
        return tl + al * (x - tl)
    return tr + ar * (x - tr) if x >= tr else x


def derivative(x: Exact, tl: Exact, al: Exact, tr: Exact, ar: Exact) -> Value:
    """Return the slope of the outer piece up to and including its threshold, else 1."""
    if x <= tl:
        return al
    return ar if x >= tr else Exact(1)


def _bends(tl: Fraction, al: Fraction, tr: Fraction, ar: Fraction) -> dict[Fraction, Fraction]:
    """Return how much the slope grows at each place where it changes."""
    growth = {tl: ar - al} if tl == tr else {tl: 1 - al, tr: ar - 1}
    return {place: change for place, change in growth.items() if change != 0}


def _symmetry(tl: Fraction, al: Fraction, tr: Fraction, ar: Fraction) -> Symmetry | None:
    """A continuous function of straight pieces is as symmetric as its bends are."""
    bends = _bends(tl, al, tr, ar)
    if not bends:
        return Symmetry(-1, offset=2 * tl * (1 - al))
    mirrored = {-place: change for place, change in bends.items()}
    if mirrored == {place: -change for place, change in bends.items()}:
        return ODD
    return Symmetry(+1, slope=-(al + ar)) if mirrored == bends else None


def _monotone(tl: Fraction, al: Fraction, tr: Fraction, ar: Fraction) -> str | None:
    """The middle piece rises; without it both slopes may fall."""
    if min(al, ar) >= 0:
        return NONDECREASING
    return NONINCREASING if tl == tr and max(al, ar) <= 0 else None


def _bounds(tl: Fraction, al: Fraction, tr: Fraction, ar: Fraction) -> Bounds:
    """An outer piece is unbounded on the side it runs to; otherwise it ends at a threshold."""
    return (
        None if al > 0 or ar < 0 else tl,
        None if al < 0 or ar > 0 else tr,
    )


RECORD = Activation(
    name="srelu",
    value=value,
    derivative=derivative,
    summary="S-shaped rectified linear unit: three lines that meet at two thresholds.",
    formula="tl + al * (x - tl) if x <= tl else tr + ar * (x - tr) if x >= tr else x",
    source="Jin et al. 2015, arXiv:1512.07030",
    note="The layer has four parameters per channel, so one table per distinct set of them.",
    aliases=("s_shaped_relu",),
    parameters=(
        Parameter("tl", "0", meaning="left threshold"),
        Parameter("al", "0.01", meaning="slope left of it"),
        Parameter("tr", "1", meaning="right threshold"),
        Parameter("ar", "0.01", meaning="slope right of it"),
    ),
    constraint=("tl <= tr", lambda tl, al, tr, ar: tl <= tr),
    symmetry=_symmetry,
    monotone=_monotone,
    bounds=_bounds,
    kinks=lambda **parameters: tuple(_bends(**parameters)),
    kink_rule="the slope of the outer piece: al at tl, ar at tr; al where both coincide",
)
