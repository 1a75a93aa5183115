"""Programs: operations, exact intervals, proofs at build time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.formats import NumberFormat
from lutgen.program import (
    Builder,
    Output,
    Table,
    evaluate,
    evaluate_all,
    intervals,
    ops,
    run,
)

INT8 = NumberFormat(8, True, Fraction(1))
CODES = range(-128, 128)

# A second definition of every operation, one code at a time, in Python integers.
MEANING = {
    "add": lambda x: x + 5,
    "sub": lambda x: 5 - x,
    "mul": lambda x: x * -7,
    "min": lambda x: x if x < 5 else 5,
    "max": lambda x: x if x > 5 else 5,
    "shift_left": lambda x: x * 8,
    "shift_right": lambda x: (x - x % 8) // 8,
    "low_bits": lambda x: x % 8,
    "clamp": lambda x: sorted((-3, x, 9))[1],
    "select": lambda x: 5 if x < 0 else x,
    "lookup": lambda x: (x % 8) ** 2,
    "segment": lambda x: sum(b <= x for b in (-100, 0, 7)),
    "divide": lambda x: 1000 // (x + 129),
}


def program_of(name: str):
    """Return a program that applies one operation to x."""
    b = Builder("p")
    x, five = b.input("x", INT8), b.const(5)
    y = {
        "add": lambda: b.add("y", x, five),
        "sub": lambda: b.sub("y", five, x),
        "mul": lambda: b.mul("y", x, b.const(-7)),
        "min": lambda: b.min("y", x, five),
        "max": lambda: b.max("y", x, five),
        "shift_left": lambda: b.shift_left("y", x, 3),
        "shift_right": lambda: b.shift_right("y", x, 3),
        "low_bits": lambda: b.low_bits("y", x, 3),
        "clamp": lambda: b.clamp("y", x, -3, 9),
        "select": lambda: b.select("y", x, five, x),
        "lookup": lambda: b.lookup(
            "y", Table("t", np.arange(8) ** 2, "squares"), b.low_bits("i", x, 3)
        ),
        "segment": lambda: b.segment("y", x, (-100, 0, 7)),
        "divide": lambda: b.divide("y", b.const(1000), b.add("above", x, b.const(129))),
    }[name]()
    return b.finish(y, NumberFormat(16, True, Fraction(1)))


@pytest.mark.parametrize("name", MEANING)
def test_every_operation_computes_its_definition(name: str) -> None:
    assert run(program_of(name)).tolist() == [MEANING[name](x) for x in CODES]


@pytest.mark.parametrize("name", MEANING)
def test_intervals_are_exact_for_one_input(name: str) -> None:
    program = program_of(name)
    found = program.values[program.output]
    expected = [MEANING[name](x) for x in CODES]

    assert (found.low, found.high) == (min(expected), max(expected))


def test_every_operation_of_the_package_is_among_those_tested() -> None:
    classes = {op.__name__.lower() for op in ops.Op.__args__} - {"input", "const"}

    assert classes == {name.replace("_", "") for name in MEANING} | {"reducemax", "reducesum"}


@pytest.mark.parametrize("row", [[7], [-128, 127, -128], [3, -5, 100, 100, -1]])
def test_reductions_are_over_the_last_axis(row: list[int]) -> None:
    b = Builder("p")
    x = b.input("x", INT8)
    peak = b.reduce_max("peak", x)
    total = b.reduce_sum("total", x, 5)
    wide = NumberFormat(16, True, Fraction(1))
    outputs = [
        Output("below", b.sub("below", peak, x), wide),
        Output("sum", b.add("sum", total, b.const(0)), wide),
    ]
    program = b.finish_all(outputs)
    found = evaluate_all(program, {"x": np.array([row, row[::-1]])})

    assert program.takes_rows
    assert found["below"].tolist() == [
        [max(row) - x for x in row], [max(row) - x for x in row[::-1]]
    ]
    assert found["sum"].tolist() == [[sum(row)] * len(row)] * 2
    assert (b.value(outputs[0].ref).low, b.value(outputs[0].ref).high) == (0, 255)
    assert (b.value(total).low, b.value(total).high) == (-640, 635)


def test_a_number_for_the_row_counts_once_for_every_element() -> None:
    b = Builder("p")
    peak = b.reduce_max("peak", b.input("x", INT8))
    total = b.add("total", b.reduce_sum("sum", peak, 9), b.reduce_sum("ones", b.const(1), 9))
    program = b.finish(total, NumberFormat(16, True, Fraction(1)))

    assert evaluate(program, {"x": np.array([[3, -5, 9]])}).tolist() == [[30, 30, 30]]


def test_a_sum_of_rows_of_one_sign_is_at_least_one_element() -> None:
    b = Builder("p")
    x = b.input("x", NumberFormat(8, False, Fraction(1)))
    above = b.add("above", x, b.const(3))

    total = b.value(b.reduce_sum("total", above, 10))

    assert (total.low, total.high) == (3, 2580)


def rows_of(codes: NumberFormat, length: int) -> np.ndarray:
    """Return every row of a length: int64, shape (rows, length)."""
    grids = np.meshgrid(*[np.arange(codes.min_code, codes.max_code + 1)] * length)
    return np.stack([grid.ravel() for grid in grids], axis=-1)


def test_values_that_depend_on_the_distance_below_the_largest_have_exact_intervals() -> None:
    codes, wide = NumberFormat(3, True, Fraction(1)), NumberFormat(16, True, Fraction(1))
    b = Builder("p")
    x = b.input("x", codes)
    distance = b.sub("distance", b.reduce_max("peak", x), x)
    table = Table("t", np.array([9, -4, 0, 7, -1, 3, 3, -2]), "")
    weight = b.lookup("weight", table, distance)
    both = b.mul("both", weight, b.sub("other", distance, b.const(3)))
    program = b.finish_all(
        Output(b.value(ref).name, ref, wide) for ref in (distance, weight, both)
    )
    found = evaluate_all(program, {"x": rows_of(codes, 3)})

    for name, ref in (("distance", distance), ("weight", weight), ("both", both)):
        assert (b.value(ref).low, b.value(ref).high) == (found[name].min(), found[name].max())


@pytest.mark.parametrize(
    ("entries", "least"),
    [([9, 4, 0, 7, 1, 3, 3, 2], 9), ([9, 4, -2, 7, 1, 3, 3, 2], 5)],
)
def test_a_sum_has_one_element_at_least_that_is_the_largest_of_the_row(entries, least) -> None:
    codes, wide = NumberFormat(3, True, Fraction(1)), NumberFormat(16, True, Fraction(1))
    b = Builder("p")
    x = b.input("x", codes)
    distance = b.sub("distance", b.reduce_max("peak", x), x)
    total = b.reduce_sum("total", b.lookup("w", Table("t", np.array(entries), ""), distance), 3)
    program = b.finish(b.add("y", total, b.const(0)), wide)
    sums = [evaluate(program, {"x": rows_of(codes, length)}) for length in (1, 2, 3)]

    assert b.value(total).low == least == min(found.min() for found in sums)


def test_a_quotient_times_its_divisor_is_the_dividend_less_a_remainder() -> None:
    codes, wide = NumberFormat(4, False, Fraction(1)), NumberFormat(16, True, Fraction(1))
    b = Builder("p")
    x, d = b.input("x", codes), b.input("d", codes)
    divisor = b.max("divisor", d, b.const(3))
    quotient = b.divide("quotient", b.const(1000), divisor)
    product = b.mul("product", b.add("moved", x, quotient), divisor)
    program = b.finish(product, wide)
    found = evaluate(program, dict(zip("xd", np.meshgrid(*[np.arange(16)] * 2), strict=True)))

    assert (b.value(product).low, b.value(product).high) == (986, 1000 + 15 * 15)
    assert found.min() >= 986 and found.max() <= 1225
    assert b.value(b.mul("other", b.add("m", x, quotient), d)).high > 1225


def test_values_of_one_of_several_inputs_have_exact_intervals() -> None:
    b = Builder("p")
    x, y = b.input("x", INT8), b.input("y", INT8)
    square = b.mul("square", y, y)
    both = b.mul("both", x, square)

    assert (b.value(square).low, b.value(square).high) == (0, 16384)
    assert (b.value(both).low, b.value(both).high) == (-128 * 16384, 127 * 16384)


def test_another_program_is_taken_over_step_by_step() -> None:
    inner = program_of("lookup")
    b = Builder("p")
    x, y = b.input("x", INT8), b.input("y", INT8)
    found = b.inline(inner, {"x": y}, "inner_")
    program = b.finish(b.sub("z", found, x), NumberFormat(16, True, Fraction(1)))
    xs, ys = np.array([1, 2, -128]), np.array([-128, 3, 127])

    assert evaluate(program, {"x": xs, "y": ys}).tolist() == [
        (int(v) % 8) ** 2 - int(u) for u, v in zip(xs, ys, strict=True)
    ]
    assert [table.name for table in program.tables] == ["inner_t"]


@pytest.mark.parametrize("divisor", [0, -3])
def test_a_division_that_is_not_proved_is_refused(divisor: int) -> None:
    b = Builder("p")
    x = b.input("x", INT8)

    with pytest.raises(ValueError, match="divides by 0, or a negative number"):
        b.divide("y", b.const(5), b.add("d", x, b.const(128 + divisor)))
    with pytest.raises(ValueError, match="divides by 0, or a negative number"):
        b.divide("y", x, b.const(7))


SMALL = st.integers(-40, 40)


@given(a=st.tuples(SMALL, SMALL).map(sorted), b=st.tuples(SMALL, SMALL).map(sorted))
def test_intervals_of_independent_operands_are_the_smallest_that_hold(a, b) -> None:
    xs, ys = range(a[0], a[1] + 1), range(b[0], b[1] + 1)
    cases = [
        (ops.Add(0, 1), lambda x, y: x + y),
        (ops.Sub(0, 1), lambda x, y: x - y),
        (ops.Mul(0, 1), lambda x, y: x * y),
        (ops.Min(0, 1), min),
        (ops.Max(0, 1), max),
    ]
    for op, meaning in cases:
        results = [meaning(x, y) for x in xs for y in ys]
        assert intervals.of(op, [tuple(a), tuple(b)]) == (min(results), max(results)), op


@given(a=st.tuples(SMALL, SMALL).map(sorted), bits=st.integers(1, 5))
def test_the_interval_of_low_bits_holds_every_result(a, bits) -> None:
    low, high = intervals.of(ops.LowBits(0, bits), [tuple(a)])

    assert all(low <= x % 2**bits <= high for x in range(a[0], a[1] + 1))


def test_an_address_that_can_leave_the_table_is_refused() -> None:
    b = Builder("p")
    x = b.input("x", INT8)

    with pytest.raises(ValueError, match="leaves table"):
        b.lookup("y", Table("t", np.arange(255), ""), b.low_bits("i", x, 8))
    with pytest.raises(ValueError, match="leaves table"):
        b.lookup("y", Table("t", np.arange(256), ""), x)


def test_a_result_that_can_leave_the_output_format_is_refused() -> None:
    b = Builder("p")
    y = b.add("y", b.input("x", INT8), b.const(1))

    with pytest.raises(ValueError, match="leaves s8"):
        b.finish(y, INT8)


def test_a_value_beyond_64_bits_is_refused() -> None:
    b = Builder("p")
    y = b.shift_left("a", b.input("x", INT8), 55)

    with pytest.raises(ValueError, match="64 bits"):
        b.shift_left("b", y, 2)


def test_breakpoints_must_ascend() -> None:
    b = Builder("p")

    with pytest.raises(ValueError, match="ascend"):
        b.segment("s", b.input("x", INT8), (3, 3))


def test_two_inputs_are_evaluated_together_and_bounded_by_interval_arithmetic() -> None:
    b = Builder("p")
    product = b.mul("y", b.input("a", INT8), b.input("b", INT8))
    program = b.finish(product, NumberFormat(16, True, Fraction(1)))
    first, second = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128))

    assert (program.values[product].low, program.values[product].high) == (-16256, 16384)
    assert (evaluate(program, {"a": first, "b": second}) == first * second).all()


def test_tables_are_read_only_and_know_their_size() -> None:
    table = Table("t", np.array([-1, 200]), "")

    with pytest.raises(ValueError, match="read-only"):
        table.values[0] = 1
    assert (table.entry_bytes, table.storage_bytes) == (2, 4)
    assert Table("t", np.array([0, 255]), "").entry_bytes == 1
    assert Table("t", np.array([255, 255]), "").entry_bytes == 1
    assert Table("t", np.array([-128, 127]), "").entry_bytes == 1
    assert Table("t", np.array([0, 2**31]), "").entry_bytes == 4
    assert Table("t", np.array([-1, 2**31]), "").entry_bytes == 8


@pytest.mark.parametrize(
    ("entries", "width"),
    [((0,), 1), ((1,), 1), ((255,), 8), ((-1,), 1), ((-128,), 8), ((-128, -128), 8),
     ((-129,), 9), ((-128, 127), 8), ((-128, 128), 9), ((-1, 0), 1)],
)
def test_a_table_is_as_wide_as_twos_complement_needs(entries: tuple[int, ...], width: int) -> None:
    assert Table("t", np.array(entries), "").width == width
    signed = min(entries) < 0
    low, high = (-(2 ** (width - 1)), 2 ** (width - 1) - 1) if signed else (0, 2**width - 1)
    assert low <= min(entries) and max(entries) <= high
