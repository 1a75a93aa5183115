"""Integer lines for segments: which slopes and intercepts serve, and which of them to take.

A segment of an integer tube admits every slope of a range, and for each slope every intercept of
a range, so the choice is free of search: take the narrowest slopes first, then the line nearest
to the middle of the tube. Only integers take part, so every machine makes the same choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lutgen.methods._demand import AIM_BITS, FREE_HIGH, FREE_LOW
from lutgen.methods._hull import Segment, scaled_ends

# How many slopes on either side of the nearest are tried for an intercept with trailing zeros.
_NEIGHBOURS = 16
# An end of an intercept range that saturation leaves open, as in `_hull`.
_OPEN = 2**62


@dataclass(frozen=True, slots=True)
class Line:
    """The output code is ``(slope * (index - start) + intercept) >> shift`` on a segment.

    Attributes:
        start: index of the first code of the segment.
        stop: index after its last code.
        slope: integer slope.
        intercept: integer intercept, the value at ``start`` before the shift.
    """

    start: int
    stop: int
    slope: int
    intercept: int

    def intercept_at(self, origin: int) -> int:
        """Return the intercept of the same line when offsets count from ``origin``.

        The program may multiply the code itself: index 0 stands for the lowest code, so code 0
        is the index ``-lowest``, and ``intercept_at(-lowest)`` goes with ``slope * code``.
        """
        return self.intercept + self.slope * (origin - self.start)


def intercepts(
    lo: np.ndarray, hi: np.ndarray, segment: Segment, slope: int, shift: int
) -> tuple[int, int]:
    """Return the least and greatest intercept at the start of a segment that go with a slope.

    The range is empty, least above greatest, exactly when the slope does not serve the segment.
    An end that saturation leaves open is 2**62 in magnitude.
    """
    run = slice(segment.start, segment.stop)
    lower, upper = scaled_ends(lo[run], hi[run], shift)
    return _intercepts(lower, upper, slope)


def slope_storage(segments: Sequence[Segment]) -> tuple[int, int]:
    """Return the least and greatest value of the narrowest integer type that holds the slopes.

    Every segment has a slope in that range. The type is unsigned, ``0..2**n - 1``, when that
    takes fewer bits than two's complement.
    """
    ranges = [segment.integer_slopes for segment in segments]
    signed = max(_signed_width(least, greatest) for least, greatest in ranges)
    if all(greatest >= 0 for _, greatest in ranges):
        unsigned = max(max(least, 0).bit_length() for least, _ in ranges)
        if unsigned < signed:
            return 0, (1 << unsigned) - 1
    return -(1 << (signed - 1)), (1 << (signed - 1)) - 1


def choose_lines(
    lo: np.ndarray,
    hi: np.ndarray,
    segments: Sequence[Segment],
    shift: int,
    *,
    aim: np.ndarray | None = None,
    zeros: int = 0,
    origin: int | None = None,
) -> tuple[Line, ...] | None:
    """Return one line per segment: narrow slopes first, then near to where it should pass.

    Args:
        lo: least acceptable output codes.
        hi: greatest acceptable output codes.
        segments: segments of the integer tube at ``shift``.
        shift: bits that the line is shifted right by.
        aim: where the line should pass at each code, int64, in ``2**-AIM_BITS`` output codes.
            The shift floors, so the exact value plus one half is the best aim. By default the
            middle of the tube. The line is the integer line nearest in the sense of least
            squares that stays inside the tube; codes with free saturation have no weight.
        zeros: low bits of every intercept that have to be zero, so they need not be stored.
        origin: index that the intercepts with zeros count from; by default each segment's start.

    Returns:
        The lines; None when some segment has no such intercept near its best slope, which
        ``trailing_zeros`` tells beforehand and which cannot happen with ``zeros=0``.
    """
    places = _aim_of_tube(lo, hi) if aim is None else aim
    lines: list[Line] = []
    for segment, lower, upper, slopes in _slopes(lo, hi, segments, shift, places, zeros > 0):
        for slope in slopes:
            moved = 0 if origin is None else slope * (origin - segment.start)
            least, greatest = _intercepts(lower, upper, slope)
            first = -(-(least + moved) >> zeros) << zeros
            last = greatest + moved >> zeros << zeros
            if first <= last:
                wanted = _best_intercept(lo, hi, places, segment, slope, shift) + moved
                wanted = wanted + (1 << zeros >> 1) >> zeros << zeros
                intercept = min(max(wanted, first), last) - moved
                lines.append(Line(segment.start, segment.stop, slope, intercept))
                break
        else:
            return None
    return tuple(lines)


def trailing_zeros(
    lo: np.ndarray,
    hi: np.ndarray,
    segments: Sequence[Segment],
    shift: int,
    *,
    aim: np.ndarray | None = None,
    origin: int | None = None,
) -> int:
    """Return the greatest ``zeros`` that ``choose_lines`` grants; 63 when all can be 0."""
    places = _aim_of_tube(lo, hi) if aim is None else aim
    common = _OPEN.bit_length()
    for segment, lower, upper, slopes in _slopes(lo, hi, segments, shift, places, True):
        best = 0
        for slope in slopes:
            moved = 0 if origin is None else slope * (origin - segment.start)
            least, greatest = _intercepts(lower, upper, slope)
            # A multiple of 2**n lies in least..greatest exactly when least - 1 and greatest
            # differ above their n low bits.
            differing = (least + moved - 1) ^ (greatest + moved)
            best = max(best, common if differing < 0 else differing.bit_length() - 1)
        common = min(common, best)
    return common


def _slopes(
    lo: np.ndarray,
    hi: np.ndarray,
    segments: Sequence[Segment],
    shift: int,
    places: np.ndarray,
    neighbours: bool,
) -> Iterator[tuple[Segment, np.ndarray, np.ndarray, list[int]]]:
    """Yield each segment with its scaled ends and its slopes to try, the best one first."""
    lower, upper = scaled_ends(lo, hi, shift)
    narrowest, widest = slope_storage(segments)
    around = _NEIGHBOURS if neighbours else 0
    for segment in segments:
        least, greatest = segment.integer_slopes
        least, greatest = max(least, narrowest), min(greatest, widest)
        best = min(max(_best_slope(lo, hi, places, segment, shift), least), greatest)
        nearby = range(max(least, best - around), min(greatest, best + around) + 1)
        run = slice(segment.start, segment.stop)
        yield segment, lower[run], upper[run], sorted(nearby, key=lambda k: (abs(k - best), k))


def _intercepts(lower: np.ndarray, upper: np.ndarray, slope: int) -> tuple[int, int]:
    """Return the range of intercepts for scaled ends that begin at offset 0."""
    rise = slope * np.arange(lower.size, dtype=np.int64)
    bounded_below, bounded_above = lower > -_OPEN, upper < _OPEN
    least, greatest = -_OPEN, _OPEN
    if bounded_below.any():
        least = int((lower - rise)[bounded_below].max())
    if bounded_above.any():
        greatest = int((upper - rise)[bounded_above].min())
    return least, greatest


def _signed_width(least: int, greatest: int) -> int:
    """Return the bits of the two's complement number in ``least..greatest`` that needs fewest."""
    nearest = min(max(0, least), greatest)
    return (nearest if nearest >= 0 else ~nearest).bit_length() + 1


