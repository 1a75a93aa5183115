"""LiteRT's optimised kernels where they compute something else than the reference kernels."""

from __future__ import annotations

import numpy as np

from lutgen.models.litert import gemmlowp, sixteen
from lutgen.models.litert.fixed_point import Factor, shifted_left, shifted_right_up
from lutgen.models.litert.operator import Operator
from lutgen.models.litert.reference import Kernel


def kernel(operator: Operator) -> Kernel | None:
    """Return the kernel of an operator, None where it is the reference kernel.

    With 16 bits and a power of two as scale, LOGISTIC and TANH are gemmlowp's; QUANTIZE between
    8 bits rounds half up.
    """
    widths = {tensor.format.width for tensor in (*operator.inputs, operator.output)}
    if operator.code == "QUANTIZE":
        return _quantize if widths == {8} else None
    if widths != {16} or sixteen.power_of_two(operator) is None:
        return None
    return {"LOGISTIC": _logistic, "TANH": _tanh}.get(operator.code)


def _quantize(operator: Operator, x: np.ndarray) -> np.ndarray:
    return operator.finished(Factor.of(operator.exact_ratio).times(x, shifted_right_up))


def _logistic(operator: Operator, x: np.ndarray) -> np.ndarray:
    return gemmlowp.logistic(x)


def _tanh(operator: Operator, x: np.ndarray) -> np.ndarray:
    return gemmlowp.tanh(shifted_left(x, sixteen.power_of_two(operator)))
