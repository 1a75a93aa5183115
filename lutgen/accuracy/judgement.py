"""An error report against what was asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lutgen.accuracy.measured import Measured
from lutgen.accuracy.report import ErrorReport
from lutgen.ideal import Ideal, Tolerance
from lutgen.spec import Method

GOOD, OPEN, BAD = "good", "open", "bad"
"""All that was asked for is kept; nothing was asked that would tell; something is not kept."""


_FLOAT_SLACK = 2.0**-30


class Judgement(NamedTuple):
    """What was asked for, and what of it is not kept.

    Attributes:
        tolerance: the error to keep; None where a size is given and the error is to be least.
        asked: whether it was asked for; else it is the method's own.
        missed: how many codes do not keep it.
        max_bytes: the storage allowed; None where it is free.
        storage_bytes: the storage taken.
        faithful: whether every error is below 1 LSB.
        swamped: whether the function lies beyond the output format on most input codes, so that
            errors against the clipped value say little.
        broken: every requirement that is not kept, with the reason in a sentence.
    """

    tolerance: Tolerance | None
    asked: bool
    missed: int
    max_bytes: int | None
    storage_bytes: int
    faithful: bool
    swamped: bool = False
    broken: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        report: ErrorReport,
        ideal: Ideal,
        tolerance: Tolerance | None,
        broken: tuple[tuple[str, str], ...] = (),
    ) -> Judgement:
        """Return the judgement of a report.

        Args:
            report: the errors.
            ideal: what the exact function demands of the spec that was asked for.
            tolerance: the error to keep, asked for or not.
            broken: what ``requirements.broken`` says.
        """
        method = ideal.spec.method
        missed = 0
        if tolerance is not None:
            low, high = ideal.tube(tolerance)
            missed = int(np.count_nonzero((report.codes < low) | (report.codes > high)))
        return cls(
            tolerance=tolerance,
            asked=method.exact or method.max_error is not None,
            missed=missed,
            max_bytes=method.max_bytes,
            storage_bytes=report.storage_bytes,
            faithful=report.faithful,
            swamped=report.overflows and 2 * report.saturated > len(report.codes),
            broken=broken,
        )

    @classmethod
    def of_sample(
        cls,
        report: Measured,
        method: Method,
        tolerance: Tolerance | None,
        broken: tuple[tuple[str, str], ...] = (),
    ) -> Judgement:
        """Return the judgement of a report that knows the exact values only to a float.

        Args:
            report: errors of some or of all inputs.
            method: what was asked for.
            tolerance: the error to keep; None where none was asked for.
            broken: what ``requirements.broken`` says.
        """
        missed = 0
        if tolerance is not None and tolerance.limit is not None:
            limit = float(tolerance.limit)
            errors = np.abs(report.error_lsb)
            over = errors >= limit if tolerance.strict else errors > limit + _FLOAT_SLACK
            missed = int(np.count_nonzero(over))
        return cls(
            tolerance=tolerance,
            asked=tolerance is not None,
            missed=missed,
            max_bytes=method.max_bytes,
            storage_bytes=report.storage_bytes,
            faithful=report.faithful,
            broken=broken,
        )

    @property
    def fits(self) -> bool:
        """Whether the storage is within what was allowed."""
        return self.max_bytes is None or self.storage_bytes <= self.max_bytes

    @property
    def level(self) -> str:
        """``good``, ``open`` or ``bad``."""
        if self.missed or self.broken or not self.fits:
            return BAD
        good = not self.swamped and (self.tolerance is not None or self.faithful)
        return GOOD if good else OPEN
