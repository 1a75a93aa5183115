"""The gated unit reglu with one input for both halves: ``x * relu(x)``."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import relu
from lutgen.activations._record import NONDECREASING, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x**2`` above 0, else 0."""
    return x * relu.value(x)


def derivative(x: Exact) -> Value:
    """Return ``2x`` above 0, else 0; it is continuous."""
    return 2 * relu.value(x)


RECORD = Activation(
    name="reglu_self",
    value=value,
    derivative=derivative,
    summary="reglu with one input for both halves: x times relu.",
    formula="x * max(0, x)",
    source="Shazeer 2020, arXiv:2002.05202, with both halves equal",
    note="The paper's reglu has two inputs, a * relu(b); the article plots this curve.",
    monotone=NONDECREASING,
    bounds=(Fraction(0), None),
)
