"""Few free pieces of a quadratic, for functions that are made of parabolas.

``y = ((curve * u + slope) * u + level) / unit``, floored, in exact integers: what hard_swish, sqnl
or the square of relu are.  The unit is a power of two that 32 bits have room for; else a small odd
number times a power of two, the odd part being divided out by a multiplication; else a power of
two that needs 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import lcm
from typing import NamedTuple

import numpy as np

from lutgen.methods._demand import FREE_HIGH, FREE_LOW, Demand
from lutgen.methods._parabola import OPEN, Curvatures, furthest, lines, scaled

#: More pieces than this are not looked for; sqnl on both sides of 0 has four.
MOST = 4

# Bits of a product, and the greatest shift at which the products of 16-bit codes fit 64 bits.
_WORD_BITS = 31
_LONG_WORD_BITS = 60
_ODD_LIMIT = 255
# Breakpoints found by greedy extension are the last possible ones.  Coefficients are fitted
# without this many codes on either side, and the breakpoints placed afterwards.
_MARGIN = 8
# Windows in which a third difference is looked at.
_WINDOWS = 64


class Parabola(NamedTuple):
    """``(curve * u + slope) * u + level`` in ``1 / unit`` output codes, from an index on."""

    start: int
    curve: int
    slope: int
    level: int


class Division(NamedTuple):
    """``value // unit`` as ``(((value >> shift) * factor) + addend) >> last``."""

    shift: int
    factor: int = 1
    addend: int = 0
    last: int = 0


class Pieces(NamedTuple):
    """Parabolas in ascending order, and how their values become output codes."""

    parabolas: list[Parabola]
    division: Division


class _Run(NamedTuple):
    """A run of codes that one parabola serves; curvatures in ``2**-precision`` output codes."""

    start: int
    stop: int
    curvatures: Curvatures

    @property
    def room(self) -> Fraction:
        """How well the curvature is known."""
        return self.curvatures.greatest - self.curvatures.least


def find(demand: Demand, width: int) -> Pieces | None:
    """Return the pieces, or None where the function is not made of few parabolas.

    Args:
        demand: what the core has to give.
        width: bits of an output code.
    """
    if _surely_more(demand):
        return None
    precision = _LONG_WORD_BITS - width
    runs = _runs(demand, precision)
    if runs is None:
        return None

    def at(unit: int) -> Pieces | None:
        for margin in (_MARGIN, 0):
            parabolas = _fitted(demand, runs, unit, precision, margin)
            division = None if parabolas is None else _division(demand, parabolas, unit)
            if division is not None:
                return Pieces(parabolas, division)
        return None

    narrow = _WORD_BITS - width
    found = _least_shift(at, 0, narrow)
    for unit in _odd_units(runs, narrow, precision):
        found = found or at(unit)
    return found or _least_shift(at, narrow + 1, precision)


def _least_shift(at: Callable[[int], Pieces | None], low: int, high: int) -> Pieces | None:
    """Return the pieces for the smallest power of two; what one grants, the next one does too."""
    best = at(1 << high)
    while best is not None and low < high:
        middle = (low + high) // 2
        found = at(1 << middle)
        if found is None:
            low = middle + 1
        else:
            best, high = found, middle
    return best


