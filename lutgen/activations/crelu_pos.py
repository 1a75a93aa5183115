"""First half of the concatenated rectified linear unit."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import NONDECREASING, RELU_LIKE, Activation
from lutgen.activations.relu import derivative, value

RECORD = Activation(
    name="crelu_pos",
    value=value,
    derivative=derivative,
    summary="First half of the concatenated ReLU: the positive part.",
    formula="max(0, x)",
    source="Shang et al. 2016, arXiv:1603.05201",
    note="The layer doubles the channels: relu(x), then relu(-x), which is crelu_neg.",
    symmetry=RELU_LIKE,
    monotone=NONDECREASING,
    bounds=(Fraction(0), None),
    kinks=(0,),
    kink_rule="0, the left-hand derivative, as for relu",
)
