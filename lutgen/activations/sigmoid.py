"""Logistic sigmoid."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._gate import gated, logistic
from lutgen.activations._record import COMPLEMENT, NONDECREASING, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return the logistic function; for positive x as 1 minus a tail that keeps its digits."""
    if x == 0:
        return Exact(1, 2)
    return gated(Exact(1), -logistic(x)[0], x > 0)


def derivative(x: Exact) -> Value:
    """Return ``f * (1 - f)``; neither factor is had by subtraction."""
    if x == 0:
        return Exact(1, 4)
    closed, opened = logistic(x)
    return closed * opened


RECORD = Activation(
    name="sigmoid",
    value=value,
    derivative=derivative,
    summary="Logistic sigmoid: a smooth step from 0 to 1.",
    formula="1 / (1 + exp(-x))",
    source="classical; ONNX Sigmoid-6",
    note="TFLite fixes the output scale: int8 1/256 with zero point -128, int16 1/32768.",
    aliases=("logistic", "expit"),
    symmetry=COMPLEMENT,
    monotone=NONDECREASING,
    bounds=(Fraction(0), Fraction(1)),
)
