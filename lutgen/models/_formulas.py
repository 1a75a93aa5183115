"""The real function of a slice as an expression in x, which is computed exactly.

Its constants are parameters, since most float32 numbers are no short decimals.  Saturation between
the steps is written as ``clip`` where it changes a value by more than rounding does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lutgen.models._graph import CLIPPED, DEQUANTISE, MOVE, QUANTISE, Array, Step, decoded, evaluate
from lutgen.models._naming import literal
from lutgen.models._slices import Slice

MAX_LENGTH = 1000
"""Characters of the longest expression that is read; twenty operators have some hundred."""


class Formula(NamedTuple):
    """An expression.

    Attributes:
        text: the expression, in x and its parameters.
        parameters: ``name=value`` texts.
    """

    text: str
    parameters: tuple[str, ...]


def formula_of(part: Slice) -> Formula | None:
    """Return the expression of a slice; None where an operator has none, or it is too long."""
    writer = _Writer()
    codes = np.arange(part.input.min_code, part.input.max_code + 1, dtype=np.float64)
    values: dict[str, Array] = {
        part.root: decoded(codes, part.input),
        **{name: np.asarray(value, np.float64) for name, value in part.scalars.items()},
    }
    texts = {part.root: "x"}
    for step in part.steps:
        values[step.output] = evaluate([step], values, step.output, CLIPPED)
        for name in filter(None, step.inputs):
            if name not in texts:
                texts[name] = writer.number(float(part.scalars[name]))
        inputs = [texts[name] if name else None for name in step.inputs]
        if step.operator == QUANTISE and step.output != part.tensor:
            text = _clipped(step, inputs[0], values, writer)
        elif step.operator in (QUANTISE, DEQUANTISE, MOVE):
            (text,) = inputs
        else:
            text = _text(step, inputs, writer)
        if text is None or len(text) > MAX_LENGTH:
            return None
        texts[step.output] = text
    return Formula(texts[part.tensor], tuple(writer.parameters.values()))


class _Writer:
    """Writes numbers.

    Attributes:
        parameters: ``name=value`` texts of those that became parameters, by value.
    """

    def __init__(self) -> None:
        self.parameters: dict[float, str] = {}

    def number(self, value: float) -> str:
        """Return a whole number as it is, and the name of a parameter for any other."""
        if value == int(value) and abs(value) < 1e6:
            return f"({int(value)})" if value < 0 else str(int(value))
        if value not in self.parameters:
            short = literal(value)
            exact = short if short.endswith("f") else value.hex()
            self.parameters[value] = f"k{len(self.parameters) + 1}={exact}"
        return self.parameters[value].partition("=")[0]


def _clipped(
    step: Step, text: str, values: Mapping[str, Array], writer: _Writer
) -> str:
    """Return an expression with the saturation of a quantiser, where that changes a value."""
    lost = np.abs(values[step.inputs[0]] - values[step.output])
    if np.max(lost) <= float(step.format.scale) / 2:
        return text
    ends = (float(step.format.decode(c)) for c in (step.format.min_code, step.format.max_code))
    return f"clip({text}, {', '.join(map(writer.number, ends))})"


def _text(step: Step, inputs: list[str | None], writer: _Writer) -> str | None:
    """Return the expression of what an operator makes; None where there is none.

    Args:
        step: the operator.
        inputs: the expressions of its inputs; None of one that is not there.
        writer: of numbers.
    """
    if step.operator in _COMPARISONS:
        return f"{_CONDITION}{inputs[0]} {_COMPARISONS[step.operator]} {inputs[1]}"
    write = _FORMS.get(step.operator)
    chooses = step.operator == "Where"
    if write is None or (None in inputs and step.operator != "Clip"):
        return None
    if any((text or "").startswith(_CONDITION) != (chooses and place == 0)
           for place, text in enumerate(inputs)):
        return None
    numbers = {
        name: writer.number(value)
        for name, value in step.attributes.items()
        if isinstance(value, float) and name in _USED.get(step.operator, ())
    }
    words = {name: value for name, value in step.attributes.items() if isinstance(value, str)}
    return write({**words, **numbers}, *inputs)


def _clip(
    attributes: Mapping[str, str], x: str, low: str | None = None, high: str | None = None
) -> str:
    low, high = low or attributes.get("min"), high or attributes.get("max")
    x = x if low is None else f"max({x}, {low})"
    return x if high is None else f"min({x}, {high})"


def _call(name: str) -> Callable[..., str]:
    """Return what writes a function of one input."""
    return lambda attributes, x: f"{name}({x})"


def _chain(symbol: str) -> Callable[..., str]:
    """Return what writes an operator between operands."""
    return lambda attributes, *operands: f"({f' {symbol} '.join(operands)})"


_CONDITION = "?"
"""What the text of a comparison begins with, which nothing but a choice may read."""

_COMPARISONS = {
    "Equal": "==", "Greater": ">", "GreaterOrEqual": ">=", "Less": "<", "LessOrEqual": "<=",
}

_USED = {
    "Celu": ("alpha",), "Clip": ("min", "max"), "Elu": ("alpha",), "LeakyRelu": ("alpha",),
    "HardSigmoid": ("alpha", "beta"), "QuickGelu": ("alpha",), "Selu": ("alpha", "gamma"),
    "Swish": ("alpha",), "ThresholdedRelu": ("alpha",),
}
"""Attributes that an operator computes with."""

_FORMS: dict[str, Callable[..., str]] = {
    **{
        operator: _call(name)
        for operator, name in {
            "Abs": "abs", "Atan": "arctan", "Cos": "cosine", "Erf": "erf", "Exp": "exp",
            "FastGelu": "gelu_tanh", "HardSwish": "hard_swish", "Log": "log", "Mish": "mish",
            "Relu": "relu", "Sigmoid": "sigmoid", "Sin": "sine", "Softplus": "softplus",
            "Softsign": "softsign", "Sqrt": "sqrt", "Tanh": "tanh",
        }.items()
    },
    **{
        operator: _chain(symbol)
        for operator, symbol in {
            "Add": "+", "Div": "/", "Mul": "*", "Pow": "**", "Sub": "-", "Sum": "+",
        }.items()
    },
    "Celu": lambda a, x: f"celu({x}, alpha={a['alpha']})",
    "Clip": _clip,
    "Elu": lambda a, x: f"elu({x}, alpha={a['alpha']})",
    "Gelu": lambda a, x: f"{'gelu_tanh' if a.get('approximate') == 'tanh' else 'gelu'}({x})",
    "HardSigmoid": lambda a, x: f"clip({a['alpha']} * {x} + {a['beta']}, 0, 1)",
    "Identity": lambda a, x: x,
    "LeakyRelu": lambda a, x: f"leaky_relu({x}, alpha={a['alpha']})",
    "Max": lambda a, *xs: f"max({', '.join(xs)})" if len(xs) > 1 else xs[0],
    "Min": lambda a, *xs: f"min({', '.join(xs)})" if len(xs) > 1 else xs[0],
    "Neg": lambda a, x: f"(-{x})",
    "PRelu": lambda a, x, slope: f"where({x} < 0, {slope} * {x}, {x})",
    "QuickGelu": lambda a, x: f"quick_gelu({x}{', beta=' + a['alpha'] if 'alpha' in a else ''})",
    "Reciprocal": lambda a, x: f"(1 / {x})",
    "Selu": lambda a, x: f"({a['gamma']} * elu({x}, alpha={a['alpha']}))",
    "Swish": lambda a, x: f"({x} * sigmoid({a['alpha']} * {x}))",
    "ThresholdedRelu": lambda a, x: f"where({x} > {a['alpha']}, {x}, 0)",
    "Where": lambda a, condition, x, y: f"where({condition[1:]}, {x}, {y})",
}
"""Operators as expressions; those that are missing have none."""
