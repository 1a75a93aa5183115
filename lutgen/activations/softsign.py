"""Softsign."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import NONDECREASING, ODD, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x / (1 + |x|)``, which is rational: ties are seen as ties."""
    return x / (1 + abs(x))


def derivative(x: Exact) -> Value:
    """Return ``1 / (1 + |x|)**2``, which is rational and continuous at 0."""
    return 1 / (1 + abs(x)) ** 2


RECORD = Activation(
    name="softsign",
    value=value,
    derivative=derivative,
    summary="Softsign: a rational step from -1 to 1 that saturates slowly.",
    formula="x / (1 + abs(x))",
    source="Bergstra et al. 2009; ONNX Softsign-1",
    aliases=("soft_sign",),
    symmetry=ODD,
    monotone=NONDECREASING,
    bounds=(Fraction(-1), Fraction(1)),
)
