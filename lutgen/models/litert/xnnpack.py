"""XNNPACK's kernels of 8 bits, which LiteRT uses where it may: other factors, other ties."""

from __future__ import annotations

import numpy as np

from lutgen.models.litert import tables
from lutgen.models.litert.operator import Operator
from lutgen.models.litert.reference import Kernel

Array = np.ndarray
F = np.float32


def kernel(operator: Operator) -> Kernel | None:
    """Return the kernel of an operator, None where XNNPACK leaves it to LiteRT."""
    formats = [tensor.format for tensor in (*operator.inputs, operator.output)]
    if {(codes.width, codes.signed) for codes in formats} not in ({(8, True)}, {(8, False)}):
        return None
    ratios = [tensor.scale / operator.output.scale for tensor in operator.inputs]
    match operator.code:
        case "LEAKY_RELU":
            ratios.append(abs(ratios[0] * F(operator.options["alpha"])))
            taken = all(F(2**-8) <= ratio <= F(2**7) for ratio in ratios)
        case "QUANTIZE":
            taken = F(2**-8) <= ratios[0] <= F(2**7)
        case "MUL":
            if operator.inputs[0].name == operator.inputs[1].name:
                return _square
            taken = F(2**-16) <= operator.product_ratio < F(2**8)
        case "ADD" | "SUB":
            taken = all(F(2**-10) <= ratio < F(2**8) for ratio in ratios)
        case _:
            taken = True
    return _KERNELS.get(operator.code) if taken else None


def _direct(operator: Operator, x: Array) -> Array:
    return _table(operator, x, tables.function_of(operator))


def _square(operator: Operator, x: Array, again: Array) -> Array:
    """MUL of a tensor with itself."""
    return _table(operator, x, np.square)


def _table(operator: Operator, x: Array, function: tables.Function) -> Array:
    """Return the entries of a table, rounded half to even after the zero point is added."""
    zero_point = operator.output.format.zero_point
    with np.errstate(all="ignore"):
        value = function(x.astype(F) * operator.inputs[0].scale)
        found = np.rint(value * (F(1) / operator.output.scale) + F(zero_point))
    # Far outside every format, but an integer.
    return operator.finished(np.clip(found, -(2**30), 2**30).astype(np.int64) - zero_point)


def _quantize(operator: Operator, x: Array) -> Array:
    return operator.finished(_eighths(x, operator.ratio))


def _leaky_relu(operator: Operator, x: Array) -> Array:
    slow = operator.ratio * F(operator.options["alpha"])
    return operator.finished(np.where(x >= 0, _eighths(x, operator.ratio), _eighths(x, slow)))


def _mul(operator: Operator, a: Array, b: Array) -> Array:
    """The exact product times a factor in float32, half to even."""
    product = (a * b).astype(F) * operator.product_ratio
    return operator.finished(np.rint(product).astype(np.int64))


def _add(operator: Operator, a: Array, b: Array) -> Array:
    return _sum(operator, a, b)


def _sub(operator: Operator, a: Array, b: Array) -> Array:
    return _sum(operator, a, -b)


def _sum(operator: Operator, a: Array, b: Array) -> Array:
    """Both inputs times whole factors of some 20 bits, and one shift, half up."""
    ratios = [tensor.scale / operator.output.scale for tensor in operator.inputs]
    shift = 21 - int(np.frexp(max(ratios))[1])
    first, second = (int(np.rint(np.ldexp(float(ratio), shift))) for ratio in ratios)
    return operator.finished(a * first + b * second + (1 << (shift - 1)) >> shift)


def _eighths(x: Array, ratio: np.float32) -> Array:
    """Return integers times a factor that is rounded to units of 2^-8, half up."""
    return x * int(np.rint(F(2**8) * ratio)) + 2**7 >> 8


_KERNELS: dict[str, Kernel] = {
    "ADD": _add,
    "ELU": _direct,
    "LEAKY_RELU": _leaky_relu,
    "LOGISTIC": _direct,
    "MUL": _mul,
    "QUANTIZE": _quantize,
    "SUB": _sub,
    "TANH": _direct,
}
