"""Folding: half the storage where it changes no code, nothing where it would."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.activations._record import Symmetry
from lutgen.errors import BudgetError
from lutgen.program import run
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method
from tests.methods import exact

METHODS = ("lut", "pwl", "steps", "uniform")


def law_of(name: str) -> Symmetry | None:
    record = activations.get(name)
    return record.fact("symmetry", record.parse_parameters(()))


SYMMETRIC = [name for name in activations.names() if isinstance(law_of(name), Symmetry)]
LINED = [name for name in SYMMETRIC if law_of(name).slope]


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def nearest_or_tie(solution: Solution) -> bool:
    lower, upper = exact.tie_windows(solution.spec)
    return bool(((lower <= solution.report.codes) & (solution.report.codes <= upper)).all())


def test_the_catalogue_has_every_kind_of_symmetry() -> None:
    laws = {(law_of(name).sign, bool(law_of(name).offset), bool(law_of(name).slope))
            for name in SYMMETRIC}

    assert {(1, False, False), (-1, False, False), (-1, True, False), (1, False, True)} <= laws
    assert len(SYMMETRIC) > 20


@pytest.mark.parametrize("name", SYMMETRIC)
def test_a_folded_table_is_the_whole_table_with_half_the_entries(name: str) -> None:
    """On the default formats the fold applies, or a tie or an odd LSB forbids it."""
    whole = solved(name, Method("lut", fold="off"))
    try:
        half = solved(name, Method("lut", fold="on"))
    except BudgetError:
        lower, upper = exact.tie_windows(whole.spec)
        ties = bool((lower != upper).any())
        step = law_of(name).slope * whole.spec.input.scale / whole.spec.output.scale
        assert ties or step.denominator != 1, name
        return
    assert half.report.codes.tolist() == whole.report.codes.tolist()
    assert half.report.codes.tolist() == exact.rounded_table(half.spec).tolist()
    (entries,) = half.program.tables
    assert (half.program.fold, entries.depth) == (
        "even" if law_of(name).sign > 0 else "odd", 129
    )
    assert whole.program.fold == "none"


def test_most_of_the_symmetric_functions_do_fold() -> None:
    folded = []
    for name in SYMMETRIC:
        try:
            folded.append(solved(name, Method("lut", fold="on")).program.fold)
        except BudgetError:
            folded.append("refused")
    assert folded.count("odd") >= 8 and folded.count("even") >= 8
    refused = [name for name, fold in zip(SYMMETRIC, folded, strict=True) if fold == "refused"]
    # Their lines are no whole number of codes on equal steps.
    assert refused == ["dynamic_relu", "eswish", "leaky_relu", "prelu", "rrelu"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SYMMETRIC)
def test_every_code_of_a_folded_program_is_within_the_tolerance(name: str, method: str) -> None:
    """The most negative code, which has no mirror image, among them."""
    for zero_points in (("1", "0"), ("-5", "7")):
        formats = {"input": Side("in", scale="1/16", zero_point=zero_points[0]),
                   "output": Side("out", scale="1/16", zero_point=zero_points[1])}
        try:
            solution = solved(name, Method(method, fold="on", max_error="0.5"), **formats)
        except BudgetError:
            solution = solved(name, Method(method, max_error="0.5"), **formats)
            assert solution.program.fold == "none"
        else:
            check_intervals(solution)
        assert nearest_or_tie(solution), zero_points


def check_intervals(solution: Solution) -> None:
    """Every step takes exactly the values its interval says."""
    program = solution.program
    for ref, value in enumerate(program.values):
        reached = run(replace(program, outputs=(program.outputs[0]._replace(ref=ref),)))
        assert (int(reached.min()), int(reached.max())) == (value.low, value.high), value.name


@pytest.mark.parametrize("method", METHODS)
def test_a_centre_that_is_no_code_is_not_folded_about(method: str) -> None:
    """With 255 steps to 1 the sigmoid turns about 127.5, which is no code."""
    formats = {"output": Side("out", scale="1/255", zero_point="-128")}
    with pytest.raises(BudgetError):
        solved("sigmoid", Method(method, fold="on", max_error="1"), **formats)

    solution = solved("sigmoid", Method(method, max_error="0.5"), **formats)
    assert solution.program.fold == "none"
    assert nearest_or_tie(solution)
    even = solved("sigmoid", Method(method, fold="on", max_error="0.5"),
                  output=Side("out", scale="1/254", zero_point="-128"))
    assert even.program.fold == "odd"
    assert nearest_or_tie(even)


@pytest.mark.parametrize("name", LINED)
def test_a_line_that_is_no_whole_number_of_codes_is_not_folded_off(name: str) -> None:
    for scale in ("3/50", "1/10"):
        output = Side("out", scale=scale, zero_point="-100")
        with pytest.raises(BudgetError):
            solved(name, Method("lut", fold="on"), output=output)
        solution = solved(name, Method("lut"), output=output)
        assert (solution.program.fold, solution.report.misrounded) == ("none", 0)


@pytest.mark.parametrize(
    ("rounding", "folds"),
    [("half-up", False), ("half-even", True), ("half-away", True), ("floor", False)],
)
def test_ties_that_are_rounded_to_one_side_forbid_an_odd_fold(
    rounding: str, folds: bool
) -> None:
    """x/2 in whole codes is a tie at every odd code, and half-up does not mirror it."""
    formats = {"input": Side("in", scale="1/2"), "output": Side("out", scale="1")}
    if folds:
        half = solved("linear", Method("lut", fold="on"), rounding=rounding, **formats)
        assert half.report.misrounded == 0
        assert half.report.codes.tolist() == exact.rounded_table(half.spec).tolist()
    else:
        with pytest.raises(BudgetError):
            solved("linear", Method("lut", fold="on"), rounding=rounding, **formats)
    for method in METHODS:
        whole = solved("linear", Method(method, fold="auto", exact=True), rounding=rounding,
                       **formats)
        assert whole.report.codes.tolist() == exact.rounded_table(whole.spec).tolist()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["tanh", "gelu", "sigmoid", "cosine", "softplus"])
def test_the_most_negative_code_has_its_entry(name: str, method: str) -> None:
    solution = solved(name, Method(method, fold="on", exact=True))

    assert solution.program.fold != "none"
    assert solution.report.codes[0] == exact.rounded_table(solution.spec)[0]


@pytest.mark.parametrize("formats", [
    {"input": Side("in", unsigned=True, scale="1/32", zero_point="128"),
     "output": Side("out", unsigned=True, scale="1/128", zero_point="128")},
    {"input": Side("in", scale="1/16", zero_point="-128")},
    {"input": Side("in", scale="1/16", zero_point="127")},
    {"input": Side("in", unsigned=True, scale="1/16")},
], ids=["middle", "lowest", "highest", "unsigned"])
def test_zero_points_at_the_ends_and_unsigned_codes(formats: dict) -> None:
    for name in ("tanh", "gelu", "abs"):
        for method in METHODS:
            solution = solved(name, Method(method, max_error="0.5"), **formats)
            assert nearest_or_tie(solution)
            check_intervals(solution)


@pytest.mark.parametrize("name", ["tanh", "gelu", "sigmoid", "softsign", "cosine"])
def test_folding_halves_the_segments(name: str) -> None:
    whole = solved(name, Method("pwl", fold="off", max_error="0.625"))
    half = solved(name, Method("pwl", fold="on", max_error="0.625"))

    assert half.program.segments <= whole.program.segments // 2 + 1
    assert half.program.storage_bytes < whole.program.storage_bytes


def test_a_fold_that_does_not_hold_is_seen() -> None:
    """The check itself: a folded program with its sign turned is wrong somewhere."""
    solution = solved("tanh", Method("pwl", fold="on", max_error="0.5"))
    turned = replace(solution.report, codes=-solution.report.codes)

    assert nearest_or_tie(solution)
    assert not nearest_or_tie(replace(solution, report=turned))


def test_a_steep_line_and_a_zero_point_near_the_end() -> None:
    """gelu with 256 output codes per input code, most of them saturated."""
    formats = {"input": Side("in", bits=16, scale="1/16", zero_point="-30000"),
               "output": Side("out", bits=16, scale="1/4096")}
    solution = solved("gelu", Method("pwl"), **formats)

    assert solution.report.max_lsb <= float(Fraction(5, 8))
    assert np.count_nonzero(solution.report.codes == 32767) > 60000


@pytest.mark.parametrize("method", METHODS)
def test_a_centre_far_outside_the_format_is_not_folded_about(method: str) -> None:
    """At 1e-25 per code, the centre 1/2 of sigmoid is a code of 25 digits, and all saturate."""
    solution = solved("sigmoid", Method(method), input=Side("in", scale="1/16"),
                      output=Side("out", scale="1e-25"))

    assert set(solution.report.codes.tolist()) == {127}
