"""Exponential linear unit."""

from __future__ import annotations

from flint import arb

from lutgen.activations._record import NONDECREASING, NOT_NEGATIVE, RELU_LIKE, Activation, Parameter
from lutgen.numerics.reals import Anchored, Exact, Value


def value(x: Exact, alpha: Exact) -> Value:
    """Return ``x`` above 0, else ``alpha`` times a saturating exponential."""
    if x >= 0 or alpha == 0:
        return max(x, Exact(0))
    return alpha * exponential_less_one(x)


def derivative(x: Exact, alpha: Exact) -> Value:
    """Return 1 above 0, else ``alpha * exp(x)``."""
    if x > 0:
        return Exact(1)
    return alpha * arb(x).exp() if x != 0 and alpha != 0 else alpha


def exponential_less_one(x: Exact) -> Value:
    """Return ``exp(x) - 1``; near 0 by ``expm1``, far below 0 with its distance from -1."""
    return arb(x).expm1() if x > -1 else Anchored(Exact(-1), arb(x).exp())


RECORD = Activation(
    name="elu",
    value=value,
    derivative=derivative,
    summary="Exponential linear unit: identity above 0, saturating exponential below.",
    formula="x if x > 0 else alpha * (exp(x) - 1)",
    source="Clevert et al. 2015, arXiv:1511.07289; ONNX Elu-6",
    parameters=(Parameter("alpha", "1", NOT_NEGATIVE, "minus the limit at -inf"),),
    symmetry=lambda alpha: RELU_LIKE if alpha == 0 else None,
    monotone=NONDECREASING,
    bounds=lambda alpha: (-alpha, None),
    kinks=lambda alpha: () if alpha == 1 else (0,),
    kink_rule="the left-hand derivative, alpha",
)
