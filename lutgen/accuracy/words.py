"""What a report says in plain words: the same sentences on every face."""

from __future__ import annotations

from typing import NamedTuple

from lutgen.accuracy.judgement import BAD, GOOD, OPEN, Judgement
from lutgen.accuracy.measured import Measured
from lutgen.accuracy.report import ErrorReport
from lutgen.accuracy.runs import runs
from lutgen.ideal import Tolerance

RESERVED = "reserved"
"""The tone of a good table of which a reader should know something."""

_LEADS = {
    GOOD: "Good enough",
    RESERVED: "Good enough, with a reservation",
    OPEN: "Judge for yourself",
    BAD: "Not good enough",
}

_MOST_RANGES = 3


class Sentence(NamedTuple):
    """One thing that a reader should know.

    Attributes:
        text: the sentence, in ASCII.
        notable: whether it may be a reason not to use the table.
    """

    text: str
    notable: bool = False


def tone(report: Measured, judgement: Judgement) -> str:
    """Return ``good``, ``reserved``, ``open`` or ``bad``."""
    if judgement.level == GOOD and any(remark.notable for remark in remarks(report)):
        return RESERVED
    return judgement.level


def lead(report: Measured, judgement: Judgement) -> str:
    """Return whether the table is good enough, in a few words."""
    return _LEADS[tone(report, judgement)]


def verdict(report: Measured, judgement: Judgement) -> str:
    """Return whether the table is good enough, in one sentence without its lead."""
    # A kernel may have more inputs than can be measured.
    one = "code" if isinstance(report, ErrorReport) else "measured output"
    largest = f"the largest error is {report.max_lsb:.4f} LSB"
    if judgement.missed:
        missing = _missing(judgement.tolerance)
        return f"{judgement.missed:,} of {len(report.codes):,} {one}s {missing}; {largest}."
    if not judgement.fits:
        return f"it takes {report.storage_bytes:,} bytes, {judgement.max_bytes:,} are allowed."
    if judgement.broken:
        return f"{judgement.broken[0][1]}."
    if judgement.swamped:
        return f"most input codes saturate; where they do not, {largest}."
    if report.max_lsb == 0:
        return f"every {one} is exact."
    if report.misrounded == 0:
        return f"every {one} is correctly rounded; no table in this format is closer."
    if judgement.tolerance is None:
        if report.faithful:
            return f"every {one} is off by less than 1 LSB (faithful); {largest}."
        return f"some {one}s are off by 1 LSB or more; {largest}."
    asked = "as asked" if judgement.asked else "the limit where none is asked for"
    return f"no {one} is off by {limit_text(judgement.tolerance)}, {asked}; {largest}."


def limit_text(tolerance: Tolerance) -> str:
    """Return a tolerance as what no error is: ``more than 0.625 LSB``."""
    if tolerance.limit is None:
        return "more than correct rounding takes"
    return f"{float(tolerance.limit):g} LSB or more" if tolerance.strict else (
        f"more than {float(tolerance.limit):g} LSB"
    )


def asked_text(tolerance: Tolerance) -> str:
    """Return a tolerance as what is asked: ``at most 0.625 LSB``."""
    if tolerance.limit is None:
        return "every code correctly rounded"
    return f"{'below' if tolerance.strict else 'at most'} {float(tolerance.limit):g} LSB"


def worst(report: Measured) -> str:
    """Return where the error is largest."""
    if report.max_lsb == 0:
        return "No input code has an error."
    first = report.worst[0]
    if not isinstance(report, ErrorReport):
        return (
            f"Worst at {first.code}: exactly {first.exact:.6g}, the output code {first.got} is "
            f"{first.error_lsb:+.4f} LSB off."
        )
    return (
        f"Worst at input code {first.code} (x = {first.x:.6g}): exactly {first.exact:.6g}, the "
        f"output code {first.got} stands for {report.real(first.got):.6g}, "
        f"{first.error_lsb:+.4f} LSB off."
    )


def remarks(report: Measured) -> tuple[Sentence, ...]:
    """Return what else a reader should know of the codes, the notable first."""
    if not isinstance(report, ErrorReport):
        return ()
    found = [
        sentence
        for sentence in (
            _saturation(report), _domain(report), _order(report), _waste(report),
        )
        if sentence is not None
    ]
    return tuple(sorted(found, key=lambda sentence: not sentence.notable))


def input_ranges(report: ErrorReport, spans: tuple[tuple[int, int], ...]) -> str:
    """Return runs of input codes as real ranges: ``x from 4 to 7.9375``."""
    codes = report.spec.input
    texts = []
    for first, last in spans[:_MOST_RANGES]:
        low, high = (float(codes.decode(codes.min_code + index)) for index in (first, last))
        texts.append(f"x = {low:.6g}" if first == last else f"x from {low:.6g} to {high:.6g}")
    more = len(spans) - len(texts)
    return ", ".join(texts) + (f" and {more:,} more ranges" if more else "")


def _missing(tolerance: Tolerance | None) -> str:
    if tolerance is None or tolerance.limit is None:
        return "are not correctly rounded"
    return f"are off by {limit_text(tolerance)}"


def _saturation(report: ErrorReport) -> Sentence | None:
    """Return what there is to say of codes whose value the output format cannot hold."""
    spans = runs(report.saturating & ~report.undefined)
    if not spans:
        return None
    beyond = report.overshoot_lsb
    count = sum(last - first + 1 for first, last in spans)
    far = (
        "less than 1" if beyond < 1 else f"up to {beyond:,.4g}" if beyond < 2**20
        else "more than a million"
    )
    return Sentence(
        f"{count:,} of {len(report.codes):,} input codes saturate "
        f"({input_ranges(report, spans)}): the function lies {far} LSB beyond the output format "
        "there.",
        report.overflows,
    )


def _domain(report: ErrorReport) -> Sentence | None:
    if not report.outside:
        return None
    places = input_ranges(report, runs(report.undefined))
    return Sentence(
        f"{report.outside:,} of {len(report.codes):,} input codes lie outside the domain "
        f"({places}): the nearest limit is taken there.",
        True,
    )


def _order(report: ErrorReport) -> Sentence | None:
    if not report.monotonicity_breaks:
        return None
    return Sentence(
        f"{report.monotonicity_breaks:,} steps go against the direction that the function "
        f"always has ({report.promised_direction}).",
        True,
    )


def _waste(report: ErrorReport) -> Sentence | None:
    """Return how much of the output format is left unused; half of its range is notable."""
    if not report.unused_codes:
        return None
    count, low, high = len(report.used), int(report.codes.min()), int(report.codes.max())
    wide = 2 * (high - low + 1) > count
    ends = "" if wide else f": all outputs lie from {low} to {high}, in half of the range or less"
    return Sentence(
        f"{report.unused_codes:,} of {count:,} output codes are never used{ends}.", not wide
    )
