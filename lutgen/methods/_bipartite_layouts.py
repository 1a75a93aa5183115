"""Layouts of two tables: how an address is split, and the fewest bits that entries may fit in.

A layout comes with what its entries have to reach at least.  So most of those that serve no
tables, or none smaller than what is found already, are never looked at closely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np

from lutgen.methods._bipartite import Ends, Entries, Sums, upper_and_opposite
from lutgen.methods._demand import AIM_BITS, FREE_HIGH, FREE_LOW, Demand

# More guard bits widen both tables, and hardly ever serve a code that these do not.
_GREATEST_GUARD = 6
# Entries are tried in so many widths, from the least that holds what they have to reach.
_WIDTHS = 3


class Layout(NamedTuple):
    """A split of the address into high, middle and low bits.

    Attributes:
        codes: how many numbers the core sees.
        middle: bits that address the coarse table only.
        low: bits that address the fine table only.
        guard: fraction bits of the entries.
        mirrored: whether the fine table holds the upper half of the low values only.
        coarse: some coarse entry is ``low`` or lower, some is ``high`` or higher; where not
            mirrored, that is said of the sums.
        fine: likewise for the fine entries; where not mirrored, only how far apart they lie counts.
    """

    codes: int
    middle: int
    low: int
    guard: int
    mirrored: bool
    coarse: Ends
    fine: Ends

    @property
    def shape(self) -> tuple[int, int, int]:
        """Blocks, cells and places; the number of blocks is left open."""
        return -1, 1 << self.middle, 1 << self.low

    @property
    def depths(self) -> tuple[int, int]:
        """Numbers of coarse and of fine entries, the latter in whole blocks."""
        blocks = -(-self.codes >> (self.middle + self.low))
        return -(-self.codes >> self.low), blocks << (self.low - self.mirrored)

    @property
    def least_bits(self) -> int:
        """A size that no tables of this layout fall below."""
        fine = [*self.fine_ends()]
        # The widest of either sign leave the coarse entries the least to reach.
        return min(self.bits(self.least_coarse(widest), fine[0]) for widest in fine[-2:])

    @property
    def least_bytes(self) -> int:
        """A storage that no tables of this layout fall below: a byte for an entry."""
        coarse, fine = self.depths
        return coarse + fine * (self.fine.width > 0)

    def bits(self, *ends: Ends) -> int:
        """Return the size of coarse and fine entries between the given ends."""
        return sum(depth * each.width for depth, each in zip(self.depths, ends, strict=True))

    def storage_bytes(self, *ends: Ends) -> int:
        """Return the size of coarse and fine entries as software stores them."""
        return sum(
            depth * (each.width > 0) << max(0, (each.width - 1).bit_length() - 3)
            for depth, each in zip(self.depths, ends, strict=True)
        )

    def fine_ends(self) -> Iterator[Ends]:
        """Yield ends of fine entries that may do, narrow entries first.

        Where the function falls, mirrored entries are negative: complements need no sign bit.
        """
        if self.mirrored:
            yield from _narrow(self.fine, lambda width: (
                _unsigned(width), Ends(-1 << width, -1), _signed(width)
            ))
            return
        least = self.fine.width
        if least == 0:
            yield Ends(0, 0)
        if self.low:
            for width in range(max(least, 1), least + _WIDTHS):
                yield from (_unsigned(width), _signed(width))

    def least_coarse(self, fine: Ends) -> Ends:
        """Return ends that coarse entries are no narrower than, beside given fine entries."""
        need = self.coarse
        if not self.mirrored:
            need = Ends(need.low - fine.low, need.high - fine.high)
        return next(_coarse_ends(need))

    def sums(self, demand: Demand) -> Sums:
        """Return what the sums of coarse and fine entries have to be."""
        low, high = demand.lo << self.guard, ((demand.hi + 1) << self.guard) - 1
        return Sums(Ends(low.reshape(self.shape), high.reshape(self.shape)), self.mirrored)


class Pair(NamedTuple):
    """Two tables that serve every code.

    Attributes:
        layout: how the address is split.
        coarse: between which ends the coarse entries lie.
        fine: between which ends the fine entries lie.
        entries: the entries, in whole blocks.
    """

    layout: Layout
    coarse: Ends
    fine: Ends
    entries: Entries

    @property
    def bits(self) -> int:
        """The size of both tables."""
        return self.layout.bits(self.coarse, self.fine)

    @property
    def falling(self) -> bool:
        """Whether the fine entries are stored as complements, since all are negative."""
        return self.layout.mirrored and self.fine.high < 0

    def nearest(self, demand: Demand) -> Pair:
        """Return the pair with sums as near to the exact values as these ends allow."""
        layout = self.layout
        sums, aim = layout.sums(demand), demand.aim << layout.guard >> AIM_BITS
        # Where saturation is free the exact value says nothing.
        counts = (demand.lo != FREE_LOW) & (demand.hi != FREE_HIGH)
        wanted = np.clip(aim.reshape(layout.shape), *sums.ends)
        counts = counts.reshape(layout.shape).astype(np.int64)
        return self._replace(
            entries=sums.nearer(self.entries, self.coarse, self.fine, wanted, counts)
        )


def smallest(
    demand: Demand, codes: int, max_bytes: int | None, mirrored: tuple[bool, ...] = (False, True)
) -> Pair | None:
    """Return the tables with the fewest bits, or None where none fit the budget.

    Args:
        demand: what the core has to give, from 0, for every number that the address bits hold.
        codes: how many of these the core sees.
        max_bytes: storage budget.
        mirrored: whether the fine table holds half of its places: what to try.
    """
    found = (
        layout for layout in _layouts(demand, codes, mirrored)
        if max_bytes is None or layout.least_bytes <= max_bytes
    )
    best = None
    # A table of every code always serves, and is the one to beat.
    for layout in [_whole(demand, codes), *sorted(found, key=lambda layout: layout.least_bits)]:
        if best is not None and layout.least_bits >= best.bits:
            break
        best = _smaller(layout, demand, best, max_bytes)
    return best


def _smaller(
    layout: Layout, demand: Demand, best: Pair | None, max_bytes: int | None
) -> Pair | None:
    """Return the smallest tables of a layout if they are smaller than the best, else the best."""

    def allowed(coarse: Ends, fine: Ends) -> bool:
        fits = max_bytes is None or layout.storage_bytes(coarse, fine) <= max_bytes
        return fits and (best is None or layout.bits(coarse, fine) < best.bits)

    ends = [fine for fine in layout.fine_ends() if allowed(layout.least_coarse(fine), fine)]
    if not ends:
        return best
    sums = layout.sums(demand)
    any_of_them = Ends(min(fine.low for fine in ends), max(fine.high for fine in ends))
    if sums.coarse_need(any_of_them) is None:
        return best
    for fine in ends:
        need = sums.coarse_need(fine) if allowed(layout.least_coarse(fine), fine) else None
        for coarse in _coarse_ends(need) if need else ():
            entries = sums.entries(coarse, fine) if allowed(coarse, fine) else None
            if entries is not None:
                best = Pair(layout, coarse, fine, entries)
                break
    return best


def _whole(demand: Demand, codes: int) -> Layout:
    """Return the layout without a fine table."""
    level = Ends(int(demand.hi.min()), int(demand.lo.max()))
    return Layout(codes, (len(demand) - 1).bit_length(), 0, 0, False, level, Ends(0, 0))


def _layouts(demand: Demand, codes: int, mirrored: tuple[bool, ...]) -> Iterator[Layout]:
    """Yield the layouts of two tables that may serve every code."""
    for low in range(1, len(demand).bit_length()):
        for each in mirrored:
            yield from _of_low_bits(demand, codes, low, each)


def _of_low_bits(demand: Demand, codes: int, low: int, mirrored: bool) -> Iterator[Layout]:
    """Yield the layouts with one number of low bits.

    The fine entries have to give differences of two sums, the same in every cell of a block: from
    opposite places where mirrored, else from the first place.  Sums at opposite places add up to
    twice a coarse entry and differ by twice a fine one, but for 1.
    """
    lo, end = demand.lo.reshape(-1, 1 << low), demand.hi.reshape(-1, 1 << low) + 1
    if mirrored:
        (lo, other_lo), (end, other_end) = upper_and_opposite(lo), upper_and_opposite(end)
        level = Ends(int((end + other_end).min()), int((lo + other_lo).max()))
    else:
        other_lo, other_end = lo[:, :1], end[:, :1]
        level = Ends(int(end.min()), int(lo.max()))
    rise = Ends(lo - other_end, end - other_lo)
    for middle in range((len(demand) >> low).bit_length()):
        if mirrored:
            reached = Ends(int(rise.high.min()), int(rise.low.max()))
        else:
            spread = np.maximum(rise.low, 0).max(1) - np.minimum(rise.high, 0).min(1)
            reached = Ends(0, int(spread.max()))
        room = int((rise.high - rise.low).min())
        for guard in range(_GREATEST_GUARD + 1):
            # Both ends of a difference are excluded.
            if room << guard > 1:
                need = (
                    Ends(ends.low << guard >> mirrored, ends.high << guard >> mirrored)
                    for ends in (level, reached)
                )
                yield Layout(codes, middle, low, guard, mirrored, *need)
        # Two blocks become one, where the same fine entries have to serve the cells of both.
        rise = Ends(
            np.maximum(rise.low[::2], rise.low[1::2]), np.minimum(rise.high[::2], rise.high[1::2])
        )


def _coarse_ends(need: Ends) -> Iterator[Ends]:
    """Yield ends of coarse entries that may do, narrow entries first."""
    return _narrow(need, lambda width: (_unsigned(width), _signed(width)))


def _narrow(need: Ends, kinds: Callable[[int], tuple[Ends, ...]]) -> Iterator[Ends]:
    """Yield ends that reach what is needed, from the least width on that does."""
    bits = max(1, max(need.high, 0).bit_length(), (~min(need.low, -1)).bit_length())
    least = next(w for w in count(bits) if any(ends.reach(need) for ends in kinds(w)))
    for width in range(least, least + _WIDTHS):
        yield from (ends for ends in kinds(width) if ends.reach(need))


def _unsigned(width: int) -> Ends:
    return Ends(0, (1 << width) - 1)


def _signed(width: int) -> Ends:
    return Ends(-1 << (width - 1), (1 << (width - 1)) - 1)
