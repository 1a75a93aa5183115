"""Piecewise lines: within the tolerance, as few as there can be, exact where the function is."""

from __future__ import annotations

import datetime
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from lutgen import methods, pipeline
from lutgen.ideal import Ideal
from lutgen.program import Program, ops, run
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import ROUNDINGS, Method, Spec
from tests.methods import exact

AFFINE = {"input": Side("in", scale="0.0627451f", zero_point="3"),
          "output": Side("out", scale="0.047f", zero_point="-9")}
ONE_SIDED = {"input": Side("in", scale="0.0313725f", zero_point="-128"),
             "output": Side("out", scale="0.0235294f", zero_point="-128")}
UNSIGNED = {"input": Side("in", unsigned=True, scale="6/255", zero_point="100"),
            "output": Side("out", unsigned=True, scale="1/100", zero_point="60")}
OFFSET = {"input": Side("in", scale="0.043137256f", zero_point="-40"),
          "output": Side("out", scale="0.05490196f", zero_point="17")}
FORMATS = {"pow2": {}, "affine": AFFINE, "one-sided": ONE_SIDED, "unsigned": UNSIGNED,
           "offset": OFFSET}
FORMATS_16 = {
    "pow2": {},
    "affine": {"input": Side("in", scale="0.000305185f", zero_point="77"),
               "output": Side("out", scale="0.00026f", zero_point="-500")},
    "unsigned": {"input": Side("in", unsigned=True, scale="0.00024414808f", zero_point="30000"),
                 "output": Side("out", unsigned=True, scale="1/7000", zero_point="20000")},
}

# How many straight pieces each function has; saturated ends, which cost nothing, included.
PIECES = {
    "linear": 1, "abs": 2, "relu": 2, "relu6": 3, "leaky_relu": 2, "prelu": 2, "rrelu": 2,
    "srelu": 3, "hard_sigmoid": 3, "hard_sigmoid_torch": 3, "hard_tanh": 3, "maxout": 2,
    "dynamic_relu": 2, "dy_relu": 2, "crelu_pos": 2, "crelu_neg": 2, "lut": 9, "quant_relu": 5,
}
# The same where saturation takes a piece away, or one side of 0 is all there is.
FEWER = {
    ("pow2", "relu"): 1, ("pow2", "relu6"): 2, ("pow2", "hard_sigmoid"): 1,
    ("pow2", "hard_sigmoid_torch"): 1, ("pow2", "hard_tanh"): 1, ("pow2", "dy_relu"): 1,
    ("pow2", "crelu_pos"): 1, ("pow2", "crelu_neg"): 1, ("one-sided", "abs"): 1,
    ("one-sided", "relu"): 1, ("one-sided", "relu6"): 1, ("one-sided", "leaky_relu"): 1,
    ("one-sided", "prelu"): 1, ("one-sided", "rrelu"): 1, ("one-sided", "srelu"): 2,
    ("one-sided", "hard_sigmoid"): 2, ("one-sided", "hard_tanh"): 2, ("one-sided", "maxout"): 1,
    ("one-sided", "dynamic_relu"): 1, ("one-sided", "dy_relu"): 1, ("one-sided", "crelu_pos"): 1,
    ("one-sided", "crelu_neg"): 1, ("unsigned", "hard_tanh"): 2,
}


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def pwl(**options: object) -> Method:
    return Method("pwl", **options)


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("name", PIECES)
def test_a_piecewise_linear_function_keeps_its_natural_pieces(name: str, formats: str) -> None:
    """One multiplication, one addition, one shift and clamps, right to half an LSB exactly."""
    for options in (pwl(), pwl(fold="off"), pwl(max_error="0.5")):
        solution = solved(name, options, **FORMATS[formats])

        assert solution.program.segments <= FEWER.get((formats, name), PIECES[name])
        count = exact.count_errors(solution.spec, solution.report.codes)
        assert count.largest <= Fraction(1, 2)
        assert sum(isinstance(value.op, ops.Mul) for value in solution.program.values) <= (
            1 if solution.program.fold == "none" else 2
        )


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("name", PIECES)
def test_under_half_up_it_is_the_correctly_rounded_table(name: str, formats: str) -> None:
    solution = solved(name, pwl(), rounding="half-up", **FORMATS[formats])

    assert solution.report.codes.tolist() == exact.rounded_table(solution.spec).tolist()
    assert solution.program.segments <= FEWER.get((formats, name), PIECES[name])


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("name", [*PIECES, "gelu", "hard_swish", "sqnl", "tanh", "log"])
def test_exact_is_the_table_under_every_rounding(name: str, rounding: str) -> None:
    for formats in ({}, AFFINE, UNSIGNED):
        solution = solved(name, pwl(exact=True), rounding=rounding, **formats)

        assert solution.report.codes.tolist() == exact.rounded_table(solution.spec).tolist()
        assert solution.report.misrounded == 0


