"""Quadratic pieces: exact where the function is made of parabolas, small where it is smooth."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lutgen import pipeline
from lutgen.errors import BudgetError
from lutgen.methods._parabola import OPEN, furthest
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
AFFINE16 = {
    "input": Side("in", scale="0.000183", zero_point="-5"),
    "output": Side("out", scale="0.000211", zero_point="-70"),
}
POW2 = {"range": "-8,8"}
HALF = Fraction(1, 2)
PIECES = {"hard_swish": 3, "sqnl": 4, "reglu_self": 2}
"""How many parabolas a function is made of, straight pieces included."""


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def breakpoints(program: Program) -> tuple[int, ...]:
    found = [v.op.breakpoints for v in program.values if isinstance(v.op, ops.Segment)]
    return found[0] if found else ()


def fits_32_bits(program: Program) -> bool:
    return all(-(2**31) <= value.low <= value.high < 2**31 for value in program.values)


def parabola_codes(name: str, solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    """Return the acceptable codes at 1/2 LSB of a function made of parabolas, in integers.

    The input is ``x / one``, the value ``y / square``; both are whole numbers.
    """
    source, output = solution.spec.input, solution.spec.output
    one = source.scale.denominator
    x = source.scale.numerator * (np.array(source.codes) - source.zero_point)
    if name == "hard_swish":
        square, y = 6 * one * one, x * np.clip(x + 3 * one, 0, 6 * one)
    elif name == "sqnl":
        inside = np.clip(x, -2 * one, 2 * one)
        square, y = 4 * one * one, 4 * one * inside - inside * abs(inside)
    else:
        square, y = one * one, x * np.maximum(x, 0)
    factor = 1 / (square * output.scale)
    above, below = factor.numerator, factor.denominator
    assert abs(y).max() * 2 * above < 2**62
    twice = 2 * above * y
    lo = -((below - twice) // (2 * below)) + output.zero_point
    hi = (twice + below) // (2 * below) + output.zero_point
    ends = output.min_code, output.max_code
    return np.clip(lo, *ends), np.clip(hi, *ends)


@pytest.mark.parametrize("fold", ["auto", "off"])
@pytest.mark.parametrize("formats", [{}, AFFINE, UNSIGNED], ids=["pow2", "affine", "unsigned"])
@pytest.mark.parametrize("name", PIECES)
def test_a_function_made_of_parabolas_is_exact_at_8_bits(
    name: str, formats: dict[str, object], fold: str
) -> None:
    solution = solved(name, Method("quadratic", max_error="0.5", fold=fold), **formats)
    lo, hi = parabola_codes(name, solution)
    codes = run(solution.program)

    assert np.all((lo <= codes) & (codes <= hi))
    assert fits_32_bits(solution.program)
    assert solution.program.storage_bytes <= 32


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("hard_swish", POW2),
        ("sqnl", POW2),
        ("hard_swish", AFFINE16),
        pytest.param("reglu_self", POW2, marks=pytest.mark.slow),
        pytest.param("sqnl", AFFINE16, marks=pytest.mark.slow),
        pytest.param("reglu_self", AFFINE16, marks=pytest.mark.slow),
    ],
)
def test_a_function_made_of_parabolas_is_exact_at_16_bits(
    name: str, formats: dict[str, object]
) -> None:
    method = Method("quadratic", max_error="0.5", fold="off")
    solution = solved(name, method, bits=16, **formats)
    lo, hi = parabola_codes(name, solution)
    codes = run(solution.program)

    assert np.all((lo <= codes) & (codes <= hi))
    assert len(breakpoints(solution.program)) + 1 <= PIECES[name]
    assert solution.program.storage_bytes <= 96
    if formats == POW2:
        assert fits_32_bits(solution.program), "a power of two times a small odd number"


def test_hard_swish_has_its_own_three_pieces() -> None:
    program = solved("hard_swish", Method("quadratic", max_error="0.5", fold="off")).program
    curves = program.tables[0].values.tolist()

    assert breakpoints(program) == (-3 * 16, 3 * 16)
    assert [curve != 0 for curve in curves] == [False, True, False]


def test_a_curve_that_is_off_by_one_is_seen() -> None:
    solution = solved("hard_swish", Method("quadratic", max_error="0.5", fold="off"))
    lo, hi = parabola_codes("hard_swish", solution)
    curves = solution.program.tables[0]

    codes = run(with_entry(solution.program, curves, 1, int(curves.values[1]) + 1))

    assert not np.all((lo <= codes) & (codes <= hi))


def with_entry(program: Program, old: Table, index: int, value: int) -> Program:
    """Return the program with one entry of a table changed."""
    values = old.values.copy()
    values[index] = value
    new = replace(old, values=values)
    steps = tuple(
        step._replace(op=step.op._replace(table=new))
        if isinstance(step.op, ops.Lookup) and step.op.table is old
        else step
        for step in program.values
    )
    return replace(program, values=steps)


@pytest.mark.parametrize("formats", [{}, AFFINE, UNSIGNED], ids=["pow2", "affine", "unsigned"])
@pytest.mark.parametrize(
    "name", ["tanh", "sigmoid", "gelu", "elu", "sine", "softplus", "mish", "leaky_relu"]
)
def test_every_code_keeps_the_tolerance(name: str, formats: dict[str, object]) -> None:
    for options in ({}, {"fold": "off"}, {"segments": 32}):
        for limit in ("0.5", "0.7"):
            method = Method("quadratic", max_error=limit, **options)
            try:
                solution = solved(name, method, **formats)
            except BudgetError as problem:
                assert "segments" in options, problem
                continue

            counted = exact.count_errors(solution.spec, run(solution.program))

            assert counted.largest <= Fraction(limit) + exact.CLOSE, (options, limit)


@pytest.mark.parametrize("name", ["tanh", "gelu", "exp"])
def test_exact_and_faithful_are_kept_at_8_bits(name: str) -> None:
    equal = solved(name, Method("quadratic", exact=True))
    faithful = solved(name, Method("quadratic", max_error="faithful"))

    assert exact.count_errors(equal.spec, run(equal.program)).misrounded == 0
    assert exact.count_errors(faithful.spec, run(faithful.program)).largest < 1


@pytest.mark.parametrize(
    ("name", "value", "largest"),
    [
        ("tanh", math.tanh, 1.08),
        ("sigmoid", lambda x: 1 / (1 + math.exp(-x)), 0.539),
    ],
)
def test_520_bytes_are_more_accurate_than_the_best_known(name: str, value, largest: float) -> None:
    """The best known: odd symmetric, 65 pieces of 8 bytes.  Doubles are good to 1e-11 LSB."""
    method = Method("quadratic", segments=128, max_bytes=520, fold="on")
    solution = solved(name, method, bits=16, range="-8,8")
    reals = [value(code / 4096) * 2**15 for code in range(-(2**15), 2**15)]

    errors = np.abs(run(solution.program) - np.minimum(reals, 2**15 - 1))

    assert solution.program.storage_bytes <= 520
    assert errors.max() <= largest
    assert abs(errors.max() - solution.report.max_lsb) < 1e-9
    assert fits_32_bits(solution.program)


def test_256_pieces_are_hardly_worse_than_rounding() -> None:
    method = Method("quadratic", segments=256, fold="off")
    solution = solved("sigmoid", method, bits=16, range="-8,8")

    assert {table.depth for table in solution.program.tables} == {256}
    assert solution.report.max_lsb <= 0.51
    assert fits_32_bits(solution.program)


def test_a_smooth_function_of_16_bits_takes_a_few_hundred_bytes() -> None:
    solution = solved("gelu", Method("quadratic"), bits=16, range="-8,8")

    assert solution.program.storage_bytes <= 456
    assert solution.report.max_lsb <= 0.625
    assert fits_32_bits(solution.program)


def test_the_most_negative_code_has_a_piece_of_its_own_where_the_function_is_folded() -> None:
    for name in ("tanh", "gelu"):
        solution = solved(name, Method("quadratic", segments=16, fold="on"))

        assert {table.depth for table in solution.program.tables} == {9}
        assert abs(
            int(run(solution.program)[0]) - exact.exact_values(solution.spec)[0]
        ) <= exact.count_errors(solution.spec, run(solution.program)).largest


def test_what_cannot_be_kept_is_refused_with_the_best_reachable() -> None:
    with pytest.raises(BudgetError, match="the best it reaches is"):
        solved("sine", Method("quadratic", segments=4, max_error="0.5"))


def ends(values: list[Fraction], error: Fraction) -> tuple[np.ndarray, np.ndarray]:
    """Return a tube of real values, in 2**-20 units."""
    unit = 2**20
    return (
        np.array([math.ceil((value - error) * unit) for value in values], np.int64),
        np.array([math.floor((value + error) * unit) + 1 for value in values], np.int64),
    )


def test_a_run_ends_where_no_parabola_goes_on() -> None:
    """A cubic: the least error of a parabola over n codes is known, (n - 1)^3 / 32 of its factor.

    The values are those of Chebyshev's polynomial, which bounds the run from both sides: codes
    are fewer than all reals, so the run may be a little longer, never shorter.
    """
    cubic = [Fraction(code**3, 1000) for code in range(200)]
    lower, upper = ends(cubic, Fraction(50))

    found = furthest(lower, upper)

    chebyshev = next(n for n in range(200) if Fraction((n - 1) ** 3, 32 * 1000) > 50)
    assert found is not None
    assert chebyshev - 1 <= found.stop <= chebyshev + 4
    assert least_error_of_parabolas(found.stop) <= 50.001
    assert least_error_of_parabolas(found.stop + 1) > 49.999


def least_error_of_parabolas(size: int) -> float:
    """Return the least largest error of a parabola for ``code**3 / 1000``, by Remez exchange."""
    values = np.arange(size) ** 3 / 1000
    at = np.round((1 - np.cos(np.linspace(0, np.pi, 4))) / 2 * (size - 1)).astype(int)
    for _ in range(20):
        signs = np.array([1, -1, 1, -1])
        system = np.column_stack([np.ones(4), at, at**2, signs])
        *coefficients, error = np.linalg.solve(system, values[at])
        rest = values - np.polynomial.polynomial.polyval(np.arange(size), coefficients)
        worst = int(np.argmax(np.abs(rest)))
        if abs(rest[worst]) <= abs(error) * (1 + 1e-9):
            break
        near = int(np.argmin(np.where(np.sign(rest[at]) == np.sign(rest[worst]),
                                      np.abs(at - worst), size)))
        at[near] = worst
    return abs(float(error))


def test_one_parabola_serves_all_codes_where_every_end_is_open_or_on_it() -> None:
    lower, upper = ends([Fraction(7 * code * code, 64) - 3 * code for code in range(500)], HALF)
    lower[::7] = -OPEN
    upper[::5] = OPEN

    found = furthest(lower, upper)

    assert found is not None
    assert found.stop == 500
    assert found.least < Fraction(7 * 2**20, 64) < found.greatest
