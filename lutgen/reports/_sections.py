"""The sections of the page, each from a review; one that has nothing to show is None."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lutgen.accuracy import words
from lutgen.accuracy.judgement import BAD, GOOD
from lutgen.accuracy.report import ErrorReport, WorstCode
from lutgen.accuracy.runs import longest, runs
from lutgen.accuracy.split import Part
from lutgen.formats import NumberFormat
from lutgen.rendering import Markup, fragment
from lutgen.reports import _charts as charts
from lutgen.reports import _numbers as numbers
from lutgen.reports import _parts as make
from lutgen.reports import terminal
from lutgen.reports._parts import Cells, Row
from lutgen.review import Review

# More rows than this are not read; the ones that matter most are kept.
_MOST_PIECES = 128
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
    spec, report = review.solution.spec, review.report
    whole = isinstance(report, ErrorReport)
    return fragment(
        "report/header.html.jinja",
        kind=f"Error report, {'every input code' if whole else report.stimulus.text} measured",
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
        tone=words.tone(report, judgement),
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
    spec, program = review.solution.spec, review.solution.program
    facts = [
        ("Source", spec.activation.source, ""),
        *_formats("Input", spec.inputs),
        *_formats("Output", spec.outputs),
        ("Rounding", spec.rounding, ""),
        ("Method", terminal.method(program), ""),
        *_limits(review),
    ]
    shown = [(label, numbers.typeset(text), kind) for label, text, kind in facts]
    return make.section("asked", "What was asked for", "", [make.facts(shown)])


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
    return make.section("curves", "Where the error is", "", [
        charts.function_chart(review).render(), charts.error_chart(review).render(), explorer,
    ])


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
    table = make.table(
        "split", "What the error is made of, in LSB",
        (("Part", "text"), ("Largest", ""), ("RMS", ""), ("Mean", ""), ("Codes", "")),
        [("chosen" if name == "Error" else "", make.head(name, "text"), _part(part))
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
    return make.section(
        "sources", "How large the errors are, and where they come from", "",
        [charts.histogram_chart(review).render(), block],
    )


def worst(review: Review) -> Markup | None:
    """Return the codes with the largest errors; nothing where no code has one."""
    report = review.report
    per_column, low = review.envelope.per_column, report.spec.input.min_code
    stepped = set(review.envelope.farthest.tolist())
    shown = [code for code in report.worst if code.error_lsb]
    if not shown:
        return None

    def row(code: WorstCode) -> Row:
        index = code.code - low
        place = str(index // per_column) if index in stepped else ""
        return "", make.head(numbers.code(code.code), place=place), (
            (numbers.real(code.x), ""),
            (numbers.typeset(f"{code.error_lsb:+.5f}"), ""),
            (numbers.precise(code.exact), ""),
            (numbers.code(code.got), ""),
            (numbers.real(report.real(code.got)), ""),
        )

    table = make.table(
        "worst-codes", f"The {len(shown)} input codes with the largest errors",
        (("Input code", ""), ("x", ""), ("Error in LSB", ""), ("Exact value", ""),
         ("Output code", ""), ("Output value", "")),
        [row(code) for code in shown],
    )
    return make.section("worst", "The worst codes", "", [table])


def pieces(review: Review) -> Markup | None:
    """Return the pieces that the program has, with the largest error of each."""
    found = review.pieces
    if len(found) < 2:
        return None
    codes = review.report.spec.input
    shown = sorted(found, key=lambda p: -abs(p.worst.error_lsb))[:_MOST_PIECES]
    rows = [
        ("", make.head(numbers.code(codes.min_code + piece.first)), (
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
    table = make.table(
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
    return make.section("pieces", "Segments", numbers.typeset(lead), [more])


def coverage(review: Review) -> Markup:
    """Return which input codes saturate or have no value, and which output codes are unused."""
    report = review.report
    rows = [
        *_runs(review, "saturate", report.saturating & ~report.undefined),
        *_runs(review, "outside the domain", report.undefined),
    ]
    shown = [charts.usage_chart(report).render()]
    if rows:
        shown.append(make.table(
            "ranges", "Input codes without a value that the output can hold",
            (("They", "text"), ("First code", ""), ("Last code", ""), ("from x", ""),
             ("to x", ""), ("Codes", "")),
            rows,
        ))
    else:
        shown.append(make.note("No input code saturates or lies outside the domain."))
    return make.section("coverage", "How the codes are used", "", shown)


def _formats(side: str, formats: Mapping[str, NumberFormat]) -> list[tuple[str, str, str]]:
    """Return the codes of one side, by name where there are several."""
    if len(formats) == 1:
        return [(f"{side} codes", codes.description, "") for codes in formats.values()]
    return [(f"{side} {name}", codes.description, "") for name, codes in formats.items()]


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
    segments = review.solution.spec.method.segments
    if segments is not None:
        yield "Segments", f"{segments:,}", ""
    broken = dict(judgement.broken)
    for name in review.requirements:
        yield "Required", broken.get(name, f"{name}: kept"), "broken" if name in broken else "kept"


def _part(part: Part) -> Cells:
    """Return the figures of one part of the error."""
    return (
        (numbers.lsb(part.max_lsb), ""), (numbers.lsb(part.rms_lsb), ""),
        (numbers.signed_lsb(part.bias_lsb), ""), (numbers.whole(part.codes), ""),
    )


def _runs(review: Review, what: str, mask: object) -> list[Row]:
    """Return a row for each run of input codes in a mask, the longest where they are many."""
    codes = review.report.spec.input
    found = runs(mask)
    kept = longest(found, _MOST_RUNS)
    rows = [
        ("", make.head(what, "text"), (
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
        rows.append(("muted", make.head(what, "text"), left))
    return rows
