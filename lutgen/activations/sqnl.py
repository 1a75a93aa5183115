"""Square nonlinearity."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._clip import clip
from lutgen.activations._record import NONDECREASING, ODD, Activation
from lutgen.numerics.reals import Exact, Value


def value(x: Exact) -> Value:
    """Return the parabola pieces; at the clipped ends they have reached -1 and 1."""
    inside = clip(x, -2, 2)
    return inside - inside * abs(inside) / 4


def derivative(x: Exact) -> Value:
    """Return ``1 - |x| / 2`` on [-2, 2], else 0; it is continuous."""
    return 1 - abs(clip(x, -2, 2)) / 2


RECORD = Activation(
    name="sqnl",
    value=value,
    derivative=derivative,
    summary="Square nonlinearity: a step from -1 to 1 made of two parabolas.",
    formula="x - x * abs(x) / 4 if abs(x) <= 2 else x / abs(x)",
    source="Wuraola and Patel 2018",
    aliases=("square_nonlinearity",),
    symmetry=ODD,
    monotone=NONDECREASING,
    bounds=(Fraction(-1), Fraction(1)),
    default_range=(-2, 2),
)
