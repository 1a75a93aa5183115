"""What expressions are worth: against fractions, against mpmath, and where they have no value."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from mpmath import mp, mpf

from lutgen import activations
from lutgen.errors import OutsideDomainError, UndecidableRoundingError
from lutgen.expression import activation
from lutgen.numerics.reals import Anchored, Exact, arb, ball, exact, fraction, working_precision
from lutgen.sampling import BASE_PRECISION
from tests.expression.random_expressions import (
    DIGITS,
    INPUTS,
    RATIONAL,
    REAL,
    Pair,
    UnclearError,
    at,
)

FIXED = settings(max_examples=400, deadline=None, derandomize=True)


def value(text: str, x: Fraction | int | str, *params: str):
    with working_precision(BASE_PRECISION):
        return activation(text, params).value(exact(Fraction(x)))


def near(number: mpf) -> arb:
    """Return a ball around an oracle's number, as wide as the oracle may be wrong."""
    with working_precision(4 * DIGITS):
        found = arb(mp.nstr(number, DIGITS))
        return found + arb(0, 1) * (abs(found) + 1) * arb("1e-150")


@given(RATIONAL, INPUTS)
@FIXED
def test_what_is_rational_is_exact(pair: Pair, x: Fraction) -> None:
    text, meaning = pair
    try:
        expected = meaning(x)
    except ZeroDivisionError:
        with pytest.raises(OutsideDomainError):
            value(text, x)
        return
    assume(len(str(expected)) < 4000)

    assert fraction(value(text, x)) == expected


@given(REAL, INPUTS)
@FIXED
def test_what_is_irrational_is_enclosed_and_on_the_right_side(pair: Pair, x: Fraction) -> None:
    text, meaning = pair
    with mp.workdps(DIGITS):
        try:
            expected = meaning(mpf(x.numerator) / x.denominator)
        except ZeroDivisionError:
            expected = None
        except (UnclearError, OverflowError):
            assume(False)
        if expected is None:
            with pytest.raises((OutsideDomainError, UndecidableRoundingError)):
                value(text, x)
            return
        assume(abs(expected) < mpf(10) ** 200)
        try:
            found = value(text, x)
        except UndecidableRoundingError:
            # Of numbers that are equal no digits show it; the oracle takes them as they come.
            assume(False)
        expected = near(expected)
        with working_precision(4 * DIGITS):
            assert ball(found).overlaps(expected)
            if isinstance(found, Anchored):
                rest = expected - found.anchor
                assert not (found.side > 0 and rest < 0) and not (found.side < 0 and rest > 0)


@pytest.mark.parametrize("name", activations.names())
@pytest.mark.parametrize("x", ["0", "-5/2", "3", "1/3", "-1/16"])
def test_a_function_of_an_irrational_number_is_what_its_record_says(name: str, x: str) -> None:
    """The argument is x + sqrt(2)/8, so that the record's own code, for rationals, is no help."""
    with mp.workdps(DIGITS):
        t = mpf(Fraction(x).numerator) / Fraction(x).denominator + mp.sqrt(2) / 8
        if t < 0 and name in ("log", "rsqrt"):
            with pytest.raises(OutsideDomainError):
                value(f"{name}(x + sqrt(2)/8)", x)
            return
        expected = near(at(name, t))

    found = value(f"{name}(x + sqrt(2)/8)", x)

    with working_precision(4 * DIGITS):
        assert ball(found).overlaps(expected)
        assert ball(found).rad() < arb(2) ** -60


@pytest.mark.parametrize(
    ("text", "anchor", "side"),
    [
        ("x*sigmoid(x)", 20000, -1),
        ("1/(1+exp(-x))", 1, -1),
        ("2*sigmoid(2*x) - 1", 1, -1),
        ("x/2*(1+erf(x/sqrt(2)))", 20000, -1),
        ("exp(-log(1+exp(-x)))", 1, -1),
        ("tanh(exp(x/2))", 1, -1),
        ("1 + exp(-exp(x/100))", 1, +1),
        ("sqrt(4 + exp(-x))", 2, +1),
        ("cos(exp(-x))", 1, -1),
        ("log(1 + exp(-x))", 0, +1),
        ("erf(x + sqrt(2))", 1, -1),
        ("erf(exp(x))", 1, -1),
        ("(x + exp(-x))*(2 - exp(-x)/20000)", 40000, +1),
        ("max(0, tanh(x), -x)", 1, -1),
        ("abs(-1 + exp(-x))", 1, -1),
        ("sigmoid(x)**3", 1, -1),
        ("3/(2 + exp(-x))", Fraction(3, 2), -1),
        ("sigmoid(x)/(1 + exp(-x))", 1, -1),
        ("where(x*sigmoid(x) < x, 1 - exp(-x), 0)", 1, -1),
    ],
)
def test_what_hugs_a_rational_keeps_it_and_its_side(text: str, anchor: object, side: int) -> None:
    """At 20,000 these are some 2**-28000 from the rational: no ball would show the side."""
    found = value(text, 20000)

    assert isinstance(found, Anchored)
    assert (fraction(found.anchor), found.sign_of_offset()) == (anchor, side)


