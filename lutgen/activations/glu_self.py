"""The gated linear unit with one input for both halves: ``x * sigmoid(x)``."""

from __future__ import annotations

from lutgen.activations import swish
from lutgen.activations._record import RELU_LIKE, Activation
from lutgen.activations.silu import derivative, value

RECORD = Activation(
    name="glu_self",
    value=value,
    derivative=derivative,
    summary="glu with one input for both halves: x times sigmoid, the same curve as silu.",
    formula="x / (1 + exp(-x))",
    source="Dauphin et al. 2016, arXiv:1612.08083, with both halves equal",
    note="The paper's glu has two inputs, a * sigmoid(b).",
    symmetry=RELU_LIKE,
    bounds=(swish.LOWEST, None),
)
