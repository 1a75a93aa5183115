"""The elementwise operators of TFLite: their names and attributes in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lutgen.errors import ModelError

_CLIPS = {
    "RELU": ("Relu", {"min": 0.0}),
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
    "MAXIMUM": ("Max", {}),
    "MINIMUM": ("Min", {}),
    "MUL": ("Mul", {}),
    "PRELU": ("PRelu", {}),
    "QUANTIZE": ("Identity", {}),
    "SQRT": ("Sqrt", {}),
    "SUB": ("Sub", {}),
    "TANH": ("Tanh", {}),
}
"""TFLite's elementwise operators: their names in ONNX, and attributes that are always the same."""


CLOSED = frozenset(
    {"BIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "RNN", "SVDF",
     "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN"}
)
"""Operators with activations inside that never become tensors."""


def attributes(operator: object, code: str) -> dict[str, object]:
    """Return the attributes of an operator under their names in ONNX."""
    import tflite

    if code == "LEAKY_RELU":
        return {"alpha": _options(operator, tflite.LeakyReluOptions).Alpha()}
    if code in ("ADD", "SUB"):
        given = _arithmetic(operator, code)
        return {"pot_scale_int16": given is not None and bool(given.PotScaleInt16())}
    if code == "GELU":
        given = operator.BuiltinOptions() is not None
        near = given and _options(operator, tflite.GeluOptions).Approximate()
        return {"approximate": "tanh" if near else "none"}
    return {}


def fused(operator: object, code: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the clip that is fused into an operator, where one is."""
    import tflite

    given = _arithmetic(operator, code)
    if given is not None:
        number = given.FusedActivationFunction()
        for name, clip in _CLIPS.items():
            if getattr(tflite.ActivationFunctionType, name, None) == number:
                yield clip


def _arithmetic(operator: object, code: str) -> object | None:
    """Return the options of an addition or product; None of others, and where there are none."""
    import tflite

    kinds: dict[str, Callable] = {
        "ADD": tflite.AddOptions, "MUL": tflite.MulOptions, "SUB": tflite.SubOptions
    }
    if code not in kinds or operator.BuiltinOptions() is None:
        return None
    return _options(operator, kinds[code])


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
