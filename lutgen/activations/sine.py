"""Sine of a scaled input."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import NONDECREASING, ODD, Activation, Parameter
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, omega: Exact) -> Value:
    """Return ``sin(omega * x)``, which is rational at 0 alone."""
    t = omega * x
    return arb(t).sin() if t != 0 else t


def derivative(x: Exact, omega: Exact) -> Value:
    """Return ``omega * cos(omega * x)``."""
    t = omega * x
    return omega * arb(t).cos() if t != 0 else omega


RECORD = Activation(
    name="sine",
    value=value,
    derivative=derivative,
    summary="Sine, the activation of SIREN networks.",
    formula="sin(omega * x)",
    source="Sitzmann et al. 2020, arXiv:2006.09661; ONNX Sin-7",
    note="SIREN takes omega = 30.",
    aliases=("sin",),
    parameters=(Parameter("omega", "1", meaning="radians per unit of the input"),),
    symmetry=ODD,
    monotone=lambda omega: NONDECREASING if omega == 0 else None,
    bounds=lambda omega: (Fraction(-1), Fraction(1)) if omega else (Fraction(0), Fraction(0)),
)
