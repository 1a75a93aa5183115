"""Clip to an interval."""

from __future__ import annotations

from lutgen.activations._clip import clip, clip_slope
from lutgen.activations._record import NONDECREASING, ODD, Activation, Parameter
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, lo: Exact, hi: Exact) -> Value:
    """Return ``x`` clipped to [lo, hi]."""
    return clip(x, lo, hi)


def derivative(x: Exact, lo: Exact, hi: Exact) -> Value:
    """Return 1 strictly between the ends, else 0."""
    return clip_slope(x, lo, hi)


RECORD = Activation(
    name="hard_tanh",
    value=value,
    derivative=derivative,
    summary="Clip to [lo, hi]: the three-piece shape of tanh.",
    formula="min(max(x, lo), hi)",
    source="torch.nn.Hardtanh; ONNX Clip-6",
    aliases=("hardtanh",),
    parameters=(
        Parameter("lo", "-1", meaning="lower end"),
        Parameter("hi", "1", meaning="upper end"),
    ),
    constraint=("lo < hi", lambda lo, hi: lo < hi),
    symmetry=lambda lo, hi: ODD if lo == -hi else None,
    monotone=NONDECREASING,
    bounds=lambda lo, hi: (lo, hi),
    kinks=lambda lo, hi: (lo, hi),
    kink_rule="0 at both ends, as in PyTorch",
)
