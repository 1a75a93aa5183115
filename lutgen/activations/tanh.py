"""Hyperbolic tangent."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._gate import logistic
from lutgen.activations._record import NONDECREASING, ODD, Activation
from lutgen.numerics.reals import Anchored, Exact, Value


def value(x: Exact) -> Value:
    """Return tanh; beyond 1 as ``1 - 2 / (exp(2x) + 1)``, which shows the side of 1."""
    if x < 0:
        return -value(-x)
    if x < 1:
        return arb(x).tanh() if x != 0 else x
    return Anchored(Exact(1), -2 * logistic(2 * x)[0])


def derivative(x: Exact) -> Value:
    """Return ``1 - tanh(x)**2`` as a product, without the subtraction."""
    if x == 0:
        return Exact(1)
    closed, opened = logistic(2 * x)
    return 4 * closed * opened


RECORD = Activation(
    name="tanh",
    value=value,
    derivative=derivative,
    summary="Hyperbolic tangent: a smooth step from -1 to 1.",
    formula="tanh(x)",
    source="classical; ONNX Tanh-6",
    note="Equals 2 * sigmoid(2x) - 1.  TFLite fixes the output scale: int8 1/128, int16 1/32768.",
    symmetry=ODD,
    monotone=NONDECREASING,
    bounds=(Fraction(-1), Fraction(1)),
)
