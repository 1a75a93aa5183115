"""Many codes in a plot of few columns: the least and the greatest value of each, and its worst."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MOST_COLUMNS = 512
"""More columns than this show nothing more on a screen."""


class Envelope(NamedTuple):
    """Values of neighbouring codes, a column for each run of equally many.

    Attributes:
        low: the least value of each column.
        high: the greatest.
        farthest: index of the code whose value is farthest from 0 in each column, the first of
            equals.
        per_column: how many codes a column stands for.
    """

    low: np.ndarray
    high: np.ndarray
    farthest: np.ndarray
    per_column: int

    @classmethod
    def of(cls, values: np.ndarray) -> Envelope:
        """Return the envelope of values of ascending codes, a power of two of them."""
        columns = min(len(values), MOST_COLUMNS)
        per_column = len(values) // columns
        rows = values.reshape(columns, per_column)
        farthest = np.abs(rows).argmax(axis=1) + np.arange(columns) * per_column
        return cls(rows.min(axis=1), rows.max(axis=1), farthest, per_column)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.low)
