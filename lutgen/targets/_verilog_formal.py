"""Emitted modules proven to be their tables, by Yosys, where the inputs have few bits."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from lutgen import processes, toolchain, workspaces
from lutgen.errors import ToolError
from lutgen.rendering import render
from lutgen.solution import Verdict
from lutgen.targets._verilog_batch import batches, files_of, judged
from lutgen.targets._verilog_ports import Port
from lutgen.targets._verilog_stimulus import Emitted
from lutgen.targets._verilog_vectors import Vectors
from lutgen.toolchain import Tool

WIDEST = 8
"""Bits of all inputs together for which a proof is tried."""

_TIME_LIMIT = 600.0
_MODULES_PER_BATCH = 16

# Selections of cells: those with a state; those that the rising edge of ``clk`` moves; those that
# ``en`` alone holds, while it is low.
_STATES = "t:$*ff* t:$*latch* %u t:$sr %u"
_CLOCKED = "t:$dff t:$dffe %u i:clk %co2:+[CLK] %i r:CLK_POLARITY>0 %i"
_HELD = "t:$dffe i:en %co2:+[EN] %i r:EN_POLARITY>0 %i"


def verdicts(modules: Sequence[Emitted]) -> list[Verdict]:
    """Return Yosys' verdict on each module that is narrow enough: proven, or why not."""
    narrow = [module for module in modules if _is_provable(module)]
    tool = toolchain.yosys()
    if tool is None:
        reason = "Yosys not found; pip install pyosys"
        return [module.verdict("Yosys (proof)", reason) for module in narrow]
    label = f"{tool} (proof)"
    groups = batches(narrow, _MODULES_PER_BATCH, lambda module: 1)
    with processes.threads(os.cpu_count()) as pool:
        found = pool.map(
            lambda batch: judged(batch, label, lambda part: _judge(tool, label, part)), groups
        )
        return [verdict for verdicts in found for verdict in verdicts]


def _judge(tool: Tool, label: str, batch: Sequence[Emitted]) -> list[Verdict]:
    """Return that all modules of a batch are proven.

    Raises:
        ToolError: one is not.
    """
    gold = {f"{_gold_name(module)}.v": _gold(module) for module in batch}
    script = "\n".join(map(_script, batch)).encode("ascii")
    with workspaces.workspace({**files_of(batch), **gold, "proof.ys": script}) as folder:
        command = [*tool.command, "proof.ys"]
        output = toolchain.run(tool, command, folder=folder, time_limit=_TIME_LIMIT)
    proofs = output.count(b"SAT proof finished - no model found: SUCCESS!")
    if proofs != len(batch):
        raise ToolError(f"{tool}: {proofs} proofs of {len(batch)}")
    return [module.verdict(label, codes=module.count) for module in batch]


def _is_provable(module: Emitted) -> bool:
    """Return whether the inputs are few, and the outputs for all of them known."""
    bits = sum(port.width for port in module.inputs)
    return bits <= WIDEST and module.count == 2**bits and not module.takes_rows


def _script(module: Emitted) -> str:
    """Return the commands that prove a module, and fail where it is not as it must be.

    Registers begin in any state, and what is undefined takes any value at any time.  So what is
    proven for the clock that comes ``latency`` edges after the first holds for every clock.  It
    is proven with ``en`` high; with ``en`` low nothing moves, for it is the enable of every
    register.  Nothing but the rising edge of ``clk`` moves one, which the proof takes for granted.
    """
    name, gold, latency = module.name, _gold_name(module), module.latency
    others = f"{_STATES} {_CLOCKED} %d" if latency else _STATES
    free = f"{_STATES} {_HELD} %d" if module.enable else ""
    return "\n".join((
        "design -reset",
        f"read_verilog {module.source} {gold}.v",
        "proc; check -assert; memory_map; setundef -undriven -anyseq",
        f"cd {name}; setattr -unset init w:*; opt_dff -nosdff; opt_clean",
        f"select -assert-none {others} {free}",
        f"cd; miter -equiv -flatten {gold} {name} miter; hierarchy -top miter; opt -full",
        f"sat -verify -prove trigger 0 -seq {latency + 1} -prove-skip {latency}"
        f"{' -set in_en 1' if module.enable else ''} miter",
    ))


def _gold(module: Emitted) -> bytes:
    """Return a module with the outputs in a case, and after it as many registers."""
    stages = [f"stage_{i}" for i in range(module.latency + 1)]
    vectors, taken, given = Vectors.of(module.solution), module.inputs, module.outputs
    widths = [sum(port.width for port in side) for side in (taken, given)]
    ports = [
        *["input clk"] * (module.latency > 0),
        *["input en"] * module.enable,
        *(f"input [{port.width - 1}:0] {port.name}" for port in taken),
        *(f"output [{port.width - 1}:0] {port.name}" for port in given),
    ]
    entries = zip(_joined(vectors.inputs, taken), _joined(vectors.outputs, given), strict=True)
    return render(
        "verilog/replay_gold.v.jinja",
        name=_gold_name(module),
        ports=",\n".join(f"    {port}" for port in ports),
        enable=module.enable,
        taken=", ".join(port.name for port in taken),
        given=", ".join(port.name for port in given),
        msb=widths[1] - 1,
        first=stages[0],
        entries=tuple((f"{widths[0]}'d{x}", f"{widths[1]}'d{y}") for x, y in entries),
        moves=tuple(zip(stages[1:], stages[:-1], strict=True)),
        last=stages[-1],
    )


def _joined(codes: Sequence[np.ndarray], ports: Sequence[Port]) -> list[int]:
    """Return the patterns of all ports as one number, the first port in its highest bits."""
    number = np.zeros(len(codes[0]), np.int64)
    for pattern, port in zip(codes, ports, strict=True):
        number = number << port.width | pattern
    return number.tolist()


def _gold_name(module: Emitted) -> str:
    return f"lutgen_gold_{module.name}"
