"""Graphs of the real function: in float32 alone, or between two quantisers."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction

from lutgen import sampling
from lutgen.errors import UsageError
from lutgen.formats import NumberFormat
from lutgen.numerics.literals import nearest_float32
from lutgen.numerics.reals import ball, exact
from lutgen.spec import Spec
from lutgen.targets._literals import float32
from lutgen.targets._onnx_graph import Graph
from lutgen.targets._onnx_integers import element_type
from lutgen.targets._onnx_operators import FORMULAS, NAMES, OPSETS

QUANTISER_OPSETS = {8: 19, 16: 21}
"""By width: the first opset whose quantisers ONNX's own reference evaluator runs; int16 and
uint16 there are none before.
"""

_SYMBOLS = {ast.Add: "Add", ast.Sub: "Sub", ast.Mult: "Mul", ast.Div: "Div", ast.Pow: "Pow"}
# The right-hand operand that changes nothing.
_NEUTRAL = {"Mul": 1, "Div": 1, "Pow": 1, "Add": 0, "Sub": 0}

# Runtimes flush smaller numbers to 0, and ONNX's parser does not read them.
_SMALLEST_NORMAL = Fraction(1, 2**126)


def float_graph(spec: Spec) -> Graph:
    """Return the graph of the function from float32 to float32.

    Raises:
        UsageError: it has no formula in ONNX's operators.
    """
    graph = Graph()
    return graph.finish(_Formula(spec, graph, "x").result)


def quantised_graph(spec: Spec) -> Graph:
    """Return the graph of the function between ``DequantizeLinear`` and ``QuantizeLinear``.

    Raises:
        UsageError: the function or a format cannot be said so.
    """
    if spec.rounding != "half-even":
        raise UsageError.about(
            "--rounding", "must be half-even for --onnx-kind qdq, as ONNX rounds", spec.rounding
        )
    graph = Graph()
    source = _quantiser(graph, spec.input, "in", "x")
    target = _quantiser(graph, spec.output, "out", "y")
    graph.opset = QUANTISER_OPSETS[max(spec.input.width, spec.output.width)]
    real = graph.node("DequantizeLinear", "x", *source, name="x_real")
    result = _Formula(spec, graph, real).result
    if _is_huge(spec):
        codes = spec.output.min_code, spec.output.max_code
        ends = [graph.scalar("float", real_text(spec.output.decode(code))) for code in codes]
        result = graph.node("Clip", result, *ends, name="clipped")
    return graph.finish(graph.node("QuantizeLinear", result, *target, name="code"))


def _quantiser(graph: Graph, number_format: NumberFormat, side: str, port: str) -> tuple[str, str]:
    """Return the scale and the zero point of one side."""
    if number_format.width not in QUANTISER_OPSETS:
        raise UsageError.about(
            f"--{side}-bits", "must be 8 or 16 for --onnx-kind qdq", number_format.width,
            "lut and program take every width",
        )
    scale, zero_point = number_format.scale, number_format.zero_point
    if nearest_float32(scale) != scale:
        raise UsageError.about(
            f"--{side}-scale", "must be a float32 for --onnx-kind qdq", number_format.scale_text,
            f"the nearest is {float32(scale)}",
        )
    return (
        graph.scalar("float", real_text(scale), f"{port}_scale"),
        graph.scalar(element_type(number_format), str(zero_point), f"{port}_zero_point"),
    )


def _is_huge(spec: Spec) -> bool:
    """Return whether values lie so far out that a runtime that rounds to int32 first wraps."""
    limit = exact(spec.output.scale * 2**30)
    values = sampling.values(spec.function, spec.input)
    return any(not abs(ball(value)) < limit for value in values)


def real_text(value: Fraction) -> str:
    """Return the float32 nearest to a number, as ONNX's text form reads it."""
    if abs(value) < _SMALLEST_NORMAL:
        return "0.0"
    return ("-" if value < 0 else "") + float32(abs(value)).removesuffix("f")


class _Formula:
    """A formula as nodes; what is said twice is computed once.

    Attributes:
        result: name of the value.
    """

    def __init__(self, spec: Spec, graph: Graph, x: str) -> None:
        if spec.derivative or spec.activation.name not in FORMULAS:
            what = "a derivative" if spec.derivative else spec.activation.name
            raise UsageError(
                f"--onnx-kind: ONNX has no operator for {what}; choose lut or program"
            )
        self._graph = graph
        self._values: dict[str, Fraction | str] = {"x": x, **NAMES, **_exact(spec)}
        self._known: dict[str, Fraction | str] = {}
        tree = ast.parse(FORMULAS[spec.activation.name], mode="eval")
        self.result = self._name(self._value(tree.body))

    def _value(self, tree: ast.expr) -> Fraction | str:
        """Return the value of a part: a number where it is one, else the name of an output."""
        key = ast.dump(tree)
        if key not in self._known:
            self._known[key] = self._computed(tree)
        return self._known[key]

    def _computed(self, tree: ast.expr) -> Fraction | str:
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
            case ast.Call(ast.Name(operator), arguments, attributes):
                given = {a.arg: self._attribute(a.value) for a in attributes}
                return self._node(operator, *map(self._value, arguments), **given)
        raise TypeError(f"not a part of a formula: {ast.dump(tree)}")

    def _combined(
        self, operator: str, left: Fraction | str, right: Fraction | str
    ) -> Fraction | str:
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

    def _node(self, operator: str, *operands: Fraction | str, **attributes: str) -> str:
        self._graph.opset = max(self._graph.opset, OPSETS.get(operator, 0))
        names = map(self._name, operands)
        return self._graph.node(operator, *names, name=operator.lower(), **attributes)

    def _attribute(self, tree: ast.expr) -> str:
        match tree:
            case ast.Constant(str() as word):
                return f'"{word}"'
        return real_text(self._value(tree))

    def _name(self, value: Fraction | str) -> str:
        if isinstance(value, Fraction):
            return self._graph.scalar("float", real_text(value))
        return value


def _exact(spec: Spec) -> Mapping[str, Fraction]:
    return {name: number.value for name, number in spec.parameters.items()}
