"""Modules that go through a tool together: in groups, and under one top."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from lutgen.errors import ToolError
from lutgen.rendering import render
from lutgen.solution import Verdict
from lutgen.targets._verilog_stimulus import Emitted

TOP = "lutgen_replay"
"""Name of the module that holds all of a batch."""

WORD = 16
"""Bits on the bus of outputs for each module."""

# Verilator has a type of its own for ports above 64 bits; the driver is written for that one.
_NARROWEST_BUS = 96


def batches(
    modules: Sequence[Emitted], limit: int, cost: Callable[[Emitted], int]
) -> Iterator[list[Emitted]]:
    """Yield the modules in groups whose cost stays within ``limit``, or of one module."""
    batch: list[Emitted] = []
    spent = 0
    for module in modules:
        if batch and spent + cost(module) > limit:
            yield batch
            batch, spent = [], 0
        batch.append(module)
        spent += cost(module)
    if batch:
        yield batch


def judged(
    batch: Sequence[Emitted], label: str, judge: Callable[[Sequence[Emitted]], list[Verdict]]
) -> list[Verdict]:
    """Return the verdicts of ``judge`` on a batch.

    Where that fails, both halves are tried, so that in the end a fault is laid at its own door.
    """
    try:
        return judge(batch)
    except ToolError as problem:
        if len(batch) == 1:
            return [batch[0].verdict(label, str(problem))]
        half = len(batch) // 2
        return [*judged(batch[:half], label, judge), *judged(batch[half:], label, judge)]


def files_of(batch: Sequence[Emitted]) -> dict[str, bytes]:
    """Return the contents of all files by name."""
    return {name: content for module in batch for name, content in module.files.items()}


def bus_width(batch: Sequence[Emitted]) -> int:
    """Return the bits of the bus of outputs, in whole pairs of words."""
    return max(_NARROWEST_BUS, -(-len(batch) // 2) * 2 * WORD)


def top(batch: Sequence[Emitted]) -> bytes:
    """Return the module that holds all modules of a batch, and puts their outputs on a bus."""
    rows = []
    for i, module in enumerate(batch):
        output = f"y_{module.name}"
        ports = {"x": f"x[{module.width - 1}:0]", "y": output}
        if module.enable:
            ports["en"] = "en"
        if module.latency:
            ports["clk"] = "clk"
        rows.append((
            module.name,
            f"[{module.solution.spec.output.width - 1}:0] {output}",
            ", ".join(f".{port}({wire})" for port, wire in ports.items()),
            f"y[{WORD * (i + 1) - 1}:{WORD * i}] = {output}",
        ))
    return render(
        "verilog/replay_top.v.jinja", top=TOP, bus_msb=bus_width(batch) - 1, modules=tuple(rows)
    )


def rows_of(output: bytes, steps: int, size: int) -> np.ndarray:
    """Return the bytes that a simulation wrote, uint8, shape (steps, size).

    Raises:
        ToolError: it wrote too little or too much.
    """
    if len(output) != steps * size:
        raise ToolError(f"the simulation wrote {len(output)} bytes, not {steps * size}")
    return np.frombuffer(output, np.uint8).reshape(steps, size)