def check_int16(name: str, formats: str) -> None:
    """Natural pieces at 16 bits, and the table under half-up, hence at most 1/2 LSB."""
    spec = Request(name, bits=16, rounding="half-up", **FORMATS_16[formats]).resolve()
    ideal = Ideal.of(spec)
    for options in (pwl(fold="off", max_error="0.5"), pwl(fold="off", exact=True)):
        program = methods.approximate(replace(ideal, spec=replace(spec, method=options)))
        assert np.array_equal(run(program), exact.rounded_table(spec))
        assert program.segments <= PIECES[name]


INT16_CASES = [*product(PIECES, FORMATS_16)]


def of_the_day(count: int) -> list[tuple[str, str]]:
    """Return some cases, others every day."""
    day = datetime.date.today().toordinal()
    # 7 and 54 have no common factor, so neighbours in time are not neighbours in the list.
    return [INT16_CASES[(day * count + i) * 7 % len(INT16_CASES)] for i in range(count)]


@pytest.mark.parametrize(("name", "formats"), of_the_day(1))
def test_int16_of_the_day(name: str, formats: str) -> None:
    check_int16(name, formats)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "formats"), INT16_CASES)
def test_int16(name: str, formats: str) -> None:
    check_int16(name, formats)


LIMITS = ("0.5", "0.51", "0.625", "faithful", "3")


def keeps(spec: Spec, codes: np.ndarray, limit: str) -> bool:
    """Return whether every code has the error asked for, against the oracle's exact value."""
    strict = limit == "faithful"
    lo, hi = exact.tube(spec, Fraction(1) if strict else Fraction(limit), strict=strict)
    return bool(((np.array(lo) <= codes) & (codes <= np.array(hi))).all())


@pytest.mark.parametrize("name", ["gelu", "tanh", "exp", "sine", "hard_swish", "softplus", "log",
                                  "leaky_relu", "evonorm_b0", "reciprocal"])
def test_the_error_asked_for_is_never_exceeded(name: str) -> None:
    segments = []
    for limit in LIMITS:
        for formats in FORMATS.values():
            for fold in ("auto", "off"):
                solution = solved(name, pwl(max_error=limit, fold=fold), **formats)
                assert keeps(solution.spec, solution.report.codes, limit), (limit, formats, fold)
        segments.append(solution.program.segments)
    assert segments == sorted(segments, reverse=True)


def test_a_code_too_far_away_is_seen() -> None:
    """The comparison itself: one code moved by one is found, at every limit."""
    for limit in LIMITS:
        solution = solved("gelu", pwl(max_error=limit))
        codes = solution.report.codes.copy()
        assert keeps(solution.spec, codes, limit)
        codes[77] += 2 if limit != "3" else 6
        assert not keeps(solution.spec, codes, limit)


WIDE = {"input": Side("in", scale="1/2"), "output": Side("out", scale="1")}


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu", "mish", "tanhexp", "softplus",
                                  "log_sigmoid", "sqnl", "prelu", "glu_self"])
def test_half_an_lsb_holds_where_functions_hug_a_rounding_boundary(name: str) -> None:
    """A value within 2^-1000 of a tie is no tie: only one code is near enough."""
    for method in ("pwl", "uniform", "steps"):
        solution = solved(name, Method(method, max_error="0.5"), **WIDE)
        lower, upper = exact.tie_windows(solution.spec)
        codes = solution.report.codes
        assert ((lower <= codes) & (codes <= upper)).all(), method


NARROW = {"input": Side("in", bits=5)}
NARROW_NAMES = ["tanh", "gelu", "exp", "sine", "relu6", "hard_swish", "sqnl", "log"]


