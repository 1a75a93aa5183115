"""Equal intervals with shared knots, and a straight line from knot to knot.

``y = left + (((right - left) * offset + half) >> bits)``: one table, read twice.  The knots are
not samples of the function: they are the integers for which every code between them is served,
found from left to right by ``_knots``, or proved not to exist.  They lie on the lookup's own grid,
so the last one lies one step beyond the highest code.

Knots carry as many guard bits as their entries have room for.  With entries of the output's own
width there are none, and the table has the format of the common runtimes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._demand import AIM_BITS, FREE_HIGH, FREE_LOW, Demand
from lutgen.methods._frames import Frame
from lutgen.methods._hardest import hardest_first
from lutgen.methods._hull import reach, real_tube
from lutgen.methods._knots import knots
from lutgen.methods._least import HALF, least
from lutgen.program import Builder, Program, Table
from lutgen.program.ops import Ref
from lutgen.spec import Method

# Sums stay this narrow, so that 32 bits hold them with rounding and a knot that overshoots.
_WORD_BITS = 30
# More guard bits than this serve no code that fewer do not.
_ENOUGH_GUARD_BITS = 8
# How many neighbouring intervals are examined together, and how many of the hardest such blocks
# before all intervals are.
_BLOCK = 16
_BLOCKS = 6


class _Layout(NamedTuple):
    """A table of knots that might do.

    Attributes:
        bits: an interval has ``2**bits`` codes.
        guard: fraction bits of a knot.
        bounds: least and greatest knot that an entry holds.
        size: bytes of an entry.
        storage: bytes of the table.
    """

    bits: int
    guard: int
    bounds: tuple[int, int]
    size: int
    storage: int

    def knots(self, demand: Demand, cells: range | None = None) -> np.ndarray | None:
        """Return knots for all intervals, or for some; None where there are none."""
        demand = demand.padded(self.bits)
        if cells is None:
            wanted = _sampled(demand.aim, self.bits, self.guard)
            run = slice(None)
        else:
            wanted = None
            run = slice(max(cells.start, 0) << self.bits, cells.stop << self.bits)
        lo, hi = demand.lo[run], demand.hi[run]
        return knots(lo, hi, self.bits, self.guard, bounds=self.bounds, aim=wanted)

    def hopeless(self, demand: Demand) -> bool:
        """Return whether some of the hardest intervals already have no knots."""
        padded = demand.padded(self.bits)
        hardest = hardest_first(padded, self.bits, 2)[:_BLOCKS]
        return any(self.knots(demand, _around(cell)) is None for cell in hardest)


def worth_folding(options: Method) -> bool:
    """Return whether half the knots are worth the steps: no, they are chosen for speed."""
    return False


def lower_bound(frame: Frame, options: Method) -> Fraction:
    """Return an error below which the asked size has no knots, from intervals in small groups."""
    demand = frame.demand(Tolerance(HALF))
    if demand is None or (options.segments is None and options.max_bytes is None):
        return HALF
    finest: dict[int, _Layout] = {}
    for layout in _layouts(frame, demand, options):
        kept = finest.setdefault(layout.size, layout)
        if layout.bits < kept.bits:
            finest[layout.size] = layout
    bounds = (_needed(frame, demand, layout) for layout in finest.values())
    return min(bounds, default=HALF)


def approximate(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the program with the fewest bytes of knots, or None where there is none.

    Args:
        frame: how the input is folded.
        tolerance: which codes are acceptable.
        options: ``segments`` fixes the number of intervals over all input codes, ``max_bytes``
            the storage.
    """
    demand = frame.demand(tolerance)
    if demand is None:
        return None
    coarsest = _coarsest(demand)
    for layout in _layouts(frame, demand, options):
        if layout.bits > coarsest or layout.hopeless(demand):
            continue
        found = layout.knots(demand)
        if found is not None:
            return _program(frame, demand, layout, found)
    return None


def _layouts(frame: Frame, demand: Demand, options: Method) -> Iterator[_Layout]:
    """Yield the tables that are allowed, fewest bytes first."""
    width = frame.ideal.spec.input.width
    if options.segments is None:
        sizes = range((len(demand) - 1).bit_length() + 1)
    elif options.segments.bit_length() - 1 <= width:
        sizes = range(width - (options.segments.bit_length() - 1), width + 1)[:1]
    else:
        return
    found = [layout for bits in sizes for layout in _entries(frame, demand, bits)]
    for layout in sorted(found, key=lambda layout: (layout.storage, layout.size)):
        if options.max_bytes is None or layout.storage <= options.max_bytes:
            yield layout


