"""Whole tables, code by code, against the second opinion: 0 differences.

INT8 runs every function in several formats, rounding rules and parameters.  INT16 runs a few
functions that change with the day, and all of them under ``-m slow``.
"""

from __future__ import annotations

import datetime
from fractions import Fraction

import numpy as np
import pytest

from lutgen import activations
from lutgen.ideal import Ideal
from lutgen.request import Request, Side
from lutgen.spec import ROUNDINGS
from tests.activations.cases import OTHER_PARAMETERS
from tests.activations.expected import expected_table

NAMES = activations.names()

AFFINE = {"input": Side("in", scale="0.0627451f", zero_point="3"),
          "output": Side("out", scale="0.047f", zero_point="-9")}
UNSIGNED = {"input": Side("in", unsigned=True, scale="6/255", zero_point="100"),
            "output": Side("out", unsigned=True, scale="1/100", zero_point="60")}
# Steps so wide that functions hug their asymptotes, exactly on a rounding boundary.
WIDE = {"input": Side("in", scale="1/2"), "output": Side("out", scale="1")}
WIDE_HALF = {"input": Side("in", scale="1/2"), "output": Side("out", scale="1/2")}
NARROW = {"input": Side("in", bits=5, q="Q3.2"), "output": Side("out", bits=12, q="Q4.8")}
FAR = {"input": Side("in", scale="40"), "output": Side("out", scale="3")}


def differences(request: Request) -> list[tuple[int, int, int]]:
    """Return (input code, got, expected) wherever a table differs from the oracle's."""
    spec = request.resolve()
    got = Ideal.of(spec).codes
    expected = expected_table(
        spec.activation.name,
        {name: number.value for name, number in spec.parameters.items()},
        spec.input.scale, spec.input.zero_point, spec.input.codes,
        spec.output.scale, spec.output.zero_point, spec.output.min_code, spec.output.max_code,
        spec.rounding, spec.derivative,
    )
    return [
        (spec.input.min_code + int(i), int(got[i]), int(expected[i]))
        for i in np.flatnonzero(got != expected)
    ]


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("name", NAMES)
def test_int8_default_format(name: str, rounding: str) -> None:
    assert differences(Request(name, rounding=rounding)) == []


@pytest.mark.parametrize("formats", [AFFINE, UNSIGNED, NARROW, FAR],
                         ids=["affine", "unsigned", "narrow", "far"])
@pytest.mark.parametrize("name", NAMES)
def test_int8_other_formats(name: str, formats: dict) -> None:
    assert differences(Request(name, **formats)) == []


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("name", NAMES)
def test_int8_where_functions_hug_a_rounding_boundary(name: str, rounding: str) -> None:
    assert differences(Request(name, rounding=rounding, **WIDE)) == []


@pytest.mark.parametrize("name", NAMES)
def test_int8_derivative(name: str) -> None:
    assert differences(Request(name, derivative=True)) == []


@pytest.mark.parametrize("rounding", ["half-even", "floor"])
@pytest.mark.parametrize("name", NAMES)
def test_int8_derivative_where_it_hugs_a_rounding_boundary(name: str, rounding: str) -> None:
    request = Request(name, derivative=True, rounding=rounding, **WIDE_HALF)

    assert differences(request) == []


@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize("name", sorted(OTHER_PARAMETERS))
def test_int8_other_parameters(name: str, derivative: bool) -> None:
    for parameters in OTHER_PARAMETERS[name]:
        given = tuple(parameters.split())
        for formats in ({}, WIDE):
            request = Request(name, parameters=given, derivative=derivative, **formats)
            assert differences(request) == [], given


def _of_the_day(count: int) -> list[str]:
    """Return some names, others every day, so that a week has seen them all."""
    day = datetime.date.today().toordinal()
    return [NAMES[(day * count + i) % len(NAMES)] for i in range(count)]


INT16_AFFINE = {"input": Side("in", scale="0.000305185f", zero_point="77"),
                "output": Side("out", scale="0.00026f", zero_point="-500")}


@pytest.mark.parametrize("name", _of_the_day(3))
def test_int16_of_the_day(name: str) -> None:
    assert differences(Request(name, bits=16)) == []


@pytest.mark.slow
@pytest.mark.parametrize("rounding", ["half-even", "floor"])
@pytest.mark.parametrize("formats", [{}, INT16_AFFINE], ids=["pow2", "affine"])
@pytest.mark.parametrize("name", NAMES)
def test_int16(name: str, formats: dict, rounding: str) -> None:
    assert differences(Request(name, bits=16, rounding=rounding, **formats)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_int16_derivative(name: str) -> None:
    assert differences(Request(name, bits=16, derivative=True)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_int16_where_functions_hug_a_rounding_boundary(name: str) -> None:
    wide = {"input": Side("in", scale="1/512"), "output": Side("out", scale="1/8")}

    assert differences(Request(name, bits=16, rounding="half-away", **wide)) == []


def test_a_wrong_entry_is_seen() -> None:
    """The comparison itself: a table rounded by another rule differs at its ties."""
    spec = Request("prelu", bits=8).resolve()
    codes = Ideal.of(spec).codes
    floor = expected_table(
        "prelu", {}, spec.input.scale, spec.input.zero_point, spec.input.codes,
        spec.output.scale, spec.output.zero_point, -128, 127, "floor", False,
    )

    assert (codes != floor).sum() > 30
    assert Fraction(1, 4) == spec.parameters["alpha"].value
