"""Natural logarithm."""

from __future__ import annotations

from flint import arb

from lutgen.activations._record import NONDECREASING, Activation
from lutgen.numerics.reals import MINUS_INFINITY, PLUS_INFINITY, Exact, Value


def value(x: Exact) -> Value:
    """Return ln x; around 1 by ``log1p`` of the exact ``x - 1``, which keeps its digits."""
    if x <= 0:
        return MINUS_INFINITY
    if x == 1:
        return Exact(0)
    return arb(x - 1).log1p() if Exact(1, 2) < x < 2 else arb(x).log()


def derivative(x: Exact) -> Value:
    """Return ``1 / x``; at and below 0 its limit at 0."""
    return 1 / x if x > 0 else PLUS_INFINITY


RECORD = Activation(
    name="log",
    value=value,
    derivative=derivative,
    summary="Natural logarithm.",
    formula="ln(x)",
    source="classical; ONNX Log-6",
    note="At and below 0 the limit at 0, -inf, is held, where libraries give -inf and NaN.",
    monotone=NONDECREASING,
    domain="x > 0",
    default_range=(0, 8),
)
