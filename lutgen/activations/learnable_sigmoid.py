"""Logistic sigmoid of a learned affine input."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import sigmoid
from lutgen.activations._record import (
    COMPLEMENT,
    EVEN,
    NONDECREASING,
    NONINCREASING,
    Activation,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, alpha: Exact, beta: Exact) -> Value:
    """Return the logistic function at ``alpha * x + beta``."""
    return sigmoid.value(alpha * x + beta)


def derivative(x: Exact, alpha: Exact, beta: Exact) -> Value:
    """Return ``alpha`` times the slope of the logistic function there."""
    return alpha * sigmoid.derivative(alpha * x + beta) if alpha != 0 else alpha


def _symmetry(alpha: Fraction, beta: Fraction) -> Symmetry | None:
    """Without a shift the law of sigmoid holds; without a slope the function is constant."""
    if beta == 0:
        return COMPLEMENT
    return EVEN if alpha == 0 else None


RECORD = Activation(
    name="learnable_sigmoid",
    value=value,
    derivative=derivative,
    summary="Logistic sigmoid of alpha * x + beta, with learned slope and shift.",
    formula="1 / (1 + exp(-(alpha * x + beta)))",
    source="no paper known",
    note="A positive beta / alpha shifts the curve left, by beta / alpha (the article says right).",
    parameters=(
        Parameter("alpha", "1", meaning="slope of the input"),
        Parameter("beta", "0", meaning="shift added to the scaled input"),
    ),
    symmetry=_symmetry,
    monotone=lambda alpha, beta: NONDECREASING if alpha >= 0 else NONINCREASING,
    bounds=(Fraction(0), Fraction(1)),
)
