"""Mish, the input times the tanh of its softplus."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import Activation
from lutgen.numerics.reals import Anchored, Exact, Value


def value(x: Exact) -> Value:
    """Return ``x * n / (n + 2)`` with ``n = w (w + 2)``, ``w = exp(x)``, without a logarithm.

    For positive x it is ``x - 2x / (n + 2)``, computed from ``exp(-x)``, which cannot overflow.
    """
    if x == 0:
        return x
    small = arb(-abs(x)).exp()
    if x > 0:
        square = 2 * small * small
        return Anchored(x, -x * square / (1 + 2 * small + square))
    n = small * (small + 2)
    return x * n / (n + 2)


def derivative(x: Exact) -> Value:
    """Return ``n / (n + 2) + 4 x w (w + 1) / (n + 2)**2``; it tends to 1 and to 0."""
    if x == 0:
        return Exact(3, 5)
    small = arb(-abs(x)).exp()
    if x > 0:
        square = 2 * small * small
        whole = 1 + 2 * small + square
        return Anchored(Exact(1), square / whole * (2 * x * (1 + small) / whole - 1))
    whole = small * (small + 2) + 2
    return small / whole * (small + 2 + 4 * x * (small + 1) / whole)


RECORD = Activation(
    name="mish",
    value=value,
    derivative=derivative,
    summary="Mish: the input times the tanh of its softplus.",
    formula="x * tanh(ln(1 + exp(x)))",
    source="Misra 2019, arXiv:1908.08681; ONNX Mish-18",
    bounds=(Fraction("-0.308844"), None),
)
