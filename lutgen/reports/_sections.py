"""The sections of the page, each from a review; one that has nothing to show is None."""

from __future__ import annotations

from collections.abc import Iterable

from lutgen import methods
from lutgen.accuracy import words
from lutgen.accuracy.judgement import BAD, GOOD
from lutgen.accuracy.report import WorstCode
from lutgen.accuracy.runs import runs
from lutgen.accuracy.split import Part
from lutgen.rendering import Markup, fragment
from lutgen.reports import _charts as charts
from lutgen.reports import _numbers as numbers
from lutgen.reports import terminal
from lutgen.review import Alternative, Review

Cells = tuple[tuple[str, str], ...]

# More rows than this are not read; the ones that matter most are kept.
_MOST_PIECES = 256
_MOST_RUNS = 12

_MEANINGS = (
    "what the method's formula gives in exact arithmetic, less the function",
    "what rounding that to a whole output code adds",
    "what rounding inside the program adds",
    "the sum of the three on every code, so that their largest values need not add up",
)

_MARKS = {GOOD: "\N{CHECK MARK}", BAD: "\N{BALLOT X}"}


def header(review: Review) -> Markup:
    """Return the head of the page: what the table is."""
    spec = review.report.spec
    return fragment(
        "report/header.html.jinja",
        kind="Error report, every input code measured",
        name=spec.name,
        formula=spec.definition,
        description=spec.description,
    )


def verdict(review: Review) -> Markup:
    """Return whether the table is good enough, and where it is worst."""
    report, judgement = review.report, review.judgement
    count = len(report.codes)
    return fragment(
        "report/verdict.html.jinja",
        level=judgement.level,
        mark=_MARKS.get(judgement.level, "?"),
        lead=words.lead(report, judgement),
        sentence=numbers.typeset(words.verdict(report, judgement)),
        worst=numbers.typeset(words.worst(report)),
        remarks=[
            ("notable" if remark.notable else "plain", numbers.typeset(remark.text))
            for remark in words.remarks(report)
        ],
        figures=[
            ("Largest error", numbers.lsb(report.max_lsb), "LSB"),
            ("Root mean square", numbers.lsb(report.rms_lsb), "LSB"),
            ("Mean error", numbers.signed_lsb(report.bias_lsb), "LSB"),
            ("Not the nearest code", numbers.whole(report.misrounded),
             f"of {numbers.whole(count)}"),
            ("Storage", numbers.whole(report.storage_bytes), "bytes"),
        ],
    )


def asked(review: Review) -> Markup:
    """Return what was asked for, and whether it is kept."""
    spec, program = review.report.spec, review.solution.program
    facts = [
        ("Source", spec.activation.source, ""),
        ("Input codes", spec.input.description, ""),
        ("Output codes", spec.output.description, ""),
        ("Rounding", spec.rounding, ""),
        ("Method", terminal.method(program), ""),
        *_limits(review),
    ]
    shown = [(label, numbers.typeset(text), kind) for label, text, kind in facts if text]
    return _section(
        "asked", "What was asked for", "", [fragment("report/facts.html.jinja", facts=shown)]
    )


def curves(review: Review) -> Markup:
    """Return the function and the error over the input, and the means to step through them."""
    envelope = review.envelope
    some = envelope.per_column > 1
    start = review.report.worst[0].code - review.report.spec.input.min_code
    explorer = fragment(
        "report/explorer.html.jinja",
        label="Step through the codes",
        hint=(
            f"Drag, use the arrow keys, or point at a plot. Each step shows the worst of "
            f"{envelope.per_column} neighbouring codes." if some else
            "Drag, use the arrow keys, or point at a plot."
        ),
        last=envelope.columns - 1,
        start=start // envelope.per_column,
        fields=[
            ("at-code", "Input code"), ("at-x", "x"), ("at-exact", "Exact value"),
            ("at-output", "Output code (value)"), ("at-error", "Error in LSB"),
        ],
    )
    parts = [
        charts.function_chart(review).render(), charts.error_chart(review).render(), explorer,
    ]
    return _section("curves", "Where the error is", "", parts)


def points(review: Review) -> list[str]:
    """Return the code that each step shows: code, x, exact value, output, error."""
    rows = []
    for index in review.envelope.farthest.tolist():
        code, x, exact, got, error = review.report.at(index)
        real = review.report.real(got)
        signed = f"{error:+.4f}" if error else "0"
        rows.append(f"{code}|{x:.6g}|{exact:.9g}|{got} ({real:.6g})|{signed}")
    return rows


