"""The article's dynamic rectified linear unit, for one context."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import leaky_relu
from lutgen.activations._gate import logistic
from lutgen.activations._nearby import BITS, at_most
from lutgen.activations._record import (
    NONDECREASING,
    Activation,
    Bounds,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import (
    Anchored,
    Exact,
    Value,
    ball,
    exact,
    fraction,
    working_precision,
)


def value(x: Exact, context: Exact, a_min: Exact, a_max: Exact, b_scale: Exact) -> Value:
    """Return ``x`` from 0 on, else the line ``a * x + b`` that the context selects."""
    return x if x >= 0 else _line(x, context, a_min, a_max, b_scale)


def derivative(x: Exact, context: Exact, a_min: Exact, a_max: Exact, b_scale: Exact) -> Value:
    """Return 1 from 0 on, else ``a``."""
    return Exact(1) if x >= 0 else _slope(context, a_min, a_max)


def _line(x: Exact, context: Exact, a_min: Exact, a_max: Exact, b_scale: Exact) -> Value:
    """Return ``a * x + b``; far from context 0 it hugs the line with rational coefficients."""
    if context == 0:
        return (a_min + a_max) / 2 * x
    side, nearest = (1, a_max) if context > 0 else (-1, a_min)
    limit, spread = nearest * x + side * b_scale, (a_max - a_min) * x
    if spread == 0 and b_scale == 0:
        return limit
    # What the sigmoid lacks to its limit, and the same of tanh(c) = 2 sigmoid(2c) - 1.
    lack = spread * logistic(context)[0] + 2 * b_scale * logistic(2 * context)[0]
    return Anchored(limit, -side * lack)


def _slope(context: Exact, a_min: Exact, a_max: Exact) -> Value:
    """Return ``a``."""
    return _line(Exact(1), context, a_min, a_max, Exact(0))


def _left(
    context: Fraction, a_min: Fraction, a_max: Fraction, b_scale: Fraction
) -> tuple[Value, Value]:
    """Return ``a`` and ``b``."""
    at, low, high, scale = map(exact, (context, a_min, a_max, b_scale))
    return _slope(at, low, high), _line(Exact(0), at, low, high, scale)


def _symmetry(
    context: Fraction, a_min: Fraction, a_max: Fraction, b_scale: Fraction
) -> Symmetry | None:
    """Without a jump at 0 the law of two slopes holds, stated where the slope is rational."""
    slope, intercept = _left(context, a_min, a_max, b_scale)
    if not isinstance(slope, Exact) or not isinstance(intercept, Exact):
        return None
    return leaky_relu.symmetry(fraction(slope))


def _monotone(
    context: Fraction, a_min: Fraction, a_max: Fraction, b_scale: Fraction
) -> str | None:
    """It rises throughout if the line does, and if the jump at 0 is not downward."""
    with working_precision(BITS):
        slope, intercept = map(ball, _left(context, a_min, a_max, b_scale))
        return NONDECREASING if slope >= 0 and intercept <= 0 else None


def _bounds(context: Fraction, a_min: Fraction, a_max: Fraction, b_scale: Fraction) -> Bounds:
    """A line that does not rise has its least value where it ends, ``b``."""
    with working_precision(BITS):
        slope, intercept = _left(context, a_min, a_max, b_scale)
        if not ball(slope) <= 0:
            return None, None
        return min(Fraction(0), max(at_most(intercept), -abs(b_scale))), None


def _kinks(
    context: Fraction, a_min: Fraction, a_max: Fraction, b_scale: Fraction
) -> tuple[int, ...]:
    """Unless the line goes on as ``x``, there is one at 0."""
    slope, intercept = _left(context, a_min, a_max, b_scale)
    return () if slope == Exact(1) and intercept == Exact(0) else (0,)


RECORD = Activation(
    name="dynamic_relu",
    value=value,
    derivative=derivative,
    summary="The article's dynamic ReLU at a fixed context: a line below 0 that it selects.",
    formula="x if x >= 0 else (a_min + (a_max - a_min) / (1 + exp(-context))) * x "
    "+ b_scale * tanh(context)",
    source="no paper known; the published Dynamic ReLU is dy_relu",
    note="Unless b_scale * tanh(context) is 0 the function jumps at 0.",
    parameters=(
        Parameter("context", "0", meaning="what the layer computes from its input"),
        Parameter("a_min", "0.01", meaning="slope below 0 for a context of -infinity"),
        Parameter("a_max", "0.2", meaning="slope below 0 for a context of +infinity"),
        Parameter("b_scale", "0.1", meaning="limit of b for a context of +infinity"),
    ),
    symmetry=_symmetry,
    monotone=_monotone,
    bounds=_bounds,
    kinks=_kinks,
    kink_rule="the right-hand derivative, 1",
)
