"""Where two tables differ, by how much, and which of them is nearer to the exact function."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lutgen.accuracy import ErrorReport
from lutgen.accuracy.comparison import lead
from lutgen.errors import UsageError
from lutgen.ideal import Ideal
from lutgen.listing import Listing
from lutgen.spec import Spec

_NEARER = {1: "a", 0: "both", -1: "b"}


class Differing(NamedTuple):
    """One input code for which two tables differ.

    Attributes:
        code: the input code.
        x: its real value.
        a: the first table's output code.
        b: the second table's output code.
        lsb: ``b - a``.
        exact: the exact real value, clipped to the output range; None where nothing says it.
        error_a_lsb: error of a, in LSB; None likewise.
        error_b_lsb: error of b.
        nearer: ``a``, ``b``, or ``both`` where they are equally near; None likewise.
    """

    code: int
    x: float
    a: int
    b: int
    lsb: int
    exact: float | None = None
    error_a_lsb: float | None = None
    error_b_lsb: float | None = None
    nearer: str | None = None


@dataclass(frozen=True, eq=False)
class Difference:
    """How two tables of the same formats differ.

    Attributes:
        a: the first table.
        b: the second table.
        truth: whose function counts as exact; None where neither table says one.
        reports: the errors of a and b against it; None likewise.
    """

    a: Listing
    b: Listing
    truth: Spec | None
    reports: tuple[ErrorReport, ErrorReport] | None

    @classmethod
    def between(cls, a: Listing, b: Listing) -> Difference:
        """Compare two tables with each other and with the exact function, a's where it has one.

        Raises:
            UsageError: their formats differ, so that their codes do not mean the same.
        """
        for side in ("input", "output"):
            one, other = getattr(a, side), getattr(b, side)
            if one != other:
                raise UsageError(
                    f"{side}s differ: {a.label} has {one.description}; {b.label} has "
                    f"{other.description}; compare tables of the same formats"
                )
        truth = a.spec or b.spec
        reports = None
        if truth is not None:
            ideal = Ideal.of(truth)
            reports = tuple(ErrorReport.of_codes(table.codes, ideal, 0) for table in (a, b))
        return cls(a, b, truth, reports)

    @cached_property
    def apart(self) -> np.ndarray:
        """The second less the first, in LSB: int64, shape (2**width,), ascending input codes."""
        return self.b.codes - self.a.codes

    @cached_property
    def differing(self) -> tuple[Differing, ...]:
        """Every input code for which they differ, the largest difference first, then by code."""
        order = np.argsort(-np.abs(self.apart), kind="stable")
        return tuple(self._at(int(i)) for i in order[: np.count_nonzero(self.apart)])

    @property
    def largest(self) -> int:
        """The largest difference in LSB."""
        return int(np.abs(self.apart).max())

    @property
    def ends(self) -> tuple[int, int] | None:
        """The first and the last input code for which they differ; None where they do not."""
        found = np.flatnonzero(self.apart)
        if not found.size:
            return None
        return self.a.input.min_code + int(found[0]), self.a.input.min_code + int(found[-1])

    @property
    def nearer(self) -> dict[str, int] | None:
        """For how many differing codes a, b or both are nearer; None where nothing says so."""
        if self.reports is None:
            return None
        counts = [item.nearer for item in self.differing]
        return {who: counts.count(who) for who in ("a", "b", "both")}

    def _at(self, index: int) -> Differing:
        code = self.a.input.min_code + index
        a, b = int(self.a.codes[index]), int(self.b.codes[index])
        found = Differing(code, float(self.a.input.decode(code)), a, b, b - a)
        if self.reports is None:
            return found
        errors = [float(report.error_lsb[index]) for report in self.reports]
        nearer = _NEARER[int(lead(*errors))]
        output = self.a.output
        exact = float(output.scale) * (a - errors[0] - output.zero_point)
        return found._replace(
            exact=exact, error_a_lsb=errors[0], error_b_lsb=errors[1], nearer=nearer
        )