def _aim_of_tube(lo: np.ndarray, hi: np.ndarray) -> np.ndarray:
    """Return the middle between ``lo`` and the excluded end above ``hi``."""
    low = np.where(lo == FREE_LOW, np.where(hi == FREE_HIGH, 0, hi), lo)
    high = np.where(hi == FREE_HIGH, low, hi)
    return (low + high + 1) << (AIM_BITS - 1)


def _weighed(
    lo: np.ndarray, hi: np.ndarray, places: np.ndarray, segment: Segment
) -> tuple[np.ndarray, np.ndarray]:
    """Return the offsets and places of the codes that count: those without free saturation."""
    run = slice(segment.start, segment.stop)
    offsets = np.flatnonzero((lo[run] != FREE_LOW) & (hi[run] != FREE_HIGH))
    if offsets.size == 0:
        offsets = np.arange(segment.stop - segment.start)
    return offsets, places[run][offsets]


def _best_slope(
    lo: np.ndarray, hi: np.ndarray, places: np.ndarray, segment: Segment, shift: int
) -> int:
    """Return the integer nearest to the slope of least squares."""
    offsets, heights = _weighed(lo, hi, places, segment)
    count, offset_sum, height_sum = offsets.size, int(offsets.sum()), int(heights.sum())
    covariance = count * int(offsets @ heights) - offset_sum * height_sum
    variance = count * int(offsets @ offsets) - offset_sum * offset_sum
    return 0 if variance == 0 else _nearest(covariance << shift, variance << AIM_BITS)


def _best_intercept(
    lo: np.ndarray, hi: np.ndarray, places: np.ndarray, segment: Segment, slope: int, shift: int
) -> int:
    """Return the integer intercept that makes the mean distance to the aim vanish."""
    offsets, heights = _weighed(lo, hi, places, segment)
    surplus = (int(heights.sum()) << shift) - (slope * int(offsets.sum()) << AIM_BITS)
    return _nearest(surplus, offsets.size << AIM_BITS)


def _nearest(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
