"""Emitted Verilog, simulated and proven: every input code, every tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lutgen.solution import Solution, Verdict
from lutgen.targets import (
    Options,
    _verilog_formal,
    _verilog_icarus,
    _verilog_verilator,
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
        try:
            files = read(folder, module.name, options)
        except OSError as problem:
            reason = f"{problem.filename}: {problem.strerror}"
            verdicts.append(module.verdict("simulator", reason))
            continue
        emitted = {str(artifact.path): artifact.content for artifact in emit(solution, options)}
        known = all(files[name] == emitted[name] for name in emitted if name.endswith("_tb.v"))
        modules.append(module._replace(files=files, known_bench=known))
    return (*verdicts, *check(modules))


def check(modules: Sequence[Emitted]) -> tuple[Verdict, ...]:
    """Return a verdict for every module and tool."""
    if not modules:
        return ()
    with ThreadPoolExecutor(len(TOOLS)) as pool:
        found = pool.map(lambda verdicts: verdicts(modules), TOOLS)
        return tuple(verdict for verdicts in found for verdict in verdicts)


def read(folder: Path, name: str, options: Options) -> dict[str, bytes]:
    """Return the contents of a solution's files by name, and of the memory files they name.

    Raises:
        OSError: one is missing or cannot be read.
    """
    stems = [name, f"{name}_stream"] if options.stream else [name]
    names = [f"{stem}{suffix}" for stem in stems for suffix in (".v", "_tb.v")]
    files = {name: (folder / name).read_bytes() for name in names}
    memories = set(re.findall(rb'"(\w+\.mem)"', b"".join(files.values())))
    names = sorted(memory.decode("ascii") for memory in memories)
    return files | {name: (folder / name).read_bytes() for name in names}
