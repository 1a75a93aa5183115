"""Exact values: rounding rules, tubes, bounds."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from lutgen.errors import UndecidableRoundingError
from lutgen.formats import NumberFormat
from lutgen.ideal import EXACT, FAITHFUL, FRACTION_BITS, Ideal, Tolerance
from lutgen.numerics.reals import Anchored, Exact, arb
from lutgen.request import Request, Side
from lutgen.spec import Spec

THIRDS = {"input": Side("in", scale="1/6"), "output": Side("out", scale="1", zero_point="1")}


def exact_t(spec: Spec) -> list[Fraction]:
    """Return the exact value of the identity in output codes."""
    output = spec.output
    return [spec.input.decode(c) / output.scale + output.zero_point for c in spec.input.codes]


@pytest.fixture(scope="module")
def identity() -> Ideal:
    """Return the identity on a grid with ties, whole numbers and thirds."""
    return Ideal.of(Request("linear", **THIRDS).resolve())


@pytest.mark.parametrize("shift", ["0", "1/2", "-1/2", "1/3", "5/8", "-7/6", "2"])
def test_floor_and_ceil_are_exact_for_any_rational_shift(identity: Ideal, shift: str) -> None:
    values = [t + Fraction(shift) for t in exact_t(identity.spec)]

    assert identity.floor(Fraction(shift)).tolist() == [math.floor(v) for v in values]
    assert identity.ceil(Fraction(shift)).tolist() == [math.ceil(v) for v in values]


@pytest.mark.parametrize("tolerance", ["1/2", "5/8", "1", "7/3"])
def test_the_tube_holds_exactly_the_codes_within_tolerance(identity: Ideal, tolerance) -> None:
    low, high = identity.tube(Tolerance(Fraction(tolerance)))

    for t, first, last in zip(exact_t(identity.spec), low, high, strict=True):
        clipped = min(max(t, -128), 127)
        near = [v for v in range(-128, 128) if abs(v - clipped) <= Fraction(tolerance)]
        assert (near[0], near[-1]) == (first, last)


def test_the_faithful_tube_holds_the_codes_closer_than_one_lsb(identity: Ideal) -> None:
    low, high = identity.tube(FAITHFUL)

    for t, first, last in zip(exact_t(identity.spec), low, high, strict=True):
        clipped = min(max(t, -128), 127)
        near = [v for v in range(-128, 128) if abs(v - clipped) < 1]
        assert (near[0], near[-1]) == (first, last)


def test_the_exact_tube_is_the_correctly_rounded_table(identity: Ideal) -> None:
    low, high = identity.tube(EXACT)

    assert (low == high).all() and (low == identity.codes).all()


ROUND = {
    "half-even": round,
    "half-up": lambda v: math.floor(v + Fraction(1, 2)),
    "half-away": lambda v: int(math.copysign(math.floor(abs(v) + Fraction(1, 2)), v)),
    "floor": math.floor,
}


@pytest.mark.parametrize("rounding", ROUND)
def test_rounding_comes_before_the_zero_point_and_saturation_last(rounding: str) -> None:
    spec = Request("linear", rounding=rounding, **THIRDS).resolve()
    expected = [
        max(-128, min(127, ROUND[rounding](spec.input.decode(c)) + 1)) for c in spec.input.codes
    ]

    assert Ideal.of(spec).codes.tolist() == expected


def test_bounds_enclose_the_exact_value_and_meet_where_it_is_known(identity: Ideal) -> None:
    for t, low, high in zip(exact_t(identity.spec), identity.lower, identity.upper, strict=True):
        scaled = t * 2**FRACTION_BITS
        assert low <= scaled <= high
        assert (high - low) == (0 if scaled.denominator == 1 else 1)


def spec_of(function, scale: str = "1/2") -> Spec:
    """Return a spec whose function is given directly, on INT8 codes."""
    spec = Request("linear", input=Side("in", scale=scale), rounding="floor",
                   output=Side("out", scale="1")).resolve()
    spec.__dict__["function"] = function
    return spec


def test_an_anchor_decides_what_no_precision_shows() -> None:
    tiny = arb(2) ** -(10**9)
    above = Ideal.of(spec_of(lambda x: Anchored(x, tiny)))
    below = Ideal.of(spec_of(lambda x: Anchored(x, -tiny)))

    for code, up, down in zip(range(-128, 128), above.codes, below.codes, strict=True):
        assert up == math.floor(code / 2)
        assert down == math.ceil(code / 2) - 1


def test_a_declared_side_decides_where_the_ball_cannot() -> None:
    wide = arb(0, 2**-60)
    found = Ideal.of(spec_of(lambda x: Anchored(x, wide, side=-1)))

    assert found.codes.tolist() == [math.ceil(c / 2) - 1 for c in range(-128, 128)]


def test_what_nears_zero_is_decided_beside_any_whole_shift() -> None:
    tiny = arb(2) ** -(10**9)
    above, below = Ideal.of(spec_of(lambda x: tiny)), Ideal.of(spec_of(lambda x: -tiny))

    for shift in (-1, 0, 1):
        base = above.spec.output.zero_point + shift
        assert set(above.floor(shift)) == {base} and set(above.ceil(shift)) == {base + 1}
        assert set(below.floor(shift)) == {base - 1} and set(below.ceil(shift)) == {base}


def test_a_value_that_hugs_without_an_anchor_is_an_error_not_a_guess(monkeypatch) -> None:
    monkeypatch.setattr("lutgen.sampling.MAX_PRECISION", 512)
    tiny = arb(2) ** -(10**6)

    with pytest.raises(UndecidableRoundingError, match="x = -64"):
        _ = Ideal.of(spec_of(lambda x: arb(x) - tiny)).codes


def test_infinite_values_saturate_and_are_counted() -> None:
    found = Ideal.of(Request("reciprocal", output=Side("out", scale="1/64")).resolve())

    assert found.outside.sum() == 1
    assert found.codes[128] == 127
    log = Ideal.of(Request("log").resolve())
    assert log.outside.sum() == 129
    assert set(log.codes[:129]) == {-128}


def test_values_far_beyond_every_code_saturate() -> None:
    found = Ideal.of(Request("exp", input=Side("in", scale="1000"),
                             output=Side("out", scale="1")).resolve())

    assert found.codes.tolist() == [0] * 128 + [1] + [127] * 127


def test_exact_values_stay_exact_through_the_scale() -> None:
    found = Ideal.of(Request("relu", output=Side("out", scale="1/16")).resolve())

    assert (found.lower == found.upper).all()
    assert isinstance(found.spec.function(Exact(1, 3)), Exact)


def test_arrays_are_read_only(identity: Ideal) -> None:
    with pytest.raises(ValueError, match="read-only"):
        identity.lower[0] = 0
    assert identity.codes.dtype == np.int64
    assert isinstance(identity.spec.input, NumberFormat)
