"""Rectified linear unit that saturates at 6."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._clip import clip, clip_slope
from lutgen.activations._record import NONDECREASING, Activation
from lutgen.numerics.reals import Exact


def value(x: Exact) -> Exact:
    """Return ``x`` clipped to [0, 6]."""
    return clip(x, 0, 6)


def derivative(x: Exact) -> Exact:
    """Return 1 strictly between 0 and 6, else 0."""
    return clip_slope(x, 0, 6)


RECORD = Activation(
    name="relu6",
    value=value,
    derivative=derivative,
    summary="Rectified linear unit that saturates at 6.",
    formula="min(max(0, x), 6)",
    source="Krizhevsky 2010; ONNX Clip-6 with min = 0, max = 6",
    monotone=NONDECREASING,
    bounds=(Fraction(0), Fraction(6)),
    kinks=(0, 6),
    kink_rule="0 at both ends, as in PyTorch",
)
