"""Second half of the concatenated rectified linear unit."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import relu
from lutgen.activations._record import NONINCREASING, Activation, Symmetry
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return the positive part of ``-x``."""
    return relu.value(-x)


def derivative(x: Exact) -> Value:
    """Return -1 below 0, else 0."""
    return -relu.derivative(-x)


RECORD = Activation(
    name="crelu_neg",
    value=value,
    derivative=derivative,
    summary="Second half of the concatenated ReLU: the negative part, turned up.",
    formula="max(0, -x)",
    source="Shang et al. 2016, arXiv:1603.05201",
    note="The layer doubles the channels: crelu_pos, then this one.  The lowest input code has no "
    "negative among the codes, so that its output may saturate.",
    symmetry=Symmetry(+1, slope=Fraction(1)),
    monotone=NONINCREASING,
    bounds=(Fraction(0), None),
    kinks=(0,),
    kink_rule="0, the right-hand derivative",
)
