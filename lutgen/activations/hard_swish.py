"""Hard swish."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import relu6
from lutgen.activations._record import RELU_LIKE, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x`` times a gate that opens linearly on [-3, 3]."""
    return x * relu6.value(x + 3) / 6


def derivative(x: Exact) -> Value:
    """Return 0 up to -3, 1 from 3 on, and the slope of the parabola between."""
    if abs(x) < 3:
        return (2 * x + 3) / 6
    return Exact(1) if x > 0 else Exact(0)


RECORD = Activation(
    name="hard_swish",
    value=value,
    derivative=derivative,
    summary="Hard swish: the input times the three-piece sigmoid of slope 1/6.",
    formula="x * min(max(0, x + 3), 6) / 6",
    source="Howard et al. 2019, arXiv:1905.02244; ONNX HardSwish-14",
    note="Piecewise quadratic, not piecewise linear as the article says; it differs from silu by "
    "up to 0.1423.  Keras calls it hard_silu too.",
    aliases=("hardswish", "hard_silu"),
    symmetry=RELU_LIKE,
    bounds=(Fraction(-3, 8), None),
    kinks=(-3, 3),
    kink_rule="that of the straight piece: 0 at -3, 1 at 3",
)
