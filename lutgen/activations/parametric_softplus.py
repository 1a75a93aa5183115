"""Softplus with separate factors for input and output."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import sigmoid
from lutgen.activations._record import (
    NONDECREASING,
    NONINCREASING,
    NOT_ZERO,
    Activation,
    Parameter,
    Symmetry,
)
from lutgen.activations.softplus import unit_softplus
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, alpha: Exact, beta: Exact) -> Value:
    """Return ``ln(1 + exp(alpha * x)) / beta``."""
    return unit_softplus(alpha * x) / beta


def derivative(x: Exact, alpha: Exact, beta: Exact) -> Value:
    """Return ``alpha / beta`` times the logistic function of ``alpha * x``."""
    return alpha / beta * sigmoid.value(alpha * x)


RECORD = Activation(
    name="parametric_softplus",
    value=value,
    derivative=derivative,
    summary="Softplus whose input and output factors are learned apart.",
    formula="ln(1 + exp(alpha * x)) / beta",
    source="no paper known",
    note="Sharpness is alpha; beta only divides the output.  softplus has alpha = beta.",
    parameters=(
        Parameter("alpha", "1", meaning="sharpness of the bend"),
        Parameter("beta", "1", NOT_ZERO, "divisor of the output"),
    ),
    symmetry=lambda alpha, beta: Symmetry(+1, slope=-alpha / beta),
    monotone=lambda alpha, beta: NONDECREASING if alpha * beta >= 0 else NONINCREASING,
    bounds=lambda alpha, beta: (Fraction(0), None) if beta > 0 else (None, Fraction(0)),
)
