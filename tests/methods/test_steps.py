"""Thresholds: as few levels as there can be, and no multiplication."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.program import Program, ops
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method
from tests.methods import exact

UNSIGNED = {"input": Side("in", unsigned=True, scale="6/255", zero_point="100"),
            "output": Side("out", unsigned=True, scale="1/100", zero_point="60")}
COARSE = {"output": Side("out", scale="1")}


def solved(name: str, fold: str = "off", error: str = "0.5", **request: object) -> Solution:
    method = Method("steps", fold=fold, max_error=error)
    return pipeline.solve(Request(name, method=method, **request).resolve())


def least_levels(lo: list[int], hi: list[int]) -> int:
    """Return the fewest runs that one code serves each, by trying every split."""
    best: list[float] = [0] + [math.inf] * len(lo)
    for stop in range(1, len(lo) + 1):
        low, high = lo[stop - 1], hi[stop - 1]
        for start in range(stop - 1, -1, -1):
            low, high = max(low, lo[start]), min(high, hi[start])
            if low > high:
                break
            best[stop] = min(best[stop], best[start] + 1)
    return int(best[-1])


def thresholds(program: Program) -> tuple[int, ...]:
    (found,) = [v.op.breakpoints for v in program.values if isinstance(v.op, ops.Segment)]
    return found


def test_quant_relu_has_five_levels() -> None:
    """0, 1/4, 1/2, 3/4, 1 with four steps; ties go to the even level."""
    program = solved("quant_relu").program

    assert program.segments == 5
    # In sixteenths: the level changes after 1/8 (to even 0), at 3/8, after 5/8, at 7/8.
    assert thresholds(program) == (3, 6, 11, 14)
    assert solved("quant_relu", parameters=("levels=7",)).program.segments == 8


@pytest.mark.parametrize("name", activations.names())
def test_the_number_of_levels_is_the_smallest(name: str) -> None:
    for formats in ({}, UNSIGNED, COARSE):
        for error in ("0.5", "0.9"):
            solution = solved(name, error=error, **formats)
            lo, hi = exact.tube(solution.spec, Fraction(error))
            codes = solution.report.codes

            assert ((np.array(lo) <= codes) & (codes <= np.array(hi))).all()
            assert solution.program.segments == least_levels(lo, hi)
            assert np.count_nonzero(np.diff(codes)) == solution.program.segments - 1
            kinds = {type(value.op) for value in solution.program.values}
            assert kinds.isdisjoint({ops.Mul, ops.ShiftRight})


@pytest.mark.parametrize("name", ["relu6", "abs", "swish", "hard_tanh"])
def test_a_saturated_code_has_the_error_asked_for_to_itself(name: str) -> None:
    """At 2 LSB a code two below the highest serves what saturates there."""
    solution = solved(name, error="2", **UNSIGNED)
    lo, hi = exact.tube(solution.spec, Fraction(2))

    assert solution.program.segments == least_levels(lo, hi)


def test_levels_one_code_apart_need_no_table() -> None:
    program = solved("hard_tanh", **COARSE).program

    assert (program.segments, program.tables) == (3, ())
    assert program.storage_bytes == 2


def test_levels_further_apart_are_read_from_a_table() -> None:
    program = solved("quant_relu").program
    (levels,) = program.tables

    assert levels.values.tolist() == [-128, -64, 0, 64, 127]
    assert program.storage_bytes == 5 + 4


@pytest.mark.parametrize("name", ["reciprocal", "sine", "crelu_neg"])
def test_levels_may_fall_and_rise(name: str) -> None:
    solution = solved(name, **COARSE)
    lo, hi = exact.tube(solution.spec, Fraction(1, 2))

    assert (np.diff(solution.report.codes) < 0).any()
    assert all(map(int.__le__, lo, solution.report.codes.tolist()))
    assert all(map(int.__ge__, hi, solution.report.codes.tolist()))


def test_a_constant_function_is_a_constant() -> None:
    solution = solved("swish", parameters=("beta=0",), output=Side("out", scale="100"))

    assert solution.program.segments == 1
    assert solution.program.storage_bytes == 0
    assert set(solution.report.codes.tolist()) == {0}
