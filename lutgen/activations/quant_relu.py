"""Quantised rectified linear unit."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._clip import clip, clip_slope
from lutgen.activations._record import COUNT, NONDECREASING, Activation, Parameter
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, levels: Exact) -> Value:
    """Return the clipped input on the nearest of ``levels + 1`` steps, half to even."""
    return _nearest_even(clip(x, 0, 1) * levels) / levels


def derivative(x: Exact, levels: Exact) -> Value:
    """Return the straight-through estimator: the slope of the clip, as if nothing was rounded."""
    return clip_slope(x, 0, 1)


def _nearest_even(t: Exact) -> Exact:
    """Return the integer nearest to ``t``; of two, the even one."""
    below = t.floor()
    beyond_half = 2 * (t - below) - 1
    return Exact(below + (beyond_half > 0 or (beyond_half == 0 and below % 2 == 1)))


def _kinks(levels: Fraction) -> tuple[Fraction, ...]:
    """The steps half-way between the levels, and the ends of the estimator."""
    count = int(levels)
    steps = (Fraction(2 * step + 1, 2 * count) for step in range(count))
    return Fraction(0), *steps, Fraction(1)


RECORD = Activation(
    name="quant_relu",
    value=value,
    derivative=derivative,
    summary="Quantised rectified linear unit: equal steps from 0 to 1.",
    formula="round_half_even(min(max(0, x), 1) * levels) / levels",
    source="no paper known",
    note="levels counts the steps, so there are levels + 1 values.  The derivative is the "
    "straight-through estimator; the true one is 0 wherever it exists.",
    aliases=("quantized_relu", "quantised_relu"),
    parameters=(Parameter("levels", "4", COUNT, "number of steps"),),
    monotone=NONDECREASING,
    bounds=(Fraction(0), Fraction(1)),
    kinks=_kinks,
    kink_rule="straight through: 1 at the steps, 0 at 0 and at 1",
)
