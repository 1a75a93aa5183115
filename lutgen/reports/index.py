"""The index of many tables: a row for each, which leads to its report."""

from __future__ import annotations

from collections.abc import Iterable

from lutgen import rendering
from lutgen.accuracy import words
from lutgen.formats import NumberFormat
from lutgen.reports import _numbers as numbers
from lutgen.reports import _parts as make
from lutgen.reports import html, terminal
from lutgen.reports._parts import Row
from lutgen.review import Review

_TITLE = "Tables"


def page(reviews: list[Review]) -> str:
    """Return the index as a page."""
    table = make.table(
        "tables", _summary(reviews),
        (("Table", "text"), ("Verdict", "text"), ("Largest error", ""), ("RMS", ""),
         ("Not nearest", ""), ("Bytes", ""), ("Method", "text"), ("Function", "text"),
         ("Input", "text"), ("Output", "text")),
        [_row(review) for review in reviews],
    )
    header = rendering.fragment(
        "report/header.html.jinja", kind="Error reports", name=_TITLE, formula="",
        description="Errors are in LSB; formats are type, scale and zero point.",
    )
    return html.assembled(
        title=_TITLE, header=header, sections=[make.section("all", "All tables", "", [table])],
        footer=[],
    )


def text(reviews: list[Review]) -> str:
    """Return the index as Markdown."""
    return rendering.text(
        "report/index.md.jinja",
        generator=html.GENERATOR,
        summary=_summary(reviews),
        rows=[
            (
                review.solution.spec.name,
                words.lead(review.report, review.judgement),
                terminal.method(review.solution.program),
                f"{review.report.storage_bytes:,}",
                numbers.lsb(review.report.max_lsb),
                f"{review.report.misrounded:,}",
            )
            for review in reviews
        ],
    )


def _summary(reviews: list[Review]) -> str:
    """Return how many tables there are, and what they take together."""
    total = sum(review.report.storage_bytes for review in reviews)
    return f"{len(reviews):,} tables, {total:,} bytes"


def _row(review: Review) -> Row:
    """Return the summary of one table."""
    spec, report = review.solution.spec, review.report
    tone = words.tone(report, review.judgement)
    return "", make.head(spec.name, "text", link=f"{spec.name}.report.html"), (
        (words.lead(report, review.judgement), f"text wrap tone {tone}"),
        (numbers.lsb(report.max_lsb), ""),
        (numbers.lsb(report.rms_lsb), ""),
        (numbers.whole(report.misrounded), ""),
        (numbers.whole(report.storage_bytes), ""),
        (review.solution.program.method, "text"),
        (spec.activation.name, "text"),
        (_formats(spec.inputs.values()), "text"),
        (_formats(spec.outputs.values()), "text"),
    )


def _formats(formats: Iterable[NumberFormat]) -> str:
    """Return formats in a few characters each: type, scale and zero point."""
    return ", ".join(
        numbers.typeset(f"{codes.suffix} {codes.scale_text} {codes.zero_point}")
        for codes in formats
    )
