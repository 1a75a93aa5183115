"""Continuously differentiable exponential linear unit."""

from __future__ import annotations

from flint import arb

from lutgen.activations._record import NONDECREASING, NOT_ZERO, Activation, Parameter
from lutgen.activations.elu import exponential_less_one
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, alpha: Exact) -> Value:
    """Return ``x`` above 0, else ``alpha * (exp(x / alpha) - 1)``.

    For either sign of alpha one of the two terms of the formula is 0: the second above 0, the
    first below.  A negative alpha makes the function fall exponentially below 0.
    """
    return x if x >= 0 else alpha * exponential_less_one(x / alpha)


def derivative(x: Exact, alpha: Exact) -> Value:
    """Return 1 above 0, else ``exp(x / alpha)``; both are 1 at 0."""
    return arb(x / alpha).exp() if x < 0 else Exact(1)


RECORD = Activation(
    name="celu",
    value=value,
    derivative=derivative,
    summary="Exponential linear unit whose derivative is continuous for every alpha.",
    formula="max(0, x) + min(0, alpha * (exp(x / alpha) - 1))",
    source="Barron 2017, arXiv:1704.07483; ONNX Celu-12",
    note="With alpha = 1 it is elu.",
    parameters=(Parameter("alpha", "1", NOT_ZERO, "minus the limit at -inf, where positive"),),
    monotone=NONDECREASING,
    bounds=lambda alpha: (-alpha if alpha > 0 else None, None),
)
