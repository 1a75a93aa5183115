"""Two tables side by side: where their codes differ, and which of them is nearer to the truth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lutgen.accuracy.report import ErrorReport

SAME_LSB = 2.0**-36
"""Errors are known to 2**-39 LSB; what differs by less than this is the same."""


def lead(errors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return 1 where the first is nearer to the exact value, -1 where the other is, else 0.

    Args:
        errors: of the one, in LSB: float64, any shape.
        others: of the other.
    """
    ahead = np.abs(others) - np.abs(errors)
    return np.sign(ahead) * (np.abs(ahead) > SAME_LSB)


class Comparison(NamedTuple):
    """How another table differs from one, code by code, seen from the function of the one.

    Attributes:
        other: the report of the other table.
        errors: of the other table's codes against the exact values of the one, in LSB: float64.
        differing: for how many input codes the output codes differ.
        largest: the largest difference in output codes.
        at: index of the first input code that differs by so much.
        nearer: for how many of the differing codes the one is nearer to the exact value.
        farther: for how many the other is.
    """

    other: ErrorReport
    errors: np.ndarray
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
        steps = other.codes - one.codes
        apart = np.abs(steps)
        # The other may be meant to be another function; here it stands in for this one.
        errors = one.error_lsb + steps
        leads = lead(one.error_lsb, errors)[apart > 0]
        return cls(
            other=other,
            errors=errors,
            differing=int(np.count_nonzero(apart)),
            largest=int(apart.max()),
            at=int(apart.argmax()),
            nearer=int(np.count_nonzero(leads > 0)),
            farther=int(np.count_nonzero(leads < 0)),
        )
