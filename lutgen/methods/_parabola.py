"""How far one parabola reaches through a tube of output codes, by exact cuts.

With the curvature given, what is left is a line in the tube less the parabola, which ``_hull``
decides exactly.  Where no line goes through, three codes show it, and these three bound the
curvature: from above where the parabola is too convex for them, from below where it is not convex
enough.  Each such cut holds for every parabola, so cuts that contradict each other prove that
there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

from lutgen.methods._demand import FREE_HIGH, FREE_LOW
from lutgen.methods._hull import Segment, Tube, reach

OPEN = 2**62
"""An end of a scaled tube that saturation leaves open, as in ``_hull``."""

# Curvatures tried for one piece before it is given up; a handful is usual.
_TRIES = 48


class Cut(NamedTuple):
    """A bound of the curvature that three codes prove.

    Attributes:
        bound: the curvature, in scaled output codes per input code squared.
        above: whether the curvature must lie below the bound.
        last: the last of the three codes.
        noise: how far the bound may be off, where up to ``code`` scaled units are floored away
            from the value at every code.
    """

    bound: Fraction
    above: bool
    last: int
    noise: Fraction


class Curvatures(NamedTuple):
    """The curvatures that serve a run of codes lie between two bounds.

    Attributes:
        stop: index after the last code of the run.
        least: bound from below.
        greatest: bound from above.
        some: one that serves, an integer in scaled units.
    """

    stop: int
    least: Fraction
    greatest: Fraction
    some: int


def scaled(lo: np.ndarray, hi: np.ndarray, unit: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the least value, and the end above the greatest, in ``1 / unit`` output codes."""
    lower = np.where(lo == FREE_LOW, -OPEN, np.where(lo == FREE_LOW, 0, lo) * unit)
    upper = np.where(hi == FREE_HIGH, OPEN, np.where(hi == FREE_HIGH, 0, hi + 1) * unit)
    return lower, upper


def lines(
    lower: np.ndarray, upper: np.ndarray, some_slope: Callable[[int, int, int, int], bool]
) -> Segment:
    """Return how far a line reaches through a scaled tube from its first code.

    Args:
        lower: least value at each code, or -OPEN.
        upper: greatest value (or the end above it, as ``some_slope`` has it), or OPEN.
        some_slope: as in ``Tube``.
    """
    return reach(Tube(lower.tolist(), upper.tolist(), 1 << 61, some_slope), 0, lower.size)


def cuts(lower: np.ndarray, upper: np.ndarray, codes: Sequence[int]) -> list[Cut]:
    """Return the bounds of the curvature that some codes prove, three at a time.

    Args:
        lower: least value at each code, or -OPEN.
        upper: the end above, or OPEN.
        codes: ascending.
    """
    found = []
    for i, j, k in combinations(codes, 3):
        left, right, whole = j - i, k - j, k - i
        noise = Fraction(k, right * whole) + Fraction(j, left * right) + Fraction(i, left * whole)
        # The greatest and the least second divided difference of values inside the tube.
        if lower[j] != -OPEN and upper[i] != OPEN and upper[k] != OPEN:
            top = (int(upper[k]) - int(lower[j])) * left - (int(lower[j]) - int(upper[i])) * right
            found.append(Cut(Fraction(top, left * right * whole), True, k, noise))
        if upper[j] != OPEN and lower[i] != -OPEN and lower[k] != -OPEN:
            low = (int(lower[k]) - int(upper[j])) * left - (int(upper[j]) - int(lower[i])) * right
            found.append(Cut(Fraction(low, left * right * whole), False, k, noise))
    return found


def furthest(lower: np.ndarray, upper: np.ndarray) -> Curvatures | None:
    """Return the longest run of codes from the first on that one parabola serves.

    Args:
        lower: least value of each code in scaled units, int64, or -OPEN.
        upper: the end above, which parabolas do not touch, or OPEN.

    Returns:
        The run; None when the search is given up.
    """
    size = lower.size
    offsets = np.arange(size, dtype=np.int64)
    # The run reaches at least to ``good`` and at most to ``end``; steps from good grow.
    good, end, step, curvature = 0, size, 64, 0
    horizon = min(end, step)
    known = _coarse_cuts(lower, upper, horizon)
    for _ in range(_TRIES):
        run = slice(0, horizon)
        # Any line may be added to the bend; this one keeps it small.
        bend = curvature * (offsets[run] * (offsets[run] - horizon))
        below = np.where(lower[run] == -OPEN, -OPEN, lower[run] - bend)
        above = np.where(upper[run] == OPEN, OPEN, upper[run] - bend)
        segment = lines(below, above, _below)
        good = max(good, segment.stop)
        if segment.stop < horizon:
            known += cuts(lower, upper, segment.blockers)
        elif horizon == end:
            least, greatest = _bounds(known, (OPEN - 1) // horizon**2)
            return Curvatures(end, least, greatest, curvature)
        else:
            step = 2 * step if end == size else max(1, (end - good) // 2)
            horizon = min(end, good + step)
            known += _coarse_cuts(lower, upper, horizon)
            if _allowed(known, horizon, curvature):
                continue
        found = _within(known, horizon)
        while found is None and known and horizon > good:
            # The two that leave nothing end the run before the last code of theirs.
            below_all = max((cut for cut in known if not cut.above), default=None)
            above_all = min((cut for cut in known if cut.above), default=None)
            end = max(cut.last for cut in (below_all, above_all) if cut is not None)
            step = max(1, (end - good) // 2)
            horizon = min(end, good + step)
            known = [cut for cut in known if cut.last < horizon]
            known += _coarse_cuts(lower, upper, horizon)
            found = _within(known, horizon)
        if found is None:
            return None
        curvature = found
    return None


def _coarse_cuts(lower: np.ndarray, upper: np.ndarray, horizon: int) -> list[Cut]:
    """Return the bounds that five codes across a run prove: a first idea of the curvature."""
    return cuts(lower, upper, sorted({(horizon - 1) * part // 4 for part in range(5)}))


def _below(below: int, below_run: int, above: int, above_run: int) -> bool:
    return below * above_run < above * below_run


def _bounds(known: list[Cut], limit: int) -> tuple[Fraction, Fraction]:
    """Return the greatest bound from below and the least from above, within the limit."""
    least = max((cut.bound for cut in known if not cut.above), default=Fraction(-limit))
    greatest = min((cut.bound for cut in known if cut.above), default=Fraction(limit))
    return max(least, Fraction(-limit)), min(greatest, Fraction(limit))


def _allowed(known: list[Cut], horizon: int, curvature: int) -> bool:
    """Return whether a curvature lies strictly between the bounds."""
    least, greatest = _bounds(known, (OPEN - 1) // horizon**2)
    return least < curvature < greatest


def _within(known: list[Cut], horizon: int) -> int | None:
    """Return the integer in the middle between the bounds, None if there is none."""
    least, greatest = _bounds(known, (OPEN - 1) // horizon**2)
    first, last = least.__floor__() + 1, greatest.__ceil__() - 1
    return (first + last) // 2 if first <= last else None
