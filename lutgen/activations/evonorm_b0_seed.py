"""The article's normaliser, which it calls EvoNorm-B0."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._nearby import BITS, at_least
from lutgen.activations._record import (
    NONDECREASING,
    NONINCREASING,
    NOT_NEGATIVE,
    ODD,
    POSITIVE,
    UNIT_INTERVAL,
    Activation,
    Bounds,
    Parameter,
)
from lutgen.numerics.reals import Exact, Value, exact, square_root, working_precision


def value(x: Exact, gamma: Exact, beta: Exact, v: Exact, eps: Exact, running_v: Exact) -> Value:
    """Return ``x`` over a blend of its own size and the running variance, plus a line."""
    if x == 0 or gamma == 0:
        return beta * x
    return gamma * x / square_root(v * x * x + _constant_part(v, eps, running_v)) + beta * x


def derivative(
    x: Exact, gamma: Exact, beta: Exact, v: Exact, eps: Exact, running_v: Exact
) -> Value:
    """Return ``gamma * w / s**(3/2) + beta``, where s is what the root is of and w is s at 0."""
    if gamma == 0:
        return beta
    least = _constant_part(v, eps, running_v)
    blend = v * x * x + least
    return gamma * least / (blend * square_root(blend)) + beta


def _constant_part(v: Exact, eps: Exact, running_v: Exact) -> Exact:
    """Return the part of the blend that does not depend on ``x``."""
    return (1 - v) * running_v + eps


def _slope_at_0(
    gamma: Fraction, beta: Fraction, v: Fraction, eps: Fraction, running_v: Fraction
) -> int:
    """Return the sign of ``gamma / sqrt(w) + beta``, decided by squares."""
    of_gamma, of_beta = ((gamma > 0) - (gamma < 0)), ((beta > 0) - (beta < 0))
    if of_gamma * of_beta >= 0:
        return of_gamma or of_beta
    least = _constant_part(*map(exact, (v, eps, running_v)))
    left, right = exact(gamma**2), exact(beta**2) * least
    return of_gamma * ((left > right) - (left < right))


def _monotone(
    gamma: Fraction, beta: Fraction, v: Fraction, eps: Fraction, running_v: Fraction
) -> str | None:
    """The slope goes from its value at 0 towards beta, or stays if v is 0."""
    at_0 = _slope_at_0(gamma, beta, v, eps, running_v)
    far = beta if v else at_0
    if min(at_0, far) >= 0:
        return NONDECREASING
    return NONINCREASING if max(at_0, far) <= 0 else None


def _bounds(
    gamma: Fraction, beta: Fraction, v: Fraction, eps: Fraction, running_v: Fraction
) -> Bounds:
    """The quotient tends to plus and minus ``gamma / sqrt(v)``; a line has no bounds."""
    if v == 0 and _slope_at_0(gamma, beta, v, eps, running_v) == 0:
        return Fraction(0), Fraction(0)
    if v == 0 or beta != 0:
        return None, None
    with working_precision(BITS):
        limit = at_least(exact(abs(gamma)) / square_root(exact(v)))
    return -limit, limit


RECORD = Activation(
    name="evonorm_b0_seed",
    value=value,
    derivative=derivative,
    summary="The article's normaliser: x over a blend of x**2 and a running variance.",
    formula="gamma * x / sqrt(v * x**2 + (1 - v) * running_v + eps) + beta * x",
    source="no paper known",
    note="The article calls it EvoNorm-B0, which is another function: evonorm_b0.  Here beta "
    "multiplies x.",
    parameters=(
        Parameter("gamma", "1", meaning="factor of the quotient"),
        Parameter("beta", "0", meaning="slope of the line that is added"),
        Parameter("v", "0.1", UNIT_INTERVAL, "share of x**2 in the blend"),
        Parameter("eps", "0.00001", POSITIVE, "added to the blend"),
        Parameter("running_v", "1", NOT_NEGATIVE, "running variance"),
    ),
    symmetry=ODD,
    monotone=_monotone,
    bounds=_bounds,
)
