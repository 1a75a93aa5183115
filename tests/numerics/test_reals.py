"""Exact rationals, balls and anchored values: what is claimed exact is exact."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from hypothesis import given
from hypothesis import strategies as st

from lutgen.numerics.reals import (
    MINUS_INFINITY,
    PLUS_INFINITY,
    Anchored,
    Exact,
    ball,
    exact,
    fraction,
    power,
    square_root,
    working_precision,
)

rationals = st.fractions(max_denominator=10**6).filter(lambda f: abs(f) < 10**6)
positive = rationals.filter(lambda f: f > 0)


def encloses(found: arb, wanted: Fraction) -> bool:
    """Tell whether the ball holds the rational, which ``contains`` would round first."""
    middle, radius = (
        Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
        for mantissa, exponent in (part.man_exp() for part in (found.mid(), found.rad()))
    )
    return abs(middle - wanted) <= radius


@given(rationals)
def test_exact_and_fraction_are_inverse(value: Fraction) -> None:
    assert fraction(exact(value)) == value


@pytest.mark.parametrize(
    ("text", "value"), [("1/3", fmpq(1, 3)), ("0.25", fmpq(1, 4)), (7, fmpq(7))]
)
def test_exact_reads_texts_and_whole_numbers(text: object, value: fmpq) -> None:
    assert exact(text) == value
    assert isinstance(exact(text), Exact)


def test_working_precision_is_restored_also_after_an_error() -> None:
    before = ctx.prec
    with working_precision(321):
        assert ctx.prec == 321
        with working_precision(33):
            assert ctx.prec == 33
        assert ctx.prec == 321
    with pytest.raises(ZeroDivisionError), working_precision(77):
        raise ZeroDivisionError
    assert ctx.prec == before


def test_infinities_are_ordered_around_every_number() -> None:
    assert exact(-(10**9)) > MINUS_INFINITY
    assert exact(10**9) < PLUS_INFINITY


@given(rationals)
def test_square_root_of_a_square_is_exact(value: Fraction) -> None:
    found = square_root(exact(value * value))

    assert isinstance(found, Exact)
    assert fraction(found) == abs(value)


@given(positive)
def test_square_root_squares_back(value: Fraction) -> None:
    with working_precision(128):
        found = square_root(exact(value))
        assert encloses(ball(found) * ball(found), value)


@pytest.mark.parametrize("text", ["2", "1/2", "3/4", "8", "24/25", "1.00001"])
def test_square_root_that_is_irrational_is_a_narrow_ball(text: str) -> None:
    with working_precision(128):
        found = square_root(exact(text))

        assert isinstance(found, arb)
        assert found.rel_accuracy_bits() > 120


def test_square_root_of_a_ball_is_a_ball() -> None:
    assert square_root(arb(2)).overlaps(arb(2).sqrt())


@pytest.mark.parametrize(
    ("base", "exponent", "result"),
    [
        ("9/4", "1/2", "3/2"),
        ("9/4", "-1/2", "2/3"),
        ("8/27", "2/3", "4/9"),
        ("8/27", "-2/3", "9/4"),
        ("3", "4", "81"),
        ("1/2", "-3", "8"),
        ("5/7", "0", "1"),
        ("1", "17/31", "1"),
        ("1/1024", "1/10", "1/2"),
    ],
)
def test_power_that_is_rational_is_exact(base: str, exponent: str, result: str) -> None:
    found = power(exact(base), exact(exponent))

    assert isinstance(found, Exact)
    assert found == exact(result)


@given(
    st.builds(Fraction, st.integers(1, 999), st.integers(1, 999)),
    st.integers(-6, 6),
    st.integers(1, 6),
)
def test_power_inverts_its_own_inverse(base: Fraction, numerator: int, degree: int) -> None:
    found = power(exact(base**degree), exact(Fraction(numerator, degree)))

    assert isinstance(found, Exact)
    assert fraction(found) == base**numerator


@pytest.mark.parametrize(
    ("base", "exponent", "wanted"),
    [
        ("2", "1/2", "1.41421356237309504880168872420969807856967187537694"),
        ("8/27", "1/2", "0.544331053951817355154952016120185120427345625131"),
        ("3", "0.7", "2.157669279974593099554948915980273221672"),
    ],
)
def test_power_that_is_irrational_is_a_narrow_ball(base: str, exponent: str, wanted: str) -> None:
    with working_precision(110):
        found = power(exact(base), exact(exponent))

        assert isinstance(found, arb)
        assert abs(found - exact(wanted)) < arb("1e-27")


@given(st.builds(Fraction, st.integers(1, 999), st.integers(1, 999)))
def test_power_with_a_huge_exponent_agrees_with_logarithms(base: Fraction) -> None:
    """Beyond the size at which exact powers are given up, the ball says the same."""
    with working_precision(200):
        found, logarithm = power(exact(base), exact(65)), (65 * arb(exact(base)).log()).exp()
        assert ball(found).overlaps(logarithm)
        assert encloses(ball(found), base**65)


# Anchored values: anchor + offset, where the offset may be far below the precision.

ANCHOR, OTHER = Fraction(63, 2), Fraction(-5, 3)


def tiny(side: int = 0) -> Anchored:
    """Return 63/2 minus 2**-4000."""
    return Anchored(exact(ANCHOR), -(arb(2) ** -4000), side)


def parts(value: Anchored) -> tuple[Fraction, int]:
    return fraction(value.anchor), value.sign_of_offset()


def test_sum_with_a_rational_moves_the_anchor_only() -> None:
    assert parts(tiny() + exact(OTHER)) == (ANCHOR + OTHER, -1)
    assert parts(exact(OTHER) + tiny()) == (ANCHOR + OTHER, -1)


def test_difference_with_a_rational_keeps_or_turns_the_side() -> None:
    assert parts(tiny() - exact(OTHER)) == (ANCHOR - OTHER, -1)
    assert parts(exact(OTHER) - tiny()) == (OTHER - ANCHOR, +1)


def test_product_with_a_rational_scales_both_and_turns_the_side_if_negative() -> None:
    assert parts(tiny() * exact(OTHER)) == (ANCHOR * OTHER, +1)
    assert parts(exact(2) * tiny()) == (2 * ANCHOR, -1)
    assert parts(tiny() / exact(OTHER)) == (ANCHOR / OTHER, +1)
    assert parts(-tiny()) == (-ANCHOR, +1)


def test_product_with_zero_is_zero() -> None:
    zero = tiny(-1) * exact(0)

    assert parts(zero) == (0, 0)
    assert zero.offset == 0


@pytest.mark.parametrize("side", [-1, +1])
def test_stated_side_speaks_where_the_ball_is_too_wide(side: int) -> None:
    vague = Anchored(exact(1), arb(0, 2.0**-300), side)

    assert vague.sign_of_offset() == side
    assert (vague + exact(3)).sign_of_offset() == side
    assert (vague * exact(-3)).sign_of_offset() == -side
    assert (-vague).sign_of_offset() == -side
    assert (exact(1) - vague).sign_of_offset() == -side


def test_vague_ball_without_a_side_says_nothing() -> None:
    assert Anchored(exact(1), arb(0, 2.0**-300)).sign_of_offset() == 0


@given(rationals, rationals, rationals.filter(bool), rationals.filter(bool))
def test_anchored_arithmetic_is_that_of_the_sum(
    anchor: Fraction, offset: Fraction, factor: Fraction, shift: Fraction
) -> None:
    with working_precision(200):
        value = Anchored(exact(anchor), arb(exact(offset)))
        total, scale = anchor + offset, exact(factor)

        assert encloses(ball(value), total)
        assert encloses(ball(value * scale + exact(shift)), total * factor + shift)
        assert encloses(ball(exact(shift) - value / scale), shift - total / factor)
        assert encloses(value * arb(scale), total * factor)
        assert encloses(value + arb(scale), total + factor)
        assert encloses(ball(arb(scale) - value), factor - total)


def test_ball_of_a_rational_encloses_it() -> None:
    with working_precision(60):
        assert encloses(ball(exact("1/3")), Fraction(1, 3))
