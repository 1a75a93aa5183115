"""A review on the terminal and as JSON: the verdict, the figures, and what they come from."""

from __future__ import annotations

from lutgen.accuracy import ErrorReport, words
from lutgen.reports import terminal
from lutgen.reports.document import table_document
from lutgen.review import Review

REPORT_SCHEMA = "lutgen.report/1"


def text(review: Review) -> str:
    """Return whether the table is good enough, the full summary, and where the errors come from."""
    report, judgement = review.report, review.judgement
    lines = [
        f"{words.lead(report, judgement)}: {words.verdict(report, judgement)}",
        terminal.full(review.solution),
    ]
    if isinstance(report, ErrorReport):
        lines.append(f"  {'error is':<15} {'max':>8} {'rms':>8} {'bias':>8} {'codes':>7}")
        lines += [
            f"  {name:<15} {part.max_lsb:>8.4f} {part.rms_lsb:>8.4f} {part.bias_lsb:>+8.4f} "
            f"{part.codes:>7}"
            for name, part in review.split._asdict().items()
        ]
    if review.other is not None:
        lines.append(_against(review))
    return "\n".join(lines)


def _against(review: Review) -> str:
    """Return how another table compares, in a line."""
    other, found = review.other, review.comparison
    head = (
        f"  against {other.spec.name} ({terminal.method(other.program)}, "
        f"{other.report.storage_bytes} bytes, max {other.report.max_lsb:.4f} LSB)"
    )
    if found is None:
        return f"{head}: the formats differ"
    return (
        f"{head}: {found.differing} codes differ, by at most {found.largest}; this is nearer on "
        f"{found.nearer}, the other on {found.farther}"
    )


def document(review: Review) -> dict[str, object]:
    """Return the JSON document of ``lutgen report --json``: the table, and what is to say of it."""
    return {
        "schema": REPORT_SCHEMA,
        "tables": [table_document(review.solution)],
        "reviews": [{
            "name": review.solution.spec.name,
            "verdict": _verdict(review),
            **(_sources(review) if isinstance(review.report, ErrorReport) else {}),
            **_comparison(review),
        }],
    }


def _verdict(review: Review) -> dict[str, object]:
    """Return whether the table is good enough, in words and in figures."""
    report, judgement = review.report, review.judgement
    tolerance, broken = judgement.tolerance, dict(judgement.broken)
    return {
        "level": judgement.level,
        "text": f"{words.lead(report, judgement)}: {words.verdict(report, judgement)}",
        "worst": words.worst(report),
        "remarks": [remark._asdict() for remark in words.remarks(report)],
        "asked": {
            "error": None if tolerance is None else words.asked_text(tolerance),
            "by_default": tolerance is not None and not judgement.asked,
            "max_bytes": judgement.max_bytes,
        },
        "codes_missed": judgement.missed,
        "required": {name: broken.get(name, "kept") for name in review.requirements},
    }


def _sources(review: Review) -> dict[str, object]:
    """Return where the errors come from, and how often errors of each size occur."""
    histogram = review.histogram
    return {
        "split": {
            name: {
                "max_lsb": part.max_lsb, "rms_lsb": part.rms_lsb, "bias_lsb": part.bias_lsb,
                "codes": part.codes,
            }
            for name, part in review.split._asdict().items()
        },
        "histogram": {
            "bin_lsb": histogram.width,
            "first_bin": histogram.first,
            "counts": list(histogram.counts),
        },
        "pieces": len(review.pieces),
    }


def _comparison(review: Review) -> dict[str, object]:
    """Return how another table compares, where there is one."""
    if review.other is None:
        return {}
    found = review.comparison
    codes = None if found is None else {
        "differing": found.differing,
        "largest": found.largest,
        "nearer": found.nearer,
        "farther": found.farther,
    }
    return {"against": {"table": table_document(review.other), "codes": codes}}
