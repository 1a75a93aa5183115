"""The index of many tables: a row for each, which leads to its report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lutgen import rendering
from lutgen.accuracy import words
from lutgen.formats import NumberFormat
from lutgen.reports import _numbers as numbers
from lutgen.reports import _parts as make
from lutgen.reports import file_name, html, terminal
from lutgen.reports._parts import Row
from lutgen.review import Review

_TITLE = "Tables"


class Line(NamedTuple):
    """What an index tells of one table, in words; it can be sent from process to process.

    Attributes:
        name: identifier of the table.
        verdict: how good it is.
        tone: how that is coloured.
        largest: largest error in LSB.
        rms: root mean square error.
        misrounded: how many codes are not the nearest.
        storage: bytes of the tables.
        method: name of the method.
        how: the method in a few words.
        function: name of the function.
        inputs: formats of the inputs.
        outputs: formats of the outputs.
    """

    name: str
    verdict: str
    tone: str
    largest: str
    rms: str
    misrounded: int
    storage: int
    method: str
    how: str
    function: str
    inputs: str
    outputs: str


def line(review: Review) -> Line:
    """Return what an index tells of one table."""
    spec, report = review.solution.spec, review.report
    return Line(
        name=spec.name,
        verdict=words.lead(report, review.judgement),
        tone=words.tone(report, review.judgement),
        largest=numbers.lsb(report.max_lsb),
        rms=numbers.lsb(report.rms_lsb),
        misrounded=report.misrounded,
        storage=report.storage_bytes,
        method=review.solution.program.method,
        how=terminal.method(review.solution.program),
        function=spec.activation.name,
        inputs=_formats(spec.inputs.values()),
        outputs=_formats(spec.outputs.values()),
    )


def page(lines: list[Line]) -> str:
    """Return the index as a page."""
    table = make.table(
        "tables", _summary(lines),
        (("Table", "text"), ("Verdict", "text"), ("Largest error", ""), ("RMS", ""),
         ("Not nearest", ""), ("Bytes", ""), ("Method", "text"), ("Function", "text"),
         ("Input", "text"), ("Output", "text")),
        [_row(each) for each in lines],
    )
    header = rendering.fragment(
        "report/header.html.jinja", kind="Error reports", name=_TITLE, formula="",
        description="Errors are in LSB; formats are type, scale and zero point.",
    )
    return html.assembled(
        title=_TITLE, header=header, sections=[make.section("all", "All tables", "", [table])],
        footer=[],
    )


def text(lines: list[Line]) -> str:
    """Return the index as Markdown."""
    return rendering.text(
        "report/index.md.jinja",
        generator=html.GENERATOR,
        summary=_summary(lines),
        rows=[
            (
                each.name, each.verdict, each.how, f"{each.storage:,}", each.largest,
                f"{each.misrounded:,}",
            )
            for each in lines
        ],
    )


def _summary(lines: list[Line]) -> str:
    """Return how many tables there are, and what they take together."""
    total = sum(each.storage for each in lines)
    return f"{len(lines):,} tables, {total:,} bytes"


def _row(each: Line) -> Row:
    """Return the summary of one table."""
    return "", make.head(each.name, "text", link=file_name(each.name, "html")), (
        (each.verdict, f"text wrap tone {each.tone}"),
        (each.largest, ""),
        (each.rms, ""),
        (numbers.whole(each.misrounded), ""),
        (numbers.whole(each.storage), ""),
        (each.method, "text"),
        (each.function, "text"),
        (each.inputs, "text"),
        (each.outputs, "text"),
    )


def _formats(formats: Iterable[NumberFormat]) -> str:
    """Return formats in a few characters each: type, scale and zero point."""
    return ", ".join(
        numbers.typeset(f"{codes.suffix} {codes.scale_text} {codes.zero_point}")
        for codes in formats
    )
