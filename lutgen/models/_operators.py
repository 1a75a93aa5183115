"""The elementwise operators of ONNX, each as the NumPy function of its inputs and attributes.

They compute in the type of their arrays.  An optional input that is not there is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

Array = np.ndarray
Attributes = Mapping[str, object]

_ROOT_HALF = math.sqrt(0.5)
_TANH_GELU = math.sqrt(2 / math.pi)

_each_erf = np.vectorize(math.erf, otypes=[np.float64])


def _erf(x: Array) -> Array:
    return _each_erf(x).astype(np.asarray(x).dtype)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softplus(x: Array) -> Array:
    return np.logaddexp(x * 0, x)


def _clip(x: Array, low: Array | None, high: Array | None) -> Array:
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _gelu(x: Array, attributes: Attributes) -> Array:
    if attributes.get("approximate", "none") == "tanh":
        return 0.5 * x * (1 + np.tanh(_TANH_GELU * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + _erf(x * _ROOT_HALF))


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _plain(function: Callable[..., Array]) -> Callable[..., Array]:
    """Return the operator that has no attributes."""

    def operator(attributes: Attributes, *inputs: Array) -> Array:
        # A ufunc takes one more argument for the array that it writes into.
        if isinstance(function, np.ufunc) and len(inputs) != function.nin:
            raise TypeError(f"takes {function.nin} inputs")
        return function(*inputs)

    return operator


ELEMENTWISE: dict[str, Callable[..., Array]] = {
    **{
        name: _plain(function)
        for name, function in {
            "Abs": np.abs,
            "Add": np.add,
            "And": np.logical_and,
            "Atan": np.arctan,
            "Ceil": np.ceil,
            "Cos": np.cos,
            "Cosh": np.cosh,
            "Div": np.divide,
            "Equal": np.equal,
            "Erf": _erf,
            "Exp": np.exp,
            "Floor": np.floor,
            "Greater": np.greater,
            "GreaterOrEqual": np.greater_equal,
            "HardSwish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
            "Identity": lambda x: x,
            "Less": np.less,
            "LessOrEqual": np.less_equal,
            "Log": np.log,
            "Mish": lambda x: x * np.tanh(_softplus(x)),
            "Mul": np.multiply,
            "Neg": np.negative,
            "Not": np.logical_not,
            "Or": np.logical_or,
            "PRelu": lambda x, slope: np.where(x < 0, slope * x, x),
            "Pow": np.power,
            "Reciprocal": lambda x: 1 / x,
            "Relu": lambda x: np.maximum(x, 0),
            "Round": np.rint,
            "Sigmoid": _sigmoid,
            "Sign": np.sign,
            "Sin": np.sin,
            "Sinh": np.sinh,
            "Softplus": _softplus,
            "Softsign": lambda x: x / (1 + np.abs(x)),
            "Sqrt": np.sqrt,
            "Sub": np.subtract,
            "Tan": np.tan,
            "Tanh": np.tanh,
            "Where": np.where,
        }.items()
    },
    "Celu": lambda a, x: np.maximum(x, 0)
    + np.minimum(0, a["alpha"] * np.expm1(np.minimum(x, 0) / a["alpha"])),
    "Clip": lambda a, x, low=None, high=None: _clip(
        x, a.get("min") if low is None else low, a.get("max") if high is None else high
    ),
    "Elu": lambda a, x: _elu(x, a["alpha"]),
    "FastGelu": lambda a, x: _gelu(x, {"approximate": "tanh"}),
    "Gelu": lambda a, x: _gelu(x, a),
    "HardSigmoid": lambda a, x: np.clip(a["alpha"] * x + a["beta"], 0, 1),
    "LeakyRelu": lambda a, x: np.where(x < 0, a["alpha"] * x, x),
    "Max": lambda a, *xs: np.maximum.reduce(np.broadcast_arrays(*xs)),
    "Min": lambda a, *xs: np.minimum.reduce(np.broadcast_arrays(*xs)),
    "QuickGelu": lambda a, x: x * _sigmoid(a.get("alpha", 1.702) * x),
    "Selu": lambda a, x: a["gamma"] * _elu(x, a["alpha"]),
    "Sum": lambda a, *xs: sum(xs[1:], start=xs[0]),
    "Swish": lambda a, x: x * _sigmoid(a["alpha"] * x),
    "ThresholdedRelu": lambda a, x: np.where(x > a["alpha"], x, 0 * x),
}

STRAIGHT = frozenset({"Add", "Identity", "Neg", "Sub", "Sum"})
"""Operators that make straight lines of straight lines; ``Mul`` and ``Div`` do with a constant."""

MOVES = frozenset(
    {"DepthToSpace", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Reshape",
     "ReverseSequence", "Slice", "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose",
     "Unsqueeze"}
)
"""Operators whose outputs are made of elements of their first input, whatever these are."""

ACTIVATIONS = frozenset(
    {"Celu", "Clip", "Elu", "Erf", "FastGelu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu",
     "Mish", "PRelu", "QuickGelu", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Swish",
     "Tanh", "ThresholdedRelu"}
)
"""Operators that nobody uses but as an activation or a part of one."""
