"""Fewest segments of a tube, with a proof, and the places their breakpoints may take.

Feasibility is inherited: a line that serves a run of codes serves every part of it. So extending
each segment as far as it goes, from the left, gives the least number of segments, and doing the
same from the right gives the earliest place of each breakpoint. A ``Tube`` says which lines count,
so the same searches give the minimum over real and over integer coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from lutgen.methods._hull import (
    FREE_HIGH,
    FREE_LOW,
    GREATEST_SHIFT,
    Segment,
    Tube,
    integer_tube,
    reach,
    real_tube,
)


@dataclass(frozen=True, slots=True)
class Slack:
    """Where the breakpoints of a least segmentation may lie.

    Every breakpoint of every such segmentation lies in its window. The windows depend on each
    other: ``settle`` picks places that go together.

    Attributes:
        earliest: first possible place of each breakpoint; the start of segment 0 is left out.
        latest: last possible place of each breakpoint.
    """

    earliest: tuple[int, ...]
    latest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IntegerSegmentation:
    """Segments whose lines have integer slope and intercept at one shift.

    Attributes:
        shift: bits that the line is shifted right by.
        segments: the segments; their slopes are in ``2**-shift`` output codes per input code.
        minimum: number of segments that real coefficients need on the same grid.
    """

    shift: int
    segments: tuple[Segment, ...]
    minimum: int


def fewest(tube: Tube, grid_bits: int = 0, most: int | None = None) -> tuple[Segment, ...] | None:
    """Return the fewest segments, each as long as it can be.

    Args:
        tube: what the lines have to satisfy.
        grid_bits: breakpoints are multiples of ``2**grid_bits``.
        most: give up beyond this number of segments.

    Returns:
        The segments from left to right; None when one cell of the grid alone has no line, or
        when more than ``most`` are needed.

    Raises:
        ValueError: the grid does not divide the codes.
    """
    _check_grid(tube, grid_bits)
    segments: list[Segment] = []
    start = 0
    while start < len(tube):
        if len(segments) == most:
            return None
        found = _reach_on_grid(tube, start, grid_bits)
        if found is None:
            return None
        segments.append(found)
        start = found.stop
    return tuple(segments)


def breakpoints(segments: Sequence[Segment]) -> tuple[int, ...]:
    """Return the boundaries between segments: the start of each but the first."""
    return tuple(segment.start for segment in segments[1:])


def witness(lo: np.ndarray, hi: np.ndarray, segment: Segment) -> tuple[int, int, int] | None:
    """Return three codes that no real line serves together, or None if nothing stopped it.

    All three lie between the start of the segment and the first code that it could not include,
    so some breakpoint of any segmentation lies among those codes. The segments of a least
    segmentation give disjoint such ranges, hence a proof that none has fewer.

    Args:
        lo: least acceptable output codes.
        hi: greatest acceptable output codes.
        segment: a segment of a real tube. Integer coefficients can fail where real ones do not,
            and then no three codes need to show it.
    """
    for triple in combinations(segment.blockers, 3):
        if check_witness(lo, hi, *triple):
            return triple
    return None


def check_witness(lo: np.ndarray, hi: np.ndarray, i: int, j: int, k: int) -> bool:
    """Return whether codes ``i < j < k`` prove that no line serves all three.

    A line is at ``j`` where its values at ``i`` and ``k`` put it. So it is too low there when the
    chord of the excluded upper ends is not above ``lo[j]``, and too high when the chord of the
    lower ends is not below ``hi[j] + 1``. The witness uses no hull and no division.
    """
    if not 0 <= i < j < k < lo.size:
        return False
    left, right, whole = j - i, k - j, k - i
    low_i, low_j, low_k = int(lo[i]), int(lo[j]), int(lo[k])
    end_i, end_j, end_k = int(hi[i]) + 1, int(hi[j]) + 1, int(hi[k]) + 1
    too_low = (
        low_j != FREE_LOW
        and end_i != FREE_HIGH + 1
        and end_k != FREE_HIGH + 1
        and low_j * whole >= end_i * right + end_k * left
    )
    too_high = (
        end_j != FREE_HIGH + 1
        and low_i != FREE_LOW
        and low_k != FREE_LOW
        and end_j * whole <= low_i * right + low_k * left
    )
    return too_low or too_high


def slack(tube: Tube, grid_bits: int = 0) -> Slack | None:
    """Return the window of every breakpoint, or None when the tube has no segmentation."""
    from_left = fewest(tube, grid_bits)
    starts = _starts_from_right(tube, grid_bits)
    if from_left is None or starts is None:
        return None
    return Slack(tuple(starts[-2::-1]), breakpoints(from_left))


def settle(
    tube: Tube, windows: Slack, wanted: Sequence[int], grid_bits: int = 0
) -> tuple[Segment, ...]:
    """Return a least segmentation with each breakpoint as near to its wanted place as can be.

    Breakpoints are settled from the left; each then limits how late the next may lie.

    Args:
        tube: what the lines have to satisfy.
        windows: the slack of this tube on this grid.
        wanted: one place per breakpoint.
        grid_bits: breakpoints are multiples of ``2**grid_bits``; rounded down to it.
    """
    segments: list[Segment] = []
    start = 0
    for earliest, place in zip(windows.earliest, wanted, strict=True):
        on_grid = place >> grid_bits << grid_bits
        furthest = reach(tube, start, len(tube)).stop >> grid_bits << grid_bits
        # The segment before begins no earlier than its own window, so it reaches this one.
        stop = min(max(on_grid, earliest), furthest)
        segments.append(reach(tube, start, stop))
        start = stop
    segments.append(reach(tube, start, len(tube)))
    return tuple(segments)


def allowed_count(minimum: int) -> int:
    """Return the most segments an emitted program may have: 3 % above the minimum, at least 1."""
    return minimum + max(1, 3 * minimum // 100)


def least_shift(
    lo: np.ndarray,
    hi: np.ndarray,
    *,
    most: int | None = None,
    greatest: int = GREATEST_SHIFT,
    grid_bits: int = 0,
) -> IntegerSegmentation | None:
    """Return the integer segmentation with the smallest shift that needs no more than ``most``.

    The count never grows with the shift, so the smallest shift is found by bisection. When no
    shift up to ``greatest`` is good enough, the goal becomes the count at ``greatest``.

    Args:
        lo: least acceptable output codes.
        hi: greatest acceptable output codes.
        most: acceptable number of segments; by default the minimum over real coefficients.
        greatest: greatest acceptable shift.
        grid_bits: breakpoints are multiples of ``2**grid_bits``.

    Returns:
        The segmentation, least for its shift; None when a cell of the grid has no line.
    """
    # Integer lines are real lines, so real segments from the right tell early that a search
    # cannot end in time: by then it is behind the last place from which the rest is enough.
    tube = real_tube(lo, hi)
    _check_grid(tube, grid_bits)
    starts = _starts_from_right(tube, grid_bits)
    if starts is None:
        return None
    minimum = len(starts)
    goal = max(minimum, minimum if most is None else most)
    # A search that succeeds is a whole pass, one that fails mostly ends early: look upwards first.
    low, found = 0, None
    for best in (*range(8, greatest, 4), greatest):
        found = _fewest_within(integer_tube(lo, hi, best), grid_bits, goal, starts)
        if found is not None:
            break
        low = best + 1
    if found is None:
        found = fewest(integer_tube(lo, hi, greatest), grid_bits)
        if found is None:
            return None
        low, goal = 0, len(found)
    while low < best:
        middle = (low + best) // 2
        closer = _fewest_within(integer_tube(lo, hi, middle), grid_bits, goal, starts)
        if closer is None:
            low = middle + 1
        else:
            best, found = middle, closer
    return IntegerSegmentation(best, found, minimum)


def _reach_on_grid(tube: Tube, start: int, grid_bits: int) -> Segment | None:
    """Return the longest segment from ``start`` that ends on the grid, None if there is none."""
    found = reach(tube, start, len(tube))
    stop = found.stop >> grid_bits << grid_bits
    if stop == found.stop:
        return found
    if stop <= start:
        return None
    # The shorter segment has more slopes to choose from; what stopped it stays the proof.
    shorter = reach(tube, start, stop)
    return Segment(start, stop, shorter.least_slope, shorter.greatest_slope, found.blockers)


def _starts_from_right(tube: Tube, grid_bits: int) -> list[int] | None:
    """Return the starts of the segments made from the right, the last segment first."""
    segments = fewest(tube.mirrored(), grid_bits)
    return None if segments is None else [len(tube) - segment.stop for segment in segments]


def _fewest_within(
    tube: Tube, grid_bits: int, most: int, starts: Sequence[int]
) -> tuple[Segment, ...] | None:
    """Return the fewest segments if they are at most ``most``, giving up as early as possible."""
    segments: list[Segment] = []
    start = 0
    while start < len(tube):
        left = most - len(segments)
        if left == 0 or (left <= len(starts) and start < starts[left - 1]):
            return None
        found = _reach_on_grid(tube, start, grid_bits)
        if found is None:
            return None
        segments.append(found)
        start = found.stop
    return tuple(segments)


def _check_grid(tube: Tube, grid_bits: int) -> None:
    if grid_bits < 0 or len(tube) % (1 << grid_bits):
        raise ValueError(f"a grid of 2**{grid_bits} codes does not divide {len(tube)} codes")
