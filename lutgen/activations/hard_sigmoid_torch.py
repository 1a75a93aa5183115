"""Hard sigmoid with the slope of PyTorch."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import NONDECREASING, POSITIVE, Activation, Parameter
from lutgen.activations.hard_sigmoid import derivative, kinks, symmetry, value

RECORD = Activation(
    name="hard_sigmoid_torch",
    value=value,
    derivative=derivative,
    summary="Hard sigmoid with the slope 1/6 of PyTorch: a line clipped to [0, 1].",
    formula="min(max(0, alpha * x + beta), 1)",
    source="torch.nn.Hardsigmoid; ONNX HardSigmoid-6 with alpha = 1/6",
    note="Slope 1/6 in PyTorch, Keras 3 and JAX; 1/5 in ONNX, Keras 2 and the article, which is "
    "hard_sigmoid.  The two differ by up to 1/12.",
    aliases=("hardsigmoid",),
    parameters=(
        Parameter("alpha", "1/6", POSITIVE, "slope of the line"),
        Parameter("beta", "0.5", meaning="value of the line at 0"),
    ),
    symmetry=symmetry,
    monotone=NONDECREASING,
    bounds=(Fraction(0), Fraction(1)),
    kinks=kinks,
    kink_rule="0 at both ends, as in PyTorch",
)
