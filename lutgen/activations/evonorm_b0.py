"""EvoNorm-B0 with frozen batch and instance statistics."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._nearby import BITS, near
from lutgen.activations._record import (
    EVEN,
    NONDECREASING,
    NONINCREASING,
    NOT_NEGATIVE,
    POSITIVE,
    Activation,
    Bounds,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Exact, Value, exact, square_root, working_precision


def value(
    x: Exact, gamma: Exact, beta: Exact, v: Exact, var_batch: Exact, var_inst: Exact, eps: Exact
) -> Value:
    """Return a line where the batch decides the divisor, a hyperbola where the instance does."""
    if x == 0 or gamma == 0:
        return beta
    batch, instance = var_batch + eps, var_inst + eps
    if _side(v * x, batch, instance) > 0:
        return gamma * x / _instance_divisor(v * x, instance) + beta
    return gamma * x / square_root(batch) + beta


def derivative(
    x: Exact, gamma: Exact, beta: Exact, v: Exact, var_batch: Exact, var_inst: Exact, eps: Exact
) -> Value:
    """Return the slope of the hyperbola strictly inside its piece, else that of the line."""
    if gamma == 0:
        return gamma
    batch, instance = var_batch + eps, var_inst + eps
    if _side(v * x, batch, instance) > 0:
        return gamma * square_root(instance) / _instance_divisor(v * x, instance) ** 2
    return gamma / square_root(batch)


def _side(t: Exact, batch: Exact, instance: Exact) -> int:
    """Return the sign of ``t + sqrt(instance) - sqrt(batch)``, by squaring what is positive."""
    if t < 0:
        return -_side(-t, instance, batch)
    # (t + sqrt(instance))**2 exceeds batch if 2 t sqrt(instance) exceeds this gap.
    gap = batch - instance - t * t
    if gap < 0:
        return 1
    twice = 4 * t * t * instance
    return (twice > gap * gap) - (twice < gap * gap)


def _instance_divisor(t: Exact, instance: Exact) -> Exact | arb:
    """Return ``t + sqrt(instance)``, for negative ``t`` without cancellation."""
    root = square_root(instance)
    return t + root if t >= 0 else (instance - t * t) / (root - t)


def _symmetry(
    gamma: Fraction, beta: Fraction, v: Fraction, **statistics: Fraction
) -> Symmetry | None:
    """Without a slope in the divisor the function is a line, or constant."""
    if gamma == 0:
        return EVEN
    return Symmetry(-1, offset=2 * beta) if v == 0 else None


def _bounds(gamma: Fraction, beta: Fraction, v: Fraction, **statistics: Fraction) -> Bounds:
    """The hyperbola has a limit; the line has none."""
    if gamma == 0:
        return beta, beta
    if v == 0:
        return None, None
    limit = gamma / v
    return (None, limit + beta) if limit > 0 else (limit + beta, None)


def _kinks(
    gamma: Fraction,
    beta: Fraction,
    v: Fraction,
    var_batch: Fraction,
    var_inst: Fraction,
    eps: Fraction,
) -> tuple[Fraction, ...]:
    """Where the divisors cross, unless that is at 0: there both pieces have the same slope."""
    if gamma * v == 0 or var_batch == var_inst:
        return ()
    with working_precision(BITS):
        roots = square_root(exact(var_batch + eps)) + square_root(exact(var_inst + eps))
        # The difference of the roots, without cancellation.
        return (near(exact((var_batch - var_inst) / v) / roots),)


RECORD = Activation(
    name="evonorm_b0",
    value=value,
    derivative=derivative,
    summary="EvoNorm-B0 for one channel, with both variances as constants.",
    formula="gamma * x / max(sqrt(var_batch + eps), v * x + sqrt(var_inst + eps)) + beta",
    source="Liu et al. 2020, arXiv:2004.02967",
    note="The layer computes var_inst per sample; a table needs it frozen.  The article's form is "
    "evonorm_b0_seed.  An irrational kink is stated to 64 bits.",
    parameters=(
        Parameter("gamma", "1", meaning="factor of the output"),
        Parameter("beta", "0", meaning="shift of the output"),
        Parameter("v", "1", meaning="factor of the input in the divisor"),
        Parameter("var_batch", "1", NOT_NEGATIVE, "variance of the batch"),
        Parameter("var_inst", "1", NOT_NEGATIVE, "variance of the instance"),
        Parameter("eps", "0.00001", POSITIVE, "added to the variances"),
    ),
    symmetry=_symmetry,
    monotone=lambda gamma, **_: NONDECREASING if gamma >= 0 else NONINCREASING,
    bounds=_bounds,
    kinks=_kinks,
    kink_rule="the slope of the line, gamma / sqrt(var_batch + eps)",
)
