"""Fewest equal pieces in every power-of-two region, so that a leading bit finds the segment.

``lutgen.program.dyadic`` says what the regions are.  Each is decided by itself: it is cut into
the fewest equal pieces that all have a line, and as many of the lowest regions as have a line
together are one piece.  So no other choice has fewer pieces in any region.
"""

from __future__ import annotations

from lutgen.methods._demand import Demand
from lutgen.methods._hull import Tube, integer_tube, reach, real_tube
from lutgen.methods._pieces import least_shift_of_pieces
from lutgen.methods._segmentation import IntegerSegmentation


def least_dyadic_shift(demand: Demand, greatest: int) -> IntegerSegmentation:
    """Return the fewest pieces at a shift, with the smallest shift that serves the same pieces.

    Args:
        demand: what the core has to give; a single code always has a line, so there are pieces.
        greatest: the shift that the pieces are chosen at.
    """
    lo, hi, zero = demand.lo, demand.hi, -demand.lowest
    starts = _starts(integer_tube(lo, hi, greatest), zero)
    shift, segments = least_shift_of_pieces(lo, hi, starts, greatest)
    return IntegerSegmentation(shift, segments, len(_starts(real_tube(lo, hi), zero)))


def _starts(tube: Tube, zero: int) -> list[int]:
    """Return the first index of every piece, ascending from 0.

    Args:
        tube: what the lines have to satisfy.
        zero: the index of the number 0; those before it have regions of their own.
    """
    size = len(tube)
    if reach(tube, 0, size).stop == size:
        return [0]
    starts = _starts_from(tube, zero)
    if zero == 0:
        return starts
    # Read from the last index to the first, the negative numbers are like the others.
    mirrored = _starts_from(tube.mirrored(), size - zero)
    return [size - stop for stop in (*mirrored[1:], size)][::-1] + starts


def _starts_from(tube: Tube, zero: int) -> list[int]:
    """Return the first index of every piece of the distances from an index to the last one."""
    size = len(tube)
    together = reach(tube, zero, size).stop
    if together == size:
        return [zero]
    starts = [zero]
    distance = 1 << ((together - zero).bit_length() - 1)
    while zero + distance < size:
        start, stop = zero + distance, min(zero + 2 * distance, size)
        piece, place = distance, start
        # Halving a piece keeps its line, so those before a piece without one need no second look.
        while place < stop:
            end = min(place + piece, stop)
            if reach(tube, place, end).stop == end:
                place = end
            else:
                piece //= 2
        starts += range(start, stop, piece)
        distance *= 2
    return starts
