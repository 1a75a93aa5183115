"""The gated unit geglu with one input for both halves: ``x * gelu(x)``."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import gelu
from lutgen.activations._gate import gated
from lutgen.activations._record import Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x * gelu(x)``; it nears ``x**2`` and 0."""
    return x * gelu.value(x)


def derivative(x: Exact) -> Value:
    """Return ``2x Phi(x) + x**2 phi(x)``; it nears ``2x`` and 0."""
    if x == 0:
        return x
    rest = x * (abs(x) * gelu.normal_density(x) - 2 * gelu.normal_tail(x))
    return gated(2 * x, rest, x > 0)


RECORD = Activation(
    name="geglu_self",
    value=value,
    derivative=derivative,
    summary="geglu with one input for both halves: x times gelu.",
    formula="x**2 / 2 * (1 + erf(x / sqrt(2)))",
    source="Shazeer 2020, arXiv:2002.05202, with both halves equal",
    note="The paper's geglu has two inputs, a * gelu(b); the article plots this curve.",
    bounds=(Fraction(0), None),
)
