"""Softplus."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations import sigmoid
from lutgen.activations._record import (
    NONDECREASING,
    POSITIVE,
    RELU_LIKE,
    Activation,
    Parameter,
)
from lutgen.numerics.reals import Anchored, Exact, Value


def value(x: Exact, beta: Exact) -> Value:
    """Return ``ln(1 + exp(beta * x)) / beta``."""
    return unit_softplus(beta * x) / beta


def derivative(x: Exact, beta: Exact) -> Value:
    """Return the logistic function of ``beta * x``."""
    return sigmoid.value(beta * x)


def unit_softplus(t: Exact) -> Value:
    """Return ``ln(1 + exp(t))`` as ``max(0, t)`` plus the logarithm that vanishes far out."""
    rest = arb(-abs(t)).exp().log1p()
    return Anchored(t, rest) if t > 0 else rest


RECORD = Activation(
    name="softplus",
    value=value,
    derivative=derivative,
    summary="Softplus: a smooth relu.",
    formula="ln(1 + exp(beta * x)) / beta",
    source="Dugas et al. 2001; ONNX Softplus-1",
    note="ONNX, Keras and JAX fix beta = 1; PyTorch returns x itself where beta * x > 20.",
    parameters=(Parameter("beta", "1", POSITIVE, "sharpness of the bend"),),
    symmetry=RELU_LIKE,
    monotone=NONDECREASING,
    bounds=(Fraction(0), None),
)
