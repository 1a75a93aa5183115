"""Number formats: codes, reals, Q notation, ranges and grids."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.errors import UsageError
from lutgen.formats import (
    NumberFormat,
    affine,
    from_range,
    power_of_two_at_least,
    q_format,
)
from lutgen.numerics.literals import Number


def number(text: str) -> Number:
    return Number.parse(text, "--test")


def ranged(low: str, high: str, bits: int = 8, grid: str = "pow2", signed: bool = True):
    return from_range(number(low), number(high), bits, signed=signed, grid=grid)


@pytest.mark.parametrize(
    ("width", "signed", "low", "high"),
    [(8, True, -128, 127), (8, False, 0, 255), (2, True, -2, 1), (16, True, -32768, 32767),
     (16, False, 0, 65535), (5, True, -16, 15)],
)
def test_code_range_is_that_of_the_integer_type(width, signed, low, high) -> None:
    found = NumberFormat(width, signed, Fraction(1))

    assert (found.min_code, found.max_code) == (low, high)
    assert len(found.codes) == 2**width
    assert found.saturate(10**9) == high
    assert found.saturate(-(10**9)) == low


def test_a_code_decodes_to_scale_times_distance_from_the_zero_point() -> None:
    found = NumberFormat(8, True, Fraction(1, 255), 3)

    assert found.decode(-128) == Fraction(-131, 255)
    assert found.decode(3) == 0


@pytest.mark.parametrize(
    ("text", "width", "signed", "scale"),
    [("Q4.4", 8, True, "1/16"), ("UQ0.8", 8, False, "1/256"), ("q1.15", 16, True, "1/32768"),
     ("Q8.0", 8, True, "1"), ("uq16.0", 16, False, "1"), ("Q1.1", 2, True, "1/2")],
)
def test_q_notation_counts_the_sign_bit(text, width, signed, scale) -> None:
    assert q_format(text, "in") == NumberFormat(width, signed, Fraction(scale))


@pytest.mark.parametrize("text", ["Q4.4", "UQ0.8", "Q1.15", "Q8.0"])
def test_q_name_is_the_inverse_of_q_notation(text: str) -> None:
    assert q_format(text, "in").q_name == text


def test_formats_outside_q_notation_have_no_q_name() -> None:
    assert NumberFormat(8, True, Fraction(1, 255)).q_name is None
    assert NumberFormat(8, True, Fraction(1, 16), 1).q_name is None
    assert NumberFormat(8, True, Fraction(1, 512)).q_name is None
    assert NumberFormat(8, True, Fraction(2)).q_name is None


@pytest.mark.parametrize(
    "text", ["Q0.8", "Q1.16", "Q1", "4.4", "Q-1.9", "Q4.4.4", "", "Q\u0664.4", "Q4.4\n", "Q1.0"]
)
def test_bad_q_notation_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match="--in-format"):
        q_format(text, "in")


@pytest.mark.parametrize(
    ("low", "high", "bits", "scale"),
    [("-8", "8", 8, "1/16"), ("-8", "8", 16, "1/4096"), ("-4", "4", 8, "1/32"),
     ("-8.01", "8", 8, "1/8"), ("-8", "8.01", 8, "1/8"), ("1", "2", 8, "1/64"),
     ("-16", "0", 8, "1/8"), ("-5", "5", 8, "1/16"), ("0", "1e-3", 8, "1/65536")],
)
def test_pow2_takes_the_smallest_power_of_two_that_covers(low, high, bits, scale) -> None:
    found = ranged(low, high, bits)

    assert found == NumberFormat(bits, True, Fraction(scale))
    assert found.decode(found.min_code) <= Fraction(low)
    assert found.decode(found.max_code + 1) >= Fraction(high)


def test_unsigned_pow2_starts_at_zero() -> None:
    assert ranged("0", "8", signed=False) == NumberFormat(8, False, Fraction(1, 32))


def test_symmetric_puts_the_largest_magnitude_on_the_highest_code() -> None:
    assert ranged("-6", "3", grid="symmetric") == NumberFormat(8, True, Fraction(6, 127))


def test_affine_spreads_the_range_and_rounds_the_zero_point() -> None:
    assert ranged("0", "6", grid="affine") == NumberFormat(8, True, Fraction(6, 255), -128)
    assert ranged("-2", "6", grid="affine", signed=False) == NumberFormat(
        8, False, Fraction(8, 255), 64
    )


@pytest.mark.parametrize(
    ("low", "high", "grid", "signed"),
    [("8", "-8", "pow2", True), ("1", "1", "pow2", True), ("-1", "1", "pow2", False),
     ("-1", "1", "symmetric", False), ("1", "2", "affine", True), ("0", "1e300", "pow2", True),
     ("0", "1e-300", "pow2", True)],
)
def test_a_range_that_cannot_be_covered_is_refused(low, high, grid, signed) -> None:
    with pytest.raises(UsageError, match="--range"):
        ranged(low, high, grid=grid, signed=signed)


@pytest.mark.parametrize("scale", ["0", "-1", "1e-39", "1e39", "-0.0"])
def test_scales_outside_float32_are_refused_with_their_text(scale: str) -> None:
    with pytest.raises(UsageError, match="--out-scale.*" + scale.replace("+", r"\+")):
        affine(8, signed=True, scale=number(scale), zero_point=0, side="out")


@pytest.mark.parametrize(("zero_point", "signed"), [(128, True), (-129, True), (-1, False),
                                                    (256, False), (10**30, True)])
def test_a_zero_point_that_is_no_code_is_refused(zero_point, signed) -> None:
    with pytest.raises(UsageError, match="--in-zp"):
        affine(8, signed=signed, scale=number("1"), zero_point=zero_point, side="in")


@given(st.fractions(min_value=Fraction(1, 10**9), max_value=10**9))
def test_power_of_two_at_least_is_the_smallest_such(value: Fraction) -> None:
    found = power_of_two_at_least(value)

    assert found >= value > found / 2
    assert found.numerator == 1 or found.denominator == 1
    assert bin(found.numerator * found.denominator).count("1") == 1
