"""The sections that set a table against others: every method, and one other table."""

from __future__ import annotations

from lutgen import methods
from lutgen.accuracy import words
from lutgen.rendering import Markup
from lutgen.reports import _charts as charts
from lutgen.reports import _numbers as numbers
from lutgen.reports import _parts as make
from lutgen.reports import terminal
from lutgen.reports._parts import Row
from lutgen.review import Alternative, Review


def storage(review: Review) -> Markup:
    """Return what every method takes for the same error."""
    rows = review.alternatives
    names = charts.letters(len(rows))
    table = make.table(
        "methods", f"Every method, {words.asked_text(review.compared_at)}",
        (("", "text"), ("Method", "text"), ("Bytes", ""), ("Steps", ""), ("Segments", ""),
         ("Largest error", ""), ("", "text")),
        [_method_row(row, name) for row, name in zip(rows, names, strict=True)],
    )
    chart = charts.storage_chart(review)
    lead = (
        "Steps are integer operations, a search counted once per halving. Methods are searched "
        f"up to {methods.most_bytes(review.report.spec):,} bytes."
    )
    shown = [table] if chart is None else [table, chart.render()]
    return make.section("storage", "Storage by method", lead, shown)


def comparison(review: Review) -> Markup | None:
    """Return how the table compares with another one."""
    if review.other is None:
        return None
    mine, other = review.solution, review.other
    both = (mine, other)
    functions = [s.spec.definition for s in both]
    facts = (
        *((("Function", *functions),) if functions[0] != functions[1] else ()),
        ("Method", *(numbers.typeset(terminal.method(s.program)) for s in both)),
        ("Largest error in LSB", *(numbers.lsb(s.report.max_lsb) for s in both)),
        ("Largest error, real", *(numbers.real(s.report.max_real) for s in both)),
        ("Root mean square in LSB", *(numbers.lsb(s.report.rms_lsb) for s in both)),
        ("Mean error in LSB", *(numbers.signed_lsb(s.report.bias_lsb) for s in both)),
        ("Codes that are not the nearest",
         *(numbers.whole(s.report.misrounded) for s in both)),
        ("Storage in bytes", *(numbers.whole(s.report.storage_bytes) for s in both)),
        ("Steps", *(numbers.whole(methods.step_count(s.program)) for s in both)),
    )
    rows = [("", make.head(label, "text"), ((a, "wrap"), (b, "wrap"))) for label, a, b in facts]
    table = make.table(
        "against", f"{mine.spec.name} and {other.spec.name}",
        (("", "text"), ("This table", ""),
         (f"{other.spec.name} ({other.spec.method.name})", "")),
        rows,
    )
    return make.section("comparison", "Compared with another table", _difference(review), [table])


def _difference(review: Review) -> str:
    """Return in a sentence how the codes of two tables differ."""
    found = review.comparison
    if found is None:
        return "Their formats differ, so their codes cannot be compared one by one."
    if not found.differing:
        return "Every code is the same."
    codes = review.report.spec.input
    return numbers.typeset(
        f"{found.differing:,} of {len(review.report.codes):,} codes differ, by at most "
        f"{found.largest:,} (first at input code {codes.min_code + found.at}). This table is "
        f"nearer to the exact value on {found.nearer:,} of them, the other on {found.farther:,}."
    )


def _method_row(row: Alternative, letter: str) -> Row:
    """Return what a method takes, as a row."""
    head = make.head(letter if row.program else "", "text")
    if row.program is None:
        return "muted", head, (
            (row.method, "text"), ("", ""), ("", ""), ("", ""), ("", ""),
            ("takes more bytes, or cannot", "text"),
        )
    program = row.program
    folded = "" if program.fold == "none" else f", folded ({program.fold})"
    standing = (
        "this table" if row.chosen else "beaten in bytes and steps" if row.dominated else ""
    )
    return "chosen" if row.chosen else "", head, (
        (f"{row.method}{folded}", "text"),
        (numbers.whole(row.size[0]), ""),
        (numbers.whole(row.size[1]), ""),
        ("" if program.segments is None else numbers.whole(program.segments), ""),
        (numbers.lsb(row.max_lsb), ""),
        (standing, "text"),
    )
