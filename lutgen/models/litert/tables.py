"""LiteRT's tables of curved functions: an entry for each code of 8 bits, 513 knots for 16 bits.

They are made in float32, one rounding for each operation.  The elementary functions are those of
float64, rounded: of 2.3 million entries one differed from those of the C library.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lutgen.models.litert.operator import Operator

Array = np.ndarray
Function = Callable[[Array], Array]

F = np.float32
_TANH_GELU = F(0.7978845608028654)

_KNOTS, _STEP = 512, 128
"""Intervals of a table of 16 bits, and codes in each."""


def _rounded(function: Function) -> Function:
    """Return a function of float64 as one of float32."""
    return lambda x: function(x.astype(np.float64)).astype(F)


_exp, _expm1, _tanh, _log = map(_rounded, (np.exp, np.expm1, np.tanh, np.log))
_erfc = _rounded(np.vectorize(math.erfc, otypes=[np.float64]))


def _gelu(x: Array) -> Array:
    return F(0.5) * x * _erfc(x * -F(math.sqrt(0.5)))


def _gelu_tanh(x: Array) -> Array:
    inner = _TANH_GELU * (x + F(0.044715) * x * x * x)
    return F(0.5) * x * (F(1) + _tanh(inner))


_FUNCTIONS: dict[str, Function] = {
    "ELU": lambda x: np.where(x < 0, _expm1(x), x),
    "EXP": _exp,
    "GELU": _gelu,
    "LOGISTIC": lambda x: F(1) / (F(1) + _exp(-x)),
    "TANH": _tanh,
}


def function_of(operator: Operator) -> Function:
    """Return the function of an operator that has a table, of float32."""
    if operator.code == "LOG":
        # What has no logarithm gets the lowest code.
        codes = operator.output.format
        least = F(codes.min_code - codes.zero_point) * operator.output.scale
        return lambda x: np.where(x > 0, _log(x), least)
    if operator.code == "GELU" and operator.options.get("approximate") == "tanh":
        return _gelu_tanh
    return _FUNCTIONS[operator.code]


def direct(operator: Operator, x: Array) -> Array:
    """Return the output codes of a table with an entry for each code, of 8 bits."""
    codes = operator.output.format
    with np.errstate(all="ignore"):
        value = function_of(operator)(operator.inputs[0].scale * x.astype(F))
        found = _half_away(value * (F(1) / operator.output.scale)) + F(codes.zero_point)
        return np.clip(found, codes.min_code, codes.max_code).astype(np.int64)


def interpolated(operator: Operator, x: Array) -> Array:
    """Return the output codes of a table with 513 knots, of 16 bits.

    The zero point of the output has no part in it, and a slope may wrap.
    """
    knots, codes = _knots(operator), x + operator.inputs[0].format.zero_point
    place, offset = (codes >> 7) + _KNOTS // 2, codes & (_STEP - 1)
    slope = (knots[place + 1] - knots[place]).astype(np.int16).astype(np.int64)
    return (knots[place] + (slope * offset + _STEP // 2 >> 7)).astype(np.int16).astype(np.int64)


def _knots(operator: Operator) -> Array:
    """Return the knots: each bent towards what lies in the middle of its interval."""
    function, target = function_of(operator), operator.output.format
    (least, most), ends = (
        [tensor.scale * F(code - tensor.format.zero_point)
         for code in (tensor.format.min_code, tensor.format.max_code)]
        for tensor in (operator.inputs[0], operator.output)
    )
    step = (most - least) / F(_KNOTS)
    factor = F(2**16) / (ends[1] - ends[0])
    place = np.arange(_KNOTS).astype(F)
    with np.errstate(all="ignore"):
        start, middle, end = (
            function(x) * factor
            for x in (
                least + place * step,
                least + place * step + step / F(2),
                least + (place + F(1)) * step,
            )
        )
        knots = _half_away(start)
        error = _half_away((end + knots) / F(2)) - _half_away(middle)
        last = _half_away(function(np.array([most])) * factor)
        found = np.concatenate([knots - _half_away(error / F(2)), last])
    return np.clip(found, target.min_code, target.max_code).astype(np.int64)


def _half_away(values: Array) -> Array:
    """Return float32 values rounded as C rounds, half away from zero."""
    wide = values.astype(np.float64)
    return np.trunc(wide + np.copysign(0.5, wide)).astype(F)
