"""ONNX models, quantised in the QDQ or the QOperator form, as graphs of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lutgen.errors import ModelError, shown
from lutgen.formats import NumberFormat
from lutgen.models import _inlining, _proto, _runtime
from lutgen.models._constants import Constants
from lutgen.models._formats import codes_format
from lutgen.models._graph import DEQUANTISE, MOVE, QUANTISE, Graph, Step, rounded_even
from lutgen.models._operators import MOVES
from lutgen.models._unit import Model, units

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

DOMAINS = ("", "ai.onnx", "com.microsoft")

_QUANTISED_OPERATORS = {
    "QLinearAdd": ("Add", 2),
    "QLinearLeakyRelu": ("LeakyRelu", 1),
    "QLinearMul": ("Mul", 2),
    "QLinearSigmoid": ("Sigmoid", 1),
}
"""Operators with quantisation inside: what they compute, and of how many tensors."""

_RECURRENT = ("GRU", "LSTM", "RNN")
"""Operators with activations inside that never become tensors."""


def read(path: Path) -> Model:
    """Return the units of a quantised ONNX model.

    Raises:
        ModelError: not such a model; the message names the node where there is one.
    """
    proto = _inlining.load(path)
    try:
        graph = _Reader.of(proto).graph()
        found, notes = units(
            graph, lambda part: _runtime.codes(proto, graph.scalars, part), rounded_even
        )
    except ModelError as problem:
        raise ModelError(f"{path.name}: {problem}") from None
    return Model(tuple(found), "half-even", _runtime.arithmetic(), tuple(notes))


@dataclass(frozen=True)
class _Reader:
    """Reads the nodes of one model.

    Attributes:
        model: the message.
        constants: what does not depend on the model's inputs.
        types: element types that the model declares, by tensor.
        versions: of the operator sets, by domain.
        own: operators that the model defines itself.
    """

    model: ModelProto
    constants: Constants
    types: Mapping[str, int]
    versions: Mapping[str, int]
    own: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, model: ModelProto) -> _Reader:
        """Return the reader of a model, its constants collected."""
        graph = model.graph
        declared = (*graph.input, *graph.output, *graph.value_info)
        return cls(
            model,
            Constants.of(model),
            {value.name: value.type.tensor_type.elem_type for value in declared},
            {entry.domain: entry.version for entry in model.opset_import},
            frozenset((function.domain, function.name) for function in model.functions),
        )

    def graph(self) -> Graph:
        """Return the model as steps."""
        nodes = self.model.graph.node
        quantising = [n for n in nodes if n.op_type == QUANTISE or n.op_type.startswith("QLinear")]
        if not quantising:
            raise ModelError("not a quantised model: no QuantizeLinear; quantise it first")
        steps = [step for place, node in enumerate(nodes) for step in self._steps(place, node)]
        return Graph(
            tuple(steps),
            tuple(map(label, nodes)),
            self.constants.scalars,
            frozenset(value.name for value in self.model.graph.output),
            tuple(place for place, node in enumerate(nodes) if self._is_closed(node)),
        )

    def _is_closed(self, node: NodeProto) -> bool:
        """Return whether a node computes something inside that is not looked into."""
        return (
            node.op_type in _RECURRENT
            or (node.domain, node.op_type) in self.own
            or bool(_proto.subgraph_inputs(node))
        )

    def _steps(self, place: int, node: NodeProto) -> Iterator[Step]:
        """Yield the steps of a node; none where it is a constant that is known."""
        inputs, output = tuple(node.input), node.output[0] if len(node.output) == 1 else ""
        known = node.domain in DOMAINS and (node.domain, node.op_type) not in self.own
        if self.constants.fold(node, known and bool(output), self._attributes):
            return
        inner = _proto.subgraph_inputs(node)
        if known and node.op_type in MOVES:
            yield Step("", inputs[1:], "", place)
            for moved in filter(None, node.output):
                yield Step(MOVE, inputs[:1], moved, place)
        elif not known or not output or inner:
            yield Step("", (*inputs, *inner), "", place)
        elif node.op_type == "Cast" and _proto.casts_to(node).kind == "f":
            # As exact as the reals in between are.
            yield Step("Identity", inputs, output, place)
        elif node.op_type in (QUANTISE, DEQUANTISE):
            yield from self._quantisation(place, node)
        elif node.op_type in _QUANTISED_OPERATORS:
            yield from self._quantised(place, node)
        else:
            attributes = self._attributes(node, node.op_type)
            yield Step(node.op_type, inputs, output, place, attributes)

    def _quantisation(self, place: int, node: NodeProto) -> Iterator[Step]:
        """Yield the step of a Q or DQ node of an activation; weights are constants."""
        tensor, scale, zero = (*node.input, "", "", "")[:3]
        asked = next((a.i for a in node.attribute if a.name == "output_dtype"), 0)
        declared = asked if node.op_type == QUANTISE else self.types.get(tensor, 0)
        found = self._format(node, scale, zero, declared)
        yield Step(node.op_type if found else "", (tensor,), node.output[0], place, format=found)

    def _quantised(self, place: int, node: NodeProto) -> Iterator[Step]:
        """Yield the steps of an operator with quantisation inside."""
        operator, count = _QUANTISED_OPERATORS[node.op_type]
        names = [*node.input, *[""] * (3 * count + 2 - len(node.input))]
        reals = []
        for side in range(count):
            tensor, scale, zero = names[3 * side : 3 * side + 3]
            reals.append(f"{node.output[0]}\0{side}")
            if tensor in self.constants:
                self.constants.dequantise(tensor, scale, zero, reals[-1])
                continue
            found = self._format(node, scale, zero, self.types.get(tensor, 0))
            yield Step(DEQUANTISE if found else "", (tensor,), reals[-1], place, format=found)
        result = f"{node.output[0]}\0y"
        yield Step(operator, tuple(reals), result, place, self._attributes(node, operator))
        found = self._format(node, names[3 * count], names[3 * count + 1], 0)
        yield Step(QUANTISE if found else "", (result,), node.output[0], place, format=found)

    def _format(
        self, node: NodeProto, scale_name: str, zero_name: str, declared: int
    ) -> NumberFormat | None:
        """Return the format that a node's scale and zero point make; None for wider codes.

        Args:
            node: for the message.
            scale_name: tensor of the scale.
            zero_name: tensor of the zero point; empty where there is none, which means 0.
            declared: element type of the codes, where no zero point tells; 0 means uint8.

        Raises:
            ModelError: they are not there, not finite, or per channel.
        """
        scale = self._parameter(node, "scale", scale_name)
        zero = self._parameter(node, "zero point", zero_name) if zero_name else None
        bits_and_sign = _type(zero.dtype.name if zero is not None else _numpy_name(declared))
        if bits_and_sign is None:
            return None
        width, signed = bits_and_sign
        try:
            return codes_format(
                width, float(scale), int(zero) if zero is not None else 0, signed=signed
            )
        except ModelError as problem:
            raise ModelError(f"node {label(node)}: {problem}") from None

    def _parameter(self, node: NodeProto, what: str, name: str) -> np.ndarray:
        """Return a scale or a zero point."""
        found = self.constants.scalars.get(name)
        if found is not None:
            return found
        if name in self.constants:
            problem = "is per channel; activations must be quantised per tensor"
        elif not name:
            problem = "is missing"
        else:
            problem = f"{shown(name)} is not a constant of the model"
        raise ModelError(f"node {label(node)}: {what} {problem}")

    def _attributes(self, node: NodeProto, operator: str) -> dict[str, object]:
        """Return the numbers and texts among a node's attributes, the defaults included."""
        import onnx

        found: dict[str, object] = {}
        try:
            version = self.versions.get("", 1)
            schema = onnx.defs.get_schema(operator, min(version, onnx.defs.onnx_opset_version()))
            defaults = [a.default_value for a in schema.attributes.values() if not a.required]
        except onnx.defs.SchemaError:
            defaults = []
        for attribute in (*(a for a in defaults if a.name), *node.attribute):
            if attribute.type == onnx.AttributeProto.FLOAT:
                found[attribute.name] = attribute.f
            elif attribute.type == onnx.AttributeProto.STRING:
                found[attribute.name] = attribute.s.decode("utf-8", "replace")
        return found


def label(node: NodeProto) -> str:
    """Return the name of a node, or what it makes, short and printable."""
    made = next(iter(node.output), "nothing")
    return shown(node.name or f"{node.op_type} of {made}", 80)[1:-1]


def _type(name: str) -> tuple[int, bool] | None:
    """Return width and sign of a type of codes; None for others."""
    return {
        "int8": (8, True), "uint8": (8, False), "int16": (16, True), "uint16": (16, False)
    }.get(name)


def _numpy_name(declared: int) -> str:
    """Return NumPy's name of an ONNX element type; of an unknown one the default's."""
    import onnx

    if not declared:
        return "uint8"
    try:
        return onnx.helper.tensor_dtype_to_np_dtype(declared).name
    except (KeyError, TypeError, ValueError):
        return "unknown"
