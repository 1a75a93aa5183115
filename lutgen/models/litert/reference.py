"""LiteRT's reference kernels: tables for curved functions, fixed-point products for the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lutgen.models.litert import sixteen, tables
from lutgen.models.litert.fixed_point import (
    Factor,
    high_product,
    saturated,
    shifted_left,
    shifted_right,
    towards_zero,
)
from lutgen.models.litert.operator import Operator

Array = np.ndarray
Kernel = Callable[..., Array]
"""Takes an operator, and codes of each input less its zero point; returns output codes."""


def kernel(operator: Operator) -> Kernel | None:
    """Return the kernel of an operator, None where LiteRT has none for its types."""
    if not _is_taken(operator):
        return None
    return (_OF_8_BITS if operator.bits == 8 else _OF_16_BITS).get(operator.code)


def _is_taken(operator: Operator) -> bool:
    """Return whether LiteRT takes these types and scales, however it computes."""
    source, *others = (tensor.format for tensor in (*operator.inputs, operator.output))
    types = {(codes.width, codes.signed) for codes in others}
    match operator.code:
        case "QUANTIZE":
            return True
        case "PRELU" if operator.bits == 16:
            # The slope keeps 8 bits.
            return types == {(8, True), (16, True)} and operator.output.format.width == 16
        case "LOGISTIC" | "TANH" if operator.bits == 16:
            if any(codes.zero_point for codes in (source, *others)):
                return False
        case "HARD_SWISH":
            if operator.ratio > 64:
                return False
        case "ADD" | "SUB":
            exponents = _powers_of_two(operator)
            if exponents and max(exponents[:2]) != exponents[2]:
                return False
    return types == {(source.width, source.signed)}


def _rescaled(operator: Operator, x: Array) -> Array:
    """RELU and its relatives: a change of scale, and a clip."""
    return operator.finished(Factor.of(float(operator.ratio)).times(x))


def _quantize(operator: Operator, x: Array) -> Array:
    """QUANTIZE: the one change of scale whose factor is not rounded to float32 first."""
    return operator.finished(Factor.of(operator.exact_ratio).times(x))


def _abs(operator: Operator, x: Array) -> Array:
    if operator.inputs[0].scale == operator.output.scale:
        return operator.finished(np.abs(x))
    return _rescaled(operator, np.abs(x))


def _leaky_relu(operator: Operator, x: Array) -> Array:
    slope = np.float32(operator.options["alpha"])
    slow = Factor.of(float(operator.inputs[0].scale * slope / operator.output.scale))
    return operator.finished(
        np.where(x >= 0, Factor.of(float(operator.ratio)).times(x), slow.times(x))
    )


def _prelu(operator: Operator, x: Array, slope: Array) -> Array:
    slow = Factor.of(float(operator.product_ratio)).times(x * slope)
    return operator.finished(np.where(x >= 0, Factor.of(float(operator.ratio)).times(x), slow))


def _hard_swish(operator: Operator, x: Array) -> Array:
    """HARD_SWISH: three products of 16 bits, of which one rounds towards zero."""
    fine = np.float32(1 / 128) * operator.inputs[0].scale
    out = Factor.of(float(fine / operator.output.scale))
    inner = Factor.of(float(fine / np.float32(3 / 32768)))
    x = x << 7
    gate = x
    if inner.shift > 0:
        gate = shifted_left(gate, inner.shift - 1)
    gate = high_product(gate, inner.short, 16)
    if inner.shift > 0:
        gate = shifted_left(gate, 1)
    gate = shifted_right(gate, max(-inner.shift, 0)) + 2**15 >> 1
    product = saturated(towards_zero(gate * high_product(x, out.short, 16), 15))
    return operator.finished(shifted_right(product, max(-out.shift, 0)))


def _mul(operator: Operator, a: Array, b: Array) -> Array:
    return operator.finished(Factor.of(float(operator.product_ratio)).times(a * b))


def _add(operator: Operator, a: Array, b: Array) -> Array:
    first, second, back = _common(operator, a, b)
    return operator.finished(back.times(first + second))


def _sub(operator: Operator, a: Array, b: Array) -> Array:
    first, second, back = _common(operator, a, b)
    return operator.finished(back.times(first - second))


def _common(operator: Operator, a: Array, b: Array) -> tuple[Array, Array, Factor]:
    """Return both inputs in one unit, and the factor from that to output codes."""
    scales = [float(tensor.scale) for tensor in operator.inputs]
    units = _powers_of_two(operator)
    if units:
        first, second = (
            shifted_right(x, units[-1] - unit) for x, unit in zip((a, b), units, strict=False)
        )
        return first, second, Factor.of(1.0)
    # Twice the larger scale, with more bits after the point.
    shift, twice = 15 if operator.bits == 16 else 20, 2 * max(scales)
    first, second = (
        Factor.of(own / twice).times(x << shift) for x, own in zip((a, b), scales, strict=True)
    )
    return first, second, Factor.of(twice / (2**shift * float(operator.output.scale)))


def _powers_of_two(operator: Operator) -> tuple[int, ...]:
    """Return the exponents of all scales, where that is what 16 bits are added by."""
    if not operator.options.get("pot_scale_int16") or operator.bits != 16:
        return ()
    parts = [np.frexp(tensor.scale) for tensor in (*operator.inputs, operator.output)]
    if any(fraction != 0.5 for fraction, _ in parts):
        return ()
    return tuple(int(exponent) for _, exponent in parts)


_OF_8_BITS: dict[str, Kernel] = {
    **dict.fromkeys(("ELU", "EXP", "GELU", "LOG", "LOGISTIC", "TANH"), tables.direct),
    **dict.fromkeys(("RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1"), _rescaled),
    "ABS": _abs,
    "ADD": _add,
    "HARD_SWISH": _hard_swish,
    "LEAKY_RELU": _leaky_relu,
    "MUL": _mul,
    "PRELU": _prelu,
    "QUANTIZE": _quantize,
    "SUB": _sub,
}
_OF_16_BITS: dict[str, Kernel] = {
    **dict.fromkeys(("EXP", "GELU", "LOG"), tables.interpolated),
    **dict.fromkeys(("RELU", "RELU6"), _rescaled),
    "ABS": _abs,
    "ADD": _add,
    "LEAKY_RELU": _leaky_relu,
    "LOGISTIC": sixteen.logistic,
    "MUL": _mul,
    "PRELU": _prelu,
    "QUANTIZE": _quantize,
    "SUB": _sub,
    "TANH": sixteen.tanh,
}