@pytest.mark.parametrize(
    ("text", "x", "expected"),
    [
        ("0.1 + 0.2", 0, "3/10"),
        ("1/255*x", 51, "1/5"),
        ("0x10 + 1e-3", 0, "16001/1000"),
        ("-x**2", 3, "-9"),
        ("2**-x", 3, "1/8"),
        ("x**0.5", "9/4", "3/2"),
        ("8**(1/3)", 0, "2"),
        ("0**0 + x**0", 0, "2"),
        ("pow(x, 3)", 2, "8"),
        ("sqrt(x*x + 1)", "3/4", "5/4"),
        ("exp(0) + log(1) + sin(0) + cos(0) + tanh(0) + erf(0)", 0, "2"),
        ("1**sqrt(2) + 0**sqrt(2)", 0, "1"),
        ("where(-1 < x <= 1, 1, 0)", 1, "1"),
        ("where(-1 < x <= 1, 1, 0)", -1, "0"),
        ("where(x == 0, 5, 1/x)", 0, "5"),
        ("elu(x, alpha=2/3)", 2, "2"),
        ("leaky_relu(x, alpha=a*a)", -4, "-1"),
        ("a*x", 3, "3/2"),
        ("0*exp(x)", 3, "0"),
        ("(exp(x) + 1) * 0**2", 3, "0"),
    ],
)
def test_rational_values(text: str, x: object, expected: str) -> None:
    params = ["a=1/2"] if "a*" in text else []

    assert fraction(value(text, x, *params)) == Fraction(expected)


@pytest.mark.parametrize(
    ("text", "x", "part", "reason"),
    [
        ("1/x", 0, "1 / x", "division by zero"),
        ("2 + log(x)*3", -1, "log(x)", "needs x > 0"),
        ("log(x - sqrt(2))", 1, "log(x - sqrt(2))", "not positive"),
        ("sqrt(x)", "-1/2", "sqrt(x)", "negative number"),
        ("x**0.5", -1, "x**0.5", "negative number"),
        ("x**-2", 0, "x**-2", "negative power of 0"),
        ("0**(-sqrt(2))", 0, "0**-sqrt(2)", "negative power of 0"),
        ("rsqrt(x*x)", 0, "rsqrt(x * x)", "needs x > 0"),
        ("reciprocal(x)", 0, "reciprocal(x)", "needs x != 0"),
        ("1/(tanh(x)*0)", 1, "1 / (tanh(x) * 0)", "division by zero"),
    ],
)
def test_an_input_without_a_value_is_an_error(text, x, part, reason) -> None:
    with pytest.raises(OutsideDomainError) as caught:
        value(text, x)

    assert f'"{part}" has no value at x = {x if x != "-1/2" else -0.5}' in str(caught.value)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("where(sigmoid(x) + sigmoid(-x) >= 1, 1, 0)", "sigmoid(x) + sigmoid(-x) >= 1"),
        ("1/(tanh(x) - tanh(x))", "1 / (tanh(x) - tanh(x))"),
        ("log(exp(x) - exp(x))", "log(exp(x) - exp(x))"),
        ("elu(sqrt(2)*sqrt(2) - 2)", "elu(sqrt(2) * sqrt(2) - 2)"),
    ],
)
def test_what_no_precision_decides_is_an_error_and_no_guess(text: str, part: str) -> None:
    with pytest.raises(UndecidableRoundingError) as caught:
        value(text, 3)

    assert f'"{part}" at x = 3 cannot be decided with 65536 bits' in str(caught.value)


def test_what_is_too_large_is_told_from_what_is_undecided() -> None:
    with pytest.raises(UndecidableRoundingError, match="is too large to be computed"):
        value("1 + exp(exp(exp(exp(x))))", 8)

    assert value("exp(exp(x))", 8) == Exact(2**1024)
    assert value("-exp(exp(x))", 8) == -Exact(2**1024)


@pytest.mark.parametrize("text", ["sin(x) - x", "exp(x) - 1 - x", "tanh(x) - sigmoid(4*x)*2 + 1"])
def test_what_cancels_is_known_well_enough_to_choose_a_format_by(text: str) -> None:
    """Near 0 all but a millionth of a millionth of the digits cancel, again and again."""
    found = ball(value(text, Fraction(1, 2**60)))

    assert found.rel_accuracy_bits() > 50


def test_parts_that_are_not_chosen_need_no_value() -> None:
    assert fraction(value("where(x > 0, log(x), -1)", 0)) == -1
    assert fraction(value("where(x > 0, 1/x, where(x < 0, -1/x, 7))", 0)) == 7
