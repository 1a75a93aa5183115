"""Emitted Verilog, simulated and proven: every input code or vector, every tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lutgen import processes
from lutgen.solution import Solution, Verdict
from lutgen.targets import (
    Options,
    _verilog_formal,
    _verilog_icarus,
    _verilog_verilator,
    stored,
)
from lutgen.targets._verilog_stimulus import Emitted

TOOLS = (_verilog_verilator.verdicts, _verilog_icarus.verdicts, _verilog_formal.verdicts)


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Return a verdict for every solution and tool; a missing file or tool is one too."""
    from lutgen.targets.verilog import emit, latency_of

    modules, verdicts = [], []
    for solution in solutions:
        module = Emitted(solution, latency_of(solution, options), options.enable, {})
        emitted = {str(artifact.path): artifact.content for artifact in emit(solution, options)}
        try:
            files = read(folder, [name for name in emitted if name.endswith(".v")])
        except OSError as problem:
            reason = f"{problem.filename}: {problem.strerror}"
            verdicts.append(module.verdict("simulator", reason))
            continue
        known = all(
            files[name] == emitted[name] for name in emitted if name.endswith(("_tb.v", "_tb.mem"))
        )
        modules.append(module._replace(files=files, known_bench=known))
    return (*verdicts, *check(modules))


def check(modules: Sequence[Emitted]) -> tuple[Verdict, ...]:
    """Return a verdict for every module and tool."""
    if not modules:
        return ()
    with processes.threads(len(TOOLS)) as pool:
        found = pool.map(lambda verdicts: verdicts(modules), TOOLS)
        return tuple(verdict for verdicts in found for verdict in verdicts)


def read(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of Verilog files by name, and of the memory files they name.

    Raises:
        OSError: one is missing or cannot be read.
    """
    files = {name: stored(folder / name) for name in names}
    memories = set(re.findall(rb'"(\w+\.mem)"', b"".join(files.values())))
    names = sorted(memory.decode("ascii") for memory in memories)
    return files | {name: stored(folder / name) for name in names}
