"""The Markdown face: short enough for a comment on a pull request."""

from __future__ import annotations

import re

from lutgen import rendering
from lutgen.accuracy import words
from lutgen.accuracy.judgement import BAD, GOOD
from lutgen.accuracy.report import ErrorReport
from lutgen.reports import _numbers as numbers
from lutgen.reports import terminal
from lutgen.reports.html import GENERATOR
from lutgen.review import Review

_SHOWN_CODES = 3
_MARKS = {GOOD: ":white_check_mark:", BAD: ":x:"}


def review_text(review: Review) -> str:
    """Return the report of one table."""
    spec, report = review.solution.spec, review.report
    several = [
        (f"input {name}" if len(spec.inputs) > 1 else "input", codes.description)
        for name, codes in spec.inputs.items()
    ] + [
        (f"output {name}" if len(spec.outputs) > 1 else "output", codes.description)
        for name, codes in spec.outputs.items()
    ]
    facts = [
        *several, ("rounding", spec.rounding), ("method", terminal.method(review.solution.program)),
    ]
    return rendering.text(
        "report/report.md.jinja",
        generator=GENERATOR,
        name=spec.name,
        definition=inline(spec.definition),
        description=inline(spec.description),
        mark=_MARKS.get(review.judgement.level, ":warning:"),
        lead=words.lead(report, review.judgement),
        sentence=inline(words.verdict(report, review.judgement)),
        worst=inline(words.worst(report)),
        remarks=[inline(remark.text) for remark in words.remarks(report)],
        figures=_figures(review),
        facts=[(label, inline(text)) for label, text in facts],
        codes=[
            (inline(str(w.code)), f"{w.exact:.9g}", w.got, f"{w.error_lsb:+.5f}")
            for w in report.worst[:_SHOWN_CODES]
        ],
        what="input code" if isinstance(report, ErrorReport) else "input codes",
    )


def inline(text: str) -> str:
    """Return ``text`` so that Markdown and HTML take it as it stands: one line of ASCII."""
    return re.sub(r"[^A-Za-z0-9 .,:;()/+=%-]", rendering.reference, " ".join(text.split()))


def _figures(review: Review) -> list[tuple[str, str, str]]:
    """Return the figures: what is measured, what was asked of it, and what came of it."""
    report, judgement = review.report, review.judgement
    tolerance = judgement.tolerance
    limit = "" if tolerance is None else words.asked_text(tolerance)
    room = "" if judgement.max_bytes is None else f"at most {judgement.max_bytes:,} bytes"
    nearest = f"{report.misrounded:,} of {len(report.codes):,}"
    return [
        ("largest error", limit, f"{numbers.lsb(report.max_lsb)} LSB"),
        ("root mean square", "", f"{numbers.lsb(report.rms_lsb)} LSB"),
        ("mean error", "", f"{report.bias_lsb:+.4f} LSB"),
        ("not the nearest code", "", nearest),
        ("storage", room, f"{report.storage_bytes:,} bytes"),
        *((f"required: {name}", "yes", "no" if name in dict(judgement.broken) else "yes")
          for name in review.requirements),
    ]
