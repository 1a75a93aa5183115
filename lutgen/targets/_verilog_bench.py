"""Test benches: expected codes from the program, for every input code or for many vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lutgen.accuracy import ErrorReport
from lutgen.rendering import render
from lutgen.solution import Solution
from lutgen.targets import Options
from lutgen.targets._verilog_module import statement
from lutgen.targets._verilog_ports import (
    Lane,
    Port,
    input_ports,
    lanes,
    lanes_width,
    output_ports,
    port_type,
)
from lutgen.targets._verilog_vectors import (
    DROPPED,
    Vectors,
    fields,
    fields_width,
    vector_file,
    with_a_long_row,
)

CODES_PER_ROW = 16

STRIDES = {True: 25, False: 40503}
"""Odd numbers by which the codes are visited, for up to 8 bits and above: neighbours in time lie
far apart, so that a stage which is one clock late cannot hide."""


def bench(
    solution: Solution, latency: int, options: Options, notice: str
) -> dict[str, bytes]:
    """Return the test bench of a module, and its vectors where it has some.

    Args:
        solution: whose codes are expected.
        latency: clocks from inputs to outputs.
        options: says whether there is an enable.
        notice: the comment at its top.
    """
    name, more = solution.spec.name, {}
    sides = input_ports(solution.program), output_ports(solution.program)
    names = ["clk"] * (latency > 0) + ["en"] * options.enable
    names += [port.name for side in sides for port in side]
    if isinstance(solution.report, ErrorReport):
        template, count = "verilog/bench.v.jinja", 2**solution.spec.input.width
        view = {**_codes_view(solution, notice), "codes": count}
    else:
        vectors = Vectors.of(solution).for_bench(solution)
        template, count = "verilog/vectors_bench.v.jinja", vectors.count
        view = {"provenance": notice, "module": name, **vectors_view(name, vectors, *sides)}
        codes = (*vectors.inputs, *vectors.outputs)
        more = {view["file"]: vector_file(name, [port for side in sides for port in side], codes)}
    ports = ", ".join(f".{port}({port})" for port in names)
    shown = render(
        template,
        **view,
        ports=ports,
        dut=statement(f"{name} dut (", f"{ports})"),
        clocked=latency > 0,
        enable=options.enable,
        steps=count + latency,
        latency=latency,
    )
    return {f"{name}_tb.v": shown, **more}


def stream_bench(solution: Solution, notice: str) -> dict[str, bytes]:
    """Return the test bench of a stream wrapper: producer and consumer pause at random."""
    name, program = solution.spec.name, solution.program
    sides = input_ports(program), output_ports(program)
    taken, given = map(lanes, sides)
    ends = {"input_msb": lanes_width(taken) - 1, "output_msb": lanes_width(given) - 1}
    if isinstance(solution.report, ErrorReport):
        shown = render(
            "verilog/stream_bench.v.jinja",
            **_codes_view(solution, notice),
            codes=2**solution.spec.input.width,
            code_msb=solution.spec.output.width - 1,
            **ends,
        )
        return {f"{name}_stream_tb.v": shown}
    vectors = Vectors.of(solution).for_bench(solution)
    shown = render(
        "verilog/vectors_stream_bench.v.jinja",
        provenance=notice,
        module=f"{name}_stream",
        **ends,
        **vectors_view(name, vectors, *sides),
        **stream_view(taken, given),
        s="s_axis",
        m="m_axis",
        rows=False,
        expected=vectors.count,
        clocks=8 * vectors.count + 1000,
    )
    return {f"{name}_stream_tb.v": shown}


def row_bench(
    solution: Solution, last: int, overhead: int, notice: str
) -> dict[str, bytes]:
    """Return the test bench of a module of rows, and its vectors: one row is too long.

    Args:
        solution: whose codes are expected.
        last: the number of the last pass.
        overhead: clocks for a row beyond one for each element and pass.
        notice: the comment at its top.
    """
    name, program = solution.spec.name, solution.program
    sides = input_ports(program), output_ports(program)
    taken, given = map(lanes, sides)
    every, flags = with_a_long_row(solution, Vectors.of(solution).for_bench(solution))
    view, ports = vectors_view(name, every, *sides), [port for side in sides for port in side]
    low = fields_width(ports)
    clocks = (last + 2) * every.count + len(every.lengths) * (overhead + 8)
    codes, legend = (*every.inputs, *every.outputs), "flags, "
    shown = render(
        "verilog/vectors_stream_bench.v.jinja",
        provenance=notice,
        module=name,
        input_msb=lanes_width(taken) - 1,
        output_msb=lanes_width(given) - 1,
        **view | {"vector_msb": low + 3},
        **stream_view(taken, given),
        s="s",
        m="m",
        rows=True,
        flag_in=low,
        flag_out=low + 1,
        flag_long=low + 2,
        flag_dropped=low + 3,
        expected=int(np.count_nonzero(flags < DROPPED)),
        clocks=4 * clocks,
    )
    return {f"{name}_tb.v": shown, view["file"]: vector_file(name, ports, codes, flags, legend)}


def vectors_view(
    name: str, vectors: Vectors, inputs: Sequence[Port], outputs: Sequence[Port]
) -> dict[str, object]:
    """Return the part of a bench's view that describes the file of vectors."""
    found = fields((*inputs, *outputs))
    shown = [(f"{f.port.type}{f.port.name}", f.port.name, f.bits) for f in found]
    return {
        "file": f"{name}_tb.mem",
        "count": vectors.count,
        "last": vectors.count - 1,
        "vector_msb": fields_width((*inputs, *outputs)) - 1,
        "inputs": tuple(shown[: len(inputs)]),
        "outputs": tuple(shown[len(inputs):]),
    }


