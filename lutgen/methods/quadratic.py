"""Pieces of a quadratic: few free ones where the function is made of parabolas, else equal ones.

- Free pieces: ``y = ((curve * u + slope) * u + level) / unit`` in exact integers, one parabola for
  each piece that the function itself has; see ``_free_quadratics``.
- Equal pieces: 32-bit arithmetic on the offset in the piece; see ``_equal_quadratics``.

Whichever takes fewer bytes is the program.  A curvature is searched for and then rounded, so the
number of equal pieces is not proved to be the least; every code is proved to be served.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._addresses import address_order, piece_address
from lutgen.methods._demand import Demand
from lutgen.methods._equal_quadratics import Layout, Piece, fit, layouts
from lutgen.methods._frames import Frame
from lutgen.methods._free_quadratics import Pieces, find
from lutgen.methods._hardest import hardest_first
from lutgen.methods._least import HALF, least
from lutgen.program import Builder, Program, Table, TooWideError
from lutgen.program.ops import Ref
from lutgen.spec import Method

# How many of the hardest pieces say how small an error is worth trying.
_HARDEST = 24
# How many tell that pieces of some size are too long.
_FEW = 4


def worth_folding(options: Method) -> bool:
    """Return whether half the pieces are worth the steps: yes, quadratics are chosen for size."""
    return True


def lower_bound(frame: Frame, options: Method) -> Fraction:
    """Return the error that the hardest pieces need, for a given number of pieces."""
    needed = HALF
    demand = frame.demand(Tolerance(needed))
    if options.segments is None or demand is None:
        return needed
    allowed = _layouts(frame, demand, options)
    finest = max(allowed, key=lambda layout: (layout.shift, layout.drop), default=None)
    if finest is None:
        return needed
    for number in hardest_first(demand.padded(finest.bits), finest.bits, 3)[:_HARDEST]:

        def serves(limit: Fraction, number: int = number) -> bool:
            wanted = frame.demand(Tolerance(limit))
            return wanted is not None and _fit(wanted, finest, [number]) is not None

        if not serves(needed):
            needed = least(serves, needed) or needed
    return needed


def approximate(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the program with the fewest bytes, or None where there is none.

    Args:
        frame: how the input is folded.
        tolerance: which codes are acceptable.
        options: ``segments`` fixes the number of equal pieces over all input codes.
    """
    demand = frame.demand(tolerance)
    if demand is None:
        return None
    free = None
    if options.segments is None:
        found = find(demand, frame.ideal.spec.output.width)
        free = None if found is None else _free_program(frame, demand, found)
    allowed = _layouts(frame, demand, options)
    coarsest = _coarsest(demand, allowed)
    for layout in allowed:
        if layout.bits > coarsest:
            continue
        if free is not None and free.storage_bytes <= layout.storage:
            break
        padded = demand.padded(layout.bits)
        order = hardest_first(padded, layout.bits, 3)
        pieces = fit(padded, layout, order)
        if pieces is not None:
            return _equal_program(frame, demand, layout, pieces)
    return free


def _fit(demand: Demand, layout: Layout, order: list[int]) -> list[Piece] | None:
    return fit(demand.padded(layout.bits), layout, order)


def _layouts(frame: Frame, demand: Demand, options: Method) -> list[Layout]:
    """Return the tables that are allowed, fewest bytes first."""
    spec = frame.ideal.spec
    sizes = range(1, (len(demand) - 1).bit_length() + 1)
    if options.segments is not None:
        bits = spec.input.width - (options.segments.bit_length() - 1)
        sizes = [bits] if bits in sizes else []
    allowed = [
        layout
        for layout in layouts(demand, spec.output.width, sizes)
        if options.max_bytes is None or layout.storage <= options.max_bytes
    ]
    return sorted(allowed, key=lambda layout: (layout.storage, layout.sizes))


def _coarsest(demand: Demand, allowed: list[Layout]) -> int:
    """Return the size of a piece, as a power of two, above which the hardest are not served."""
    best = -1
    for bits in sorted({layout.bits for layout in allowed}):
        finest = max(
            (layout for layout in allowed if layout.bits == bits),
            key=lambda layout: (layout.shift, layout.drop),
        )
        padded = demand.padded(bits)
        if fit(padded, finest, hardest_first(padded, bits, 3)[:_FEW]) is None:
            break
        best = bits
    return best


def _equal_program(frame: Frame, demand: Demand, layout: Layout, pieces: list[Piece]) -> Program:
    """Return the program that evaluates equal pieces."""
    spec = frame.ideal.spec
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    u = frame.enter(program, x)
    piece = piece_address(program, u, demand, layout.bits)
    offset = program.low_bits("offset", u, layout.bits, "Place in the piece.")
    fraction = f"times 2^{layout.shift}"

    def read(name: str, meaning: str, values: list[int]) -> Ref:
        ordered = address_order(demand, np.array(values))
        return program.lookup(name, Table(f"{name}s", ordered, meaning), piece)

    curve = read("curve", f"Curvatures of the pieces, times 2^{layout.shift + layout.drop}",
                 [piece.curve for piece in pieces])
    slope = read("slope", f"Slopes where the pieces begin, {fraction}",
                 [piece.slope for piece in pieces])
    level = read("level", f"Values where the pieces begin, {fraction}, rounding included",
                 [piece.level for piece in pieces])
    bend = program.mul("bend", curve, offset)
    if layout.drop:
        bend = program.shift_right("bend_scaled", bend, layout.drop, "To the unit of the slopes.")
    steepness = program.add("steepness", bend, slope)
    rise = program.mul("rise", steepness, offset)
    total = program.add("total", rise, level)
    if layout.shift:
        total = program.shift_right(
            "value", total, layout.shift, "The level rounds this to nearest."
        )
    return program.finish(frame.leave(program, x, total), spec.output)


def _free_program(frame: Frame, demand: Demand, pieces: Pieces) -> Program | None:
    """Return the program that evaluates free pieces; None where it needs more than 64 bits."""
    try:
        return _written(frame, demand, pieces)
    except TooWideError:
        return None


def _written(frame: Frame, demand: Demand, pieces: Pieces) -> Program:
    spec = frame.ideal.spec
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    u = frame.enter(program, x)
    parabolas, division = pieces
    piece = None
    if len(parabolas) > 1:
        breakpoints = tuple(demand.lowest + parabola.start for parabola in parabolas[1:])
        piece = program.segment("piece", u, breakpoints, "Which parabola serves this code.")

    def read(name: str, meaning: str, values: list[int]) -> Ref:
        if piece is None:
            return program.const(values[0])
        return program.lookup(name, Table(f"{name}s", values, meaning), piece)

    curve = read("curve", "Factors of the square", [p.curve for p in parabolas])
    slope = read("slope", "Factors of the code itself", [p.slope for p in parabolas])
    level = read("level", "What is added, rounding included", [p.level for p in parabolas])
    bend = program.mul("bend", curve, u)
    steepness = program.add("steepness", bend, slope)
    rise = program.mul("rise", steepness, u)
    value = program.add("total", rise, level)
    if division.shift:
        value = program.shift_right("shifted", value, division.shift)
    if division.last:
        value = program.mul("multiplied", value, program.const(division.factor),
                            "Divides by the odd part of the unit.")
        if division.addend:
            value = program.add("rounded", value, program.const(division.addend))
        value = program.shift_right("value", value, division.last)
    return program.finish(frame.leave(program, x, value), spec.output)
