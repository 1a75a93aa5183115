"""The split of the error, against rationals computed by hand and what each method must show."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lutgen import pipeline
from lutgen.accuracy.split import Split
from lutgen.formats import NumberFormat
from lutgen.ideal import Ideal
from lutgen.program import Builder, Program, Table
from lutgen.request import Request, Side
from lutgen.spec import Method
from tests.accuracy.test_report import exact_errors

CASES = [
    ("gelu", 8, Method("lut")),
    ("sigmoid", 8, Method("pwl")),
    ("tanh", 8, Method("pwl", fold="complement", max_error="3")),
    ("gelu", 8, Method("pwl", fold="residual")),
    ("elu", 8, Method("lut", fold="window")),
    ("tanh", 8, Method("steps", max_error="3")),
    ("tanh", 10, Method("bipartite", max_error="faithful")),
    ("silu", 10, Method("interp", segments=16)),
    ("gelu", 10, Method("uniform", segments=16)),
    ("tanh", 12, Method("quadratic", segments=16)),
    ("hard_swish", 8, Method("quadratic")),
    ("tanh", 10, Method("pwl", breakpoints="dyadic")),
]


def solved(name: str, bits: int, method: Method, rounding: str = "half-even"):
    """Return the solution, the split and the spec of a table."""
    spec = Request(name, bits=bits, method=method, rounding=rounding).resolve()
    solution = pipeline.solve(spec)
    ideal = Ideal.of(spec)
    return solution, Split.of(solution.program, ideal, solution.report.codes), spec


@pytest.mark.parametrize(("name", "bits", "method"), CASES)
def test_the_parts_add_up_to_the_error_on_every_code(name, bits, method) -> None:
    """The error is the oracle's, so that a part that is lost or counted twice is seen."""
    solution, split, spec = solved(name, bits, method)
    total = sum(part.errors for part in split)

    assert total == pytest.approx(exact_errors(spec, solution.report.codes), abs=1e-9)


@pytest.mark.parametrize(("name", "bits", "method"), CASES)
def test_rounding_to_nearest_adds_at_most_one_half_and_arithmetic_whole_codes(
    name, bits, method
) -> None:
    _, split, _ = solved(name, bits, method)

    assert split.rounding.max_lsb <= 0.5
    assert np.array_equal(split.arithmetic.errors, np.round(split.arithmetic.errors))


def test_a_correctly_rounded_table_has_output_rounding_alone() -> None:
    solution, split, _ = solved("gelu", 8, Method("lut"))

    assert split.approximation.codes == split.arithmetic.codes == 0
    assert np.array_equal(split.rounding.errors, solution.report.error_lsb)


@pytest.mark.parametrize("method", [Method("pwl"), Method("uniform"), Method("interp")])
def test_a_program_that_rounds_once_has_no_arithmetic_part(method: Method) -> None:
    _, split, _ = solved("sigmoid", 10, method)

    assert split.arithmetic.codes == 0
    assert split.approximation.codes > 0


def test_a_flooring_table_rounds_by_up_to_one() -> None:
    _, split, _ = solved("sigmoid", 8, Method("lut"), "floor")

    assert -1 < split.rounding.errors.min() < -0.9
    assert split.rounding.errors.max() == 0


def of_line(program: Program) -> Split:
    """Return the split of a program that stands for ``linear`` at 4 bits, output in quarters."""
    spec = Request(
        "linear", bits=4, input=Side("in", scale="1"), output=Side("out", bits=8, scale="1/4"),
    ).resolve()
    ideal = Ideal.of(spec)
    codes = np.array([evaluated(program, x) for x in range(-8, 8)])
    return Split.of(program, ideal, codes)


def evaluated(program: Program, x: int) -> int:
    from lutgen.program import evaluate

    return int(evaluate(program, {"x": np.array([x])})[0])


def test_a_line_with_a_slope_that_is_off_is_split_as_by_hand() -> None:
    """y = (65 x + 8) >> 4 stands for 4 x: the formula is 65 x / 16, and 1/2 is for rounding."""
    b = Builder("t")
    x = b.input("x", NumberFormat(4, True, Fraction(1)))
    total = b.add("s", b.mul("p", x, b.const(65)), b.const(8))
    split = of_line(b.finish(b.shift_right("y", total, 4), NumberFormat(8, True, Fraction(1, 4))))

    for index, x in enumerate(range(-8, 8)):
        formula = Fraction(65 * x, 16)
        rounded = (65 * x + 8) // 16
        assert split.approximation.errors[index] == formula - 4 * x
        assert split.rounding.errors[index] == rounded - formula
        assert split.arithmetic.errors[index] == 0


