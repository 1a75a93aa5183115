"""Piecewise lines with free breakpoints: the fewest segments that keep the tolerance.

``y = (slope[i] * u + intercept[i]) >> shift`` on segment i, the intercept holding the rounding
and the segment's place.  The segment is found by its breakpoints; or, with breakpoints on a grid
of ``2**aligned`` codes, by one read of a map that the high bits address.  Dyadic breakpoints make
equal pieces of every power-of-two region, so that hardware finds the segment by a leading bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._addresses import address_order, piece_address
from lutgen.methods._demand import Demand
from lutgen.methods._dyadic import least_dyadic_shift
from lutgen.methods._frames import Frame
from lutgen.methods._hull import GREATEST_SHIFT
from lutgen.methods._lines import Line, choose_lines
from lutgen.methods._segmentation import IntegerSegmentation, allowed_count, least_shift
from lutgen.program import Builder, Program, Table
from lutgen.program.ops import Ref
from lutgen.spec import Method


def worth_folding(options: Method) -> bool:
    """Return whether half the segments are worth the steps; a map is chosen for speed."""
    return options.aligned is None


def approximate(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the program with the fewest segments, or None where there is none.

    Args:
        frame: how the input is folded.
        tolerance: which codes are acceptable.
        options: ``aligned`` and ``breakpoints`` say where a segment may begin, ``segments`` how
            many there may be.
    """
    if options.aligned is None:
        demands = filter(None, [frame.demand(tolerance)])
    else:
        demands = (demand.padded(options.aligned) for demand in frame.demands(tolerance))
    programs = (_of(frame, demand, options) for demand in demands)
    found = [program for program in programs if program is not None]
    return min(found, key=lambda program: program.segments, default=None)


def _of(frame: Frame, demand: Demand, options: Method) -> Program | None:
    """Return the program that gives what is demanded, or None."""
    found = segmentation(frame, demand, options)
    if found is None or (options.segments or len(demand)) < len(found.segments):
        return None
    lines = choose_lines(demand.lo, demand.hi, found.segments, found.shift, aim=demand.aim)
    spec = frame.ideal.spec
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    u = frame.enter(program, x)
    segment = None
    if len(lines) > 1:
        starts = [line.start for line in lines]
        segment = find_segment(program, u, demand, starts, options.aligned)
    core = evaluate_lines(program, u, segment, lines, demand, found.shift)
    return program.finish(frame.leave(program, x, core), spec.output, len(lines), found.minimum)


def segmentation(frame: Frame, demand: Demand, options: Method) -> IntegerSegmentation | None:
    """Return the segmentation with the smallest shift that loses no segment.

    Products that fit 32 bits come first; a greater shift is taken only where the count would
    otherwise be more than 3 % above the minimum over real coefficients.
    """
    found = _up_to_shift(fitting_shift(frame), demand, options)
    if found is None or len(found.segments) > allowed_count(found.minimum):
        return _up_to_shift(GREATEST_SHIFT, demand, options) or found
    return found


def _up_to_shift(greatest: int, demand: Demand, options: Method) -> IntegerSegmentation | None:
    """Return the segmentation with the fewest segments that a shift allows, at a smallest shift."""
    if options.breakpoints == "dyadic":
        return least_dyadic_shift(demand, greatest)
    grid = options.aligned or 0
    return least_shift(demand.lo, demand.hi, greatest=greatest, grid_bits=grid)


def fitting_shift(frame: Frame) -> int:
    """Return the greatest shift at which a shifted output code fits 32 bits."""
    return min(GREATEST_SHIFT, 31 - frame.ideal.spec.output.width)


def find_segment(
    program: Builder, u: Ref, demand: Demand, starts: Sequence[int], aligned: int | None
) -> Ref:
    """Add the steps that tell in which segment u lies."""
    if aligned is None:
        breakpoints = tuple(demand.lowest + start for start in starts[1:])
        return program.segment("segment", u, breakpoints, "Which line serves this code.")
    pieces = range(0, len(demand), 1 << aligned)
    numbers = np.searchsorted(np.array(starts), np.array(pieces), side="right") - 1
    table = Table("map", address_order(demand, numbers), "Segment of every piece")
    piece = piece_address(program, u, demand, aligned)
    return program.lookup("segment", table, piece, "Which line serves this piece.")


def evaluate_lines(
    program: Builder,
    u: Ref,
    segment: Ref | None,
    lines: Sequence[Line],
    demand: Demand,
    shift: int,
) -> Ref:
    """Add the steps that evaluate the line of a segment at u.

    Args:
        program: what to add to.
        u: the number the core works on.
        segment: address of the line; None where there is only one.
        lines: in the order of their addresses.
        demand: says what index 0 of the lines stands for.
        shift: bits that the sum is shifted right by.
    """
    slopes = np.array([line.slope for line in lines])
    intercepts = np.array([line.intercept_at(-demand.lowest) for line in lines])
    if segment is None:
        slope, intercept = program.const(int(slopes[0])), program.const(int(intercepts[0]))
    else:
        table = Table("slopes", slopes, f"Slopes of the segments, times 2^{shift}")
        slope = program.lookup("slope", table, segment)
        table = Table("intercepts", intercepts, f"Values at 0, times 2^{shift}, rounding included")
        intercept = program.lookup("intercept", table, segment)
    product = program.mul("product", u, slope)
    total = program.add("sum", product, intercept)
    if shift == 0:
        return total
    return program.shift_right("value", total, shift, "The intercept rounds this to nearest.")
