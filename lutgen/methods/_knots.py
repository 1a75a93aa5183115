"""Knots of an interpolation table: integers shared by neighbours that keep every code in the tube.

Between knots ``y`` and ``z``, ``2**b`` codes apart and stored with ``g`` guard bits, the program
computes ``((y << b) + (z - y) * o + (1 << (b + g) >> 1)) >> (b + g)`` at offset ``o``. In the tube,
that is a pair of linear bounds on ``(y, z)`` per code. From left to right, the values that each
knot can take, given that all earlier codes are served, are found exactly, as integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lutgen.methods._hull import CODE_LIMIT, FREE_HIGH, FREE_LOW, real_tube

# Knot values examined at once; windows are rarely wider, except where saturation is free.
_CHUNK = 4096
# Guard and spacing bits together: products of a knot and an offset then fit 64 bits.
_GREATEST_BITS = 32


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """The bounds that the codes between two knots put on them.

    A line is above all points exactly when it is above their hull, so hull vertices are enough.

    Attributes:
        codes: ``B = 2**b``, the number of codes.
        low_at: offsets of the hull of the lower ends.
        low: least ``y * (B - o) + z * o`` at those offsets.
        high_at: offsets of the hull of the upper ends.
        high: greatest ``y * (B - o) + z * o`` at those offsets.
        limit: no knot is further from 0.
    """

    codes: int
    low_at: np.ndarray
    low: np.ndarray
    high_at: np.ndarray
    high: np.ndarray
    limit: tuple[int, int]

    def left(self, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and greatest left knot for each right knot; the range may be empty."""
        least = np.full(right.shape, self.limit[0])
        greatest = np.full(right.shape, self.limit[1])
        for offset, bound in zip(self.low_at.tolist(), self.low.tolist(), strict=True):
            np.maximum(least, -((right * offset - bound) // (self.codes - offset)), out=least)
        for offset, bound in zip(self.high_at.tolist(), self.high.tolist(), strict=True):
            np.minimum(greatest, (bound - right * offset) // (self.codes - offset), out=greatest)
        return least, greatest

    def right(self, least: np.ndarray, greatest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return between which right knots each run of left knots can be continued."""
        low = np.full(greatest.shape, self.limit[0])
        high = np.full(least.shape, self.limit[1])
        for offset, bound in zip(self.low_at.tolist(), self.low.tolist(), strict=True):
            if offset:
                ahead = greatest * (self.codes - offset)
                np.maximum(low, -((ahead - bound) // offset), out=low)
        for offset, bound in zip(self.high_at.tolist(), self.high.tolist(), strict=True):
            if offset:
                np.minimum(high, (bound - least * (self.codes - offset)) // offset, out=high)
        return low, high


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """A set of integers as ascending runs that do not touch, int64."""

    first: np.ndarray
    last: np.ndarray

    def within(self, least: int, greatest: int) -> _Runs:
        """Return the part of the set in ``least..greatest``."""
        first, last = np.maximum(self.first, least), np.minimum(self.last, greatest)
        kept = first <= last
        return _Runs(first[kept], last[kept])

    def nearest(self, wanted: int) -> int:
        """Return the member nearest to a value."""
        members = np.clip(wanted, self.first, self.last)
        return int(members[np.argmin(np.abs(members - wanted))])


def knots(
    lo: np.ndarray,
    hi: np.ndarray,
    spacing_bits: int,
    guard_bits: int,
    *,
    bounds: tuple[int, int] | None = None,
    aim: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return integer knots that keep every code in the tube, or None when there are none.

    The answer is exact: None means that no integers within the bounds serve all codes.

    Args:
        lo: least acceptable output code per input code, int64, or ``FREE_LOW``.
        hi: greatest acceptable output code per input code, int64, or ``FREE_HIGH``.
        spacing_bits: a knot every ``2**spacing_bits`` codes.
        guard_bits: fraction bits of a knot beyond the output code.
        bounds: least and greatest knot; by default 2**20 output codes either way.
        aim: wanted knots, int64, one more than there are cells; each is met as nearly as the
            codes to its right, already served, allow. By default the middle of the tube.

    Returns:
        Knots from left to right, int64; the last lies one spacing after the last but one, so one
        step beyond the highest code.

    Raises:
        ValueError: the ends are not a tube, or the spacing does not divide it.
    """
    real_tube(lo, hi)
    if spacing_bits < 0 or guard_bits < 0 or spacing_bits + guard_bits > _GREATEST_BITS:
        raise ValueError(f"spacing and guard bits {spacing_bits}, {guard_bits} out of range")
    if lo.size % (1 << spacing_bits):
        raise ValueError(f"a spacing of 2**{spacing_bits} does not divide {lo.size} codes")
    limit = bounds or (-(CODE_LIMIT << guard_bits), CODE_LIMIT << guard_bits)
    cells = _cells(lo, hi, spacing_bits, guard_bits, limit)
    possible = [_Runs(np.array([limit[0]]), np.array([limit[1]]))]
    for cell in cells:
        following = _following(possible[-1], cell)
        if following.first.size == 0:
            return None
        possible.append(following)
    wanted = _middles(lo, hi, spacing_bits, guard_bits) if aim is None else aim
    chosen = np.empty(len(cells) + 1, np.int64)
    chosen[-1] = possible[-1].nearest(int(wanted[-1]))
    for index in range(len(cells) - 1, -1, -1):
        least, greatest = cells[index].left(chosen[index + 1 : index + 2])
        runs = possible[index].within(int(least[0]), int(greatest[0]))
        chosen[index] = runs.nearest(int(wanted[index]))
    return chosen


def interpolate(knots: np.ndarray, spacing_bits: int, guard_bits: int) -> np.ndarray:
    """Return the output code that the program computes at every index, before any clamp."""
    offset = np.arange(1 << spacing_bits, dtype=np.int64)
    shift = spacing_bits + guard_bits
    left, right = knots[:-1, None], knots[1:, None]
    line = (left << spacing_bits) + (right - left) * offset
    codes: np.ndarray = ((line + (1 << shift >> 1)) >> shift).ravel()
    return codes


def _middles(lo: np.ndarray, hi: np.ndarray, spacing_bits: int, guard_bits: int) -> np.ndarray:
    """Return the middle of the tube at every knot, continued by one code at the end."""
    low = np.where(lo == FREE_LOW, np.where(hi == FREE_HIGH, 0, hi), lo)
    twice = low + np.where(hi == FREE_HIGH, low, hi)
    last = 2 * twice[-1] - twice[max(lo.size - 2, 0)]
    middles: np.ndarray = (np.append(twice[:: 1 << spacing_bits], last) << guard_bits) >> 1
    return middles


def _cells(
    lo: np.ndarray, hi: np.ndarray, spacing_bits: int, guard_bits: int, limit: tuple[int, int]
) -> list[_Cell]:
    """Return the bounds of every cell, left to right."""
    shift = spacing_bits + guard_bits
    half = 1 << shift >> 1
    codes = 1 << spacing_bits
    low, high = lo.tolist(), hi.tolist()
    cells = []
    for start in range(0, lo.size, codes):
        run = range(start, start + codes)
        low_at = _hull([(i - start, low[i]) for i in run if low[i] != FREE_LOW])
        high_at = _hull([(i - start, -high[i]) for i in run if high[i] != FREE_HIGH])
        cells.append(
            _Cell(
                codes,
                low_at,
                (lo[start + low_at] << shift) - half,
                high_at,
                ((hi[start + high_at] + 1) << shift) - 1 - half,
                limit,
            )
        )
    return cells


def _hull(points: list[tuple[int, int]]) -> np.ndarray:
    """Return the places of the vertices of the hull above the points, left to right."""
    hull: list[tuple[int, int]] = []
    for at, value in points:
        while len(hull) > 1:
            (first_at, first), (last_at, last) = hull[-2], hull[-1]
            if (last - first) * (at - last_at) > (value - last) * (last_at - first_at):
                break
            hull.pop()
        hull.append((at, value))
    return np.array([at for at, _ in hull], dtype=np.int64)


def _following(runs: _Runs, cell: _Cell) -> _Runs:
    """Return every right knot for which some left knot in the runs serves the whole cell."""
    # At offset 0 only the left knot counts, and a right knot of any size leaves that bound alone.
    least, greatest = cell.limit
    if cell.low_at.size and cell.low_at[0] == 0:
        least = max(least, -(-int(cell.low[0]) // cell.codes))
    if cell.high_at.size and cell.high_at[0] == 0:
        greatest = min(greatest, int(cell.high[0]) // cell.codes)
    runs = runs.within(least, greatest)
    # A right knot has the left knots of a range, and all bounds fall as it rises. So a run of
    # left knots meets that range from the bound of its last member to the bound of its first,
    # apart from right knots whose range holds no integer at all, which are the same for all runs.
    first, last = cell.right(runs.first, runs.last)
    wide = int(np.maximum(last - first + 1, 0).sum()) > _CHUNK
    if wide and int((runs.last - runs.first + 1).sum()) <= _CHUNK:
        # Few left knots, each of which alone has a range without holes: sooner looked at than all
        # the right knots, of which a pinned left knot may allow millions.
        left = np.concatenate([np.arange(*e) for e in zip(runs.first, runs.last + 1, strict=True)])
        ends = np.array(_merged(*_ascending(*cell.right(left, left))), np.int64).reshape(-1, 2)
        return _Runs(*ends.T)
    found = [_without_holes(*ends, cell) for ends in _merged(*_ascending(first, last))]
    if not found:
        return _Runs(np.empty(0, np.int64), np.empty(0, np.int64))
    return _Runs(np.concatenate([r.first for r in found]), np.concatenate([r.last for r in found]))


def _ascending(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ranges, whose ends fall, in the other order; those that are empty are left out."""
    kept = first <= last
    return first[kept][::-1], last[kept][::-1]


def _merged(first: np.ndarray, last: np.ndarray) -> list[tuple[int, int]]:
    """Return the union of ranges, whose firsts and lasts both ascend, as ranges apart."""
    merged: list[tuple[int, int]] = []
    for low, high in zip(first.tolist(), last.tolist(), strict=True):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], high)
        else:
            merged.append((low, high))
    return merged


def _without_holes(first: int, last: int, cell: _Cell) -> _Runs:
    """Return the right knots in a range that have an integer left knot."""
    # The room for the left knot is a concave function of the right knot. Between two right knots
    # that have room for two integers the real room is at least 1, so there are no holes: only
    # the margins need to be examined one by one.
    members: list[np.ndarray] = []
    roomy_first = last + 1
    for start in range(first, last + 1, _CHUNK):
        values, room = _room(start, min(start + _CHUNK, last + 1), cell)
        roomy = np.flatnonzero(room >= 1)
        if roomy.size:
            roomy_first = start + int(roomy[0])
            members.append(values[: roomy[0]][room[: roomy[0]] >= 0])
            break
        members.append(values[room >= 0])
    middle_last, margin = roomy_first - 1, []
    for stop in range(last + 1, roomy_first, -_CHUNK):
        start = max(stop - _CHUNK, roomy_first)
        values, room = _room(start, stop, cell)
        roomy = np.flatnonzero(room >= 1)
        if roomy.size:
            middle_last = start + int(roomy[-1])
            margin.append(values[roomy[-1] + 1 :][room[roomy[-1] + 1 :] >= 0])
            break
        margin.append(values[room >= 0])
    left = np.concatenate(members) if members else np.empty(0, np.int64)
    right = np.concatenate(margin[::-1]) if margin else np.empty(0, np.int64)
    ends = ([roomy_first], [middle_last]) if middle_last >= roomy_first else ([], [])
    return _joined(
        np.concatenate((left, np.array(ends[0], np.int64), right)),
        np.concatenate((left, np.array(ends[1], np.int64), right)),
    )


def _room(start: int, stop: int, cell: _Cell) -> tuple[np.ndarray, np.ndarray]:
    """Return right knots and, for each, one less than its number of left knots."""
    values = np.arange(start, stop, dtype=np.int64)
    least, greatest = cell.left(values)
    return values, greatest - least


def _joined(first: np.ndarray, last: np.ndarray) -> _Runs:
    """Return ascending runs with those that touch made one."""
    opens = np.flatnonzero(np.concatenate(([True], first[1:] > last[:-1] + 1))[: first.size])
    closes = np.append(opens[1:], first.size) - 1 if first.size else opens
    return _Runs(first[opens], last[closes])
