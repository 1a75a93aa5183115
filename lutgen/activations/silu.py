"""Sigmoid linear unit."""

from __future__ import annotations

from lutgen.activations import swish
from lutgen.activations._record import RELU_LIKE, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x * sigmoid(x)``: swish of slope 1."""
    return swish.value(x, Exact(1))


def derivative(x: Exact) -> Value:
    """Return the derivative of swish of slope 1."""
    return swish.derivative(x, Exact(1))


RECORD = Activation(
    name="silu",
    value=value,
    derivative=derivative,
    summary="Sigmoid linear unit: the input times its own sigmoid.",
    formula="x / (1 + exp(-x))",
    source="Hendrycks and Gimpel 2016, arXiv:1606.08415; Elfwing et al. 2017, arXiv:1702.03118",
    note="PyTorch, JAX and Keras name it silu, the last two also swish; see swish for a slope.",
    symmetry=RELU_LIKE,
    bounds=(swish.LOWEST, None),
)
