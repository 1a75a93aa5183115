"""The article's power activation unit: two powers that keep the sign of x."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._record import (
    NONDECREASING,
    NONINCREASING,
    ODD,
    POSITIVE,
    Activation,
    Bounds,
    Parameter,
)
from lutgen.numerics.reals import (
    MINUS_INFINITY,
    PLUS_INFINITY,
    Anchored,
    Exact,
    Value,
    power,
)

# Bits beyond which an exact power is no longer worth its digits.
_LONGEST = 2**14


def value(x: Exact, a1: Exact, a2: Exact, b1: Exact, b2: Exact) -> Value:
    """Return the sum of powers of ``|x|`` with the sign of ``x``; 0 at 0."""
    if x == 0:
        return x
    size = _sum_of_powers(abs(x), a1, a2, b1, b2)
    return size if x > 0 else -size


def derivative(x: Exact, a1: Exact, a2: Exact, b1: Exact, b2: Exact) -> Value:
    """Return the sum of ``a * b * |x|**(b - 1)``; at 0 its limit, which may be infinite."""
    if x != 0:
        return _sum_of_powers(abs(x), a1 * b1, a2 * b2, b1 - 1, b2 - 1)
    if b1 == b2:
        a1, a2 = a1 + a2, Exact(0)
    if a1 == a2 == 0:
        return Exact(0)
    # Near 0 the smallest exponent outgrows the other.
    exponent, coefficient = min((b, a) for a, b in ((a1, b1), (a2, b2)) if a != 0)
    if exponent < 1:
        return PLUS_INFINITY if coefficient > 0 else MINUS_INFINITY
    return coefficient if exponent == 1 else Exact(0)


def _sum_of_powers(size: Exact, a1: Exact, a2: Exact, b1: Exact, b2: Exact) -> Value:
    """Return ``a1 * size**b1 + a2 * size**b2`` for ``size`` > 0, exact where it is rational.

    Two irrational powers have a rational sum only if one is a rational multiple of the other,
    and if that sum is 0.
    """
    ratio = _power(size, b2 - b1)
    if isinstance(ratio, Exact):
        a1, a2 = a1 + a2 * ratio, Exact(0)
    terms = [a * _power(size, b) for a, b in ((a1, b1), (a2, b2)) if a != 0]
    anchor = sum((term for term in terms if isinstance(term, Exact)), Exact(0))
    offsets = [term for term in terms if not isinstance(term, Exact)]
    # Beside a rational term, or beside 0, a high power of a small number is a vanishing offset.
    return Anchored(anchor, sum(offsets, arb(0))) if offsets else anchor


def _power(size: Exact, exponent: Exact) -> Exact | arb:
    """Return ``size ** exponent``, exact where it is rational and not too long to write out."""
    if size == 1:
        return size
    root = power(size, Exact(1, exponent.q))
    if isinstance(root, Exact):
        length = max(root.p.bit_length(), root.q.bit_length())
        if length * abs(exponent.p) <= _LONGEST:
            return root ** int(exponent.p)
    # Not directly: a power of two would come back exact, as long as the exponent is large.
    return (exponent * arb(size).log()).exp()


def _monotone(a1: Fraction, a2: Fraction, b1: Fraction, b2: Fraction) -> str | None:
    """Coefficients of opposite signs turn around, unless the powers are one and the same."""
    coefficients = (a1 + a2,) if b1 == b2 else (a1, a2)
    if min(coefficients) >= 0:
        return NONDECREASING
    return NONINCREASING if max(coefficients) <= 0 else None


def _bounds(a1: Fraction, a2: Fraction, b1: Fraction, b2: Fraction) -> Bounds:
    """Only without any power there is a bound."""
    vanishes = a1 + a2 == 0 if b1 == b2 else a1 == a2 == 0
    return (Fraction(0), Fraction(0)) if vanishes else (None, None)


RECORD = Activation(
    name="pau",
    value=value,
    derivative=derivative,
    summary="The article's power activation unit: two powers of abs(x) with the sign of x.",
    formula="sign(x) * (a1 * abs(x)**b1 + a2 * abs(x)**b2)",
    source="no paper known",
    note="The published PAU is a Pade activation unit: pade_pau.  At 0 the slope is infinite if "
    "an exponent is below 1; the smallest exponent decides its sign.",
    aliases=("power_activation_unit",),
    parameters=(
        Parameter("a1", "1", meaning="factor of the first power"),
        Parameter("a2", "0.1", meaning="factor of the second power"),
        Parameter("b1", "1", POSITIVE, "first exponent"),
        Parameter("b2", "2", POSITIVE, "second exponent"),
    ),
    symmetry=ODD,
    monotone=_monotone,
    bounds=_bounds,
)
