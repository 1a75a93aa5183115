"""Neighbouring codes that have something in common, such as being saturated."""

from __future__ import annotations

import numpy as np

Runs = tuple[tuple[int, int], ...]


def runs(mask: np.ndarray) -> Runs:
    """Return the runs of true entries, ascending: index of the first and of the last of each."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    firsts, stops = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    return tuple(zip(firsts.tolist(), (stops - 1).tolist(), strict=True))


def longest(found: Runs, most: int) -> Runs:
    """Return the longest of some runs, ascending."""
    kept = sorted(found, key=lambda run: run[0] - run[1])[:most]
    return tuple(sorted(kept))
