"""Absolute value."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import EVEN, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``|x|``."""
    return abs(x)


def derivative(x: Exact) -> Value:
    """Return the sign of ``x``."""
    return Exact((x > 0) - (x < 0))


RECORD = Activation(
    name="abs",
    value=value,
    derivative=derivative,
    summary="Absolute value.",
    formula="abs(x)",
    source="classical; ONNX Abs-6",
    aliases=("absolute",),
    symmetry=EVEN,
    bounds=(Fraction(0), None),
    kinks=(0,),
    kink_rule="0, the mean of both sides",
)
