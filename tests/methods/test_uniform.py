"""Equal pieces: as few as there can be, the best line on each."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.errors import BudgetError, UsageError
from lutgen.program import Program, ops
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from tests.methods import exact

UNSIGNED = {"input": Side("in", unsigned=True, scale="6/255", zero_point="100"),
            "output": Side("out", unsigned=True, scale="1/100", zero_point="60")}
AFFINE = {"input": Side("in", scale="0.0627451f", zero_point="3"),
          "output": Side("out", scale="0.047f", zero_point="-9")}
NARROW = {"input": Side("in", bits=5)}


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def uniform(**options: object) -> Method:
    return Method("uniform", fold="off", **options)


def stops_of(spec: Spec, lo: list[int], hi: list[int], *, clamped: bool = True) -> np.ndarray:
    """Return where the longest run from each code ends, by trying every pair of codes.

    Lines that are clamped afterwards may leave the output format where it saturates.
    """
    ends = (spec.output.min_code, spec.output.max_code) if clamped else (-(2**30), 2**30)
    return exact.reaches(lo, hi, ends)


def pieces_work(stops: np.ndarray, pieces: int) -> bool:
    """Return whether each of so many equal pieces has a line."""
    size = len(stops) // pieces
    return all(stops[start] >= start + size for start in range(0, len(stops), size))


def least_pieces(spec: Spec, lo: list[int], hi: list[int], *, clamped: bool) -> int:
    stops = stops_of(spec, lo, hi, clamped=clamped)
    return next(
        1 << bits for bits in range(spec.input.width + 1) if pieces_work(stops, 1 << bits)
    )


@pytest.mark.parametrize("name", activations.names())
def test_the_number_of_pieces_is_the_smallest_power_of_two(name: str) -> None:
    """The smallest for lines that are clamped, or for lines that need no clamp."""
    for formats in ({}, AFFINE, UNSIGNED):
        for limit in ("0.5", "0.625"):
            solution = solved(name, uniform(max_error=limit), **formats)
            spec, program = solution.spec, solution.program
            lo, hi = exact.tube(spec, Fraction(limit))
            codes = solution.report.codes
            clamped = any(isinstance(value.op, ops.Clamp) for value in program.values)

            assert program.segments == least_pieces(spec, lo, hi, clamped=clamped)
            assert ((np.array(lo) <= codes) & (codes <= np.array(hi))).all()


@pytest.mark.parametrize(("name", "formats"), [("linear", AFFINE), ("hard_tanh", {})])
def test_a_clamp_is_cheaper_than_many_pieces(name: str, formats: dict) -> None:
    program = solved(name, uniform(max_error="0.5"), **formats).program

    assert program.segments == 1


@pytest.mark.parametrize("name", ["tanh", "gelu", "relu6", "hard_swish", "sqnl", "sigmoid"])
def test_pieces_asked_for_reach_the_smallest_error(name: str) -> None:
    """Against every error that exists, on 32 codes."""
    for bits in range(6):
        solution = solved(name, uniform(segments=1 << bits), **NARROW)
        spec = solution.spec
        best = exact.least_error(
            spec, lambda lo, hi, s=spec, n=1 << bits: pieces_work(stops_of(s, lo, hi), n)
        )
        count = exact.count_errors(spec, solution.report.codes)

        assert solution.program.segments == 1 << bits
        assert best <= count.largest <= best + exact.RESOLUTION


@pytest.mark.parametrize("pieces", [1, 2, 8, 64, 256])
@pytest.mark.parametrize("formats", [{}, UNSIGNED], ids=["signed", "unsigned"])
def test_the_piece_is_found_by_the_high_bits_alone(pieces: int, formats: dict) -> None:
    program = solved("tanh", uniform(segments=pieces), **formats).program

    assert not any(isinstance(value.op, ops.Segment) for value in program.values)
    assert {table.depth for table in program.tables} == {pieces}


def test_one_piece_fewer_is_refused_with_the_best_it_reaches() -> None:
    needed = solved("tanh", uniform(max_error="0.625")).program.segments

    with pytest.raises(BudgetError, match="the best it reaches is"):
        solved("tanh", uniform(max_error="0.625", segments=needed // 2))
    kept = solved("tanh", uniform(max_error="0.625", segments=2 * needed))
    assert kept.program.segments == 2 * needed
    assert kept.report.max_lsb <= 0.625


@pytest.mark.parametrize("name", ["gelu", "tanh", "exp"])
def test_a_budget_is_kept_and_no_number_of_pieces_within_it_is_better(name: str) -> None:
    rivals = [solved(name, uniform(segments=1 << bits), **NARROW) for bits in range(6)]
    for budget in (3, 7, 12, 25, 60, 100):
        found = solved(name, uniform(max_bytes=budget), **NARROW)
        within = [r.report.max_lsb for r in rivals if r.program.storage_bytes <= budget]
        assert found.program.storage_bytes <= budget
        assert found.report.max_lsb <= min(within) + float(exact.RESOLUTION)


@pytest.mark.parametrize("name", ["gelu", "sigmoid"])
def test_512_pieces_of_16_bits_stay_below_seven_tenths(name: str) -> None:
    solution = solved(name, uniform(segments=512), bits=16)

    assert solution.program.segments == 512
    assert solution.program.storage_bytes <= 512 * 8
    assert solution.report.max_lsb <= 0.70
    assert fits_32_bits(solution.program)


def fits_32_bits(program: Program) -> bool:
    return all(-(2**31) <= value.low <= value.high < 2**31 for value in program.values)


def test_more_pieces_than_codes_are_refused() -> None:
    with pytest.raises(UsageError, match="--segments: must be at most the 256 input codes"):
        solved("gelu", uniform(segments=512))
