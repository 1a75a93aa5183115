"""Gaussian error linear unit, the approximation with tanh."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._gate import gated, logistic
from lutgen.activations._record import RELU_LIKE, Activation
from lutgen.numerics.reals import Exact, Value

CUBIC = Exact(44715, 1000000)


def value(x: Exact) -> Value:
    """Return ``x * sigmoid(t)``, which is the tanh form without its ``1 + tanh`` cancelling."""
    return gated(x, -x * logistic(argument(x))[0], x > 0) if x != 0 else x


def derivative(x: Exact) -> Value:
    """Return ``s + x t' s (1 - s)`` with ``s = sigmoid(t)``; it tends to 1 and to 0."""
    if x == 0:
        return Exact(1, 2)
    closed, opened = logistic(argument(x))
    return gated(Exact(1), closed * (opened * growth(x) - 1), x > 0)


def argument(x: Exact) -> arb:
    """Return ``t = 2 sqrt(2/pi) (x + 0.044715 x**3)``: ``1 + tanh(t/2) = 2 sigmoid(t)``."""
    return (8 / arb.pi()).sqrt() * (x + CUBIC * x**3)


def growth(x: Exact) -> arb:
    """Return ``|x| t'``, how fast the gate's argument grows relative to x."""
    return (8 / arb.pi()).sqrt() * abs(x + 3 * CUBIC * x**3)


RECORD = Activation(
    name="gelu_tanh",
    value=value,
    derivative=derivative,
    summary="Gaussian error linear unit, approximation with tanh.",
    formula="x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x**3)))",
    source="Hendrycks and Gimpel 2016, arXiv:1606.08415; ONNX Gelu-20 approximate=tanh",
    note="The default of jax.nn.gelu; elsewhere the default is gelu, up to 4.73e-4 away.",
    aliases=("gelu_new",),
    symmetry=RELU_LIKE,
    bounds=(Fraction("-0.170041"), None),
)
