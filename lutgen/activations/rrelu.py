"""Randomised leaky rectified linear unit, as it is after training."""

from __future__ import annotations

from lutgen.activations import leaky_relu
from lutgen.activations._record import Activation, Parameter
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, lower: Exact, upper: Exact) -> Value:
    """Return ``x`` from 0 on, else ``x`` times the mean slope."""
    return leaky_relu.value(x, (lower + upper) / 2)


def derivative(x: Exact, lower: Exact, upper: Exact) -> Value:
    """Return 1 from 0 on, else the mean slope."""
    return Exact(1) if x >= 0 else (lower + upper) / 2


RECORD = Activation(
    name="rrelu",
    value=value,
    derivative=derivative,
    summary="Randomised leaky rectified linear unit: the mean slope below 0.",
    formula="x if x >= 0 else (lower + upper) / 2 * x",
    source="Xu et al. 2015, arXiv:1505.00853; torch.nn.RReLU in evaluation mode",
    note="Training draws the slope from [lower, upper].  The paper draws divisors from [3, 8] "
    "instead and tests with the slope 2/11, not the 11/48 of these defaults.",
    parameters=(
        Parameter("lower", "0.125", meaning="smallest slope drawn in training"),
        Parameter("upper", "1/3", meaning="largest slope drawn in training"),
    ),
    constraint=("lower <= upper", lambda lower, upper: lower <= upper),
    symmetry=lambda lower, upper: leaky_relu.symmetry((lower + upper) / 2),
    monotone=lambda lower, upper: leaky_relu.monotone((lower + upper) / 2),
    bounds=lambda lower, upper: leaky_relu.bounds((lower + upper) / 2),
    kinks=lambda lower, upper: leaky_relu.kinks((lower + upper) / 2),
    kink_rule="the right-hand derivative, 1",
)
