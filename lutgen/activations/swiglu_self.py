"""The gated unit swiglu with one input for both halves: ``x * swish(x)``."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import swish
from lutgen.activations._gate import gated, logistic
from lutgen.activations._record import EVEN, Activation, Parameter
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, beta: Exact) -> Value:
    """Return ``x**2 * sigmoid(beta * x)``; it nears ``x**2`` and 0."""
    return x * swish.value(x, beta)


def derivative(x: Exact, beta: Exact) -> Value:
    """Return ``x (2s + t s (1 - s))`` with ``t = beta x``, ``s = sigmoid(t)``."""
    t = beta * x
    if t == 0:
        return x
    closed, opened = logistic(t)
    return gated(2 * x, x * closed * (opened * abs(t) - 2), t > 0)


RECORD = Activation(
    name="swiglu_self",
    value=value,
    derivative=derivative,
    summary="swiglu with one input for both halves: x times swish.",
    formula="x**2 / (1 + exp(-beta * x))",
    source="Shazeer 2020, arXiv:2002.05202, with both halves equal",
    note="The paper's swiglu has two inputs, a * swish(b); the article plots this curve.",
    parameters=(Parameter("beta", "1", meaning="slope of the gate"),),
    symmetry=lambda beta: EVEN if beta == 0 else None,
    bounds=(Fraction(0), None),
)
