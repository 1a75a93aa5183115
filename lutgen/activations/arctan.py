"""Inverse tangent."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import NONDECREASING, ODD, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return atan x, which is rational at 0 alone."""
    return arb(x).atan() if x != 0 else x


def derivative(x: Exact) -> Value:
    """Return ``1 / (1 + x**2)``, which is rational."""
    return 1 / (1 + x * x)


RECORD = Activation(
    name="arctan",
    value=value,
    derivative=derivative,
    summary="Inverse tangent: a smooth step from -pi/2 to pi/2 that saturates slowly.",
    formula="atan(x)",
    source="classical; ONNX Atan-7",
    aliases=("atan",),
    symmetry=ODD,
    monotone=NONDECREASING,
    bounds=(Fraction("-1.570797"), Fraction("1.570797")),
)
