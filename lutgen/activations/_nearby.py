"""Rationals that stand for irrational numbers in the facts of a record.

A kink or a bound may be a square root or the zero of a polynomial, while facts are rational.  A
number that is rational is returned as it is.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.numerics.reals import Exact, Value, ball, fraction

BITS = 64
"""Working precision at which such facts are computed: enough to find the code next to a kink."""


def near(value: Value) -> Fraction:
    """Return ``value``, rounded to the working precision where it is irrational."""
    # The sum rounds: a middle that comes from a finer computation has more bits.
    return fraction(value) if isinstance(value, Exact) else _dyadic((ball(value) + 0).mid())


def at_most(value: Value) -> Fraction:
    """Return a rational that is at or just below ``value``."""
    return fraction(value) if isinstance(value, Exact) else _dyadic(ball(value).lower())


def at_least(value: Value) -> Fraction:
    """Return a rational that is at or just above ``value``."""
    return fraction(value) if isinstance(value, Exact) else _dyadic(ball(value).upper())


def _dyadic(end: arb) -> Fraction:
    """Return an exact ball as the rational it is."""
    mantissa, exponent = end.man_exp()
    return int(mantissa) * Fraction(2) ** int(exponent)
