"""The elementwise operators of TFLite: their names and attributes in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lutgen.errors import ModelError

_CLIPS = {
    "RELU": ("Relu", {}),
    "RELU6": ("Clip", {"min": 0.0, "max": 6.0}),
    "RELU_N1_TO_1": ("Clip", {"min": -1.0, "max": 1.0}),
    "RELU_0_TO_1": ("Clip", {"min": 0.0, "max": 1.0}),
}
OPERATORS = {
    **_CLIPS,
    "ABS": ("Abs", {}),
    "ADD": ("Add", {}),
    "ELU": ("Elu", {"alpha": 1.0}),
    "EXP": ("Exp", {}),
    "GELU": ("Gelu", {}),
    "HARD_SWISH": ("HardSwish", {}),
    "LEAKY_RELU": ("LeakyRelu", {}),
    "LOG": ("Log", {}),
    "LOGISTIC": ("Sigmoid", {}),
    "MUL": ("Mul", {}),
    "PRELU": ("PRelu", {}),
    "QUANTIZE": ("Identity", {}),
    "SQRT": ("Sqrt", {}),
    "SUB": ("Sub", {}),
    "TANH": ("Tanh", {}),
}
"""TFLite's elementwise operators: their names in ONNX, and attributes that are always the same."""


def attributes(operator: object, code: str) -> dict[str, object]:
    """Return the attributes of an operator under their names in ONNX."""
    import tflite

    if code == "LEAKY_RELU":
        return {"alpha": _options(operator, tflite.LeakyReluOptions).Alpha()}
    if code == "GELU":
        given = operator.BuiltinOptions() is not None
        near = given and _options(operator, tflite.GeluOptions).Approximate()
        return {"approximate": "tanh" if near else "none"}
    return {}


def fused(operator: object, code: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the clip that is fused into an operator, where one is."""
    import tflite

    kinds: dict[str, Callable] = {
        "ADD": tflite.AddOptions, "MUL": tflite.MulOptions, "SUB": tflite.SubOptions
    }
    if code in kinds and operator.BuiltinOptions() is not None:
        number = _options(operator, kinds[code]).FusedActivationFunction()
        for name, clip in _CLIPS.items():
            if getattr(tflite.ActivationFunctionType, name, None) == number:
                yield clip


def _options(operator: object, kind: Callable) -> object:
    """Return the options of an operator; what they leave out is at its default.

    Raises:
        ModelError: it has none.
    """
    found, table = kind(), operator.BuiltinOptions()
    if table is None:
        raise ModelError(f"{kind.__name__} are missing")
    found.Init(table.Bytes, table.Pos)
    return found
