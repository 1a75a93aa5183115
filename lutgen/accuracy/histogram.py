"""How often errors of each size occur."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MOST_BINS = 41

_WIDTHS = tuple(
    mantissa * 10.0**exponent for exponent in range(-3, 6) for mantissa in (1, 2, 2.5, 5)
)
"""Widths of a bin in LSB that read well."""


class Histogram(NamedTuple):
    """Counts of errors in bins of equal width, one of them centred on 0.

    Attributes:
        width: of a bin, in LSB.
        first: number of the first bin; bin k holds ``(k - 1/2) * width <= error``, below
            ``(k + 1/2) * width``.
        counts: how many codes have their error in each bin, without empty bins at the ends.
    """

    width: float
    first: int
    counts: tuple[int, ...]

    @classmethod
    def of(cls, errors: np.ndarray) -> Histogram:
        """Return the histogram of errors in LSB, with the finest bins of which there are few."""
        for width in _WIDTHS:
            numbers = np.floor(errors / width + 0.5).astype(np.int64)
            first, last = int(numbers.min()), int(numbers.max())
            if last - first < MOST_BINS:
                break
        return cls(width, first, tuple(np.bincount(numbers - first).tolist()))

    @property
    def centres(self) -> tuple[float, ...]:
        """The errors in the middle of the bins, in LSB."""
        return tuple((self.first + number) * self.width for number in range(len(self.counts)))
