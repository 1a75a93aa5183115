"""Leaky rectified linear unit; prelu, rrelu and dynamic_relu share its two slopes."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import (
    NONDECREASING,
    ODD,
    Activation,
    Bounds,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, alpha: Exact) -> Value:
    """Return ``x`` above 0, else ``alpha * x``."""
    return x if x > 0 else alpha * x


def derivative(x: Exact, alpha: Exact) -> Value:
    """Return 1 above 0, else ``alpha``."""
    return Exact(1) if x > 0 else alpha


def symmetry(alpha: Fraction) -> Symmetry:
    """The odd part of two slopes that meet at 0 is a line; slope 1 leaves nothing else."""
    return ODD if alpha == 1 else Symmetry(+1, slope=-(1 + alpha))


def monotone(alpha: Fraction) -> str | None:
    """A negative slope falls where the other rises."""
    return NONDECREASING if alpha >= 0 else None


def bounds(alpha: Fraction) -> Bounds:
    """Only a positive slope goes below 0."""
    return (None, None) if alpha > 0 else (Fraction(0), None)


def kinks(alpha: Fraction) -> tuple[int, ...]:
    """Where the slopes differ, 0."""
    return () if alpha == 1 else (0,)


RECORD = Activation(
    name="leaky_relu",
    value=value,
    derivative=derivative,
    summary="Leaky rectified linear unit: a small slope below 0.",
    formula="x if x > 0 else alpha * x",
    source="Maas et al. 2013; ONNX LeakyRelu-6",
    note="alpha is 0.01 in PyTorch, JAX and ONNX (its nearest float32 there: write 0.01f), 0.2 or "
    "0.3 in Keras.  The article's gradient uses 0.1 by mistake.",
    aliases=("leakyrelu",),
    parameters=(Parameter("alpha", "0.01", meaning="slope below 0"),),
    symmetry=symmetry,
    monotone=monotone,
    bounds=bounds,
    kinks=kinks,
    kink_rule="the left-hand derivative, alpha, as in PyTorch",
)
