"""Reciprocal."""

from __future__ import annotations

from lutgen.activations._record import ODD, Activation
from lutgen.numerics.reals import MINUS_INFINITY, PLUS_INFINITY, Exact, Value


def value(x: Exact) -> Value:
    """Return ``1 / x``, which is rational; at 0 the limit from the right."""
    return 1 / x if x != 0 else PLUS_INFINITY


def derivative(x: Exact) -> Value:
    """Return ``-1 / x**2``, which is rational; at 0 its limit."""
    return -1 / (x * x) if x != 0 else MINUS_INFINITY


RECORD = Activation(
    name="reciprocal",
    value=value,
    derivative=derivative,
    summary="Reciprocal, the building block of divisions.",
    formula="1 / x",
    source="classical; ONNX Reciprocal-6",
    note="At 0 the limit from the right, +inf.  The default range is that of a normalised input.",
    symmetry=ODD,
    kinks=(0,),
    kink_rule="the limit, -inf",
    domain="x != 0",
    default_range=(1, 2),
)
