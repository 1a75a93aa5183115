"""Entries of two tables whose sums lie between given ends.

Sums are arranged by block, cell and place: the cells of a block share its fine entries, the places
of a cell its one coarse entry.  Every entry has ends, from which is taken in turn what its partners
leave no room for, until nothing changes.  Then entries are fixed one by one, the others following.

With plain tables that decides.  Once one side is negated the sums are differences, so each value
between an entry's last ends is part of some solution.  A mirrored fine table holds the upper half
of the places; at the opposite place its complement ``~entry`` is added.  There an entry without
room is still a proof, but what is fixed first may, rarely, spoil a solution that exists.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# After this often, entries that go nearer in turn hardly move.
_ROUNDS = 4


class Ends(NamedTuple):
    """The least and the greatest value of every entry or sum: int64 arrays, or integers."""

    low: np.ndarray | int
    high: np.ndarray | int

    @property
    def width(self) -> int:
        """Bits that tell all integers between two ends apart."""
        return int(self.high - self.low).bit_length()

    def reach(self, need: Ends) -> bool:
        """Return whether two ends are as low and as high as needed."""
        return bool(self.low <= need.low and need.high <= self.high)

    def within(self, other: Ends) -> Ends:
        """Return what both allow."""
        return Ends(np.maximum(self.low, other.low), np.minimum(self.high, other.high))

    def blocks(self, chosen: np.ndarray) -> Ends:
        """Return the ends in some of the blocks."""
        return Ends(self.low[chosen], self.high[chosen])

    def empty(self) -> np.ndarray:
        """Return for every block whether an entry in it has no value left."""
        empty: np.ndarray = (self.low > self.high).any((1, 2))
        return empty

    def middle(self) -> np.ndarray:
        """Return the middle of every entry's values."""
        middle: np.ndarray = (self.low + self.high) >> 1
        return middle

    def unfolded(self) -> Ends:
        """Return the ends at all places from those at the upper half."""
        opposite = Ends(~self.high[..., ::-1], ~self.low[..., ::-1])
        return Ends(*(np.concatenate(pair, -1) for pair in zip(opposite, self, strict=True)))

    def folded(self) -> Ends:
        """Return the ends at the upper half of the places from those at all places."""
        (low, other_low), (high, other_high) = map(upper_and_opposite, self)
        return Ends(low, high).within(Ends(~other_high, ~other_low))


# Ends that no entry comes near to.
_ANY = Ends(-(2**50), 2**50)


class Entries(NamedTuple):
    """The entries of both tables.

    Attributes:
        coarse: int64, shape (blocks, cells, 1).
        fine: int64, shape (blocks, 1, places); where mirrored, the upper half of the places.
    """

    coarse: np.ndarray
    fine: np.ndarray


def upper_and_opposite(places: np.ndarray) -> list[np.ndarray]:
    """Return what stands at the upper half of the places, and what stands opposite."""
    lower, upper = np.split(places, 2, -1)
    return [upper, lower[..., ::-1]]


