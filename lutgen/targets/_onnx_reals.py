"""Graphs of the real function: in float32 alone, or between quantisers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from lutgen import sampling
from lutgen.errors import UsageError
from lutgen.formats import NumberFormat
from lutgen.numerics.literals import nearest_float32
from lutgen.numerics.reals import Value, ball, exact
from lutgen.spec import Spec
from lutgen.targets._literals import float32
from lutgen.targets._onnx_formula import Formulas, Known, real32, real_text
from lutgen.targets._onnx_graph import Graph
from lutgen.targets._onnx_operators import formulas_of
from lutgen.targets._onnx_ports import CHANNEL, element_type, ports_of

if TYPE_CHECKING:
    from lutgen.kernels import Channels, KernelSpec

QUANTISER_OPSETS = {8: 19, 16: 21}
"""By width: the first opset whose quantisers ONNX's own reference evaluator runs; int16 and
uint16 there are none before.
"""


def float_graph(spec: Spec | KernelSpec) -> Graph:
    """Return the graph of the function from float32 to float32.

    Raises:
        UsageError: it has no formula in ONNX's operators.
    """
    graph = Graph(ports_of(spec, "float"))
    return graph.finish(_results(spec, graph, {name: name for name in _numbers(spec)}))


def quantised_graph(spec: Spec | KernelSpec) -> Graph:
    """Return the graph of the function between ``DequantizeLinear`` and ``QuantizeLinear``.

    Raises:
        UsageError: the function or a format cannot be said so.
    """
    if spec.rounding != "half-even":
        raise UsageError.about(
            "--rounding", "must be half-even for --onnx-kind qdq, as ONNX rounds", spec.rounding,
            "" if isinstance(spec, Spec) else "functions of several numbers need it said",
        )
    graph, sides = Graph(ports_of(spec, "qdq")), _sides(spec)
    formats = {**_numbers(spec), **spec.outputs}
    quantisers = {
        name: _quantiser(graph, codes, sides[name], name) for name, codes in formats.items()
    }
    graph.opset = max(QUANTISER_OPSETS[codes.width] for codes in formats.values())
    reals = {
        name: graph.node("DequantizeLinear", name, *quantisers[name], name=f"{name}_real")
        for name in _numbers(spec)
    }
    results = _results(spec, graph, reals)
    is_huge = _is_huge(spec)
    for name, codes in spec.outputs.items():
        if is_huge:
            ends = [
                graph.scalar("float", real_text(codes.decode(code)))
                for code in (codes.min_code, codes.max_code)
            ]
            results[name] = graph.node("Clip", results[name], *ends, name="clipped")
        results[name] = graph.node("QuantizeLinear", results[name], *quantisers[name], name="code")
    return graph.finish(results)


def _numbers(spec: Spec | KernelSpec) -> Mapping[str, NumberFormat]:
    """Return the formats of the inputs that stand for real numbers."""
    return {name: codes for name, codes in spec.inputs.items() if name != CHANNEL}


def _sides(spec: Spec | KernelSpec) -> Mapping[str, str]:
    """Return what the options about each input and output begin with."""
    if isinstance(spec, Spec):
        return {"x": "in", "y": "out"}
    return {port.name: port.side for port in spec.ports} | dict.fromkeys(spec.outputs, "out")


def _results(
    spec: Spec | KernelSpec, graph: Graph, reals: Mapping[str, str]
) -> dict[str, str]:
    """Add the nodes of the function and return its results by output."""
    texts = formulas_of(spec)
    parameters: Mapping[str, Known] = {
        name: number.value for name, number in spec.parameters.items()
    }
    if not isinstance(spec, Spec) and spec.channels is not None:
        parameters = _of_channels(spec.channels, graph)
    formulas = Formulas(graph, reals, parameters)
    return {
        name: formulas.result(text) for name, text in zip(spec.outputs, texts, strict=True)
    }


def _of_channels(channels: Channels, graph: Graph) -> Mapping[str, Known]:
    """Return the parameters: the number that all channels share, or a read at the channel."""
    found: dict[str, Known] = {}
    address = ""
    for name in channels.sets[0]:
        values = [each[name].value for each in channels.sets]
        if len(set(values)) == 1:
            found[name] = values[0]
            continue
        if not address:
            wide = graph.cast(CHANNEL, "int32", f"{CHANNEL}_int32")
            last = graph.scalar("int32", str(channels.count - 1))
            address = graph.node(
                "Min", wide, last, name=f"{CHANNEL}_kept",
                comment="Channels that are none count as the last.",
            )
        table = graph.table(f"{name}_of_channels", np.array(list(map(real32, values))))
        found[name] = graph.node("Gather", table, address, name=name)
    return found


def _quantiser(graph: Graph, number_format: NumberFormat, side: str, port: str) -> tuple[str, str]:
    """Return the scale and the zero point of one side."""
    if number_format.width not in QUANTISER_OPSETS:
        raise UsageError.about(
            f"--{side}-bits", "must be 8 or 16 for --onnx-kind qdq", number_format.width,
            "program takes every width",
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


def _is_huge(spec: Spec | KernelSpec) -> bool:
    """Return whether values lie so far out that a runtime that rounds to int32 first wraps."""
    limit = spec.output.scale * 2**30
    if isinstance(spec, Spec):
        values = sampling.values(spec.function, spec.input)
    elif any(abs(end) >= limit for end in spec.kernel.extremes(spec)):
        return True
    else:
        values = [] if spec.kernel.takes_rows else _corner_values(spec)
    return any(not abs(ball(value)) < exact(limit) for value in values)


def _corner_values(spec: KernelSpec) -> list[Value]:
    """Return the values where each input is at an end of its codes, or stands for 0."""
    corners = [
        [exact(codes.decode(code)) for code in (codes.min_code, codes.zero_point, codes.max_code)]
        for codes in _numbers(spec).values()
    ]
    if spec.channels is not None:
        corners.append([exact(number) for number in range(spec.channels.count)])
    return [value for corner in product(*corners) for value in spec.real(*corner)]
