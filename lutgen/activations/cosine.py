"""Cosine of a scaled input."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import EVEN, NONDECREASING, Activation, Parameter
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, omega: Exact) -> Value:
    """Return ``cos(omega * x)``, which is rational at 0 alone."""
    t = omega * x
    return arb(t).cos() if t != 0 else Exact(1)


def derivative(x: Exact, omega: Exact) -> Value:
    """Return ``-omega * sin(omega * x)``."""
    t = omega * x
    return -omega * arb(t).sin() if t != 0 else t


RECORD = Activation(
    name="cosine",
    value=value,
    derivative=derivative,
    summary="Cosine.",
    formula="cos(omega * x)",
    source="classical; ONNX Cos-7",
    aliases=("cos",),
    parameters=(Parameter("omega", "1", meaning="radians per unit of the input"),),
    symmetry=EVEN,
    monotone=lambda omega: NONDECREASING if omega == 0 else None,
    bounds=lambda omega: (Fraction(-1) if omega else Fraction(1), Fraction(1)),
)
