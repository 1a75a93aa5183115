"""An ONNX graph while it is built: nodes in order, scalars and tables, each with its own name."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

BASE_OPSET = 13
"""The opset of the integer forms: from 13 on, sums, products and shapes take int32 and int64."""

TYPES = {
    "float": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7,
}
"""ONNX's number for each element type, which ``Cast`` takes."""

PORTS = ("x", "y")


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
    """A graph from ``x`` to ``y``.

    Attributes:
        opset: the lowest that has all operators.
        nodes: in the order in which they run.
        scalars: type, name and text of every literal.
        tables: arrays by name.
    """

    def __init__(self) -> None:
        self.opset = BASE_OPSET
        self.nodes: list[Node] = []
        self.scalars: list[tuple[str, str, str]] = []
        self.tables: dict[str, np.ndarray] = {}
        self._taken = set(PORTS)
        self._known: dict[tuple[str, str, str], str] = {}
        self._constant: set[str] = set()

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
        if self._constant.issuperset(inputs):
            self._constant.add(output)
        return output

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
            self._constant.add(self._known[key])
        return self._known[key]

    def table(self, name: str, values: np.ndarray) -> str:
        """Add an array, and return its name."""
        found = self._fresh(name)
        self.tables[found] = values
        # Of a read, the address alone decides whether it is the same for every x.
        self._constant.add(found)
        return found

    def finish(self, result: str) -> Graph:
        """Return the graph, its output ``y`` now being ``result``, which nothing else reads."""
        if result in self._constant:
            shape = self.node("Shape", "x", name="shape")
            result = self.node("Expand", result, shape, name="expanded")
        elif result == "x":
            result = self.node("Identity", result, name="same")
        place = next(i for i, node in enumerate(self.nodes) if node.output == result)
        self.nodes[place] = self.nodes[place]._replace(output="y")
        return self

    def _fresh(self, name: str) -> str:
        found, count = name, 2
        while found in self._taken:
            found, count = f"{name}{count}", count + 1
        self._taken.add(found)
        return found