class Sums(NamedTuple):
    """What the sums have to be.

    Attributes:
        ends: least and greatest sum, int64, shape (blocks, cells, places).
        mirrored: whether the fine table holds one half of the places.
    """

    ends: Ends
    mirrored: bool

    def coarse_need(self, fine: Ends) -> Ends | None:
        """Return what coarse entries have to reach at least; None proves that there are none."""
        left = self._left(*self._everywhere(_ANY, fine))
        return None if left is None else Ends(int(left[0].high.min()), int(left[0].low.max()))

    def entries(self, coarse: Ends, fine: Ends) -> Entries | None:
        """Return entries between the given ends, or None where none are found."""
        left = self._left(*self._everywhere(coarse, fine))
        if left is None:
            return None
        # In most blocks the middles of all coarse entries leave room for every fine entry.
        chosen = left[0].middle()
        blocks = self._fine_room(Ends(chosen, chosen)).within(left[1]).empty()
        if blocks.any():
            part = Sums(self.ends.blocks(blocks), self.mirrored)
            fixed = part._fixed(left[0].blocks(blocks), left[1].blocks(blocks))
            if fixed is None:
                return None
            chosen[blocks] = fixed
        room = self._fine_room(Ends(chosen, chosen)).within(left[1])
        return Entries(chosen, room.middle())

    def nearer(
        self, found: Entries, coarse: Ends, fine: Ends, wanted: np.ndarray, counts: np.ndarray
    ) -> Entries:
        """Return entries with sums nearer to the wanted ones: each in turn as its partners allow.

        Args:
            found: the entries to start from.
            coarse: between which ends coarse entries lie.
            fine: between which ends fine entries lie.
            wanted: sums, shape (blocks, cells, places).
            counts: 1 where the wanted sum counts, else 0.
        """
        weights = self._by_fine_entry(counts, counts)
        for _ in range(_ROUNDS):
            partners = Ends(found.fine, found.fine)
            places = partners.unfolded().low if self.mirrored else found.fine
            room = self._coarse_room(partners).within(coarse)
            chosen = np.clip(_mean(wanted - places, counts, 2), *room)
            rises = wanted - chosen
            room = self._fine_room(Ends(chosen, chosen)).within(fine)
            means = _mean(self._by_fine_entry(rises, ~rises), weights, 1)
            found = Entries(chosen, np.clip(means, *room))
        return found

    def _by_fine_entry(self, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Return the cells with one column per fine entry, those of the lower half appended."""
        if not self.mirrored:
            return upper
        return np.concatenate([upper_and_opposite(upper)[0], upper_and_opposite(lower)[1]], 1)

    def _everywhere(self, coarse: Ends, fine: Ends) -> tuple[Ends, Ends]:
        """Return the ends of every entry, opposite places taken into account."""
        blocks, cells, places = self.ends.low.shape
        coarse = Ends(*(np.full((blocks, cells, 1), end) for end in coarse))
        fine = Ends(*(np.full((blocks, 1, places >> self.mirrored), end) for end in fine))
        if self.mirrored:
            # The sums at opposite places add up to twice the coarse entry less 1.
            low, high = (sum(upper_and_opposite(end)) for end in self.ends)
            coarse = coarse.within(Ends(
                (low.max(-1, keepdims=True) >> 1) + 1, (high.min(-1, keepdims=True) + 1) >> 1
            ))
        return coarse, fine

    def _left(self, coarse: Ends, fine: Ends) -> tuple[Ends, Ends] | None:
        """Return the ends that partners leave each other; None if an entry has no value left."""
        _, cells, places = self.ends.low.shape
        # A shortest way from end to end passes no end twice, and alternates between the tables.
        for _ in range((min(cells, places) + 2) << self.mirrored):
            before = coarse, fine
            coarse = coarse.within(self._coarse_room(fine))
            if coarse.empty().any():
                return None
            fine = fine.within(self._fine_room(coarse))
            if fine.empty().any():
                return None
            if _same(before, (coarse, fine)):
                return coarse, fine
        return None

    def _fixed(self, coarse: Ends, fine: Ends) -> np.ndarray | None:
        """Return coarse entries that leave every fine entry room, the tightest fixed first."""
        blocks = np.arange(len(coarse.low))
        while (room := (coarse.high - coarse.low)[..., 0]).any():
            cells = np.where(room > 0, room, np.iinfo(np.int64).max).argmin(1)
            middle = coarse.middle()[blocks, cells]
            coarse.low[blocks, cells], coarse.high[blocks, cells] = middle, middle
            left = self._left(coarse, fine)
            if left is None:
                return None
            coarse, fine = left
        return coarse.low

    def _coarse_room(self, fine: Ends) -> Ends:
        """Return between which ends coarse entries have a partner at every place."""
        return _room(self.ends, fine.unfolded() if self.mirrored else fine, 2)

    def _fine_room(self, coarse: Ends) -> Ends:
        """Return between which ends fine entries have a partner in every cell."""
        room = _room(self.ends, coarse, 1)
        return room.folded() if self.mirrored else room


def _room(sums: Ends, partners: Ends, axis: int) -> Ends:
    """Return the ends of what can be added to partners between their ends, along an axis."""
    return Ends(
        (sums.low - partners.high).max(axis, keepdims=True),
        (sums.high - partners.low).min(axis, keepdims=True),
    )


def _mean(values: np.ndarray, counts: np.ndarray, axis: int) -> np.ndarray:
    """Return the floor of the mean of the values that count along an axis, 0 where none does."""
    total = (values * counts).sum(axis, keepdims=True)
    mean: np.ndarray = total // np.maximum(counts.sum(axis, keepdims=True), 1)
    return mean


def _same(before: tuple[Ends, Ends], after: tuple[Ends, Ends]) -> bool:
    return all(
        np.array_equal(old, new)
        for olds, news in zip(before, after, strict=True)
        for old, new in zip(olds, news, strict=True)
    )
