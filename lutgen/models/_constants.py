"""What in an ONNX model does not depend on its inputs, and the value of what has one element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lutgen.models import _proto
from lutgen.models._graph import DEQUANTISE, QUANTISE, REAL, Step, evaluate
from lutgen.models._operators import ELEMENTWISE, MOVES

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

Attributes = Callable[["NodeProto", str], Mapping[str, object]]

_RANDOM = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormalLike", "RandomUniformLike", "RandomNormal",
     "RandomUniform"}
)

_WHOLE = frozenset("biu")
"""Kinds of NumPy types whose values are whole numbers."""

_REPEATING = frozenset({"Expand", "Gather", "GatherElements", "GatherND", "Tile"})
"""Operators that may make several elements of one."""


@dataclass(frozen=True)
class Constants:
    """The constants found so far.

    Attributes:
        names: tensors that are constant, of any size.
        scalars: the values of those of one element that are known, shape ().
    """

    names: set[str]
    scalars: dict[str, np.ndarray]

    @classmethod
    def of(cls, model: ModelProto) -> Constants:
        """Return the initialisers and the outputs of Constant nodes.

        Raises:
            ModelError: one of one element cannot be read.
        """
        tensors = tensors_of(model)
        scalars = {name: _proto.scalar(tensor) for name, tensor in tensors.items()}
        return cls(set(tensors), {k: value for k, value in scalars.items() if value is not None})

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def fold(self, node: NodeProto, known: bool, attributes: Attributes) -> bool:
        """Return whether a node makes a constant, and note it, with its value where that is easy.

        Args:
            node: with all nodes before it noted.
            known: whether the operator is one of ONNX's own, with one output.
            attributes: returns those of a node.
        """
        inputs = [name for name in node.input if name]
        if not all(name in self.names for name in inputs) or node.op_type in _RANDOM:
            return False
        if _proto.subgraph_inputs(node):
            return False
        self.names.update(name for name in node.output if name)
        if not known or not inputs:
            return True
        if node.op_type == DEQUANTISE:
            self.dequantise(*(*node.input, "", "")[:3], node.output[0])
        elif node.op_type == QUANTISE:
            self._quantise(*(*node.input, "", "")[:3], node.output[0])
        elif node.op_type in (*MOVES, "Cast") and inputs[0] in self.scalars:
            self._hand_on(node)
        elif node.op_type in ELEMENTWISE:
            values = {name: self.scalars.get(name) for name in inputs}
            if all(value is not None and value.dtype.kind in "fb" for value in values.values()):
                step = Step(
                    node.op_type, tuple(node.input), node.output[0], 0,
                    attributes(node, node.op_type),
                )
                self.scalars[node.output[0]] = evaluate([step], values, step.output, REAL)
        return True

    def _hand_on(self, node: NodeProto) -> None:
        """Note a constant of one element that is given another shape or type."""
        value = self.scalars[node.input[0]]
        if node.op_type == "Cast":
            kind = _proto.casts_to(node)
            if kind.kind not in "fiub":
                return
            with np.errstate(all="ignore"):
                value = value.astype(kind)
        elif node.op_type in _REPEATING:
            return
        self.scalars[node.output[0]] = value

    def dequantise(self, codes: str, scale: str, zero_point: str, output: str) -> None:
        """Note the real value of a constant code, where it has one element."""
        self.names.add(output)
        code, factor = self.scalars.get(codes), self.scalars.get(scale)
        zero = self.scalars.get(zero_point, np.zeros((), np.uint8))
        if code is not None and factor is not None and {code.dtype.kind, zero.dtype.kind} <= _WHOLE:
            whole = np.float32(int(code) - int(zero))
            self.scalars[output] = np.asarray(whole * np.float32(factor))

    def _quantise(self, value: str, scale: str, zero_point: str, output: str) -> None:
        """Note the code of a constant real, where it has one element."""
        real, factor = self.scalars.get(value), self.scalars.get(scale)
        zero = self.scalars.get(zero_point, np.zeros((), np.uint8))
        if real is not None and factor is not None and zero.dtype.kind in "iu":
            with np.errstate(all="ignore"):
                ratio = np.nan_to_num(np.rint(np.float32(real) / np.float32(factor)))
            limits = np.iinfo(zero.dtype)
            code = max(limits.min, min(limits.max, int(ratio) + int(zero)))
            self.scalars[output] = np.asarray(code, zero.dtype)


def tensors_of(model: ModelProto) -> dict[str, TensorProto]:
    """Return the initialisers and the outputs of Constant nodes of a model's graph, by name."""
    from onnx import AttributeProto, TensorProto, helper

    found = {tensor.name: tensor for tensor in model.graph.initializer}
    numbers = {AttributeProto.FLOAT: TensorProto.FLOAT, AttributeProto.INT: TensorProto.INT64}
    for node in model.graph.node:
        if node.op_type != "Constant" or len(node.output) != 1:
            continue
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                found[node.output[0]] = attribute.t
            elif attribute.type in numbers:
                value = attribute.f if attribute.type == AttributeProto.FLOAT else attribute.i
                found[node.output[0]] = helper.make_tensor(
                    node.output[0], numbers[attribute.type], [], [value]
                )
    return found
