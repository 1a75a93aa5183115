"""How far one line reaches through a tube of output codes, decided in exact integers.

A tube says, for every input code, which output codes are acceptable: ``lo..hi``. A line serves a
run of codes when the floor of its value lies in the tube at each of them. Every pair of codes
bounds the slope from one side, so a slope exists exactly when the greatest lower bound leaves
room below the least upper bound. Only the convex hulls of the two sides can hold such a pair, and
both hulls grow from left to right: one pass decides every run that begins at a given code
(O'Rourke, "An on-line algorithm for fitting straight lines between data ranges", 1981).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from lutgen.methods._demand import CODE_LIMIT, FREE_HIGH, FREE_LOW

#: No useful line is steeper, in output codes per input code: two ends are less than this apart.
SLOPE_LIMIT = 2 * CODE_LIMIT
#: With this shift and 2**16 codes, slope times offset plus intercept still fits 64 bits, for
#: lines that rise by up to 2**12 output codes per input code.
GREATEST_SHIFT = 34

# A free end inside a tube. Scaled ends stay far below it in magnitude.
_FREE = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """What a line has to satisfy at every input code.

    Attributes:
        lower: least value of the line at each code, in ``2**-shift`` output codes.
        upper: the end above, which the lines of a real tube do not touch.
        steepest: a slope that no useful line reaches, in the same unit per input code.
        some_slope: whether a slope exists between two bounds ``p / q`` and ``r / s``, given as
            ``(p, q, r, s)``; this is where real and integer coefficients differ.
    """

    lower: list[int]
    upper: list[int]
    steepest: int
    some_slope: Callable[[int, int, int, int], bool]

    def __len__(self) -> int:
        """Return the number of input codes."""
        return len(self.lower)

    def mirrored(self) -> Tube:
        """Return the same tube read from the last code to the first."""
        return Tube(self.lower[::-1], self.upper[::-1], self.steepest, self.some_slope)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of input codes that one line serves.

    Attributes:
        start: index of the first code.
        stop: index after the last code.
        least_slope: the bound from below, in the units of the tube.
        greatest_slope: the bound from above. A real tube excludes both bounds, an integer tube
            admits every integer from one to the other.
        blockers: codes from ``start`` to the first that could not be included, among which are
            three that no line serves together; empty when nothing stopped the segment.
    """

    start: int
    stop: int
    least_slope: Fraction
    greatest_slope: Fraction
    blockers: tuple[int, ...]

    @property
    def integer_slopes(self) -> tuple[int, int]:
        """The least and the greatest integer slope of an integer tube."""
        least, greatest = self.least_slope, self.greatest_slope
        return -(-least.numerator // least.denominator), greatest.numerator // greatest.denominator


def real_tube(lo: np.ndarray, hi: np.ndarray) -> Tube:
    """Return what a line with real coefficients has to satisfy.

    Args:
        lo: least acceptable output code per input code, int64, or ``FREE_LOW``.
        hi: greatest acceptable output code per input code, int64, or ``FREE_HIGH``.

    Raises:
        ValueError: the ends are not a tube.
    """
    _check(lo, hi)
    lower = np.where(lo == FREE_LOW, -_FREE, lo)
    upper = np.where(hi == FREE_HIGH, _FREE, hi + 1)
    return Tube(lower.tolist(), upper.tolist(), SLOPE_LIMIT, _some_real)


def integer_tube(lo: np.ndarray, hi: np.ndarray, shift: int) -> Tube:
    """Return what ``slope * offset + intercept``, in integers, has to satisfy before the shift.

    Feasible at a shift implies feasible at the next: double both coefficients.

    Raises:
        ValueError: the ends are not a tube, or the shift is out of range.
    """
    lower, upper = scaled_ends(lo, hi, shift)
    return Tube(lower.tolist(), upper.tolist(), SLOPE_LIMIT << shift, _some_integer)


def scaled_ends(lo: np.ndarray, hi: np.ndarray, shift: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and greatest value before the shift, int64; a free end is +-2**62.

    Raises:
        ValueError: the ends are not a tube, or the shift is out of range.
    """
    _check(lo, hi)
    if not 0 <= shift <= GREATEST_SHIFT:
        raise ValueError(f"shift {shift} out of range; choose 0 to {GREATEST_SHIFT}")
    one = 1 << shift
    lower = np.where(lo == FREE_LOW, -_FREE, np.clip(lo, -CODE_LIMIT, CODE_LIMIT) * one)
    upper = np.where(hi == FREE_HIGH, _FREE, (np.clip(hi, -CODE_LIMIT, CODE_LIMIT) + 1) * one - 1)
    return lower, upper


def reach(tube: Tube, start: int, end: int) -> Segment:
    """Return the longest segment from ``start`` that one line serves, up to ``end``."""
    lower, upper, some_slope = tube.lower, tube.upper, tube.some_slope
    # The hull of the lower ends is convex from above, that of the upper ends from below. Its
    # first vertex in use is the one that the steepest (flattest) line touches; that vertex only
    # ever moves right, so the vertices before it are never read again.
    low_at: list[int] = []
    low: list[int] = []
    low_first = 0
    high_at: list[int] = []
    high: list[int] = []
    high_first = 0
    # Bounds of the slope as fractions, and the pair of codes that each comes from.
    below, below_run, below_from, below_to = -tube.steepest, 1, start, start
    above, above_run, above_from, above_to = tube.steepest, 1, start, start
    # The bounds before the last change, for when that change turns out to be one too many.
    kept_below, kept_above = (below, below_run), (above, above_run)
    for code in range(start, end):
        floor, ceiling = lower[code], upper[code]
        tightened = False
        if ceiling < _FREE and low:
            rise, run = ceiling - low[low_first], code - low_at[low_first]
            if rise * above_run < above * run:
                for vertex in range(low_first + 1, len(low)):
                    next_rise, next_run = ceiling - low[vertex], code - low_at[vertex]
                    if next_rise * run > rise * next_run:
                        break
                    rise, run, low_first = next_rise, next_run, vertex
                kept_above = above, above_run
                above, above_run, above_from, above_to = rise, run, low_at[low_first], code
                tightened = True
        if floor > -_FREE and high:
            rise, run = floor - high[high_first], code - high_at[high_first]
            if rise * below_run > below * run:
                for vertex in range(high_first + 1, len(high)):
                    next_rise, next_run = floor - high[vertex], code - high_at[vertex]
                    if next_rise * run < rise * next_run:
                        break
                    rise, run, high_first = next_rise, next_run, vertex
                kept_below = below, below_run
                below, below_run, below_from, below_to = rise, run, high_at[high_first], code
                tightened = True
        if tightened and not some_slope(below, below_run, above, above_run):
            blockers = tuple(sorted({below_from, below_to, above_from, above_to}))
            if below_to == code:
                below, below_run = kept_below
            if above_to == code:
                above, above_run = kept_above
            return Segment(
                start, code, Fraction(below, below_run), Fraction(above, above_run), blockers
            )
        if floor > -_FREE:
            while len(low) - low_first > 1 and (low[-1] - low[-2]) * (code - low_at[-1]) <= (
                floor - low[-1]
            ) * (low_at[-1] - low_at[-2]):
                low.pop()
                low_at.pop()
            low.append(floor)
            low_at.append(code)
        if ceiling < _FREE:
            while len(high) - high_first > 1 and (high[-1] - high[-2]) * (code - high_at[-1]) >= (
                ceiling - high[-1]
            ) * (high_at[-1] - high_at[-2]):
                high.pop()
                high_at.pop()
            high.append(ceiling)
            high_at.append(code)
    return Segment(start, end, Fraction(below, below_run), Fraction(above, above_run), ())


def _check(lo: np.ndarray, hi: np.ndarray) -> None:
    """Refuse ends that are no tube, since every guarantee rests on them."""
    if lo.dtype != np.int64 or hi.dtype != np.int64 or lo.ndim != 1 or lo.shape != hi.shape:
        raise ValueError("the ends of a tube are two int64 arrays of one shape (n,)")
    if not 1 <= lo.size <= 2**16:
        raise ValueError(f"a tube of {lo.size} codes; expected 1 to 65536")
    if np.any(lo > hi):
        code = int(np.argmax(lo > hi))
        raise ValueError(f"no acceptable output code at index {code}; widen the tolerance")
    bounded = (np.abs(lo) < CODE_LIMIT) | (lo == FREE_LOW)
    bounded &= (np.abs(hi) < CODE_LIMIT) | (hi == FREE_HIGH)
    if not bounded.all():
        code = int(np.argmin(bounded))
        raise ValueError(f"the end at index {code} is out of range; codes lie within +-2**23")


def _some_real(below: int, below_run: int, above: int, above_run: int) -> bool:
    # The line stays under the end above, so a single slope on both bounds is one too few.
    return below * above_run < above * below_run


def _some_integer(below: int, below_run: int, above: int, above_run: int) -> bool:
    return -(-below // below_run) <= above // above_run
