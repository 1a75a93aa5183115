"""Gaussian error linear unit, the exact form with erf."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._gate import gated
from lutgen.activations._record import RELU_LIKE, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``x * Phi(x)``; for positive x as ``x`` minus a tail that keeps its digits."""
    return gated(x, -x * normal_tail(x), x > 0) if x != 0 else x


def derivative(x: Exact) -> Value:
    """Return ``Phi(x) + x * phi(x)``; far out it nears 1 from above and 0 from below."""
    if x == 0:
        return Exact(1, 2)
    return gated(Exact(1), abs(x) * normal_density(x) - normal_tail(x), x > 0)


def normal_tail(x: Exact) -> arb:
    """Return ``1 - Phi(|x|)``; erfc keeps the digits that ``1 - erf`` would cancel."""
    return (abs(x) / arb(2).sqrt()).erfc() / 2


def normal_density(x: Exact) -> arb:
    """Return ``phi(x)``, the density of the standard normal distribution."""
    return arb(-x * x / 2).exp() / (2 * arb.pi()).sqrt()


RECORD = Activation(
    name="gelu",
    value=value,
    derivative=derivative,
    summary="Gaussian error linear unit, exact form with erf.",
    formula="x/2 * (1 + erf(x / sqrt(2)))",
    source="Hendrycks and Gimpel 2016, arXiv:1606.08415; ONNX Gelu-20 approximate=none",
    note="The article's heading is this form, its code is gelu_tanh; they differ by up to 4.73e-4.",
    aliases=("gelu_erf",),
    symmetry=RELU_LIKE,
    bounds=(Fraction("-0.169972"), None),
)
