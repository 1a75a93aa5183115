"""Equal pieces of a quadratic in 32-bit integers.

``y = ((((curve * offset) >> drop) + slope) * offset + level) >> shift`` on every piece.  The inner
shift keeps the product narrow; what it floors away is known, so it is taken off the tube exactly
and what is left is again a line in a tube.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lutgen.methods._demand import AIM_BITS, FREE_HIGH, FREE_LOW, Demand
from lutgen.methods._hull import Segment, scaled_ends
from lutgen.methods._parabola import OPEN, cuts, lines

# Curvatures tried for a piece; most are served by the first.
_TRIES = 20
# A sum may overshoot the output format, so one bit is kept free.
_WORD_BITS = 31


class Layout(NamedTuple):
    """Tables that might do.

    Attributes:
        bits: a piece has ``2**bits`` codes.
        shift: fraction bits of the levels and slopes.
        drop: further fraction bits of the curves.
        rising: whether slopes are stored unsigned, as none falls.
        sizes: bytes of an entry for curves, slopes and levels.
        storage: bytes of the tables.
    """

    bits: int
    shift: int
    drop: int
    rising: bool
    sizes: tuple[int, int, int]
    storage: int


class Piece(NamedTuple):
    """The coefficients of one piece."""

    curve: int
    slope: int
    level: int


def layouts(demand: Demand, width: int, sizes: Sequence[int]) -> Iterator[Layout]:
    """Yield the layouts with as many fraction bits as their entries hold, in no order.

    Args:
        demand: what the core has to give.
        width: bits of an output code.
        sizes: how many codes a piece may have, as powers of two.
    """
    for bits in sizes:
        rising, steepest, sharpest = _extremes(demand, bits)
        count = -(-len(demand) >> bits)
        best = -1
        for level_size, slope_size in ((1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4)):
            shift = min(
                8 * level_size - width,
                _room(steepest, slope_size) + rising,
                _WORD_BITS - width,
            )
            if shift <= best:
                continue
            best = shift
            for curve_size in (1, 2):
                drop = _room(sharpest, curve_size) - shift
                # Beyond the size of an offset the curve gains nothing, but its product grows.
                drop = min(drop, _WORD_BITS - 8 * curve_size)
                if drop >= 0:
                    entry = (curve_size, slope_size, level_size)
                    yield Layout(bits, shift, drop, rising, entry, count * sum(entry))


def fit(demand: Demand, layout: Layout, order: Sequence[int]) -> list[Piece] | None:
    """Return the pieces in ascending order, or None as soon as one is not found.

    Args:
        demand: what the core has to give; the pieces divide it.
        layout: the tables.
        order: numbers of the pieces in the order to look at them; may be only some of them.
    """
    lower, upper = scaled_ends(demand.lo, demand.hi, layout.shift)
    found: dict[int, Piece] = {}
    for number in order:
        run = slice(number << layout.bits, (number + 1) << layout.bits)
        piece = _fit_piece(lower[run], upper[run], demand.aim[run], layout)
        if piece is None:
            return None
        found[number] = piece
    return [found[number] for number in sorted(found)]


def _fit_piece(
    lower: np.ndarray, upper: np.ndarray, aim: np.ndarray, layout: Layout
) -> Piece | None:
    """Return the coefficients of one piece: the curve by search, then an exact line."""
    offsets = np.arange(lower.size, dtype=np.int64)
    unit = 1 << layout.drop
    limit = 1 << (8 * layout.sizes[0] - 1)
    least, most = -limit, limit - 1
    curve = min(max(_second_difference(aim, layout), least), most)
    # Bounds that hold whatever the inner shift floors away: contradicting, they prove failure.
    proved = [Fraction(least), Fraction(most)]
    ends = np.where(upper == OPEN, OPEN, upper + 1)
    step = 1
    for _ in range(_TRIES):
        bend = ((curve * offsets) >> layout.drop) * offsets
        below = np.where(lower == -OPEN, -OPEN, lower - bend)
        above = np.where(upper == OPEN, OPEN, upper - bend)
        segment = lines(below, above, _some_integer)
        if segment.stop == lower.size:
            return _best_line(below, above, aim, bend, segment, curve, layout)
        # Which way the rest that no line serves has to be bent.  Where only integers fail, no
        # three codes show it: then away from the bound that is nearer.
        rest = cuts(below, np.where(above == OPEN, OPEN, above + 1), segment.blockers)
        upward = max((cut.bound for cut in rest if not cut.above), default=-limit)
        downward = min((cut.bound for cut in rest if cut.above), default=limit)
        if upward >= 0 >= downward:
            return None
        for cut in cuts(lower, ends, segment.blockers):
            bound = cut.bound * unit
            if cut.above:
                proved[1] = min(proved[1], bound + cut.noise * unit)
            else:
                proved[0] = max(proved[0], bound - cut.noise * unit)
        if proved[0] > proved[1]:
            return None
        too_convex = downward < -upward
        by = abs(downward if too_convex else upward) * unit
        if too_convex:
            most = curve - 1
        else:
            least = curve + 1
        if least > most:
            return None
        if least > -limit and most < limit - 1:
            curve = (least + most) // 2
        else:
            away = max(step, int(by))
            curve, step = curve - away if too_convex else curve + away, 2 * step
            curve = min(max(curve, least), most)
    return None


def _best_line(
    below: np.ndarray,
    above: np.ndarray,
    aim: np.ndarray,
    bend: np.ndarray,
    segment: Segment,
    curve: int,
    layout: Layout,
) -> Piece | None:
    """Return the line of least squares, or the nearest to it that serves; None if it is wide."""
    limit = 1 << (8 * layout.sizes[1] - (not layout.rising))
    least, greatest = segment.integer_slopes
    least, greatest = max(least, 0 if layout.rising else -limit), min(greatest, limit - 1)
    if least > greatest:
        return None
    bounded = np.flatnonzero((below != -OPEN) & (above != OPEN))
    at = bounded if bounded.size else np.arange(bend.size)
    at = at[:: max(1, at.size >> 12)]
    heights = ((aim[at] << layout.shift) >> AIM_BITS) - bend[at]
    count, total, sum_of_heights = at.size, int(at.sum()), int(heights.sum())
    variance = count * int(at @ at) - total * total
    slope = 0
    if variance:
        slope = (count * int(at @ heights) - total * sum_of_heights) // variance
    slope = min(max(slope, least), greatest)
    rise = slope * np.arange(bend.size, dtype=np.int64)
    lowest = (below - rise)[below != -OPEN].max(initial=-OPEN)
    highest = (above - rise)[above != OPEN].min(initial=OPEN)
    level = (sum_of_heights - slope * total) // count
    return Piece(curve, slope, int(min(max(level, lowest), highest)))


def _second_difference(aim: np.ndarray, layout: Layout) -> int:
    """Return the curvature through three places of a piece, near to that of the best parabola."""
    if aim.size < 3:
        return 0
    margin = aim.size // 16
    first, middle, last = margin, aim.size // 2, aim.size - 1 - margin
    left, right, whole = middle - first, last - middle, last - first
    a, b, c = int(aim[first]), int(aim[middle]), int(aim[last])
    bend = ((c - b) * left - (b - a) * right) << (layout.shift + layout.drop)
    return bend // (left * right * whole << AIM_BITS)


def _extremes(demand: Demand, bits: int) -> tuple[bool, Fraction, Fraction]:
    """Return whether no slope falls, and the steepest slope and sharpest curvature, roughly."""
    step = max(1, (1 << bits) // 4)
    free = ((demand.lo == FREE_LOW) | (demand.hi == FREE_HIGH))[::step]
    places = demand.aim[::step]
    slopes, bends = np.diff(places), np.diff(places, n=2)
    slopes[free[1:] | free[:-1]] = 0
    bends[free[2:] | free[1:-1] | free[:-2]] = 0
    steepest, sharpest = np.abs(slopes).max(initial=0), np.abs(bends).max(initial=0)
    # The best slopes and curvatures go a little further than the chords.
    return (
        bool(slopes.min(initial=0) >= 0),
        Fraction(33 * int(steepest), 32 * step << AIM_BITS),
        Fraction(17 * int(sharpest), 16 * 2 * step * step << AIM_BITS),
    )


def _room(largest: Fraction, size: int) -> int:
    """Return how many fraction bits a signed entry has beside the largest number."""
    limit = (1 << (8 * size - 1)) - 1
    if largest == 0:
        return 8 * size
    ratio = limit / largest
    return (ratio.numerator // ratio.denominator).bit_length() - 1 if ratio >= 1 else -1


def _some_integer(below: int, below_run: int, above: int, above_run: int) -> bool:
    return -(-below // below_run) <= above // above_run
