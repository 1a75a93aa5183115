"""The gated unit geglu, tanh form, with one input for both halves: ``x * gelu_tanh(x)``."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import gelu_tanh
from lutgen.activations._gate import gated, logistic
from lutgen.activations._record import Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x * gelu_tanh(x)``; it nears ``x**2`` and 0."""
    return x * gelu_tanh.value(x)


def derivative(x: Exact) -> Value:
    """Return ``x (2s + x t' s (1 - s))``, ``s = sigmoid(t)`` as in gelu_tanh."""
    if x == 0:
        return x
    closed, opened = logistic(gelu_tanh.argument(x))
    rest = x * closed * (opened * gelu_tanh.growth(x) - 2)
    return gated(2 * x, rest, x > 0)


RECORD = Activation(
    name="geglu_tanh_self",
    value=value,
    derivative=derivative,
    summary="geglu, tanh form, with one input for both halves: x times gelu_tanh.",
    formula="x**2 / 2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x**3)))",
    source="Shazeer 2020, arXiv:2002.05202, with both halves equal",
    note="The paper's geglu has two inputs, a * gelu(b); which form of gelu must be said.",
    bounds=(Fraction(0), None),
)
