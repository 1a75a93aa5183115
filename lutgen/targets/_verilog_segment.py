"""The number of breakpoints at or below a value, in whatever form is smallest.

- few breakpoints: a comparator for each, and parities of their results;
- breakpoints on a coarse grid: a small table that the high bits address;
- breakpoints that cut power-of-two regions into equal pieces: the place of the leading one;
- many: a binary search, whose pivots are read from one table for each level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lutgen.program import Region, Table, dyadic_regions
from lutgen.program.table import bits_of
from lutgen.targets._verilog_signals import (
    LUT_DELAY,
    Bits,
    Formula,
    Signal,
    Signals,
    adder_delay,
    extended,
    literal,
    read_delay,
)

MAX_COMPARATORS = 40
"""With more breakpoints than this the search is smaller."""

MAX_MAP_DEPTH = 256
"""A map may have this many entries; it is then smaller than the comparators it replaces."""


def add_segment(
    signals: Signals, target: Signal, number: int, breakpoints: Sequence[int]
) -> int:
    """Add the count of breakpoints at or below a signal and return its number.

    Args:
        signals: what to add to.
        target: name, interval and comment of the count.
        number: the signal that is compared.
        breakpoints: ascending.
    """
    own = signals[number]
    passed = sum(point <= own.low for point in breakpoints)
    live = [point for point in breakpoints if own.low < point <= own.high]
    counted = target
    if passed:
        counted = Signal(f"{target.name}_live", 0, len(live), (), 0)
    grid = _grid_bits(live)
    regions = dyadic_regions(live, own.low, own.high)
    if own.width - grid <= bits_of(0, MAX_MAP_DEPTH - 1) and len(live) > own.width - grid:
        found = _map(signals, counted, number, live, grid)
    elif regions is not None and len(live) > len(regions):
        found = _decoder(signals, counted, number, regions)
    elif len(live) <= MAX_COMPARATORS:
        found = _comparators(signals, counted, number, live)
    else:
        found = _search(signals, counted, number, live)
    if not passed:
        return found
    width = target.width
    formula = (*signals.pattern(found, width), f" + {literal(passed, width)}")
    return _add(signals, target, formula, adder_delay(width))


def _grid_bits(points: Sequence[int]) -> int:
    """Return the greatest b such that all points are multiples of ``2**b``."""
    common = int(np.bitwise_or.reduce(np.array(points, dtype=np.int64)))
    return (common & -common).bit_length() - 1


def _map(
    signals: Signals, target: Signal, number: int, points: Sequence[int], grid: int
) -> int:
    """Add a table of the count for every value of the high bits."""
    own = signals[number]
    depth = 1 << (own.width - grid)
    patterns = np.arange(depth)
    half = depth // 2
    cells = np.where(patterns < half, patterns, patterns - depth) if own.signed else patterns
    counts = np.searchsorted(np.array(points), cells << grid, side="right")
    table = Table(f"{target.name}_map", counts, "Count of every block of codes")
    # A signed name as an index could be negative.
    address: Formula = ("$unsigned(", Bits(number, own.width - 1, grid), ")")
    if grid or not own.signed:
        address = address[1:2]
    return _add(signals, target, address, read_delay(depth), table)


def _decoder(
    signals: Signals, target: Signal, number: int, regions: Sequence[Region]
) -> int:
    """Add a choice by the leading one: the region, and in it the bits that tell the piece."""
    own, width = signals[number], target.width
    negative = [region for region in regions if region.stop <= 0]
    positive = [region for region in reversed(regions) if region.stop > 0]

    def chain(side: Sequence[Region], mark: str) -> Formula:
        formula: list[str | Bits] = []
        for region in side[:-1]:
            leading = _leading(region)
            formula += [
                "\n", mark, Bits(number, leading, leading), " ? ",
                *_piece(signals, width, number, region), " :",
            ]
        return (*formula, "\n", *_piece(signals, width, number, side[-1]))

    if own.signed and positive:
        formula = (
            *signals.is_negative(number), " ? (", *chain(negative, "!"), "\n) : (",
            *chain(positive, ""), "\n)",
        )
    else:
        formula = chain(negative, "!") if own.signed else chain(positive, "")
    # Tools flatten the chain: a leading one of 16 bits is found in some four levels.
    delay = LUT_DELAY * (2 + len(regions) // 8) + adder_delay(width)
    return _add(signals, target, formula, delay)


def _leading(region: Region) -> int:
    """Return the place of the leading one of a region's distances."""
    distance = region.start if region.start >= 0 else -region.stop
    return distance.bit_length() - 1


