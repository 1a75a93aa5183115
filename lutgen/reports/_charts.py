"""The plots of the page: each is the view of one template, made from figures of the review."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import NamedTuple

from lutgen import rendering
from lutgen.accuracy.envelope import Envelope
from lutgen.accuracy.report import ErrorReport
from lutgen.accuracy.runs import longest, runs
from lutgen.rendering import Markup
from lutgen.reports import _numbers as numbers
from lutgen.reports import _plot as plot
from lutgen.reports._plot import HEIGHT, Axis
from lutgen.review import Alternative, Review

# More pieces than this are marked at the foot of a plot only.
_PIECES_IN_FULL = 64
_MOST_BANDS = 128
_FOOT = 40
_MOST_FEET = 1024
_USAGE_COLUMNS = 256
_WORSE = 5


class Chart(NamedTuple):
    """What ``chart.html.jinja`` arranges; places are percentages, curves are SVG paths.

    Attributes:
        id: of the element.
        title: what it shows, for those who do not see it and as its heading.
        description: the figures in a sentence, for those who do not see it.
        size: ``tall``, ``middle`` or ``flat``.
        y_name: what is plotted upwards, with its unit.
        x_name: what is plotted to the right, with its unit.
        legend: class and label of every curve.
        x_ticks: place, label, and a mark for those that a phone has no room for.
        y_ticks: place and label.
        bands: place, width and class of shaded runs of codes.
        curves: class and path.
        rules: height, class and label of horizontal lines.
        marks: place, height, class and label of single points.
        steppable: whether it follows the code that the reader steps through.
    """

    id: str
    title: str
    description: str
    size: str
    y_name: str
    x_name: str
    legend: tuple[tuple[str, str], ...] = ()
    x_ticks: tuple[tuple[str, str, str], ...] = ()
    y_ticks: tuple[tuple[str, str], ...] = ()
    bands: tuple[tuple[str, str, str], ...] = ()
    curves: tuple[tuple[str, str], ...] = ()
    rules: tuple[tuple[str, str, str], ...] = ()
    marks: tuple[tuple[str, str, str, str], ...] = ()
    steppable: bool = False

    def render(self) -> Markup:
        """Return the figure."""
        box = f"0 0 {plot.WIDTH} {HEIGHT}"
        return rendering.fragment("report/chart.html.jinja", box=box, **self._asdict())


def function_chart(review: Review) -> Chart:
    """Return the function with the program over it, and the pieces that the program has."""
    report, columns = review.report, review.envelope.columns
    per_column = review.envelope.per_column
    exact, got = (
        values[per_column // 2 :: per_column].tolist()
        for values in (report.exact_reals, report.reals)
    )
    axis = plot.padded(min(*exact, *got), max(*exact, *got))
    centres = [plot.column_centre(number, columns) for number in range(columns)]
    heights = [axis.y(value) for value in got]
    drawn = plot.staircase(heights) if per_column == 1 else plot.line(
        zip(centres, heights, strict=True)
    )
    curves = [
        *_breaks(review),
        ("exact", plot.line(zip(centres, map(axis.y, exact), strict=True))),
        ("program", drawn),
    ]
    places = _piece_places(review)
    if places and len(places) < _PIECES_IN_FULL:
        at = [report.reals[piece.first] for piece in review.pieces[1:]]
        curves.append(("knots", plot.dots(zip(places, map(axis.y, at), strict=True))))
    legend = [("exact", "exact function"), ("program", "program")]
    if places:
        legend.append(("breaks", f"{len(places) + 1:,} pieces"))
    legend += [
        (kind, label)
        for kind, label, mask in (
            ("saturated", "saturates", report.saturating),
            ("undefined", "outside the domain", report.undefined),
        )
        if mask.any()
    ]
    spec = report.spec
    return Chart(
        id="function",
        title="The function with the program over it",
        description=(
            f"{spec.definition}, drawn for x from {_ends(report)[0]} to {_ends(report)[1]}; the "
            f"program's output goes from {numbers.real(min(got))} to {numbers.real(max(got))}."
        ),
        size="tall",
        y_name="output, in real units",
        x_name="input x, in real units",
        legend=tuple(legend),
        x_ticks=_input_ticks(report),
        y_ticks=_y_ticks(axis, 6),
        bands=_code_bands(report),
        curves=tuple(curves),
        marks=_worst_mark(report, axis, report.reals.tolist()),
        steppable=True,
    )


def error_chart(review: Review) -> Chart:
    """Return the error of every code in LSB, within the limits that were asked for."""
    report, envelope = review.report, review.envelope
    axis, limit = error_axis(review)
    curves = [*_breaks(review)]
    legend = [("error", _error_label(report, envelope))]
    if review.comparison is not None:
        other = review.comparison.other
        name = f"{other.spec.name}, {other.spec.method.name}"
        curves.append(("other", _errors(Envelope.of(review.comparison.errors), axis)))
        legend.append(("other", name))
    curves.append(("error", _errors(envelope, axis)))
    approximation = review.split.approximation
    if approximation.max_lsb > 0:
        curves.append(_approximation(Envelope.of(approximation.errors), axis))
        legend.append(("approximation", "approximation alone, before rounding"))
    rules = [(axis.down(0), "zero", "")]
    if limit is not None:
        text = f"{limit:g} LSB"
        rules += [(axis.down(limit), "limit upper", f"+{text}"),
                  (axis.down(-limit), "limit lower", f"{numbers.MINUS}{text}")]
    low, high = float(report.error_lsb.min()), float(report.error_lsb.max())
    return Chart(
        id="error",
        title="The error of every input code",
        description=(
            f"Output less exact value in LSB, from {numbers.signed_lsb(low)} to "
            f"{numbers.signed_lsb(high)}; root mean square {numbers.lsb(report.rms_lsb)}."
        ),
        size="middle",
        y_name="error, in LSB",
        x_name="input x, in real units",
        legend=tuple(legend),
        x_ticks=_input_ticks(report),
        y_ticks=_y_ticks(axis, 5),
        bands=_code_bands(report),
        curves=tuple(curves),
        rules=tuple(rules),
        marks=_worst_mark(report, axis, report.error_lsb.tolist()),
        steppable=True,
    )


def error_axis(review: Review) -> tuple[Axis, float | None]:
    """Return the axis of errors in LSB, and the limit that is drawn, where there is one."""
    report, tolerance = review.report, review.judgement.tolerance
    errors = report.error_lsb
    limit = None
    if tolerance is not None and tolerance.limit is not None:
        limit = float(tolerance.limit)
    elif report.spec.rounding != "floor":
        limit = 0.5
    # Far outside it would squeeze the errors, far inside it would lie on the line of zero.
    if limit is not None and not report.max_lsb / 50 <= limit <= 4 * max(report.max_lsb, 0.25):
        limit = None
    reach = limit or 0.0
    low, high = min(float(errors.min()), -reach), max(float(errors.max()), reach)
    if review.comparison is not None:
        # The other table may be far worse; this one has to stay readable.
        most = _WORSE * max(-low, high)
        theirs = review.comparison.errors
        low = min(low, max(float(theirs.min()), -most))
        high = max(high, min(float(theirs.max()), most))
    return plot.padded(low, high, 0.09), limit


def histogram_chart(review: Review) -> Chart:
    """Return how often errors of each size occur."""
    histogram, total = review.histogram, len(review.report.codes)
    width, centres = histogram.width, histogram.centres
    most = max(histogram.counts)
    axis = Axis(0, 100 * most / total * 1.06)
    across = Axis(centres[0] - width / 2, centres[-1] + width / 2)
    heights = [axis.y(100 * count / total) for count in histogram.counts]
    ticks = across.ticks(6)
    return Chart(
        id="histogram",
        title="How often errors of each size occur",
        description=(
            f"Bins of {width:g} LSB; the fullest holds {numbers.share(most, total)} of the codes."
        ),
        size="middle",
        y_name="share of the input codes, in percent",
        x_name=f"error, in bins of {width:g} LSB",
        x_ticks=_ticks(across, ticks),
        y_ticks=_y_ticks(axis, 4),
        curves=(("bars", plot.bars(heights, HEIGHT)),),
    )


def usage_chart(report: ErrorReport) -> Chart:
    """Return which output codes are used."""
    output = report.spec.output
    shares = report.usage(_USAGE_COLUMNS).tolist()
    axis = Axis(0, 1.0)
    low, high = report.real(output.min_code), report.real(output.max_code)
    scale = float(output.scale)
    across = Axis(low - scale / 2, high + scale / 2)
    used = len(report.used) - report.unused_codes
    return Chart(
        id="usage",
        title="Which output codes are used",
        description=f"{used:,} of {len(report.used):,} output codes are used.",
        size="flat",
        y_name="used part of the output codes",
        x_name="output, in real units",
        x_ticks=_ticks(across, across.ticks(8)),
        curves=(("bars", plot.bars([axis.y(share) for share in shares], HEIGHT)),),
    )


def storage_chart(review: Review) -> Chart | None:
    """Return bytes against steps of the methods that keep the error; None where few do."""
    rows = [row for row in review.alternatives if row.program is not None]
    if len(rows) < 3:
        return None
    sizes = [max(row.size[0], 1) for row in rows]
    across = plot.padded(log10(min(sizes)), log10(max(sizes)), 0.08)
    axis = plot.padded(0, max(row.size[1] for row in rows), 0.1)
    span = across.high - across.low
    mantissas = (1,) if span > 2 else (1, 3) if span > 1 else (1, 2, 5)
    decades = [
        (f"{mantissa * 10**exponent:,}", log10(mantissa * 10**exponent))
        for exponent in range(7)
        for mantissa in mantissas
        if across.low <= log10(mantissa * 10**exponent) <= across.high
    ]
    # Methods that take the same are one point with the letters of all of them.
    points: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row, size, letter in zip(rows, sizes, letters(len(rows)), strict=True):
        place = across.right(log10(size)), axis.down(row.size[1])
        points.setdefault(place, []).append((_standing(row), letter))
    marks = [
        (x, y, min(standing for standing, _ in here), ", ".join(letter for _, letter in here))
        for (x, y), here in points.items()
    ]
    return Chart(
        id="storage-chart",
        title="Bytes and steps of each method",
        description="The same figures as in the table, whose letters name the points.",
        size="middle",
        y_name="integer steps",
        x_name="storage, in bytes (logarithmic)",
        legend=(("chosen", "this table"), ("front", "no method beats it in bytes and steps"),
                ("dominated", "beaten in both")),
        # On a phone there is room for four long ones.
        x_ticks=tuple(
            (across.right(place), label, "wide" if len(decades) > 4 and number % 2 else "")
            for number, (label, place) in enumerate(decades)
        ),
        y_ticks=_y_ticks(axis, 5),
        marks=tuple(marks),
    )


def letters(count: int) -> tuple[str, ...]:
    """Return the letters that name so many points."""
    return tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:count])


def _standing(row: Alternative) -> str:
    if row.chosen:
        return "chosen"
    return "dominated" if row.dominated else "front"


def _errors(envelope: Envelope, axis: Axis) -> str:
    """Return the area of the errors: a bar for each code, or the envelope of many."""
    lows, highs = ([axis.y(v) for v in side.tolist()] for side in (envelope.low, envelope.high))
    return plot.bars(lows, axis.y(0)) if envelope.per_column == 1 else plot.band(lows, highs)


def _error_label(report: ErrorReport, envelope: Envelope) -> str:
    if report.max_lsb == 0:
        return "no code has an error"
    if envelope.per_column == 1:
        return "error"
    return f"least to greatest error of {envelope.per_column} codes"


def _approximation(envelope: Envelope, axis: Axis) -> tuple[str, str]:
    """Return the curve of a part of the errors: a line, or the envelope of many codes."""
    lows, highs = ([axis.y(v) for v in side.tolist()] for side in (envelope.low, envelope.high))
    if envelope.per_column > 1:
        return "approximation area", plot.band(lows, highs)
    centres = (plot.column_centre(i, envelope.columns) for i in range(envelope.columns))
    return "approximation", plot.line(zip(centres, lows, strict=True))


def _piece_places(review: Review) -> list[float]:
    """Return where pieces begin, from 0 to 1; the first, which begins at 0, is left out."""
    count = len(review.report.codes)
    return [piece.first / count for piece in review.pieces[1:]]


def _breaks(review: Review) -> list[tuple[str, str]]:
    """Return the curve that marks where pieces begin; nothing where there is one piece."""
    places = _piece_places(review)
    if not places:
        return []
    if len(places) < _PIECES_IN_FULL:
        return [("breaks", plot.hairlines(places, 0, HEIGHT))]
    # More of them than a screen has columns would be one area of ink.
    told_apart = sorted({round(place * _MOST_FEET) / _MOST_FEET for place in places})
    return [("breaks foot", plot.hairlines(told_apart, HEIGHT - _FOOT, HEIGHT))]


def _code_bands(report: ErrorReport) -> tuple[tuple[str, str, str], ...]:
    """Return the runs of input codes that saturate or have no value, as shaded bands."""
    count = len(report.codes)
    found = [
        (first, last, kind)
        for kind, mask in (("saturated", report.saturating & ~report.undefined),
                           ("undefined", report.undefined))
        for first, last in longest(runs(mask), _MOST_BANDS)
    ]
    return tuple(
        (f"{100 * first / count:.3f}", f"{100 * (last + 1 - first) / count:.3f}", kind)
        for first, last, kind in found
    )


def _worst_mark(
    report: ErrorReport, axis: Axis, heights: Sequence[float]
) -> tuple[tuple[str, str, str, str], ...]:
    """Return the mark of the code with the largest error; none where no code has one."""
    if report.max_lsb == 0:
        return ()
    index = report.worst[0].code - report.spec.input.min_code
    place = 100 * plot.column_centre(index, len(report.codes))
    side = "worst left" if place > 70 else "worst"
    return ((f"{place:.2f}", axis.down(heights[index]), side, "worst"),)


def _ends(report: ErrorReport) -> tuple[str, str]:
    """Return the real numbers that the lowest and the highest input code stand for."""
    codes = report.spec.input
    low, high = (float(codes.decode(end)) for end in (codes.min_code, codes.max_code))
    return numbers.real(low), numbers.real(high)


def _input_ticks(report: ErrorReport) -> tuple[tuple[str, str, str], ...]:
    """Return round real inputs along the codes, each code half a code wide on either side."""
    codes = report.spec.input
    low, high, scale = (
        float(number)
        for number in (codes.decode(codes.min_code), codes.decode(codes.max_code), codes.scale)
    )
    axis = Axis(low - scale / 2, high + scale / 2)
    return _ticks(axis, axis.ticks(8))


def _ticks(axis: Axis, places: list[float]) -> tuple[tuple[str, str, str], ...]:
    """Return the ticks of a horizontal axis; every other one is left out on a phone."""
    texts = plot.labels(places)
    many = len(places) > 5
    # The one nearest to 0 stays.
    kept = min(range(len(places)), key=lambda i: abs(places[i])) % 2
    return tuple(
        (axis.right(place), numbers.typeset(text), "wide" if many and i % 2 != kept else "")
        for i, (place, text) in enumerate(zip(places, texts, strict=True))
    )


def _y_ticks(axis: Axis, about: int) -> tuple[tuple[str, str], ...]:
    places = axis.ticks(about)
    texts = map(numbers.typeset, plot.labels(places))
    return tuple((axis.down(place), text) for place, text in zip(places, texts, strict=True))
