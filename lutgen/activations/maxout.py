"""Maxout of two lines in one input; dy_relu shares its formulas."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import (
    NONDECREASING,
    NONINCREASING,
    Activation,
    Bounds,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, w1: Exact, w2: Exact, b1: Exact, b2: Exact) -> Value:
    """Return the higher of the two lines."""
    return max(w1 * x + b1, w2 * x + b2)


def derivative(x: Exact, w1: Exact, w2: Exact, b1: Exact, b2: Exact) -> Value:
    """Return the slope of the higher line; the first one has precedence."""
    return w1 if w1 * x + b1 >= w2 * x + b2 else w2


def symmetry(w1: Fraction, w2: Fraction, b1: Fraction, b2: Fraction) -> Symmetry | None:
    """Lines that cross at 0 have a line as their odd part; equal slopes make one line."""
    if w1 == w2:
        return Symmetry(-1, offset=2 * max(b1, b2))
    return Symmetry(+1, slope=-(w1 + w2)) if b1 == b2 else None


def monotone(w1: Fraction, w2: Fraction, b1: Fraction, b2: Fraction) -> str | None:
    """Slopes of opposite signs fall, then rise."""
    if min(w1, w2) >= 0:
        return NONDECREASING
    return NONINCREASING if max(w1, w2) <= 0 else None


def bounds(w1: Fraction, w2: Fraction, b1: Fraction, b2: Fraction) -> Bounds:
    """Unless both lines rise or both fall, the least value is where they cross."""
    if w1 * w2 > 0:
        return None, None
    if w1 == w2:
        return max(b1, b2), max(b1, b2)
    return (w1 * b2 - w2 * b1) / (w1 - w2), None


def kinks(w1: Fraction, w2: Fraction, b1: Fraction, b2: Fraction) -> tuple[Fraction, ...]:
    """Where the lines cross."""
    return ((b2 - b1) / (w1 - w2),) if w1 != w2 else ()


RECORD = Activation(
    name="maxout",
    value=value,
    derivative=derivative,
    summary="Maxout of two lines in one input; with its defaults the absolute value.",
    formula="max(w1 * x + b1, w2 * x + b2)",
    source="Goodfellow et al. 2013, arXiv:1302.4389",
    note="The layer takes the maximum of k affine maps of a vector; this is the article's case "
    "k = 2 of one input.",
    parameters=(
        Parameter("w1", "1", meaning="slope of the first line"),
        Parameter("w2", "-1", meaning="slope of the second line"),
        Parameter("b1", "0", meaning="value of the first line at 0"),
        Parameter("b2", "0", meaning="value of the second line at 0"),
    ),
    symmetry=symmetry,
    monotone=monotone,
    bounds=bounds,
    kinks=kinks,
    kink_rule="the slope of the first line, w1",
)
