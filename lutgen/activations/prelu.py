"""Parametric rectified linear unit, for one channel."""

from __future__ import annotations

from lutgen.activations import leaky_relu
from lutgen.activations._record import Activation, Parameter
from lutgen.activations.leaky_relu import derivative, value

RECORD = Activation(
    name="prelu",
    value=value,
    derivative=derivative,
    summary="Parametric rectified linear unit: leaky_relu with a learned slope.",
    formula="x if x > 0 else alpha * x",
    source="He et al. 2015, arXiv:1502.01852; ONNX PRelu-7",
    note="The layer has one slope per channel, so one table per distinct slope; 0.25 is the "
    "initial value in the paper and in PyTorch.",
    parameters=(Parameter("alpha", "0.25", meaning="slope below 0, as learned"),),
    symmetry=leaky_relu.symmetry,
    monotone=leaky_relu.monotone,
    bounds=leaky_relu.bounds,
    kinks=leaky_relu.kinks,
    kink_rule="the left-hand derivative, alpha, as in PyTorch",
)
