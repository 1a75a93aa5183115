"""Cardinal sine without pi."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import EVEN, Activation
from lutgen.numerics.reals import Exact, Value

# Outer bounds of sin(u) / u, whose least value is -0.21723362..., at u = 4.4934...
BOUNDS = (Fraction("-0.217234"), Fraction(1))

# Closer to 0 than this the derivative's two terms would cancel.
NEAR = Exact(1, 4)


def value(x: Exact) -> Value:
    """Return ``sin(x) / x``, and its limit 1 at 0."""
    return arb(x).sin() / x if x != 0 else Exact(1)


def derivative(x: Exact) -> Value:
    """Return ``(cos(x) - sin(x) / x) / x``; near 0 by the series."""
    if x == 0:
        return x
    u = arb(x)
    if abs(x) < NEAR:
        return slope_near_0(u)
    sine, cosine = u.sin_cos()
    return (cosine - sine / u) / u


def slope_near_0(u: arb) -> arb:
    """Return the derivative of ``sin(u) / u`` by its series, ``-u/3 (1 - u**2/10 + ...)``."""
    return u / -3 * (u * u / -4).hypgeom_0f1(arb(5) / 2)


RECORD = Activation(
    name="sinc_unnormalized",
    value=value,
    derivative=derivative,
    summary="Cardinal sine without pi: zeros at the multiples of pi.",
    formula="sin(x) / x if x != 0 else 1",
    source="classical",
    note="torch.sinc and jnp.sinc are the normalised form, sinc.  Analytic at 0, with slope 0.",
    symmetry=EVEN,
    bounds=BOUNDS,
)
