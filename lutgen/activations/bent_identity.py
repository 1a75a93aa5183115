"""Bent identity."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations._record import NONDECREASING, Activation, Symmetry
from lutgen.numerics.reals import Exact, Value, square_root


def value(x: Exact) -> Value:
    """Return ``x + (sqrt(x**2 + 1) - 1) / 2``, exact at Pythagorean x such as 3/4.

    The root less one is written as ``x**2 / (root + 1)``, which keeps its digits near 0.
    """
    square = x * x
    return x + square / (2 * (square_root(square + 1) + 1))


def derivative(x: Exact) -> Value:
    """Return ``1 + x / (2 sqrt(x**2 + 1))``, between 1/2 and 3/2."""
    return 1 + x / (2 * square_root(x * x + 1))


RECORD = Activation(
    name="bent_identity",
    value=value,
    derivative=derivative,
    summary="Bent identity: a line whose slope passes smoothly from 1/2 to 3/2.",
    formula="(sqrt(x**2 + 1) - 1) / 2 + x",
    source="folklore",
    note="Strictly increasing; the article calls it non-monotone.",
    symmetry=Symmetry(+1, slope=Fraction(-2)),
    monotone=NONDECREASING,
)