def _entries(frame: Frame, demand: Demand, bits: int) -> Iterator[_Layout]:
    """Yield the layouts with intervals of ``2**bits`` codes, narrow entries first."""
    signed = frame.fold != "none" or frame.ideal.spec.output.signed
    least_code, greatest_code = _range(demand)
    need = max(greatest_code.bit_length(), (~least_code).bit_length()) + signed
    # Without a code between knots the entries are the output codes themselves.
    depth = (-(-len(demand) >> bits)) + (bits > 0)
    before = -1
    for size in (1, 2, 4):
        guard = 8 * size - need
        if guard < 0 or before >= (_ENOUGH_GUARD_BITS - 2 if bits else 0):
            continue
        if size == 4:
            guard = max(0, min(guard, _WORD_BITS - need - bits))
        elif guard > 1:
            # Where saturation is free, knots may overshoot by as much again.
            guard -= 1
        guard = guard if bits else 0
        # Without more guard bits, wide entries still hold a knot beyond the output's range.
        if guard < before or (guard == before and not (bits and size == 4)):
            continue
        before = guard
        ends = (-1 << (8 * size - 1), (1 << (8 * size - 1)) - 1) if signed else (
            0, (1 << 8 * size) - 1
        )
        if size == 4:
            ends = max(ends[0], -1 << (need + guard)), min(ends[1], 1 << (need + guard))
        yield _Layout(bits, guard, ends, size, depth * size)


def _range(demand: Demand) -> tuple[int, int]:
    """Return the least and the greatest value that every program takes, at least."""
    ceilings = demand.hi[demand.hi != FREE_HIGH]
    floors = demand.lo[demand.lo != FREE_LOW]
    low, high = int(ceilings.min(initial=0)), int(floors.max(initial=0))
    return min(low, high), max(low, high)


def _coarsest(demand: Demand) -> int:
    """Return the size of an interval, as a power of two, above which the hardest have no line."""
    for bits in range((len(demand) - 1).bit_length(), 0, -1):
        padded = demand.padded(bits)
        tube = real_tube(padded.lo, padded.hi)
        pieces = (piece << bits for piece in hardest_first(padded, bits, 2)[:_BLOCKS])
        stops = ((start + (1 << bits), reach(tube, start, start + (1 << bits))) for start in pieces)
        if all(segment.stop == stop for stop, segment in stops):
            return bits
    return 0


def _needed(frame: Frame, demand: Demand, layout: _Layout) -> Fraction:
    """Return an error that some group of neighbouring intervals needs.

    A group is looked at closely only if it fails at the error that those before it need.
    """
    needed = HALF
    padded = demand.padded(layout.bits)
    for cell in hardest_first(padded, layout.bits, 2)[: 4 * _BLOCKS]:
        cells = _around(cell)

        def serves(limit: Fraction, cells: range = cells) -> bool:
            wanted = frame.demand(Tolerance(limit))
            return wanted is not None and layout.knots(wanted, cells) is not None

        if layout.knots(demand, cells) is None:
            found = least(serves, needed)
            if found is None:
                return needed
            needed = found
            demand = frame.demand(Tolerance(needed))
    return needed


def _around(cell: int) -> range:
    """Return a run of intervals with one of them in its middle."""
    return range(cell - _BLOCK // 2, cell + _BLOCK // 2)


def _sampled(aim: np.ndarray, bits: int, guard: int) -> np.ndarray:
    """Return the exact values at the knots, the last one continued by the last step."""
    exact = aim - (1 << (AIM_BITS - 1))
    beyond = 2 * exact[-1] - exact[-2] if len(exact) > 1 else exact[-1]
    places: np.ndarray = np.append(exact[:: 1 << bits], beyond)
    return ((places << guard) + (1 << AIM_BITS >> 1)) >> AIM_BITS


def _program(frame: Frame, demand: Demand, layout: _Layout, found: np.ndarray) -> Program:
    """Return the program that interpolates between the knots."""
    spec = frame.ideal.spec
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    u = frame.enter(program, x)
    position = u
    if demand.lowest:
        position = program.sub(
            "position", u, program.const(demand.lowest), "Counted from the lowest code."
        )
    if layout.bits == 0:
        core = program.lookup("value", Table("knots", found[:-1], "Value at every code"), position)
    else:
        core = _interpolated(program, position, layout, found)
    return program.finish(frame.leave(program, x, core), spec.output)


def _interpolated(program: Builder, position: Ref, layout: _Layout, found: np.ndarray) -> Ref:
    """Add the steps from the position to the value between two knots."""
    bits, guard = layout.bits, layout.guard
    unit = f", times 2^{guard}" if guard else ""
    table = Table("knots", found, f"Value every {1 << bits} codes{unit}; the last lies beyond them")
    piece = program.shift_right("piece", position, bits, "The high bits say between which knots.")
    offset = program.low_bits("offset", position, bits, "The low bits say how far.")
    left = program.lookup("left", table, piece)
    right = program.lookup("right", table, program.add("after", piece, program.const(1)))
    rise = program.sub("rise", right, left)
    product = program.mul("product", rise, offset)
    half = program.const(1 << (bits + guard) >> 1)
    if guard == 0:
        rounded = program.add("rounded", product, half, "One half, so that the shift rounds.")
        step = program.shift_right("step", rounded, bits)
        return program.add("value", left, step)
    scaled = program.shift_left("scaled", left, bits)
    line = program.add("line", scaled, product)
    rounded = program.add("rounded", line, half, "One half, so that the shift rounds.")
    return program.shift_right("value", rounded, bits + guard, "The knots' guard bits go too.")
