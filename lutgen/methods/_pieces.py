"""Lines for given pieces: uniform, dyadic or any other boundaries, with the same exact test."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lutgen.methods._hull import GREATEST_SHIFT, Segment, Tube, integer_tube, reach


def fit_pieces(tube: Tube, starts: Sequence[int]) -> tuple[Segment, ...] | None:
    """Return one segment per given piece, or None when some piece has no line.

    Args:
        tube: what the lines have to satisfy.
        starts: first code of every piece, ascending from 0.

    Raises:
        ValueError: the starts do not split the codes.
    """
    segments: list[Segment] = []
    for start, stop in _pieces(starts, len(tube)):
        segment = reach(tube, start, stop)
        if segment.stop < stop:
            return None
        segments.append(segment)
    return tuple(segments)


def least_shift_of_pieces(
    lo: np.ndarray, hi: np.ndarray, starts: Sequence[int], greatest: int = GREATEST_SHIFT
) -> tuple[int, tuple[Segment, ...]] | None:
    """Return the smallest common shift at which every given piece has an integer line.

    Returns:
        The shift and one segment per piece; None when some piece has no line up to ``greatest``.

    Raises:
        ValueError: the starts do not split the codes.
    """
    shift = 0
    tube = integer_tube(lo, hi, shift)
    # A piece that fails at a shift fails at every smaller one, so the shift only ever rises.
    for start, stop in _pieces(starts, lo.size):
        while reach(tube, start, stop).stop < stop:
            if shift == greatest:
                return None
            shift += 1
            tube = integer_tube(lo, hi, shift)
    segments = fit_pieces(tube, starts)
    return None if segments is None else (shift, segments)


def coarsest_uniform(tube: Tube) -> int | None:
    """Return the largest ``b`` such that every piece of ``2**b`` codes has a line, or None.

    Raises:
        ValueError: the number of codes is not a power of two.
    """
    width = len(tube).bit_length() - 1
    if len(tube) != 1 << width:
        raise ValueError(f"{len(tube)} codes; uniform pieces need a power of two")
    # Halving a piece keeps its line, so the good spacings are those up to the largest.
    good, bad = -1, width + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        if fit_pieces(tube, range(0, len(tube), 1 << middle)) is None:
            bad = middle
        else:
            good = middle
    return None if good < 0 else good


def _pieces(starts: Sequence[int], size: int) -> list[tuple[int, int]]:
    """Return start and stop of every piece."""
    bounds = [*starts, size]
    pieces = list(pairwise(bounds))
    if not pieces or bounds[0] != 0 or any(start >= stop for start, stop in pieces):
        raise ValueError("the starts of pieces ascend from 0 and stay below the number of codes")
    return pieces
