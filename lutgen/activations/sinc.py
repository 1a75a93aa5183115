"""Normalised cardinal sine."""

from __future__ import annotations

from flint import arb

from lutgen.activations._record import EVEN, Activation
from lutgen.activations.sinc_unnormalized import BOUNDS, NEAR, slope_near_0
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return ``sin(pi x) / (pi x)``, exact at the integers.

    The sine of a rational multiple of pi is reduced exactly, so it keeps its digits near them.
    """
    if x.q == 1:
        return Exact(0) if x != 0 else Exact(1)
    return arb.sin_pi_fmpq(x) / (arb.pi() * x)


def derivative(x: Exact) -> Value:
    """Return ``(cos(pi x) - sin(pi x) / (pi x)) / x``; at an integer n it is ``(-1)**n / n``."""
    if x.q == 1:
        return Exact((-1) ** (int(x.p) % 2)) / x if x != 0 else x
    if abs(x) < NEAR:
        return arb.pi() * slope_near_0(arb.pi() * x)
    sine, cosine = arb.sin_cos_pi_fmpq(x)
    return (cosine - sine / (arb.pi() * x)) / x


RECORD = Activation(
    name="sinc",
    value=value,
    derivative=derivative,
    summary="Normalised cardinal sine: zeros at the integers except 0.",
    formula="sin(pi * x) / (pi * x) if x != 0 else 1",
    source="classical; torch.sinc, jnp.sinc",
    note="Analytic at 0, with slope 0; the article's gradient lacks a factor pi.",
    symmetry=EVEN,
    bounds=BOUNDS,
)
