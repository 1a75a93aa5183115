"""Rectified linear unit."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import NONDECREASING, RELU_LIKE, Activation
from lutgen.numerics.reals import Exact


def value(x: Exact) -> Exact:
    """Return the larger of 0 and ``x``."""
    return max(x, Exact(0))


def derivative(x: Exact) -> Exact:
    """Return 1 above 0, else 0."""
    return Exact(1) if x > 0 else Exact(0)


RECORD = Activation(
    name="relu",
    value=value,
    derivative=derivative,
    summary="Rectified linear unit: the positive part.",
    formula="max(0, x)",
    source="Nair and Hinton 2010; ONNX Relu-6",
    symmetry=RELU_LIKE,
    monotone=NONDECREASING,
    bounds=(Fraction(0), None),
    kinks=(0,),
    kink_rule="0, the left-hand derivative, as in PyTorch",
)
