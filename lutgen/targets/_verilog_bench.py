"""Test benches: every input code, against expected codes from the program."""

from __future__ import annotations

import numpy as np

from lutgen.rendering import render
from lutgen.solution import Solution
from lutgen.targets import Options
from lutgen.targets._verilog_module import port_type

CODES_PER_ROW = 16

STRIDES = {True: 25, False: 40503}
"""Odd numbers by which the codes are visited, for up to 8 bits and above: neighbours in time lie
far apart, so that a stage which is one clock late cannot hide."""


def bench(solution: Solution, latency: int, options: Options, notice: str) -> bytes:
    """Return the test bench of a module.

    Args:
        solution: whose codes are expected.
        latency: clocks from x to y.
        options: says whether there is an enable.
        notice: the comment at its top.
    """
    source = solution.spec.input
    ports = [".clk(clk)"] * (latency > 0) + [".en(en)"] * options.enable + [".x(x)", ".y(y)"]
    return render(
        "verilog/bench.v.jinja",
        **_codes_view(solution, notice),
        ports=", ".join(ports),
        clocked=latency > 0,
        enable=options.enable,
        codes=2**source.width,
        steps=2**source.width + latency,
        latency=latency,
    )


def stream_bench(solution: Solution, notice: str) -> bytes:
    """Return the test bench of a stream wrapper: producer and consumer pause at random."""
    source, target = solution.spec.input, solution.spec.output
    padded = [-(-side.width // 8) * 8 for side in (source, target)]
    return render(
        "verilog/stream_bench.v.jinja",
        **_codes_view(solution, notice),
        codes=2**source.width,
        input_msb=padded[0] - 1,
        output_msb=padded[1] - 1,
        code_msb=target.width - 1,
    )


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
