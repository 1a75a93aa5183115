"""Breakpoints that a leading bit finds: recognised where they are, and only there."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.program import Region, dyadic_regions

few = settings(max_examples=200, deadline=None, derandomize=True, database=None)

Cuts = frozenset[int]


def cuts_of(far: int, bottom: int, shifts: tuple[int, ...]) -> set[int]:
    """Return the distances at which a piece begins: one piece below ``2**bottom``, then equal ones.

    Args:
        far: the largest distance.
        bottom: regions below ``2**bottom`` are one piece.
        shifts: size of a piece of each region from there, as a power of two; more are not used.
    """
    cuts: set[int] = set()
    for region, shift in enumerate(shifts, start=bottom):
        cuts |= set(range(1 << region, 2 << region, 1 << min(region, shift)))
    return {cut for cut in cuts if cut <= far}


def sides(near: int, far: int) -> set[Cuts]:
    """Return every way to cut the distances from ``near`` to ``far``, by trying all of them."""
    bits = far.bit_length()
    return {
        frozenset(cut for cut in cuts_of(far, bottom, shifts) if cut > near)
        for bottom in range(bits + 1)
        for shifts in product(range(bits), repeat=bits - bottom)
    }


def structures(low: int, high: int) -> set[Cuts]:
    """Return every set of breakpoints in ``low + 1 .. high`` that has the structure."""
    positive = sides(max(low, 0), high) if high >= 0 else {frozenset()}
    negative = sides(max(~high, 0), ~low) if low < 0 else {frozenset()}
    middle = {0} if low < 0 <= high else set()
    found = {
        frozenset(right | {-cut for cut in left} | middle)
        for right in positive for left in negative
    }
    return found | {frozenset()}


RANGES = [(0, 0), (0, 1), (0, 7), (0, 8), (0, 12), (3, 12), (4, 11), (5, 9), (-1, 0), (-4, 3),
          (-6, 3), (-3, 7), (-9, -1), (-12, -5), (-1, 8)]


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_every_set_of_breakpoints_is_recognised_exactly_if_it_has_the_structure(
    low: int, high: int
) -> None:
    places = range(low + 1, high + 1)
    wanted = structures(low, high)
    seen = 0
    for size in range(len(places) + 1):
        for breakpoints in combinations(places, size):
            regions = dyadic_regions(breakpoints, low, high)
            assert (regions is not None) == (frozenset(breakpoints) in wanted), breakpoints
            if regions is not None:
                check(regions, breakpoints, low, high)
                seen += 1
    assert seen == len(wanted)


def check(regions: tuple[Region, ...], breakpoints: tuple[int, ...], low: int, high: int) -> None:
    """The regions cover all numbers in order, once, and give each its segment."""
    assert regions[0].start <= low
    assert regions[-1].stop > high
    assert [region.stop for region in regions[:-1]] == [region.start for region in regions[1:]]
    for region in regions:
        assert (region.stop - region.start) % (1 << region.shift) == 0
        assert region.pieces > 0
    for u in range(low, high + 1):
        (region,) = [each for each in regions if each.start <= u < each.stop]
        segment = region.first + ((u - region.start) >> region.shift)
        assert segment == sum(breakpoint <= u for breakpoint in breakpoints)


def segment_by_leading_bit(u: int, regions: tuple[Region, ...]) -> int:
    """Return the segment as hardware finds it: sign bit, leading one, and the bits below it."""
    distance = u if u >= 0 else ~u
    same_sign = [region for region in regions if (region.start < 0) == (u < 0)]
    holds = {
        max((d if d >= 0 else ~d).bit_length() for d in (region.start, region.stop - 1)): region
        for region in same_sign
    }
    # Leading ones below those of the first region all lie in it.
    region = holds[max(distance.bit_length(), min(holds))]
    return region.first + ((u - region.start) >> region.shift)


@given(
    bits=st.integers(1, 9), signed=st.booleans(),
    bottoms=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    shifts=st.lists(st.integers(0, 9), min_size=18, max_size=18),
)
@few
def test_the_sign_and_the_leading_bit_find_the_segment(
    bits: int, signed: bool, bottoms: tuple[int, int], shifts: list[int]
) -> None:
    far = (1 << bits) - 1
    positive = cuts_of(far, min(bottoms[0], bits), tuple(shifts[:9]))
    negative = {-cut for cut in cuts_of(far, min(bottoms[1], bits), tuple(shifts[9:]))} | {0}
    breakpoints = tuple(sorted(positive | negative if signed else positive))

    regions = dyadic_regions(breakpoints, ~far if signed else 0, far)

    assert regions is not None
    check(regions, breakpoints, ~far if signed else 0, far)
    for u in range(~far if signed else 0, far + 1):
        assert segment_by_leading_bit(u, regions) == sum(b <= u for b in breakpoints)


def test_breakpoints_outside_the_numbers_count_but_make_no_region() -> None:
    inside = dyadic_regions((4, 8), 0, 15)
    around = dyadic_regions((-3, 0, 4, 8, 16, 99), 0, 15)

    assert inside == (Region(0, 4, 2, 0), Region(4, 8, 2, 1), Region(8, 16, 3, 2))
    assert around == tuple(region._replace(first=region.first + 2) for region in inside)


def test_sixteen_bits_of_equal_pieces_are_dyadic() -> None:
    regions = dyadic_regions(tuple(range(-32768 + 512, 32768, 512)), -32768, 32767)

    assert regions is not None
    assert {region.shift for region in regions} == {9}
    assert sum(region.pieces for region in regions) == 128


@pytest.mark.parametrize("moved", range(6))
def test_one_breakpoint_moved_by_one_is_seen(moved: int) -> None:
    breakpoints = [-16, -8, 0, 8, 16, 24]
    assert dyadic_regions(breakpoints, -32, 31) is not None
    breakpoints[moved] += 1

    assert dyadic_regions(breakpoints, -32, 31) is None