def fewest(spec: Spec, lo: list[int], hi: list[int], cell: int = 1) -> int | None:
    ends = spec.output.min_code, spec.output.max_code
    return exact.fewest_pieces(exact.reaches(lo, hi, ends), cell)


@pytest.mark.parametrize("name", NARROW_NAMES)
def test_segments_asked_for_reach_the_smallest_error(name: str) -> None:
    """Against every error that exists and every way to split 32 codes."""
    natural = solved(name, pwl(fold="off"), **NARROW).program.segments
    for segments in sorted({1, 2, 3, natural - 1, natural, natural + 1} - {0}):
        solution = solved(name, pwl(segments=segments, fold="off"), **NARROW)
        spec = solution.spec
        best = exact.least_error(
            spec, lambda lo, hi, s=spec, n=segments: (fewest(s, lo, hi) or 99) <= n
        )
        count = exact.count_errors(spec, solution.report.codes)

        assert solution.program.segments <= segments
        assert best <= count.largest <= best + exact.RESOLUTION
        folded = solved(name, pwl(segments=segments), **NARROW)
        assert exact.count_errors(spec, folded.report.codes).largest <= best + exact.RESOLUTION


@pytest.mark.parametrize("limit", ["0.5", "0.625", "2"])
@pytest.mark.parametrize("name", [*NARROW_NAMES, "softsign", "mish", "evonorm_s0"])
def test_an_error_asked_for_takes_the_fewest_segments(name: str, limit: str) -> None:
    for formats in ({}, AFFINE, UNSIGNED):
        solution = solved(name, pwl(max_error=limit, fold="off"), **formats)
        lo, hi = exact.tube(solution.spec, Fraction(limit))
        least = fewest(solution.spec, lo, hi)

        assert solution.program.minimum == least
        assert solution.program.segments == least


@pytest.mark.parametrize("name", ["gelu", "tanh", "relu6", "exp"])
def test_a_budget_is_kept_and_no_number_of_segments_within_it_is_better(name: str) -> None:
    by_segments = [
        solved(name, pwl(segments=count, fold="off"), **NARROW) for count in range(1, 8)
    ]
    for budget in (0, 9, 14, 24):
        for fold in ("off", "auto"):
            found = solved(name, pwl(max_bytes=budget, fold=fold), **NARROW)
            assert found.program.storage_bytes <= budget
            rivals = [s for s in by_segments if s.program.storage_bytes <= budget]
            limit = min(rival.report.max_lsb for rival in rivals)
            assert found.report.max_lsb <= limit + float(exact.RESOLUTION)


@pytest.mark.parametrize("aligned", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", ["gelu", "tanh", "relu6", "hard_tanh", "exp"])
def test_aligned_breakpoints_are_fewest_on_the_grid_and_found_by_one_read(
    name: str, aligned: int
) -> None:
    for limit in ("0.625", "3", "12"):
        for formats in ({}, UNSIGNED):
            method = pwl(aligned=aligned, max_error=limit, fold="off")
            spec = Request(name, method=method, **formats).resolve()
            lo, hi = exact.tube(spec, Fraction(limit))
            least = fewest(spec, lo, hi, 1 << aligned)
            if least is None:
                with pytest.raises(methods.BudgetError):
                    pipeline.solve(spec)
                continue
            program = pipeline.solve(spec).program

            assert program.minimum == least == program.segments
            assert not any(isinstance(value.op, ops.Segment) for value in program.values)
            assert keeps(spec, run(program), limit)
            if least > 1:
                (numbers,) = [table for table in program.tables if table.name == "map"]
                assert numbers.depth == 256 >> aligned
                assert set(numbers.values.tolist()) == set(range(least))
                assert breakpoints_of(program, numbers.values) == least - 1


def breakpoints_of(program: Program, numbers: np.ndarray) -> int:
    """Return how often the segment changes from one piece to the next, in ascending order."""
    (code_format,) = program.inputs.values()
    half = len(numbers) // 2 if code_format.signed else 0
    return int(np.count_nonzero(np.diff(np.roll(numbers, half))))


def test_two_to_the_grid_of_the_whole_format_is_one_line() -> None:
    solution = solved("gelu", pwl(aligned=8, max_error="40"))

    assert solution.program.segments == 1
    assert keeps(solution.spec, solution.report.codes, "40")
