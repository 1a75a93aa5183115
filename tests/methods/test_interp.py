"""Interpolation between shared knots: every code counted, the runtimes' format, the last knot."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lutgen import pipeline
from lutgen.errors import BudgetError
from lutgen.ideal import Ideal, Tolerance
from lutgen.methods import _search, interp
from lutgen.methods._frames import Frame
from lutgen.program import Program, Table, ops, run
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method
from tests.methods import exact

AFFINE = {
    "input": Side("in", scale="0.0473", zero_point="-5"),
    "output": Side("out", scale="0.031", zero_point="17"),
}
UNSIGNED = {
    "input": Side("in", unsigned=True, scale="1/20", zero_point="90"),
    "output": Side("out", unsigned=True, scale="1/30", zero_point="40"),
}
# What the best known program in the runtimes' format reaches, in LSB.
LARGEST = {"tanh": 2.45, "sigmoid": 1.10, "gelu": 1.04}
RUNTIMES = Method("interp", segments=512, max_bytes=1026, fold="off")


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def knots_of(program: Program) -> Table:
    (table,) = program.tables
    return table


def with_knot(program: Program, index: int, value: int) -> Program:
    """Return the program with one knot changed."""
    old = knots_of(program)
    values = old.values.copy()
    values[index] = value
    new = replace(old, values=values)
    steps = tuple(
        step._replace(op=step.op._replace(table=new)) if isinstance(step.op, ops.Lookup) else step
        for step in program.values
    )
    return replace(program, values=steps)


@pytest.mark.parametrize("formats", [{}, AFFINE, UNSIGNED], ids=["pow2", "affine", "unsigned"])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gelu", "elu", "relu6", "sine", "softplus"])
def test_every_code_keeps_the_tolerance(name: str, formats: dict[str, object]) -> None:
    for limit in ("0.5", "0.7", "1.3"):
        solution = solved(name, Method("interp", max_error=limit), **formats)

        counted = exact.count_errors(solution.spec, run(solution.program))

        assert counted.largest <= Fraction(limit) + exact.CLOSE, limit


@pytest.mark.parametrize("name", ["tanh", "gelu", "exp"])
def test_exact_and_faithful_are_kept_at_8_bits(name: str) -> None:
    equal = solved(name, Method("interp", exact=True))
    faithful = solved(name, Method("interp", max_error="faithful"))

    assert exact.count_errors(equal.spec, run(equal.program)).misrounded == 0
    assert exact.count_errors(faithful.spec, run(faithful.program)).largest < 1
    assert faithful.program.storage_bytes <= equal.program.storage_bytes


@pytest.mark.parametrize(
    ("name", "value", "scale"),
    [
        ("tanh", math.tanh, 2**15),
        ("sigmoid", lambda x: 1 / (1 + math.exp(-x)), 2**15),
        ("gelu", lambda x: x * math.erfc(-x / math.sqrt(2)) / 2, 2**12),
    ],
)
def test_in_the_runtimes_format_the_error_is_less(
    name: str, value: Callable[[float], float], scale: int
) -> None:
    """Counted without lutgen; doubles are good to 1e-11 LSB here."""
    solution = solved(name, RUNTIMES, bits=16, range="-8,8")
    table = knots_of(solution.program)
    reals = np.array([value(code / 4096) for code in range(-(2**15), 2**15)])
    wanted = np.clip(reals * scale, -(2**15), 2**15 - 1)

    errors = np.abs(run(solution.program) - wanted)

    assert (table.depth, table.entry_bytes) == (513, 2)
    assert solution.program.storage_bytes == 1026
    assert -(2**15) <= table.low <= table.high < 2**15
    assert all(-(2**31) <= v.low <= v.high < 2**31 for v in solution.program.values)
    assert solution.spec.output.scale == Fraction(1, scale)
    assert errors.max() <= LARGEST[name]
    assert abs(errors.max() - solution.report.max_lsb) < 1e-9


def test_with_more_bytes_the_same_intervals_are_more_accurate() -> None:
    narrow = solved("gelu", Method("interp", segments=32, max_bytes=33, fold="off"))
    wide = solved("gelu", Method("interp", segments=32, fold="off"))

    assert [knots_of(s.program).entry_bytes for s in (narrow, wide)] == [1, 2]
    assert wide.report.max_lsb < narrow.report.max_lsb


def test_32_bits_hold_every_step() -> None:
    program = solved("sqnl", Method("interp", max_error="0.55"), bits=16).program

    assert knots_of(program).entry_bytes == 4
    assert all(-(2**31) <= v.low <= v.high < 2**31 for v in program.values)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "silu"])
def test_the_program_has_the_shape_that_was_asked_for(name: str) -> None:
    for segments in (8, 64):
        program = solved(name, Method("interp", segments=segments, fold="off")).program

        assert knots_of(program).depth == segments + 1


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gelu", "exp"])
def test_no_smaller_error_is_reached_by_the_same_knots_moved(name: str) -> None:
    """The search is not stuck: no single knot can be moved to lower the largest error."""
    solution = solved(name, Method("interp", segments=16, max_bytes=17, fold="off"))
    table = knots_of(solution.program)
    best = exact.count_errors(solution.spec, run(solution.program)).largest

    for index, value in enumerate(table.values.tolist()):
        for moved in (value - 1, value + 1):
            changed = with_knot(solution.program, index, moved)
            codes = np.clip(run(changed), solution.spec.output.min_code,
                            solution.spec.output.max_code)

            assert exact.count_errors(solution.spec, codes).largest >= best - Fraction(1, 2**15)


def test_a_linear_function_is_exact_between_few_knots() -> None:
    formats = {"input": Side("in", scale="1/16"), "output": Side("out", scale="1/16")}
    plain = solved("linear", Method("interp", max_error="0.5"), **formats)
    wide = solved("linear", Method("interp", max_error="0.5"), bits=16, range="-8,8")
    kinked = solved("relu", Method("interp", segments=2, fold="off"), **formats)

    for solution in (plain, wide, kinked):
        assert solution.report.max_lsb == 0
        assert knots_of(solution.program).depth <= 3


def test_the_last_knot_lies_one_step_beyond_the_highest_code() -> None:
    solution = solved("relu", Method("interp", segments=16, fold="off"))
    table = knots_of(solution.program)
    step = table.values[-2] - table.values[-3]

    assert table.values[-1] - table.values[-2] == step > 0


def test_a_last_knot_that_is_clamped_is_seen() -> None:
    """The runtimes' mistake: the last knot at the highest code, not one step beyond it."""
    solution = solved("relu", Method("interp", segments=16, fold="off"))
    table = knots_of(solution.program)
    unit = (int(table.values[-1]) - int(table.values[-2])) // 16
    clamped = with_knot(solution.program, -1, int(table.values[-1]) - unit)

    assert exact.count_errors(solution.spec, run(solution.program)).largest == 0
    assert exact.count_errors(solution.spec, run(clamped)).largest > Fraction(1, 2)