def stream_view(taken: Sequence[Lane], given: Sequence[Lane]) -> dict[str, object]:
    """Return the part of a bench's view that says where a vector's codes lie in a stream."""
    found = fields([lane.port for lane in (*taken, *given)])
    sent = [
        f"{{{lane.padded - lane.port.width}'d0, vector{field.bits}}}"
        if lane.padded > lane.port.width else f"vector{field.bits}"
        for lane, field in zip(taken, found, strict=False)
    ]
    return {
        "send": sent[0] if len(sent) == 1 else f"{{{', '.join(reversed(sent))}}}",
        "results": tuple(
            (f"[{lane.high}:{lane.low}]", field.bits)
            for lane, field in zip(given, found[len(taken):], strict=True)
        ),
    }


def _codes_view(solution: Solution, notice: str) -> dict[str, object]:
    """Return the part of the view that holds the expected codes."""
    source, target = solution.spec.input, solution.spec.output
    rows = _expected(solution)
    return {
        "provenance": notice,
        "module": solution.spec.name,
        "x_type": port_type(source.width, source.signed),
        "y_type": port_type(target.width, target.signed),
        "width": target.width,
        "source_width": source.width,
        "stride": STRIDES[source.width <= 8] % 2**source.width,
        "row_msb": target.width * _per_row(solution) - 1,
        "per_row": _per_row(solution),
        "last_row": len(rows) - 1,
        "rows": "\n".join(f"        expected[{i}] = {text};" for i, text in enumerate(rows)),
    }


def _per_row(solution: Solution) -> int:
    return min(CODES_PER_ROW, 2**solution.spec.input.width)


def _expected(solution: Solution) -> list[str]:
    """Return the expected codes in rows of one literal: of the bit patterns 0, 1, ... of x.

    The first code of a row has the lowest bits.
    """
    source, width = solution.spec.input, solution.spec.output.width
    codes = solution.report.codes & (2**width - 1)
    if source.signed:
        codes = np.roll(codes, -(len(codes) // 2))
    per_row = _per_row(solution)
    rows = []
    for start in range(0, len(codes), per_row):
        value = 0
        for code in reversed(codes[start : start + per_row].tolist()):
            value = value << width | code
        rows.append(f"{width * per_row}'h{value:0{-(-width * per_row // 4)}x}")
    return rows
