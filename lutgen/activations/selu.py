"""Scaled exponential linear unit."""

from __future__ import annotations

from lutgen.activations import elu
from lutgen.activations._record import (
    NONDECREASING,
    NOT_NEGATIVE,
    POSITIVE,
    Activation,
    Parameter,
)
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, scale: Exact, alpha: Exact) -> Value:
    """Return ``scale`` times the exponential linear unit."""
    return scale * elu.value(x, alpha)


def derivative(x: Exact, scale: Exact, alpha: Exact) -> Value:
    """Return ``scale`` above 0, else ``scale * alpha * exp(x)``."""
    return scale * elu.derivative(x, alpha)


RECORD = Activation(
    name="selu",
    value=value,
    derivative=derivative,
    summary="Scaled exponential linear unit, whose constants keep mean 0 and variance 1.",
    formula="scale * (x if x > 0 else alpha * (exp(x) - 1))",
    source="Klambauer et al. 2017, arXiv:1706.02515; ONNX Selu-6",
    note="ONNX rounds both constants to float32; the article's alpha, 1.673261549988..., is wrong.",
    parameters=(
        Parameter("scale", "1.0507009873554804934193349852946", POSITIVE, "slope above 0"),
        Parameter(
            "alpha",
            "1.6732632423543772848170429916717",
            NOT_NEGATIVE,
            "minus the limit at -inf, before scaling",
        ),
    ),
    monotone=NONDECREASING,
    bounds=lambda scale, alpha: (-scale * alpha, None),
    kinks=lambda scale, alpha: () if alpha == 1 else (0,),
    kink_rule="the left-hand derivative, scale * alpha",
)