@pytest.mark.parametrize("name", ["tanh", "gelu", "sigmoid"])
def test_a_folded_table_serves_the_most_negative_code(name: str) -> None:
    solution = solved(name, Method("interp", max_error="0.7", fold="on"))
    codes = run(solution.program)
    counted = exact.count_errors(solution.spec, codes)

    assert abs(codes[0] - exact.exact_values(solution.spec)[0]) <= Fraction("0.7")
    assert counted.largest <= Fraction("0.7") + exact.CLOSE
    assert knots_of(solution.program).depth % 2 == 0, "one more interval, for the code -128"


def test_what_cannot_be_kept_is_refused_with_the_best_reachable() -> None:
    with pytest.raises(BudgetError, match="the best it reaches is"):
        solved("tanh", Method("interp", segments=8, max_error="0.5", fold="off"))
    with pytest.raises(BudgetError):
        solved("tanh", Method("interp", max_bytes=1))


@pytest.mark.parametrize("name", ["exp"])
def test_the_bound_that_a_search_starts_from_is_never_above_what_is_reached(name: str) -> None:
    for options in (Method("interp", segments=16), Method("interp", max_bytes=40)):
        ideal = Ideal.of(Request(name).resolve())
        frame = Frame("none", ideal)
        bound = interp.lower_bound(frame, options)

        found = _search.least_error(ideal, options._replace(fold="off"))

        assert found.program is not None
        below = Tolerance(max(Fraction(1, 2), bound - Fraction(1, 2**12)))
        if below.limit > Fraction(1, 2):
            assert interp.approximate(frame, below, options) is None
