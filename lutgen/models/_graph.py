"""A model as a list of steps, whatever file it was read from, and how steps are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from lutgen.errors import ModelError, shown
from lutgen.formats import NumberFormat
from lutgen.models._operators import ELEMENTWISE

QUANTISE, DEQUANTISE = "QuantizeLinear", "DequantizeLinear"
MOVE = "Move"
"""What hands on elements of one tensor, in another order or not all: a Slice, a Transpose."""

Array = np.ndarray


class Step(NamedTuple):
    """One operator.  A node of the model is one step or, with quantisation inside, several.

    Attributes:
        operator: its ONNX name; one that is not elementwise ends every unit.
        inputs: tensors; an empty name is an optional input that is not there.
        output: the tensor it makes; empty where it makes several or none.
        node: which node of the model it belongs to.
        attributes: of the operator, defaults included.
        format: of the codes, where it quantises or dequantises an activation.
    """

    operator: str
    inputs: tuple[str, ...]
    output: str
    node: int
    attributes: Mapping[str, object] = {}
    format: NumberFormat | None = None

    @property
    def elementwise(self) -> bool:
        """Whether every element of the output depends on one element of each input alone."""
        known = self.format is not None or self.operator == MOVE or self.operator in ELEMENTWISE
        return bool(self.output) and known


class Graph(NamedTuple):
    """The steps of a model in their order.

    Attributes:
        steps: of every node, also of those that are not elementwise.
        nodes: name of each node.
        scalars: constants of one element, by tensor.
        outputs: tensors that are read from outside.
        closed: nodes that compute something inside which is no step, such as the branches of an If.
    """

    steps: tuple[Step, ...]
    nodes: tuple[str, ...]
    scalars: Mapping[str, Array]
    outputs: frozenset[str]
    closed: tuple[int, ...]


class Coding(NamedTuple):
    """What quantising and dequantising steps do.

    Attributes:
        encode: the first, for reals and a format.
        decode: the second, for what ``encode`` gives.
    """

    encode: Callable[[Array, NumberFormat], Array]
    decode: Callable[[Array, NumberFormat], Array]


def rounded_even(value: Array, codes: NumberFormat) -> Array:
    """Return codes as ONNX makes them: half to even, then the zero point, then saturation."""
    ratio = value / value.dtype.type(codes.scale)
    return np.clip(np.rint(ratio) + codes.zero_point, codes.min_code, codes.max_code)


def rounded_away(value: Array, codes: NumberFormat) -> Array:
    """Return codes as TFLite makes them: half away from zero."""
    ratio = value / value.dtype.type(codes.scale)
    rounded = np.trunc(ratio + np.copysign(0.5, ratio))
    return np.clip(rounded + codes.zero_point, codes.min_code, codes.max_code)


def decoded(value: Array, codes: NumberFormat) -> Array:
    """Return the reals that codes stand for."""
    return (value - codes.zero_point) * value.dtype.type(codes.scale)


def _clipped(value: Array, codes: NumberFormat) -> Array:
    ends = np.array([codes.min_code, codes.max_code], value.dtype)
    return np.clip(value, *decoded(ends, codes))


def _same(value: Array, codes: NumberFormat) -> Array:
    return value


EVEN = Coding(rounded_even, decoded)
"""Codes as ONNX makes them."""

CLIPPED = Coding(_clipped, _same)
"""Reals that are saturated where they would become codes, but not rounded."""

REAL = Coding(_same, _same)
"""Reals that are neither rounded nor saturated."""


def evaluate(
    steps: Iterable[Step], known: Mapping[str, Array], wanted: str, coding: Coding
) -> Array:
    """Return one tensor of a model, computed step by step in the type of the known arrays.

    Args:
        steps: in order.
        known: arrays and constants that the steps begin with; codes are kept as floats.
        wanted: the tensor to return.
        coding: what quantising and dequantising steps do.

    Raises:
        ModelError: a step lacks an input or an attribute, or has one that it cannot take.
    """
    values = dict(known)
    with np.errstate(all="ignore"):
        for step in steps:
            try:
                inputs = [values[name] if name else None for name in step.inputs]
                values[step.output] = _computed(step, inputs, coding)
            except (TypeError, ValueError, KeyError, AttributeError) as problem:
                raise ModelError(
                    f"{step.operator} that makes {shown(step.output)}: cannot be computed "
                    f"({type(problem).__name__}); its inputs or attributes are wrong"
                ) from None
    return values[wanted]


def _computed(step: Step, inputs: list[Array | None], coding: Coding) -> Array:
    if step.operator == QUANTISE:
        return coding.encode(inputs[0], step.format)
    if step.operator == DEQUANTISE:
        return coding.decode(inputs[0], step.format)
    if step.operator == MOVE:
        return inputs[0]
    return np.asarray(ELEMENTWISE[step.operator](step.attributes, *inputs))
