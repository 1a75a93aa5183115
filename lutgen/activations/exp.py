"""Exponential function."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import NONDECREASING, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``e ** x``, which is rational at 0 alone."""
    return arb(x).exp() if x != 0 else Exact(1)


RECORD = Activation(
    name="exp",
    value=value,
    derivative=value,
    summary="Exponential function, the building block of softmax.",
    formula="exp(x)",
    source="classical; ONNX Exp-6",
    note="The default range is that of a softmax whose largest input has been subtracted.",
    monotone=NONDECREASING,
    bounds=(Fraction(0), None),
    default_range=(-16, 0),
)
