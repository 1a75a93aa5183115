"""Reciprocal square root."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import NONINCREASING, Activation
from lutgen.numerics.reals import MINUS_INFINITY, PLUS_INFINITY, Exact, Value, square_root


def value(x: Exact) -> Value:
    """Return ``1 / sqrt(x)``, exact where x is the square of a rational."""
    return square_root(1 / x) if x > 0 else PLUS_INFINITY


def derivative(x: Exact) -> Value:
    """Return ``-1 / (2 x sqrt(x))``; at and below 0 its limit at 0."""
    return square_root(1 / x) / (-2 * x) if x > 0 else MINUS_INFINITY


RECORD = Activation(
    name="rsqrt",
    value=value,
    derivative=derivative,
    summary="Reciprocal square root, the building block of normalisation layers.",
    formula="1 / sqrt(x)",
    source="classical; ONNX Sqrt-6 and Reciprocal-6",
    note="At and below 0 the limit at 0, +inf.  The default range is that of a normalised input.",
    monotone=NONINCREASING,
    bounds=(Fraction(0), None),
    domain="x > 0",
    default_range=(1, 2),
)
