"""Sigmoid approximation of the Gaussian error linear unit."""

from __future__ import annotations

from lutgen.activations._record import NONDECREASING, RELU_LIKE, Activation, Parameter
from lutgen.activations.swish import bounds, derivative, value

RECORD = Activation(
    name="quick_gelu",
    value=value,
    derivative=derivative,
    summary="Approximation of gelu by a sigmoid gate, as in CLIP.",
    formula="x / (1 + exp(-beta * x))",
    source="Hendrycks and Gimpel 2016, arXiv:1606.08415",
    note="Swish with another default slope; at the default it is up to 2.03e-2 from gelu.",
    parameters=(Parameter("beta", "1.702", meaning="slope of the gate"),),
    symmetry=RELU_LIKE,
    monotone=lambda beta: NONDECREASING if beta == 0 else None,
    bounds=bounds,
)