def test_a_piece_whose_shift_drops_nothing_holds_no_rounding_constant() -> None:
    """y = (64 x) >> 4 is 4 x itself; one half taken off it would be charged to two parts."""
    b = Builder("t")
    x = b.input("x", NumberFormat(4, True, Fraction(1)))
    product = b.mul("p", x, b.const(64))
    split = of_line(b.finish(b.shift_right("y", product, 4), NumberFormat(8, True, Fraction(1, 4))))

    assert [part.codes for part in split] == [0, 0, 0]


def test_a_shift_inside_the_program_is_arithmetic_only_where_it_changes_a_code() -> None:
    """y = (((x * 37) >> 3) * 14 + 8) >> 4: the inner shift drops bits that exact numbers keep."""
    b = Builder("t")
    x = b.input("x", NumberFormat(4, True, Fraction(1)))
    inner = b.shift_right("i", b.mul("p", x, b.const(37)), 3)
    total = b.add("s", b.mul("q", inner, b.const(14)), b.const(8))
    split = of_line(b.finish(b.shift_right("y", total, 4), NumberFormat(8, True, Fraction(1, 4))))

    arithmetic = []
    for index, x in enumerate(range(-8, 8)):
        formula = Fraction(37 * 14 * x, 8 * 16)
        once = (formula + Fraction(1, 2)).__floor__()
        arithmetic.append((((x * 37) >> 3) * 14 + 8 >> 4) - once)
        assert split.approximation.errors[index] == pytest.approx(float(formula - 4 * x), abs=1e-9)
        assert split.rounding.errors[index] == pytest.approx(float(once - formula), abs=1e-9)
    assert split.arithmetic.errors.tolist() == arithmetic
    assert -1 in arithmetic and 0 in arithmetic


def test_an_odd_function_turns_its_rounding_too() -> None:
    """For negative x the result is 0 - ((5 u + 2) >> 2): what is rounded down is then added."""
    b = Builder("t")
    x = b.input("x", NumberFormat(4, True, Fraction(1)))
    u = b.max("u", x, b.sub("m", b.const(0), x))
    core = b.shift_right("c", b.add("s", b.mul("p", u, b.const(5)), b.const(2)), 2)
    y = b.select("y", x, b.sub("t", b.const(0), core), core)
    split = of_line(b.finish(y, NumberFormat(8, True, Fraction(1, 4))))

    for index, x in enumerate(range(-8, 8)):
        sign = -1 if x < 0 else 1
        assert split.approximation.errors[index] == Fraction(5 * x, 4) - 4 * x
        assert split.rounding.errors[index] == (
            sign * ((5 * abs(x) + 2) // 4) - Fraction(5 * x, 4)
        )


def test_what_saturates_has_no_rounding_left() -> None:
    """Beyond the format the formula is clamped like the exact value: no part is charged for it."""
    b = Builder("t")
    x = b.input("x", NumberFormat(4, True, Fraction(1)))
    spec = Request(
        "linear", bits=4, input=Side("in", scale="1"), output=Side("out", bits=4, scale="1/4"),
    ).resolve()
    total = b.add("s", b.mul("p", x, b.const(65)), b.const(8))
    y = b.clamp("y", b.shift_right("v", total, 4), -8, 7)
    program = b.finish(y, spec.output)
    ideal = Ideal.of(spec)
    split = Split.of(program, ideal, np.array([evaluated(program, x) for x in range(-8, 8)]))

    assert all(part.errors[-5:].tolist() == [0] * 5 for part in split)


def test_entries_that_are_other_codes_differ_by_their_approximation() -> None:
    spec = Request("gelu").resolve()
    ideal = Ideal.of(spec)
    codes = ideal.codes.copy()
    codes[100] += 2
    b = Builder("t")
    address = b.low_bits("a", b.input("x", spec.input), 8)
    program = b.finish(b.lookup("y", Table("lut", np.roll(codes, -128), ""), address), spec.output)
    split = Split.of(program, ideal, codes)

    assert np.flatnonzero(split.approximation.errors).tolist() == [100]
    assert split.approximation.errors[100] == 2
