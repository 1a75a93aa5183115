"""Breakpoints that a leading bit finds: equal pieces within each power-of-two region.

A number u has the distance u where it is not negative, else ``~u = -1 - u``.  Region r holds the
distances ``2**r .. 2**(r + 1) - 1``, cut into equal pieces of a power of two; the lowest regions
may be one piece together.  Negative numbers have regions of their own.  So the sign bit and the
place of the leading one of the distance tell the region, and the bits below it the piece.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Region(NamedTuple):
    """A run of numbers cut into equal pieces: u lies in ``first + ((u - start) >> shift)``.

    Attributes:
        start: its first number, where a piece begins; it may lie below the lowest u.
        stop: the number after its last, where a piece ends; it may lie above the highest u.
        shift: a piece has ``2**shift`` numbers.
        first: number of the segment that begins at the start.
    """

    start: int
    stop: int
    shift: int
    first: int

    @property
    def pieces(self) -> int:
        """How many pieces it is cut into."""
        return (self.stop - self.start) >> self.shift


def dyadic_regions(
    breakpoints: Sequence[int], low: int, high: int
) -> tuple[Region, ...] | None:
    """Return the regions that breakpoints cut numbers into, ascending; None where they do not.

    Args:
        breakpoints: ascending; a number's segment is how many of them it reaches.
        low: the lowest number that is looked for.
        high: the highest.
    """
    cuts = [cut for cut in breakpoints if low < cut <= high]
    if low < 0 <= high and not cuts:
        # One piece for all: both signs make one region.
        bits = max(~low, high).bit_length()
        return (Region(-1 << bits, 1 << bits, bits + 1, bisect_right(breakpoints, low)),)
    if low < 0 <= high and 0 not in cuts:
        return None
    found: list[Region] = []
    if low < 0:
        # A cut before u = -c is one before the distance c: the piece on its right holds ~u.
        nearest = max(~high, 0)
        side = _side([-cut for cut in reversed(cuts) if cut < 0], nearest, ~low)
        if side is None:
            return None
        found += [(-stop, -start, shift) for start, stop, shift in reversed(side)]
    if high >= 0:
        side = _side([cut for cut in cuts if cut > 0], max(low, 0), high)
        if side is None:
            return None
        found += side
    return tuple(
        Region(start, stop, shift, bisect_right(breakpoints, max(start, low)))
        for start, stop, shift in found
    )


def _side(cuts: Sequence[int], near: int, far: int) -> list[tuple[int, int, int]] | None:
    """Return the regions of the distances ``near .. far``: start, stop and size of a piece.

    Args:
        cuts: the distances above ``near``, up to ``far``, at which a piece begins; ascending.
        near: the smallest distance.
        far: the largest.
    """
    bottom = cuts[0] if cuts else 1 << far.bit_length()
    found = []
    if bottom & (bottom - 1) == 0:
        found.append((0, bottom, bottom.bit_length() - 1))
    elif near == 0:
        return None
    else:
        bottom = 1 << (near.bit_length() - 1)
    start = bottom
    while start <= far:
        if start > near and start not in cuts:
            return None
        inside = [cut for cut in cuts if start < cut < 2 * start]
        lowest, highest = max(start, near), min(2 * start - 1, far)
        for shift in range(start.bit_length() - 1, -1, -1):
            size = 1 << shift
            if [*range((lowest // size + 1) * size, highest + 1, size)] == inside:
                break
        else:
            return None
        found.append((lowest // size * size, (highest // size + 1) * size, shift))
        start *= 2
    return found
