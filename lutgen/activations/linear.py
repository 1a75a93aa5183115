"""Identity."""

from __future__ import annotations

from lutgen.activations._record import NONDECREASING, ODD, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x``: its table is a change of scale and zero point, nothing else."""
    return x


def derivative(x: Exact) -> Value:
    """Return 1."""
    return Exact(1)


RECORD = Activation(
    name="linear",
    value=value,
    derivative=derivative,
    summary="Identity: a change of scale and zero point only.",
    formula="x",
    source="classical; ONNX Identity-1",
    aliases=("identity",),
    symmetry=ODD,
    monotone=NONDECREASING,
)
