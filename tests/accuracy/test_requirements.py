"""Requirements and judgements: what is kept, what is not, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lutgen import pipeline
from lutgen.accuracy import requirements, words
from lutgen.accuracy.judgement import BAD, GOOD, OPEN
from lutgen.accuracy.report import ErrorReport
from lutgen.errors import BudgetError, UsageError
from lutgen.request import Request, Side
from lutgen.review import Review
from lutgen.spec import Method


def report_of(name: str, moved: dict[int, int] | None = None, **request) -> ErrorReport:
    """Return the report of a table, with some output codes and their errors moved."""
    report = pipeline.solve(Request(name, **request).resolve()).report
    codes, errors = report.codes.copy(), report.error_lsb.copy()
    for code, step in (moved or {}).items():
        codes[code - report.spec.input.min_code] += step
        errors[code - report.spec.input.min_code] += step
    return replace(
        report, codes=codes, error_lsb=errors, misrounded=len(moved or {}),
        faithful=bool(abs(errors).max() < 1),
    )


def reasons(report: ErrorReport, *names: str) -> dict[str, str]:
    return dict(requirements.broken(report, names))


def test_a_correctly_rounded_monotone_table_keeps_all() -> None:
    assert reasons(report_of("tanh"), *requirements.NAMES) == {}


def test_each_requirement_names_what_breaks_it() -> None:
    broken = reasons(report_of("tanh", {5: 9}), *requirements.NAMES)

    assert "input code 5 is off by" in broken["faithful"]
    assert "1 of 256 codes" in broken["correctly-rounded"]
    assert "at input code 6" in broken["monotone"]


def test_a_table_off_by_less_than_one_is_faithful_and_not_correctly_rounded() -> None:
    report = report_of("sigmoid", {-40: 1})
    broken = reasons(report, "faithful", "correctly-rounded")

    assert ("faithful" in broken) == (abs(report.error_lsb).max() >= 1)
    assert "correctly-rounded" in broken


def test_monotone_is_what_the_table_is_where_nothing_is_promised() -> None:
    """gelu falls before it rises; for positive x alone it is monotone, and falling is too."""
    positive = {"range": "0,8", "input": Side("in", unsigned=True)}

    assert "not monotone" in reasons(report_of("gelu"), "monotone")["monotone"]
    assert reasons(report_of("gelu", **positive), "monotone") == {}
    assert reasons(report_of("tanh", derivative=True, **positive), "monotone") == {}


def test_a_falling_table_breaks_the_promise_to_rise() -> None:
    report = report_of("tanh")

    assert reasons(replace(report, codes=-report.codes), "monotone")


def test_lists_are_parsed_once_and_strangers_are_named() -> None:
    assert requirements.parse(["faithful,monotone", " faithful"]) == ("faithful", "monotone")
    with pytest.raises(UsageError, match=r'--require: must be .*, got "round"'):
        requirements.parse(["round"])
    with pytest.raises(UsageError, match="--require"):
        requirements.parse([""])


def test_a_demand_that_is_not_kept_names_the_table() -> None:
    with pytest.raises(BudgetError, match=r"^tanh_s8: not faithful"):
        requirements.demand(report_of("tanh", {5: 3}), ["faithful"])


def judged(name: str, *required: str, **request) -> tuple[Review, str]:
    """Return the review of what comes nearest to a request, and its verdict in words."""
    solution, _ = pipeline.nearest(Request(name, **request).resolve())
    review = Review.of(solution, required)
    lead = words.lead(review.report, review.judgement)
    return review, f"{lead}: {words.verdict(review.report, review.judgement)}"


@pytest.mark.parametrize(("request_", "required", "level", "said"), [
    ({}, (), GOOD, "Good enough: every code is correctly rounded"),
    ({"method": Method("pwl", max_error="2")}, (), GOOD, "more than 2 LSB, as asked"),
    ({"method": Method("pwl", max_error="faithful")}, (), GOOD, "1 LSB or more, as asked"),
    ({"bits": 12, "method": Method("pwl")}, (), GOOD, "0.625 LSB, the limit where none is asked"),
    ({"method": Method("pwl", segments=4)}, (), OPEN, "Judge for yourself: some codes are off"),
    ({"output": Side("out", scale="1/100000")}, (), OPEN, "most input codes saturate"),
    ({"method": Method("pwl", segments=4, max_error="1")}, (), BAD, "off by more than 1 LSB"),
    ({"method": Method("pwl", segments=4, exact=True)}, (), BAD, "are not correctly rounded"),
    ({"method": Method("pwl", segments=4)}, ("faithful",), BAD, "not faithful: input code"),
])
def test_the_verdict_follows_what_was_asked(request_, required, level, said) -> None:
    review, text = judged("tanh", *required, **request_)

    assert review.judgement.level == level
    assert said in text


def test_the_codes_that_miss_the_limit_are_counted() -> None:
    review, _ = judged("tanh", method=Method("pwl", segments=4, max_error="1"))
    missed = sum(abs(error) > 1 for error in review.report.error_lsb.tolist())

    assert review.judgement.missed == missed > 0


@pytest.mark.parametrize(("request_", "reserved"), [
    ({"function": "tanh"}, False),
    ({"function": "gelu"}, False),
    ({"function": "relu", "output": Side("out", scale="1/128")}, True),
    ({"function": "log"}, True),
    ({"function": "gelu", "output": Side("out", scale="1/2")}, True),
])
def test_saturation_lost_range_and_missing_values_are_reservations(request_, reserved) -> None:
    """tanh saturates by less than a code, which costs nothing; relu here by hundreds."""
    _, text = judged(request_.pop("function"), **request_)

    assert text.startswith("Good enough, with a reservation: ") == reserved


def test_the_overshoot_is_how_far_finite_values_lie_beyond_the_format() -> None:
    report = pipeline.solve(
        Request("linear", output=Side("out", scale="1/64")).resolve()
    ).report

    # The lowest input is -8, which is -512 codes: 384 below the lowest.
    assert report.overshoot_lsb == 384
    assert pipeline.solve(Request("log").resolve()).report.overshoot_lsb == 0
