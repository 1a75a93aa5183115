"""Two tables side by side: where their codes differ, and which of them is nearer to the truth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lutgen.accuracy.report import ErrorReport


class Comparison(NamedTuple):
    """How another table differs from one, code by code.

    Attributes:
        other: the report of the other table.
        differing: for how many input codes the output codes differ.
        largest: the largest difference in output codes.
        at: index of the first input code that differs by so much.
        nearer: for how many of the differing codes the one is nearer to the exact value.
        farther: for how many the other is.
    """

    other: ErrorReport
    differing: int
    largest: int
    at: int
    nearer: int
    farther: int

    @classmethod
    def of(cls, one: ErrorReport, other: ErrorReport) -> Comparison | None:
        """Return the comparison; None where the two have no codes in common to compare."""
        if (one.spec.input, one.spec.output) != (other.spec.input, other.spec.output):
            return None
        apart = np.abs(one.codes - other.codes)
        mine, theirs = np.abs(one.error_lsb)[apart > 0], np.abs(other.error_lsb)[apart > 0]
        return cls(
            other=other,
            differing=int(np.count_nonzero(apart)),
            largest=int(apart.max()),
            at=int(apart.argmax()),
            nearer=int(np.count_nonzero(mine < theirs)),
            farther=int(np.count_nonzero(theirs < mine)),
        )
