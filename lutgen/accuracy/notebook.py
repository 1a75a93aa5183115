"""How reports show themselves in a notebook: a few figures and a small plot."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

from lutgen.accuracy import words
from lutgen.accuracy.envelope import Envelope
from lutgen.accuracy.report import ErrorReport

_HEIGHT = 40

Rows = list[tuple[str, str]]


def report_html(report: ErrorReport) -> str:
    """Return a report as an HTML fragment."""
    spec = report.spec
    return (
        f"<div><strong>{escape(spec.name)}</strong> <code>{escape(spec.definition)}</code>"
        f"{_plot(report)}{_html(report_rows(report))}</div>"
    )


def report_markdown(report: ErrorReport) -> str:
    """Return a report as a Markdown table."""
    return _markdown(f"`{report.spec.name}`", report_rows(report))


def report_rows(report: ErrorReport) -> Rows:
    """Return the figures of a report with their labels."""
    spec = report.spec
    verdict = (
        "correctly rounded" if report.misrounded == 0
        else "faithful" if report.faithful else "not faithful"
    )
    return [
        ("input", spec.input.description),
        ("output", spec.output.description),
        ("error", f"max {report.max_lsb:.4f} LSB, rms {report.rms_lsb:.4f}; {verdict}"),
        ("where", words.worst(report)),
        ("storage", f"{report.storage_bytes:,} bytes"),
        *(("note", remark.text) for remark in words.remarks(report)),
    ]


def _plot(report: ErrorReport) -> str:
    """Return the envelope of the error as a small picture in the colour of the text."""
    envelope = Envelope.of(report.error_lsb)
    reach = max(report.max_lsb, 0.5)

    def path(values: np.ndarray, columns: Iterable[int]) -> list[str]:
        return [f"{x} {_HEIGHT * (1 - float(values[x]) / reach):.1f}" for x in columns]

    columns = range(envelope.columns)
    points = [*path(envelope.high, columns), *path(envelope.low, reversed(columns))]
    text = f"error from {report.error_lsb.min():+.4f} to {report.error_lsb.max():+.4f} LSB"
    return (
        f'<svg role="img" aria-label="{text}" viewBox="0 0 {envelope.columns} {2 * _HEIGHT}" '
        f'preserveAspectRatio="none" width="100%" height="{2 * _HEIGHT}">'
        f'<path d="M{"L".join(points)}z" fill="currentColor" stroke="currentColor" '
        f'stroke-width="1" vector-effect="non-scaling-stroke"/></svg>'
    )


def _html(rows: Rows) -> str:
    cells = "".join(
        f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>" for label, text in rows
    )
    return f"<table>{cells}</table>"


def _markdown(title: str, rows: Rows) -> str:
    """Return a Markdown table; what stands in it are formats, sentences and figures."""
    lines = [f"| {label} | {_cell(text)} |" for label, text in rows]
    return "\n".join([f"**{title}**", "", "| | |", "|:--|:--|", *lines])


def _cell(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in text)
