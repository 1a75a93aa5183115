"""EvoNorm-S0 with frozen group statistics."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from flint import arb

from lutgen.activations import swish
from lutgen.activations._record import (
    EVEN,
    NONDECREASING,
    NONINCREASING,
    NOT_NEGATIVE,
    Activation,
    Bounds,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Anchored, Exact, Value, exact, fraction, square_root


def value(x: Exact, gamma: Exact, beta: Exact, v: Exact, var_group: Exact, eps: Exact) -> Value:
    """Return swish of slope ``v``, scaled and shifted; it hugs ``beta`` where the gate closes.

    Where the gate opens it hugs a line: anchored if the line's slope is rational; otherwise the
    line itself is irrational at every x but 0, and a plain ball decides.
    """
    if x == 0 or gamma == 0:
        return beta
    scaled = swish.value(x, v) * (gamma / square_root(var_group + eps))
    return Anchored(beta, scaled) if isinstance(scaled, arb) else scaled + beta


def derivative(
    x: Exact, gamma: Exact, beta: Exact, v: Exact, var_group: Exact, eps: Exact
) -> Value:
    """Return the derivative of swish of slope ``v``, scaled."""
    if gamma == 0:
        return gamma
    return swish.derivative(x, v) * (gamma / square_root(var_group + eps))


def _symmetry(
    gamma: Fraction, beta: Fraction, v: Fraction, var_group: Fraction, eps: Fraction
) -> Symmetry | None:
    """The law of swish, if its slope is rational; without a gate, that of a line."""
    if gamma == 0:
        return EVEN
    if v == 0:
        return Symmetry(-1, offset=2 * beta)
    root = square_root(exact(var_group + eps))
    return Symmetry(+1, slope=-gamma / fraction(root)) if isinstance(root, Exact) else None


def _monotone(
    gamma: Fraction, beta: Fraction, v: Fraction, var_group: Fraction, eps: Fraction
) -> str | None:
    """Without a gate the function is a line."""
    if gamma * v != 0:
        return None
    return NONDECREASING if gamma >= 0 else NONINCREASING


def _bounds(
    gamma: Fraction, beta: Fraction, v: Fraction, var_group: Fraction, eps: Fraction
) -> Bounds:
    """The trough of swish, scaled and shifted; opposite signs turn it into a crest."""
    if gamma == 0:
        return beta, beta
    if v == 0:
        return None, None
    variance = 1 / (var_group + eps)
    # A rational just above the root: sqrt(p/q) = sqrt(p q) / q, in steps of 2**-32.
    product = variance.numerator * variance.denominator
    root = Fraction(isqrt(product << 64) + 1, variance.denominator << 32)
    extreme = swish.LOWEST * root * gamma / v
    return (beta + extreme, None) if gamma * v > 0 else (None, beta + extreme)


RECORD = Activation(
    name="evonorm_s0",
    value=value,
    derivative=derivative,
    summary="EvoNorm-S0 for one channel, with the group variance as a constant.",
    formula="gamma * x / (1 + exp(-v * x)) / sqrt(var_group + eps) + beta",
    source="Liu et al. 2020, arXiv:2004.02967",
    note="The layer computes var_group per sample; a table needs it frozen.",
    parameters=(
        Parameter("gamma", "1", meaning="factor of the output"),
        Parameter("beta", "0", meaning="shift of the output"),
        Parameter("v", "1", meaning="slope of the gate"),
        Parameter("var_group", "1", NOT_NEGATIVE, "variance of the group"),
        Parameter("eps", "0.00001", NOT_NEGATIVE, "added to the variance"),
    ),
    constraint=("var_group + eps > 0", lambda var_group, eps, **_: var_group + eps > 0),
    symmetry=_symmetry,
    monotone=_monotone,
    bounds=_bounds,
)
