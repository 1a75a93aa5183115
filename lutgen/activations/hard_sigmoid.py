"""Hard sigmoid with the slope of ONNX; hard_sigmoid_torch has another default."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._clip import clip, clip_slope
from lutgen.activations._record import (
    COMPLEMENT,
    NONDECREASING,
    POSITIVE,
    Activation,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, alpha: Exact, beta: Exact) -> Value:
    """Return the line, clipped to [0, 1]."""
    return clip(alpha * x + beta, 0, 1)


def derivative(x: Exact, alpha: Exact, beta: Exact) -> Value:
    """Return ``alpha`` strictly inside, else 0."""
    return alpha * clip_slope(alpha * x + beta, 0, 1)


def symmetry(alpha: Fraction, beta: Fraction) -> Symmetry | None:
    """Only a line through (0, 1/2) leaves both ends alike."""
    return COMPLEMENT if beta == Fraction(1, 2) else None


def kinks(alpha: Fraction, beta: Fraction) -> tuple[Fraction, Fraction]:
    """Where the line reaches 0 and 1."""
    return -beta / alpha, (1 - beta) / alpha


RECORD = Activation(
    name="hard_sigmoid",
    value=value,
    derivative=derivative,
    summary="Hard sigmoid with the slope 1/5 of ONNX: a line clipped to [0, 1].",
    formula="min(max(0, alpha * x + beta), 1)",
    source="ONNX HardSigmoid-6",
    note="Slope 1/5 in ONNX, Keras 2 and the article; 1/6 in PyTorch, Keras 3 and JAX, which is "
    "hard_sigmoid_torch.  The two differ by up to 1/12.",
    aliases=("hard_sigmoid_onnx",),
    parameters=(
        Parameter("alpha", "0.2", POSITIVE, "slope of the line"),
        Parameter("beta", "0.5", meaning="value of the line at 0"),
    ),
    symmetry=symmetry,
    monotone=NONDECREASING,
    bounds=(Fraction(0), Fraction(1)),
    kinks=kinks,
    kink_rule="0 at both ends",
)
