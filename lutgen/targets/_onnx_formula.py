"""A formula of ONNX's operators as the nodes of a graph."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from lutgen.numerics.literals import nearest_float32
from lutgen.targets._literals import float32
from lutgen.targets._onnx_graph import Graph
from lutgen.targets._onnx_operators import NAMES, OPSETS

Known: TypeAlias = Fraction | str
"""What is known of a part: the number that it is, else the name of a node's output."""

_SYMBOLS = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Div: "Div", ast.Pow: "Pow"}
# The right-hand operand that changes nothing.
_NEUTRAL = {"Mul": 1, "Div": 1, "Pow": 1, "Add": 0, "Sub": 0}

# Runtimes flush smaller numbers to 0, and ONNX's parser does not read them.
_SMALLEST_NORMAL = Fraction(1, 2**126)


def real_text(value: Fraction) -> str:
    """Return the float32 nearest to a number, as ONNX's text form reads it."""
    if abs(value) < _SMALLEST_NORMAL:
        return "0.0"
    return ("-" if value < 0 else "") + float32(abs(value)).removesuffix("f")


def real32(value: Fraction) -> np.float32:
    """Return the float32 that ``real_text`` writes."""
    if abs(value) < _SMALLEST_NORMAL:
        return np.float32(0)
    nearest = np.float32(float(nearest_float32(abs(value))))
    return -nearest if value < 0 else nearest


class Formulas:
    """Formulas of the same names as nodes; what is said twice is computed once.

    Attributes:
        INPUTS: the name that stands for all inputs, after a ``*``.
    """

    INPUTS = "inputs"

    def __init__(
        self, graph: Graph, inputs: Mapping[str, str], parameters: Mapping[str, Known]
    ) -> None:
        """Take the names that formulas may use.

        Args:
            graph: where the nodes are added.
            inputs: the outputs of nodes that hold real numbers, by the inputs' names.
            parameters: numbers, or outputs of nodes, by the parameters' names.
        """
        self._graph, self._inputs = graph, tuple(inputs.values())
        self._values: dict[str, Known] = {**inputs, **NAMES, **parameters}
        self._known: dict[str, Known] = {}

    def result(self, formula: str) -> str:
        """Add the nodes of a formula and return the name of its value."""
        return self._name(self._value(ast.parse(formula, mode="eval").body))

    def _value(self, tree: ast.expr) -> Known:
        """Return the value of a part: a number where it is one, else the name of an output."""
        key = ast.dump(tree)
        if key not in self._known:
            self._known[key] = self._computed(tree)
        return self._known[key]

    def _computed(self, tree: ast.expr) -> Known:
        match tree:
            case ast.Name(name):
                return self._values[name]
            case ast.Constant(number):
                return Fraction(number)
            case ast.UnaryOp(ast.USub(), part):
                value = self._value(part)
                return -value if isinstance(value, Fraction) else self._node("Neg", value)
            case ast.BinOp(left, symbol, right):
                operands = self._value(left), self._value(right)
                return self._combined(_SYMBOLS[type(symbol)], *operands)
            case ast.Call(ast.Name(operator), [ast.Starred(ast.Name(self.INPUTS))], []):
                return self._node(operator, *self._inputs)
            case ast.Call(ast.Name(operator), arguments, attributes):
                given = {a.arg: self._attribute(a.value) for a in attributes}
                return self._node(operator, *map(self._value, arguments), **given)
        raise TypeError(f"not a part of a formula: {ast.dump(tree)}")

    def _combined(self, operator: str, left: Known, right: Known) -> Known:
        """Return two values combined: what is known beforehand takes no node."""
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            match operator:
                case "Add":
                    return left + right
                case "Sub":
                    return left - right
                case "Mul":
                    return left * right
                case "Div":
                    return left / right
        if right == _NEUTRAL[operator]:
            return left
        if left == _NEUTRAL[operator] and operator in ("Add", "Mul"):
            return right
        return self._node(operator, left, right)

    def _node(self, operator: str, *operands: Known, **attributes: str) -> str:
        self._graph.opset = max(self._graph.opset, OPSETS.get(operator, 0))
        names = map(self._name, operands)
        return self._graph.node(operator, *names, name=operator.lower(), **attributes)

    def _attribute(self, tree: ast.expr) -> str:
        match tree:
            case ast.Constant(str() as word):
                return f'"{word}"'
        return real_text(self._value(tree))

    def _name(self, value: Known) -> str:
        if isinstance(value, Fraction):
            return self._graph.scalar("float", real_text(value))
        return value
