"""Neighbouring codes that have something in common, such as being saturated."""

from __future__ import annotations

import numpy as np


def runs(mask: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Return the runs of true entries, ascending: index of the first and of the last of each."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    firsts, stops = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    return tuple(zip(firsts.tolist(), (stops - 1).tolist(), strict=True))
