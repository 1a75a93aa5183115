"""An ONNX graph while it is built: nodes in order, scalars and tables, each with its own name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lutgen.targets._onnx_ports import Ports

BASE_OPSET = 13
"""The opset of the integer forms: from 13 on, sums, products and shapes take int32 and int64."""

TYPES = {
    "float": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
}
"""ONNX's number for each element type, which ``Cast`` takes."""


class Node(NamedTuple):
    """One operator of a graph.

    Attributes:
        output: name of what it gives.
        operator: ONNX's name of it.
        attributes: as they stand in the text form, brackets included; empty without any.
        inputs: names, separated by commas.
        comment: why it is there; may be empty.
    """

    output: str
    operator: str
    attributes: str
    inputs: str
    comment: str


class Graph:
    """A graph from its inputs to its outputs.

    Attributes:
        ports: the inputs and outputs.
        opset: the lowest that has all operators.
        nodes: in the order in which they run.
        scalars: type, name and text of every literal.
        tables: arrays by name.
    """

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.opset = BASE_OPSET
        self.nodes: list[Node] = []
        self.scalars: list[tuple[str, str, str]] = []
        self.tables: dict[str, np.ndarray] = {}
        self._taken = set(ports.names)
        self._known: dict[tuple[str, str, str], str] = {}
        # What has fewer elements than the outputs: constants, and what one number decides for
        # a whole call or a whole row.
        self._narrow: set[str] = {port.name for port in ports.inputs if port.is_single}

    def node(
        self, operator: str, *inputs: str, name: str, comment: str = "", **attributes: str
    ) -> str:
        """Add a node and return the name of its output, ``name`` unless that is taken.

        Args:
            operator: ONNX's name of it.
            inputs: names of earlier outputs, scalars and tables.
            name: what the output is to be called.
            comment: why it is there.
            attributes: texts by name.
        """
        output = self._fresh(name)
        listed = ", ".join(f"{key} = {text}" for key, text in attributes.items())
        brackets = f"<{listed}>" if listed else ""
        self.nodes.append(Node(output, operator, brackets, ", ".join(inputs), comment))
        if self._narrow.issuperset(inputs):
            self._narrow.add(output)
        return output

    def reduced(
        self, operator: str, *inputs: str, name: str, comment: str = "", **attributes: str
    ) -> str:
        """Add a reduction of rows, whose output is one number for each row; see ``node``."""
        output = self.node(operator, *inputs, name=name, comment=comment, **attributes)
        self._narrow.add(output)
        return output

    def spread(self, operand: str) -> str:
        """Return an operand with as many elements as the outputs, repeating it where needed."""
        if operand not in self._narrow:
            return operand
        shape = self.node("Shape", self.ports.widest, name="shape")
        return self.node("Expand", operand, shape, name="expanded")

    def cast(self, operand: str, wanted: str, name: str) -> str:
        """Add the conversion to an element type."""
        return self.node("Cast", operand, name=name, to=str(TYPES[wanted]))

    def scalar(self, kind: str, text: str, name: str = "") -> str:
        """Return a literal, adding it where there is none of that name, type and text yet.

        Args:
            kind: element type, and shape where it has one: ``int64[1]``.
            text: the number.
            name: what to call it; by its value if empty.
        """
        called = name or f"c_{re.sub('[^0-9a-z]', '_', text.replace('-', 'minus_'))}"
        key = kind, called, text
        if key not in self._known:
            self._known[key] = self._fresh(called)
            self.scalars.append((kind, self._known[key], text))
            self._narrow.add(self._known[key])
        return self._known[key]

    def table(self, name: str, values: np.ndarray) -> str:
        """Add an array, and return its name."""
        found = self._fresh(name)
        self.tables[found] = values
        # Of a read, the address alone decides how many elements it has.
        self._narrow.add(found)
        return found

    def finish(self, results: Mapping[str, str]) -> Graph:
        """Return the graph with its outputs.

        Args:
            results: what leaves by each output; nothing else reads it, nor another output.
        """
        for output, result in results.items():
            wide = self.spread(result)
            if wide in self.ports.names:
                wide = self.node("Identity", wide, name="same")
            place = next(i for i, node in enumerate(self.nodes) if node.output == wide)
            self.nodes[place] = self.nodes[place]._replace(output=output)
        return self

    def _fresh(self, name: str) -> str:
        found, count = name, 2
        while found in self._taken:
            found, count = f"{name}{count}", count + 1
        self._taken.add(found)
        return found