def sources(review: Review) -> Markup:
    """Return how large the errors are, and what they are made of."""
    report, split = review.report, review.split
    parts = (
        ("Approximation", split.approximation),
        ("Output rounding", split.rounding),
        ("Arithmetic", split.arithmetic),
        ("Error", Part(report.error_lsb)),
    )
    table = _table(
        "split", "What the error is made of, in LSB",
        (("Part", "text"), ("Largest", ""), ("RMS", ""), ("Mean", ""), ("Codes", "")),
        [("chosen" if name == "Error" else "", _head(name, "text"), _part(part))
         for name, part in parts],
    )
    index = report.worst[0].code - report.spec.input.min_code
    terms = fragment("report/terms.html.jinja", terms=[
        (name, numbers.typeset(
            f"{meaning}; at the worst code {numbers.signed_lsb(float(part.errors[index]))}."
        ))
        for (name, part), meaning in zip(parts, _MEANINGS, strict=True)
    ])
    block = fragment("report/section_part.html.jinja", parts=[table, terms])
    return _section(
        "sources", "How large the errors are, and where they come from", "",
        [charts.histogram_chart(review).render(), block],
    )


def worst(review: Review) -> Markup:
    """Return the codes with the largest errors."""
    report = review.report
    per_column, low = review.envelope.per_column, report.spec.input.min_code
    shown = set(review.envelope.farthest.tolist())

    def row(code: WorstCode) -> tuple[str, Markup, Cells]:
        index = code.code - low
        place = str(index // per_column) if index in shown else ""
        return "", _head(numbers.code(code.code), place=place), (
            (numbers.real(code.x), ""),
            (numbers.precise(code.exact), ""),
            (numbers.code(code.got), ""),
            (numbers.real(report.real(code.got)), ""),
            (numbers.typeset(f"{code.error_lsb:+.5f}"), ""),
        )

    table = _table(
        "worst-codes", f"The {len(report.worst)} input codes with the largest errors",
        (("Input code", ""), ("x", ""), ("Exact value", ""), ("Output code", ""),
         ("Output value", ""), ("Error in LSB", "")),
        [row(code) for code in report.worst],
    )
    return _section("worst", "The worst codes", "", [table])


def pieces(review: Review) -> Markup | None:
    """Return the pieces that the program has, with the largest error of each."""
    found = review.pieces
    if len(found) < 2:
        return None
    codes = review.report.spec.input
    shown = sorted(found, key=lambda p: -abs(p.worst.error_lsb))[:_MOST_PIECES]
    rows = [
        ("", _head(numbers.code(codes.min_code + piece.first)), (
            (numbers.code(codes.min_code + piece.last), ""),
            (numbers.real(float(codes.decode(codes.min_code + piece.first))), ""),
            (numbers.real(float(codes.decode(codes.min_code + piece.last))), ""),
            (numbers.whole(piece.last - piece.first + 1), ""),
            (numbers.signed_lsb(piece.worst.error_lsb), ""),
            (numbers.code(piece.worst.code), ""),
        ))
        for piece in sorted(shown, key=lambda p: p.first)
    ]
    left = len(found) - len(shown)
    caption = "Breakpoints, and the largest error between them" + (
        f"; {left:,} pieces with smaller errors are left out" if left else ""
    )
    table = _table(
        "piece-table", caption,
        (("First code", ""), ("Last code", ""), ("from x", ""), ("to x", ""), ("Codes", ""),
         ("Largest error", ""), ("at code", "")),
        rows,
    )
    hardest = max(found, key=lambda p: abs(p.worst.error_lsb))
    low, high = (float(codes.decode(codes.min_code + i)) for i in (hardest.first, hardest.last))
    program = review.solution.program
    stored = (
        f"{program.segments:,} of them are stored: the input is folded ({program.fold}). "
        if program.segments is not None and program.fold != "none" else ""
    )
    lead = (
        f"The program has {len(found):,} pieces with coefficients of their own. {stored}The one "
        f"with the largest error goes from x = {low:.6g} to {high:.6g}."
    )
    more = fragment(
        "report/more.html.jinja", summary=f"Breakpoints of {len(shown):,} pieces", body=table
    )
    return _section("pieces", "Segments", numbers.typeset(lead), [more])


def coverage(review: Review) -> Markup:
    """Return which input codes saturate or have no value, and which output codes are unused."""
    report = review.report
    rows = [
        *_runs(review, "saturate", report.saturating & ~report.undefined),
        *_runs(review, "outside the domain", report.undefined),
    ]
    parts = [charts.usage_chart(report).render()]
    if rows:
        parts.append(_table(
            "ranges", "Input codes without a value that the output can hold",
            (("They", "text"), ("First code", ""), ("Last code", ""), ("from x", ""),
             ("to x", ""), ("Codes", "")),
            rows,
        ))
    else:
        parts.append(_note("No input code saturates or lies outside the domain."))
    return _section("coverage", "How the codes are used", "", parts)


def storage(review: Review) -> Markup:
    """Return what every method takes for the same error."""
    rows = review.alternatives
    names = charts.letters(len(rows))
    table = _table(
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
    parts = [table] if chart is None else [table, chart.render()]
    return _section("storage", "Storage by method", lead, parts)


def comparison(review: Review) -> Markup | None:
    """Return how the table compares with another one."""
    if review.other is None:
        return None
    mine, other = review.solution, review.other
    facts = (
        ("Method", *(numbers.typeset(terminal.method(s.program)) for s in (mine, other))),
        ("Largest error in LSB", *(numbers.lsb(s.report.max_lsb) for s in (mine, other))),
        ("Largest error, real", *(numbers.real(s.report.max_real) for s in (mine, other))),
        ("Root mean square in LSB", *(numbers.lsb(s.report.rms_lsb) for s in (mine, other))),
        ("Mean error in LSB", *(numbers.signed_lsb(s.report.bias_lsb) for s in (mine, other))),
        ("Codes that are not the nearest",
         *(numbers.whole(s.report.misrounded) for s in (mine, other))),
        ("Storage in bytes", *(numbers.whole(s.report.storage_bytes) for s in (mine, other))),
        ("Steps", *(numbers.whole(methods.step_count(s.program)) for s in (mine, other))),
    )
    rows = [("", _head(label, "text"), ((a, "wrap"), (b, "wrap"))) for label, a, b in facts]
    table = _table(
        "against", f"{mine.spec.name} and {other.spec.name}",
        (("", "text"), ("This table", ""),
         (f"{other.spec.name} ({other.spec.method.name})", "")),
        rows,
    )
    return _section("comparison", "Compared with another table", _difference(review), [table])


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


def _limits(review: Review) -> Iterable[tuple[str, str, str]]:
    """Yield every limit that was asked for, with what became of it."""
    judgement, report = review.judgement, review.report
    tolerance = judgement.tolerance
    if tolerance is not None:
        whose = "" if judgement.asked else " (the default)"
        kept = "broken" if judgement.missed else "kept"
        result = f"missed by {judgement.missed:,} codes" if judgement.missed else "kept"
        yield "Error", f"{words.asked_text(tolerance)}{whose}: {result}", kept
    if judgement.max_bytes is not None:
        kept = "kept" if judgement.fits else "broken"
        yield "Storage", (
            f"at most {judgement.max_bytes:,} bytes: takes {report.storage_bytes:,}"
        ), kept
    segments = report.spec.method.segments
    if segments is not None:
        yield "Segments", f"{segments:,}", ""
    for name in review.requirements:
        reasons = [r for r in judgement.broken if r.startswith(f"not {name.replace('-', ' ')}")]
        yield "Required", reasons[0] if reasons else f"{name}: kept", (
            "broken" if reasons else "kept"
        )


def _part(part: Part) -> Cells:
    """Return the figures of one part of the error."""
    return (
        (numbers.lsb(part.max_lsb), ""), (numbers.lsb(part.rms_lsb), ""),
        (numbers.signed_lsb(part.bias_lsb), ""), (numbers.whole(part.codes), ""),
    )


def _runs(review: Review, what: str, mask: object) -> list[tuple[str, Markup, Cells]]:
    """Return a row for each run of input codes in a mask, the longest where they are many."""
    codes = review.report.spec.input
    found = runs(mask)
    kept = sorted(sorted(found, key=lambda run: run[0] - run[1])[:_MOST_RUNS])
    rows = [
        ("", _head(what, "text"), (
            (numbers.code(codes.min_code + first), ""),
            (numbers.code(codes.min_code + last), ""),
            (numbers.real(float(codes.decode(codes.min_code + first))), ""),
            (numbers.real(float(codes.decode(codes.min_code + last))), ""),
            (numbers.whole(last - first + 1), ""),
        ))
        for first, last in kept
    ]
    if len(found) > len(kept):
        left = ((f"and {len(found) - len(kept):,} shorter runs", "prose"),)
        rows.append(("muted", _head(what, "text"), left))
    return rows


def _method_row(row: Alternative, letter: str) -> tuple[str, Markup, Cells]:
    """Return what a method takes, as a row."""
    head = _head(letter if row.program else "", "text")
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
        (numbers.whole(program.storage_bytes), ""),
        (numbers.whole(row.steps), ""),
        ("" if program.segments is None else numbers.whole(program.segments), ""),
        (numbers.lsb(row.max_lsb), ""),
        (standing, "text"),
    )


def _section(id: str, title: str, lead: str, parts: list[Markup]) -> Markup:
    return fragment(
        "report/section.html.jinja", id=id, title=title, lead=lead, layout="stack", parts=parts
    )


def _table(
    id: str,
    caption: str,
    columns: tuple[tuple[str, str], ...],
    rows: list[tuple[str, Markup, Cells]],
) -> Markup:
    return fragment(
        "report/table.html.jinja", id=id, caption=caption, columns=columns, rows=rows
    )


def _head(text: str, kind: str = "", link: str = "", place: str = "") -> Markup:
    return fragment("report/cell.html.jinja", text=text, kind=kind, link=link, place=place)


def _note(text: str) -> Markup:
    return fragment("report/note.html.jinja", text=text)
