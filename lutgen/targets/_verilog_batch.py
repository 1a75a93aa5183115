"""Modules that go through a tool together: in groups, and under one top."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lutgen.errors import ToolError
from lutgen.rendering import render
from lutgen.solution import Verdict
from lutgen.targets._verilog_stimulus import Emitted, slots

TOP = "lutgen_replay"
"""Name of the module that holds all of a batch."""

WORD = 16
"""Bits on a bus for each input or output."""

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


class Bus(NamedTuple):
    """The buses of a batch.

    Attributes:
        inputs: words on the bus of inputs.
        outputs: words on the bus of outputs.
    """

    inputs: int
    outputs: int

    @classmethod
    def of(cls, batch: Sequence[Emitted]) -> Bus:
        """Return the buses of a batch, in whole pairs of words."""
        last = max((place for places in slots(batch) for place in places), default=0)
        given = sum(len(module.outputs) for module in batch)
        return cls(*(
            max(_NARROWEST_BUS // WORD, -(-words // 2) * 2) for words in (last + 1, given)
        ))


def outputs_of(batch: Sequence[Emitted], words: np.ndarray) -> list[np.ndarray]:
    """Return what each module of a batch gave.

    Args:
        batch: the modules.
        words: on the bus of outputs, shape (steps, words).
    """
    ends = np.cumsum([len(module.outputs) for module in batch]).tolist()
    return [
        words[:, end - len(module.outputs) : end] for module, end in zip(batch, ends, strict=True)
    ]


def top(batch: Sequence[Emitted]) -> bytes:
    """Return the module that holds all modules of a batch between two buses."""
    rows, word, bus = [], 0, Bus.of(batch)
    for module, places in zip(batch, slots(batch), strict=True):
        ports = {
            port.name: f"x[{WORD * place + port.width - 1}:{WORD * place}]"
            for port, place in zip(module.inputs, places, strict=True)
        }
        outputs = []
        for port in module.outputs:
            wire = f"{port.name}_{module.name}"
            ports[port.name] = wire
            drive = f"y[{WORD * (word + 1) - 1}:{WORD * word}] = {wire}"
            outputs.append((f"[{port.width - 1}:0] {wire}", drive))
            word += 1
        if module.enable:
            ports["en"] = "en"
        if module.latency:
            ports["clk"] = "clk"
        rows.append((
            module.name,
            tuple(outputs),
            ", ".join(f".{port}({wire})" for port, wire in ports.items()),
        ))
    return render(
        "verilog/replay_top.v.jinja",
        top=TOP, x_msb=WORD * bus.inputs - 1, y_msb=WORD * bus.outputs - 1, modules=tuple(rows),
    )


def rows_of(output: bytes, steps: int, size: int) -> np.ndarray:
    """Return the bytes that a simulation wrote, uint8, shape (steps, size).

    Raises:
        ToolError: it wrote too little or too much.
    """
    if len(output) != steps * size:
        raise ToolError(f"the simulation wrote {len(output)} bytes, not {steps * size}")
    return np.frombuffer(output, np.uint8).reshape(steps, size)
