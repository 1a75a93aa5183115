"""Logarithm of the logistic sigmoid."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import sigmoid
from lutgen.activations._record import NONDECREASING, RELU_LIKE, Activation
from lutgen.activations.softplus import unit_softplus
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``ln sigmoid(x)``, which is softplus turned by half a circle."""
    return -unit_softplus(-x)


def derivative(x: Exact) -> Value:
    """Return the logistic function of ``-x``."""
    return sigmoid.value(-x)


RECORD = Activation(
    name="log_sigmoid",
    value=value,
    derivative=derivative,
    summary="Logarithm of the logistic sigmoid; never positive.",
    formula="ln(1 / (1 + exp(-x)))",
    source="classical; no ONNX op; PyTorch, JAX and Keras have it",
    note="Its derivative is sigmoid(-x), not sigmoid(x) as in the article.",
    aliases=("logsigmoid",),
    symmetry=RELU_LIKE,
    monotone=NONDECREASING,
    bounds=(None, Fraction(0)),
)
