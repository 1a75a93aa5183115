"""Gates: properties that a table must have, or it is not written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from lutgen.accuracy.measured import Measured
from lutgen.accuracy.report import ErrorReport
from lutgen.activations._record import NONDECREASING, NONINCREASING
from lutgen.errors import BudgetError, UsageError
from lutgen.names import in_lists


def parse(lists: Iterable[str]) -> tuple[str, ...]:
    """Return the requirements in comma lists, each once, in the order given.

    Raises:
        UsageError: there is no such requirement.
    """
    wanted = in_lists(lists)
    for name in wanted:
        if name not in NAMES:
            raise UsageError.about("--require", f"must be {', '.join(NAMES)}", name)
    return wanted


def broken(report: Measured, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return each requirement that the table does not keep, with the reason in a sentence.

    Raises:
        UsageError: one makes no sense for the table.
    """
    reasons = ((name, _REASONS[name](report)) for name in names)
    return tuple((name, reason) for name, reason in reasons if reason)


def demand(report: Measured, names: Iterable[str]) -> None:
    """Refuse a table that does not keep all requirements.

    Raises:
        BudgetError: it says what the first of them is broken by.
    """
    for _, reason in broken(report, names):
        raise BudgetError(f"{report.spec.name}: {reason}")


def _unfaithful(report: Measured) -> str:
    if report.faithful:
        return ""
    worst = report.worst[0]
    return f"not faithful: input code {worst.code} is off by {abs(worst.error_lsb):.4f} LSB"


def _misrounded(report: Measured) -> str:
    if report.misrounded == 0:
        return ""
    advice = " (--exact asks for a program without any)"
    return (
        f"not correctly rounded: {report.misrounded} of {len(report.codes)} codes are others"
        f"{advice if isinstance(report, ErrorReport) else ''}"
    )


def _turning(report: Measured) -> str:
    """Return where the output goes against its direction: the promised one, else the likelier."""
    if not isinstance(report, ErrorReport):
        raise UsageError("--require monotone is for functions of one number; leave it out")
    promised = report.promised_direction
    directions = (NONDECREASING, NONINCREASING) if promised is None else (promised,)
    against = {direction: report.steps_against(direction) for direction in directions}
    direction = min(against, key=lambda each: len(against[each]))
    steps: np.ndarray = against[direction]
    if not len(steps):
        return ""
    first = int(steps[0])
    before, after = int(report.codes[first - 1]), int(report.codes[first])
    more = f", the first of {len(steps)} such steps" if len(steps) > 1 else ""
    return (
        f"not monotone: the output {'falls' if after < before else 'rises'} from {before} to "
        f"{after} at input code {report.spec.input.min_code + first}{more}"
        + ("" if promised else "; the function itself need not be monotone")
    )


_REASONS: dict[str, Callable[[Measured], str]] = {
    "faithful": _unfaithful,
    "correctly-rounded": _misrounded,
    "monotone": _turning,
}

NAMES = tuple(_REASONS)
