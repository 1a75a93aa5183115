"""Swish with a slope, ``x * sigmoid(beta * x)``; silu, eswish, quick_gelu and others use it."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._gate import gated, logistic
from lutgen.activations._record import (
    NONDECREASING,
    RELU_LIKE,
    Activation,
    Bounds,
    Parameter,
)
from lutgen.numerics.reals import Exact, Value

# At or just below the least value of x * sigmoid(x), which is -0.27846454...
LOWEST = Fraction("-0.278465")


def value(x: Exact, beta: Exact) -> Value:
    """Return ``x * sigmoid(beta * x)``; where the gate opens, as ``x`` minus a vanishing tail."""
    t = beta * x
    return gated(x, -x * logistic(t)[0], t > 0) if t != 0 else x / 2


def derivative(x: Exact, beta: Exact) -> Value:
    """Return ``s + t s (1 - s)`` with ``t = beta x``, ``s = sigmoid(t)``; tends to 1 and to 0."""
    t = beta * x
    if t == 0:
        return Exact(1, 2)
    closed, opened = logistic(t)
    return gated(Exact(1), closed * (opened * abs(t) - 1), t > 0)


def bounds(beta: Fraction) -> Bounds:
    """The trough of silu, narrowed by beta; a negative beta turns it into a crest."""
    if beta == 0:
        return None, None
    extreme = LOWEST / beta
    return (extreme, None) if beta > 0 else (None, extreme)


RECORD = Activation(
    name="swish",
    value=value,
    derivative=derivative,
    summary="Swish: the input times a sigmoid gate of slope beta.",
    formula="x / (1 + exp(-beta * x))",
    source="Ramachandran et al. 2017, arXiv:1710.05941; ONNX Swish-24 (its alpha is beta)",
    note="Libraries often call the case beta = 1 swish; here that is silu.  beta = 0 is x/2.",
    parameters=(Parameter("beta", "1", meaning="slope of the gate"),),
    symmetry=RELU_LIKE,
    monotone=lambda beta: NONDECREASING if beta == 0 else None,
    bounds=bounds,
)
