"""Gauss error function."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import NONDECREASING, ODD, Activation
from lutgen.numerics.reals import Anchored, Exact, Value


def value(x: Exact) -> Value:
    """Return erf; beyond 1 as ``1 - erfc(x)``, which shows the side of 1."""
    if x < 0:
        return -value(-x)
    if x < 1:
        return arb(x).erf() if x != 0 else x
    return Anchored(Exact(1), -arb(x).erfc())


def derivative(x: Exact) -> Value:
    """Return ``2 / sqrt(pi) * exp(-x**2)``."""
    return 2 * arb(-x * x).exp() / arb.pi().sqrt()


RECORD = Activation(
    name="erf",
    value=value,
    derivative=derivative,
    summary="Gauss error function, the building block of gelu.",
    formula="2 / sqrt(pi) * integral of exp(-t**2) for t from 0 to x",
    source="classical; ONNX Erf-9",
    symmetry=ODD,
    monotone=NONDECREASING,
    bounds=(Fraction(-1), Fraction(1)),
)