def _piece(signals: Signals, width: int, number: int, region: Region) -> Formula:
    """Return the number of the piece of a region that a signal lies in, modulo its width."""
    span = region.stop - region.start
    top = max(_leading(region), (span - 1).bit_length() - 1 if region.start == 0 else 0)
    # The bits below the leading one, but for those within a piece.
    high = min(top if region.start == 0 else top - 1, signals[number].width - 1)
    if high < region.shift or region.pieces == 1:
        return (literal(region.first, width),)
    before = (region.start % (1 << (high + 1))) >> region.shift
    bits, more = Bits(number, high, region.shift), width - (high - region.shift + 1)
    index: Formula = extended(bits, bits, more, signed=False) if more > 0 else (bits,)
    offset = (region.first - before) % (1 << width)
    return (*index, f" + {literal(offset, width)}") if offset else index


def _comparators(
    signals: Signals, target: Signal, number: int, points: Sequence[int]
) -> int:
    """Add one comparison for each breakpoint, and their count.

    The results are ones up to some place and zeros above it, so bit j of the count is the parity
    of every ``2**j``-th of them.
    """
    tests = [signals.at_least(number, point) for point in points]
    delay = adder_delay(signals[number].width)
    if len(tests) == 1:
        return _add(signals, target, tests[0], delay)
    listed: list[str | Bits] = []
    for test in reversed(tests):
        listed += [",\n" if listed else "{\n", *test]
    reached = Signal(
        f"{target.name}_reached", 0, (1 << len(tests)) - 1, (), 0, "One bit for each breakpoint."
    )
    found = _add(signals, reached, (*listed, "\n}"), delay)
    parities: list[str | Bits] = []
    for bit in reversed(range(target.width)):
        taken = range((1 << bit) - 1, len(tests), 1 << bit)
        parities.append(", " if parities else "{")
        if bit == 0:
            parities += ["^", signals.whole(found)]
        elif len(taken) == 1:
            parities.append(Bits(found, taken[0], taken[0]))
        else:
            picked = [part for i in taken for part in (", ", Bits(found, i, i))][1:]
            parities += ["^{", *picked, "}"]
    levels = (len(tests).bit_length() + 1) // 2
    return _add(signals, target, (*parities, "}"), levels * LUT_DELAY)


def _search(
    signals: Signals, target: Signal, number: int, points: Sequence[int]
) -> int:
    """Add a binary search: the bits of the count, the highest first."""
    own = signals[number]
    # Beyond the last breakpoint lies one that no value reaches.
    beyond = own.high + 1
    width = bits_of(own.low, beyond)
    found: list[Bits] = []
    for level in reversed(range(target.width)):
        step = 1 << level
        places = range(step - 1, (1 << target.width) - 1, 2 * step)
        pivots = [points[place] if place < len(points) else beyond for place in places]
        test: Formula
        if not found:
            test = signals.at_least(number, pivots[0])
        else:
            table = Table(
                f"{target.name}_pivots{level}", np.array(pivots), "Breakpoints to compare with"
            )
            pivot = Signal(f"{target.name}_pivot{level}", min(pivots), max(pivots), (), 0)
            address = found[:1] if len(found) == 1 else _joined(found)
            read = _add(signals, pivot, tuple(address), read_delay(table.depth), table)
            signed = own.signed
            test = (
                *signals.number(number, width, signed=signed), " >= ",
                *signals.number(read, width, signed=signed),
            )
        bit = Signal(f"{target.name}_bit{level}", 0, 1, (), 0)
        found.append(Bits(_add(signals, bit, test, adder_delay(width)), 0, 0))
    return _add(signals, target, tuple(_joined(found)), 0)


def _joined(bits: Sequence[Bits]) -> list[str | Bits]:
    parts = [part for bit in bits for part in (", ", bit)][1:]
    return ["{", *parts, "}"]


def _add(
    signals: Signals, target: Signal, formula: Formula, delay: int, table: Table | None = None
) -> int:
    signals.append(target._replace(formula=formula, delay=delay, table=table))
    return len(signals) - 1
