"""Exact values as integers of any width: the entries of a kernel's own tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

import numpy as np

from lutgen import sampling
from lutgen.numerics.reals import Exact, Value, exact
from lutgen.program import TooWideError


def fixed_values(
    function: Callable[[Exact], Value], inputs: Iterable[Fraction], factor: Fraction
) -> np.ndarray:
    """Return ``function(x) * factor`` for each input, rounded to the nearest whole number.

    Raises:
        TooWideError: a number is too large for 64 bits.
        UndecidableRoundingError: a value cannot be told from the middle of two numbers.
    """
    scale, half = exact(factor), exact(Fraction(1, 2))
    found = []
    for x in inputs:
        for value in sampling.refined(function, exact(x)):
            number = sampling.floor(value * scale + half)
            if number is not None:
                found.append(number)
                break
    try:
        return np.array(found, dtype=np.int64)
    except OverflowError:
        raise TooWideError("entries need more than 64 bits") from None
