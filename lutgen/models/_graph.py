"""A model as a list of steps, whatever file it was read from, and how steps are computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from lutgen.errors import ModelError, shown
from lutgen.formats import NumberFormat
from lutgen.models._operators import ELEMENTWISE

QUANTISE, DEQUANTISE = "QuantizeLinear", "DequantizeLinear"

Array = np.ndarray
Quantiser = Callable[[Array, NumberFormat], Array]


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
        """Whether every element of the output depends on that element of the inputs alone."""
        return bool(self.output) and (self.format is not None or self.operator in ELEMENTWISE)


class Graph(NamedTuple):
    """The steps of a model in their order.

    Attributes:
        steps: of every node, also of those that are not elementwise.
        nodes: name of each node.
        scalars: constants of one element, by tensor.
        outputs: tensors that are read from outside.
    """

    steps: tuple[Step, ...]
    nodes: tuple[str, ...]
    scalars: Mapping[str, Array]
    outputs: frozenset[str]


def rounded_even(value: Array, codes: NumberFormat) -> Array:
    """Return codes as ONNX makes them: half to even, then the zero point, then saturation."""
    return _saturated(np.rint(_ratio(value, codes)) + codes.zero_point, codes)


def rounded_away(value: Array, codes: NumberFormat) -> Array:
    """Return codes as TFLite makes them: half away from zero."""
    ratio = _ratio(value, codes)
    return _saturated(np.trunc(ratio + np.copysign(0.5, ratio)) + codes.zero_point, codes)


def saturated(value: Array, codes: NumberFormat) -> Array:
    """Return codes that are saturated but not rounded."""
    return _saturated(unlimited(value, codes), codes)


def unlimited(value: Array, codes: NumberFormat) -> Array:
    """Return codes that are neither rounded nor saturated."""
    return _ratio(value, codes) + codes.zero_point


def evaluate(
    steps: Iterable[Step], known: Mapping[str, Array], wanted: str, quantise: Quantiser
) -> Array:
    """Return one tensor of a model, computed step by step in the type of the known arrays.

    Args:
        steps: in order.
        known: arrays and constants that the steps begin with; codes are kept as floats.
        wanted: the tensor to return.
        quantise: what a quantising step does.

    Raises:
        ModelError: a step lacks an input or an attribute, or has one that it cannot take.
    """
    values = dict(known)
    with np.errstate(all="ignore"):
        for step in steps:
            try:
                inputs = [values[name] if name else None for name in step.inputs]
                values[step.output] = _computed(step, inputs, quantise)
            except (TypeError, ValueError, KeyError, AttributeError) as problem:
                raise ModelError(
                    f"{step.operator} that makes {shown(step.output)}: cannot be computed "
                    f"({type(problem).__name__}); its inputs or attributes are wrong"
                ) from None
    return values[wanted]


def _computed(step: Step, inputs: list[Array | None], quantise: Quantiser) -> Array:
    if step.operator == QUANTISE:
        return quantise(inputs[0], step.format)
    if step.operator == DEQUANTISE:
        scale = inputs[0].dtype.type(step.format.scale)
        return (inputs[0] - step.format.zero_point) * scale
    return np.asarray(ELEMENTWISE[step.operator](step.attributes, *inputs))


def _ratio(value: Array, codes: NumberFormat) -> Array:
    return value / value.dtype.type(codes.scale)


def _saturated(value: Array, codes: NumberFormat) -> Array:
    return np.clip(value, codes.min_code, codes.max_code)
