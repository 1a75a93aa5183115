"""The sections of a kernel's page: fewer, since its inputs are no line of codes."""

from __future__ import annotations

from lutgen.rendering import Markup
from lutgen.reports import _charts as charts
from lutgen.reports import _numbers as numbers
from lutgen.reports import _parts as make
from lutgen.review import Review


def measured(review: Review) -> Markup:
    """Return on what the kernel was measured, and what is proved for all inputs."""
    report = review.report
    bound = report.bound_lsb
    proved = "" if bound is None else f"at most {float(bound):.4f} LSB for every input"
    return make.section("measured", "What the figures rest on", "", [make.facts([
        ("Measured on", report.stimulus.text, ""),
        ("Which are", "all that there are" if report.stimulus.is_exhaustive else "a sample", ""),
        ("Proved", proved, "kept"),
        ("Saturated outputs", numbers.whole(report.saturated), ""),
    ])])


def worst(review: Review) -> Markup:
    """Return the inputs with the largest errors."""
    rows = [
        ("", make.head(numbers.typeset(found.code), "text"), (
            (numbers.precise(found.exact), ""),
            (numbers.code(found.got), ""),
            (numbers.typeset(f"{found.error_lsb:+.5f}"), ""),
        ))
        for found in review.report.worst
    ]
    table = make.table(
        "worst-codes", f"The {len(rows)} inputs with the largest errors",
        (("Input codes", "text"), ("Exact value", ""), ("Output code", ""), ("Error in LSB", "")),
        rows,
    )
    return make.section("worst", "The worst inputs", "", [table])


def sizes(review: Review) -> Markup:
    """Return how large the errors are."""
    return make.section(
        "sources", "How large the errors are", "", [charts.histogram_chart(review).render()]
    )
