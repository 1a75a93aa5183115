"""E-swish, a scaled sigmoid linear unit."""

from __future__ import annotations

from fractions import Fraction

from lutgen.activations import silu, swish
from lutgen.activations._record import (
    NONDECREASING,
    Activation,
    Bounds,
    Parameter,
    Symmetry,
)
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, beta: Exact) -> Value:
    """Return ``beta * x * sigmoid(x)``."""
    return beta * silu.value(x) if beta != 0 else beta


def derivative(x: Exact, beta: Exact) -> Value:
    """Return ``beta`` times the derivative of silu."""
    return beta * silu.derivative(x) if beta != 0 else beta


def _bounds(beta: Fraction) -> Bounds:
    """The trough of silu, scaled; a negative beta turns it into a crest."""
    extreme = swish.LOWEST * beta
    return (extreme if beta >= 0 else None, extreme if beta <= 0 else None)


RECORD = Activation(
    name="eswish",
    value=value,
    derivative=derivative,
    summary="E-swish: silu times a constant.",
    formula="beta * x / (1 + exp(-x))",
    source="Alcaide 2018, arXiv:1801.07145",
    note="The paper takes beta from 1 to 2.  Here beta scales the output; in swish, the gate.",
    aliases=("e_swish",),
    parameters=(Parameter("beta", "1.5", meaning="factor of the output"),),
    symmetry=lambda beta: Symmetry(+1, slope=-beta),
    monotone=lambda beta: NONDECREASING if beta == 0 else None,
    bounds=_bounds,
)