def _surely_more(demand: Demand) -> bool:
    """Return whether third differences prove that there are more than ``MOST`` pieces.

    Over a parabola they vanish, and a breakpoint touches three windows in a row.
    """
    step = max(1, len(demand) // _WINDOWS)
    lo, hi = demand.lo[::step], demand.hi[::step]
    bounded = (lo != FREE_LOW) & (hi != FREE_HIGH)
    lo, hi = np.where(bounded, lo, 0), np.where(bounded, hi + 1, 0)
    least = lo[3:] - 3 * hi[2:-1] + 3 * lo[1:-2] - hi[:-3]
    greatest = hi[3:] - 3 * lo[2:-1] + 3 * hi[1:-2] - lo[:-3]
    whole = bounded[3:] & bounded[2:-1] & bounded[1:-2] & bounded[:-3]
    bent = whole & ((least >= 0) | (greatest <= 0))
    return int(bent.sum()) > 3 * (MOST - 1)


def _runs(demand: Demand, precision: int) -> list[_Run] | None:
    """Return the longest runs from the left, None where there are too many."""
    lower, upper = scaled(demand.lo, demand.hi, 1 << precision)
    runs: list[_Run] = []
    start = 0
    while start < len(demand):
        found = furthest(lower[start:], upper[start:])
        if len(runs) == MOST or found is None:
            return None
        runs.append(_Run(start, start + found.stop, found))
        start += found.stop
    return runs


def _odd_units(runs: list[_Run], narrow: int, precision: int) -> Iterator[int]:
    """Yield units with a small odd part for which the curvatures are whole numbers."""
    common = 1
    for run in runs:
        # The run was stretched as far as it goes; the natural curvature may lie just outside.
        low = (run.curvatures.least - run.room) / (1 << precision)
        high = (run.curvatures.greatest + run.room) / (1 << precision)
        common = lcm(common, _simplest(low, high).denominator)
    if 1 < common >> _trailing_zeros(common) <= _ODD_LIMIT:
        while common <= 1 << narrow:
            yield common
            common *= 2


def _fitted(
    demand: Demand, runs: list[_Run], unit: int, precision: int, margin: int
) -> list[Parabola] | None:
    """Return integer parabolas at a unit, None where some run has none."""
    found: dict[int, tuple[int, int, int]] = {}
    # Where the curvature is known best, a unit that does not serve is seen soonest.
    for number in sorted(range(len(runs)), key=lambda number: runs[number].room):
        run = runs[number]
        less = min(margin, (run.stop - run.start) // 8)
        start = run.start + less * (number > 0)
        stop = run.stop - less * (number < len(runs) - 1)
        curves = _curves(run, unit, precision)
        fits = (_integers(demand, start, stop, curve, unit) for curve in curves)
        parabola = next((fit for fit in fits if fit is not None), None)
        if parabola is None:
            return None
        found[number] = parabola
    ordered = [found[number] for number in range(len(runs))]
    starts = _starts(demand, runs, unit, ordered, margin)
    if starts is None:
        return None
    return [Parabola(start, *parabola) for start, parabola in zip(starts, ordered, strict=True)]


def _curves(run: _Run, unit: int, precision: int) -> list[int]:
    """Return the curvatures to try at a unit: the roundest, then those nearest to one known."""
    first = (run.curvatures.least - run.room) * unit / (1 << precision)
    last = (run.curvatures.greatest + run.room) * unit / (1 << precision)
    found = []
    if first.__ceil__() <= last.__floor__():
        found.append(_roundest(first.__ceil__(), last.__floor__()))
    known = Fraction(run.curvatures.some * unit, 1 << precision)
    nearest = round(known)
    # Two parabolas in one tube, up to 4 codes wide, are no further apart than this.
    far = Fraction(8 * 4 * unit, max(1, run.stop - run.start - 2 * _MARGIN) ** 2)
    near = (nearest, nearest + 1, nearest - 1)
    return found + [curve for curve in near if curve not in found and abs(curve - known) <= far]


def _integers(
    demand: Demand, start: int, stop: int, curve: int, unit: int
) -> tuple[int, int, int] | None:
    """Return curve, slope and level of a parabola that serves the codes, the roundest there are."""
    size = stop - start
    offsets = np.arange(size, dtype=np.int64)
    if abs(curve) * size * size >= OPEN:
        return None
    bend = curve * (offsets * (offsets - size))
    lower, upper = scaled(demand.lo[start:stop], demand.hi[start:stop], unit)
    below = np.where(lower == -OPEN, -OPEN, lower - bend)
    above = np.where(upper == OPEN, OPEN, upper - 1 - bend)
    segment = lines(below, above, _some_integer)
    if segment.stop < size:
        return None
    # From the index in the run to u: both the slope and the level move by whole numbers.
    first = demand.lowest + start
    moved = -curve * size - 2 * curve * first
    least, greatest = segment.integer_slopes
    slope = _roundest(least + moved, greatest + moved) - moved
    rise = slope * offsets
    lowest, highest = _levels(below - rise, above - rise, below != -OPEN, above != OPEN, unit)
    moved_level = curve * first * first - (slope - curve * size) * first
    if unit & (unit - 1):
        # The division is easier for numbers that lie well inside.
        level = (lowest + highest) // 2 + moved_level
    else:
        level = _roundest(lowest + moved_level, highest + moved_level)
    return curve, slope + moved, level


def _levels(
    below: np.ndarray,
    above: np.ndarray,
    bounded_below: np.ndarray,
    bounded_above: np.ndarray,
    unit: int,
) -> tuple[int, int]:
    """Return the range of what may be added; where saturation leaves an end open, near to 0."""
    lowest = int(below[bounded_below].max(initial=-OPEN))
    highest = int(above[bounded_above].min(initial=OPEN))
    if lowest == -OPEN:
        lowest = min(highest, 0) - unit
    if highest == OPEN:
        highest = max(lowest, 0) + unit
    return lowest, highest


def _starts(
    demand: Demand, runs: list[_Run], unit: int, found: list[tuple[int, int, int]], margin: int
) -> list[int] | None:
    """Return where each parabola takes over: the roundest code at which it may."""
    starts = [0]
    for left, right, run in zip(found[:-1], found[1:], runs[1:], strict=True):
        first = max(starts[-1] + 1, run.start - 4 * margin)
        at = np.arange(first, min(len(demand) - 1, run.start + margin) + 1)
        by_left = _serves(demand, at, unit, left)
        by_right = _serves(demand, at, unit, right)
        # The left one serves every code before the place, the right one every code from it on.
        reach = int(np.argmin(by_left)) if not by_left.all() else len(at)
        back = len(at) - int(np.argmin(by_right[::-1])) if not by_right.all() else 0
        if back > reach:
            return None
        places = range(first + back, first + min(reach, len(at) - 1) + 1)
        if not places:
            return None
        starts.append(max(places, key=lambda place: _trailing_zeros(place + demand.lowest)))
    return starts


def _serves(
    demand: Demand, at: np.ndarray, unit: int, parabola: tuple[int, int, int]
) -> np.ndarray:
    """Return at which indices a parabola gives an acceptable code."""
    curve, slope, level = parabola
    places = (at + demand.lowest).tolist()
    codes = np.array([((curve * u + slope) * u + level) // unit for u in places])
    inside: np.ndarray = (demand.lo[at] <= codes) & (codes <= demand.hi[at])
    return inside


def _division(demand: Demand, parabolas: list[Parabola], unit: int) -> Division | None:
    """Return how to divide by the unit, so that every code stays acceptable."""
    shift = _trailing_zeros(unit)
    if unit == 1 << shift:
        return Division(shift)
    codes = np.arange(len(demand)) + demand.lowest
    number = np.searchsorted([p.start for p in parabolas], np.arange(len(demand)), "right") - 1
    curve, slope, level = np.array([parabola[1:] for parabola in parabolas])[number].T
    values = ((curve * codes + slope) * codes + level) >> shift
    first = int(values.min())
    lo = np.full(int(values.max()) - first + 1, FREE_LOW)
    hi = np.full(len(lo), FREE_HIGH)
    np.maximum.at(lo, values - first, demand.lo)
    np.minimum.at(hi, values - first, demand.hi)
    for last in range(1, _WORD_BITS):
        lower, upper = scaled(lo, hi, 1 << last)
        above = np.where(upper == OPEN, OPEN, upper - 1)
        segment = lines(lower, above, _some_integer)
        if segment.stop < len(lo):
            continue
        factor = _roundest(*segment.integer_slopes)
        rise = factor * np.arange(first, first + len(lo))
        ends = _levels(lower - rise, above - rise, lower != -OPEN, above != OPEN, 1 << last)
        return Division(shift, factor, _roundest(*ends), last)
    return None


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction with the least denominator in ``low..high``."""
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -_simplest(-high, -low)
    whole = low.__ceil__()
    if whole <= high:
        return Fraction(whole)
    floor = low.__floor__()
    return floor + 1 / _simplest(1 / (high - floor), 1 / (low - floor))


def _roundest(least: int, greatest: int) -> int:
    """Return the number of a range with the most trailing zeros."""
    if least <= 0 <= greatest:
        return 0
    zeros = ((least - 1) ^ greatest).bit_length() - 1
    return greatest >> zeros << zeros


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1 if number else 64


def _some_integer(below: int, below_run: int, above: int, above_run: int) -> bool:
    return -(-below // below_run) <= above // above_run
