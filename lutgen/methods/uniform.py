"""Equal pieces, each with its own line, found by the high bits alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._addresses import address_order, piece_address, piece_starts
from lutgen.methods._demand import Demand
from lutgen.methods._frames import Frame
from lutgen.methods._hull import GREATEST_SHIFT, real_tube
from lutgen.methods._least import HALF, least
from lutgen.methods._lines import choose_lines
from lutgen.methods._pieces import fit_pieces, least_shift_of_pieces
from lutgen.methods.pwl import evaluate_lines, fitting_shift
from lutgen.program import Builder, Program
from lutgen.spec import Method

# No piece is stored in less: a byte for the slope, two for the intercept.
_LEAST_BYTES = 3

# An odd number by which pieces are visited far from in order: neighbours need like errors.
_SCATTER = 0x9E3779B1


def worth_folding(options: Method) -> bool:
    """Return whether half the pieces are worth the steps: no, they are chosen for speed."""
    return False


def lower_bound(frame: Frame, options: Method) -> Fraction:
    """Return an error below which no line serves every piece, for a given number of pieces.

    A piece is looked at closely only if it fails at the error that all pieces before it need,
    so the whole costs little more than one look at each.
    """
    if options.segments is None:
        return HALF
    needed = HALF
    bits = _asked_bits(frame, options.segments)
    demand = frame.demand(Tolerance(needed))
    starts = [] if demand is None else piece_starts(demand, bits)
    for start in sorted(starts, key=lambda start: -(start * _SCATTER % len(demand))):
        run = slice(start, start + (1 << bits))

        def serves(limit: Fraction, run: slice = run) -> bool:
            wanted = frame.demand(Tolerance(limit))
            tube = real_tube(wanted.lo[run], wanted.hi[run])
            return fit_pieces(tube, [0]) is not None

        if fit_pieces(real_tube(demand.lo[run], demand.hi[run]), [0]) is None:
            needed = least(serves, needed)
            demand = frame.demand(Tolerance(needed))
    return needed


def approximate(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the program with the fewest equal pieces, or None where there is none.

    Args:
        frame: how the input is folded.
        tolerance: which codes are acceptable.
        options: ``segments`` fixes the number of pieces over all input codes.
    """
    programs = (_of(frame, demand, options) for demand in frame.demands(tolerance))
    found = [program for program in programs if program is not None]
    return min(found, key=lambda program: program.segments, default=None)


def _of(frame: Frame, demand: Demand, options: Method) -> Program | None:
    """Return the program that gives what is demanded, or None."""
    bits = _piece_bits(frame, demand, options)
    if bits is None:
        return None
    starts = piece_starts(demand, bits)
    fitted = least_shift_of_pieces(demand.lo, demand.hi, starts, fitting_shift(frame)) or (
        least_shift_of_pieces(demand.lo, demand.hi, starts, GREATEST_SHIFT)
    )
    if fitted is None:
        return None
    shift, segments = fitted
    lines = choose_lines(demand.lo, demand.hi, segments, shift, aim=demand.aim)
    spec = frame.ideal.spec
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    u = frame.enter(program, x)
    order = address_order(demand, np.arange(len(lines)))
    piece = piece_address(program, u, demand, bits)
    core = evaluate_lines(program, u, piece, [lines[i] for i in order], demand, shift)
    return program.finish(frame.leave(program, x, core), spec.output, len(lines))


def _piece_bits(frame: Frame, demand: Demand, options: Method) -> int | None:
    """Return the size of a piece as a power of two: as asked for, or the largest that serves."""
    tube = real_tube(demand.lo, demand.hi)
    if options.segments is not None:
        bits = _asked_bits(frame, options.segments)
        return bits if fit_pieces(tube, piece_starts(demand, bits)) is not None else None
    widths = range((len(demand) - 1).bit_length(), -1, -1)
    if options.max_bytes is not None:
        widths = [b for b in widths if _LEAST_BYTES * (len(demand) >> b) <= options.max_bytes]
    # Halving a piece keeps its line, so the sizes that serve are those from the largest down.
    if not widths or fit_pieces(tube, piece_starts(demand, widths[-1])) is None:
        return None
    return next(b for b in widths if fit_pieces(tube, piece_starts(demand, b)) is not None)



def _asked_bits(frame: Frame, segments: int) -> int:
    """Return the size of a piece, as a power of two, that makes so many of all input codes."""
    return frame.ideal.spec.input.width - (segments.bit_length() - 1)
