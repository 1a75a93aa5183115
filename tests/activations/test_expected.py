"""The tables that other tests trust: known codes, every rounding rule, and limits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp

from tests.activations import expected
from tests.activations.expected import (
    ROUNDINGS,
    UndecidedError,
    expected_code,
    expected_table,
    round_exactly,
)
from tests.activations.oracles import DEFAULTS

INT8 = (-128, 127)


def code(name: str, x: str, scale: str = "1", zero_point: int = 0, **options: object) -> int:
    parameters = options.pop("parameters", {})
    return expected_code(
        name, parameters, Fraction(x), Fraction(scale), zero_point, *INT8, **options
    )


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("5/2", (2, 3, 3, 2)),
        ("7/2", (4, 4, 4, 3)),
        ("-5/2", (-2, -3, -2, -3)),
        ("-7/2", (-4, -4, -3, -4)),
        ("-1/2", (0, -1, 0, -1)),
        ("1/2", (0, 1, 1, 0)),
        ("12/5", (2, 2, 2, 2)),
        ("-13/5", (-3, -3, -3, -3)),
        ("-3", (-3, -3, -3, -3)),
    ],
)
def test_ties_are_rounded_by_the_rule(value: str, codes: tuple[int, ...]) -> None:
    assert tuple(round_exactly(Fraction(value), rule) for rule in ROUNDINGS) == codes
    assert tuple(code("linear", value, rounding=rule) for rule in ROUNDINGS) == codes


def test_rounding_comes_before_the_zero_point() -> None:
    """2.5 rounds to the even 2; 2.5 + 1 would round to the even 4."""
    assert code("linear", "5/2", zero_point=1) == 3


def test_codes_saturate_after_the_zero_point() -> None:
    assert code("linear", "130", zero_point=-10) == 120
    assert code("linear", "140", zero_point=-10) == 127
    assert code("linear", "-1000") == -128


def test_infinite_values_saturate() -> None:
    assert code("log", "0") == -128
    assert code("rsqrt", "-1") == 127
    assert code("reciprocal", "0") == 127
    assert code("reciprocal", "0", derivative=True) == -128
    assert code("exp", "100000") == 127


# At these inputs the value is within 2^-64 of the boundary; for some no precision would do.
@pytest.mark.parametrize(
    ("name", "x", "scale", "codes"),
    [
        ("gelu", "127/2", "1", (63, 63, 63, 63)),
        ("gelu_tanh", "127/2", "1", (63, 63, 63, 63)),
        ("gelu", "64", "1", (64, 64, 64, 63)),
        ("gelu", "-100", "1", (0, 0, 0, -1)),
        ("tanhexp", "95/2", "1", (47, 47, 47, 47)),
        ("sigmoid", "100", "1/100", (100, 100, 100, 99)),
        ("sigmoid", "100", "2/3", (1, 1, 1, 1)),
        ("tanh", "-99", "2", (0, 0, 0, -1)),
        ("softplus", "121/2", "1", (61, 61, 61, 60)),
        ("log_sigmoid", "-121/2", "1", (-61, -61, -61, -61)),
        ("softplus", "-70", "1", (0, 0, 0, 0)),
        ("elu", "-80", "2", (0, 0, 0, -1)),
    ],
)
def test_values_beside_a_boundary_fall_on_the_true_side(
    name: str, x: str, scale: str, codes: tuple[int, ...]
) -> None:
    assert tuple(code(name, x, scale, rounding=rule) for rule in ROUNDINGS) == codes


def test_derivatives_beside_a_boundary_fall_on_the_true_side() -> None:
    """GELU's slope stays above 1 on the right and below 0 on the left."""
    slopes = [code("gelu", x, "1/16", rounding="floor", derivative=True) for x in ("60", "-60")]

    assert slopes == [16, -1]
    assert code("gelu", "60", "2", rounding="half-even", derivative=True) == 1


def test_a_missing_limit_is_an_error_and_no_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = expected.ORACLES["gelu_tanh"]
    without = type(oracle)(oracle.value)
    monkeypatch.setitem(expected.ORACLES, "gelu_tanh", without)

    with pytest.raises(UndecidedError, match="gelu_tanh: value at x = 127/2"):
        code("gelu_tanh", "127/2")


def test_known_table_of_sigmoid() -> None:
    """The TFLite format, int8 scale 1/256, zero point -128, against a plain evaluation."""
    found = expected_table(
        "sigmoid", {}, Fraction(1, 16), 0, range(-128, 128), Fraction(1, 256), -128, *INT8
    )

    with mp.workprec(200):
        plain = [
            min(127, int(mp.nint(256 / (1 + mp.exp(-mp.mpf(c) / 16)))) - 128)
            for c in range(-128, 128)
        ]
    assert found.tolist() == plain


@pytest.mark.parametrize("derivative", [False, True], ids=["value", "derivative"])
@pytest.mark.parametrize("name", DEFAULTS)
def test_every_rounding_is_decided_for_coarse_and_fine_formats(
    name: str, derivative: bool
) -> None:
    """Inputs out to 128, where everything saturates, with powers of two, thirds and 255ths."""
    for input_scale, zero_point in ((Fraction(1, 16), 0), (Fraction(1), 0), (Fraction(2, 51), 7)):
        codes = range(-128, 128, 9)
        tables = [
            expected_table(name, {}, input_scale, zero_point, codes, scale, 3, *INT8, rule,
                           derivative)
            for scale in (Fraction(1, 128), Fraction(1), Fraction(1, 255))
            for rule in ROUNDINGS
        ]
        for even, away, up, floor in zip(*[iter(tables)] * 4, strict=True):
            assert (abs(even - away) <= 1).all()
            assert (abs(even - up) <= 1).all()
            assert ((up - floor >= 0) & (up - floor <= 1)).all()
