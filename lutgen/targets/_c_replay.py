"""Emitted C, compiled and run: every input code, every function, every compiler found."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from lutgen import processes, toolchain, workspaces
from lutgen.errors import ToolError
from lutgen.solution import Solution, Verdict
from lutgen.spec import Spec
from lutgen.targets import Options, _c_replay_tables, stored
from lutgen.toolchain import Tool

WARNINGS = (
    "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow",
    "-Wcast-qual", "-Werror",
)

# One driver compiles this many table entries: some seconds of work, and bounded memory.
_ENTRIES_PER_DRIVER = 2**20

_SUFFIXES = {"header": (".h",), "split": (".h", ".c")}


class Compiler(NamedTuple):
    """A compiler and the language it is to take the files for.

    Attributes:
        tool: the compiler.
        flags: its options.
        label: what the verdict says.
    """

    tool: Tool
    flags: tuple[str, ...]
    label: str


class _Files(NamedTuple):
    """A solution and the files that were emitted for it."""

    solution: Solution
    contents: dict[str, bytes]


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Return a verdict for every solution and compiler; a missing file or compiler is one too."""
    readable, verdicts = [], []
    for solution in solutions:
        try:
            readable.append(_Files(solution, _read(folder, solution.spec.name, options)))
        except OSError as problem:
            reason = f"{problem.filename}: {problem.strerror}"
            verdicts.append(_failed(solution, "C compiler", reason))
    try:
        compilers = found_compilers()
        reason = "no C compiler found; install gcc or clang, or set CC"
    except ToolError as problem:
        compilers, reason = (), str(problem)
    if not compilers:
        return (*verdicts, *(_failed(f.solution, "C compiler", reason) for f in readable))
    jobs = [(compiler, batch) for compiler in compilers for batch in _batches(readable)]
    with processes.threads(os.cpu_count()) as pool:
        for found in pool.map(lambda job: judge(*job), jobs):
            verdicts += found
    return tuple(verdicts)


def found_compilers() -> tuple[Compiler, ...]:
    """Return every C compiler for C99 and every C++ compiler for C++11; none without C.

    C is optimised as firmware is, C++ not at all, and as for a core without a long multiply: two
    levels and two kinds of cores as well as two languages.

    Raises:
        ToolError: ``$CC`` is set to a program that does not exist.
    """
    c = [
        Compiler(tool, ("-std=c99", "-O2", *WARNINGS), f"{tool} -std=c99")
        for tool in toolchain.c_compilers()
    ]
    cxx = [
        Compiler(
            tool, ("-x", "c++", "-std=c++11", "-O0", "-DLUTGEN_LONG_MULTIPLY=0", *WARNINGS),
            f"{tool} -std=c++11",
        )
        for tool in toolchain.cxx_compilers()
    ]
    return (*c, *cxx) if c else ()


def judge(compiler: Compiler, batch: Sequence[_Files]) -> list[Verdict]:
    """Return the verdicts of one compiler on solutions that are compiled into one program.

    Where that fails, both halves are tried, so that in the end a fault is laid at its own door.
    """
    try:
        output = _run(compiler, batch)
    except ToolError as problem:
        if len(batch) == 1:
            return [_failed(batch[0].solution, compiler.label, str(problem))]
        half = len(batch) // 2
        return [*judge(compiler, batch[:half]), *judge(compiler, batch[half:])]
    verdicts = []
    for files in batch:
        bench = _bench(files.solution)
        size = bench.output_size(files.solution)
        verdicts.append(bench.verdict(files.solution, compiler.label, output[:size]))
        output = output[size:]
    return verdicts


def _run(compiler: Compiler, batch: Sequence[_Files]) -> bytes:
    """Compile the files with a driver, run it, and return what it wrote.

    Raises:
        ToolError: the compiler or the program failed, or wrote too little or too much.
    """
    solutions = [files.solution for files in batch]
    bench = _bench(solutions[0])
    driver = bench.driver(solutions)
    contents = {name: text for files in batch for name, text in files.contents.items()}
    sources = [name for name in contents if name.endswith(".c")]
    for solution in solutions:
        contents |= bench.data(solution)
    with workspaces.workspace({**contents, "lutgen_replay.c": driver}) as folder:
        command = [*compiler.tool.command, *compiler.flags, "-DLUTGEN_SELFTEST"]
        toolchain.run(
            compiler.label, [*command, "lutgen_replay.c", *sources, "-o", "replay"], folder=folder
        )
        output = toolchain.run("the compiled program", [folder / "replay"], folder=folder)
    expected = sum(map(bench.output_size, solutions))
    if len(output) != expected:
        raise ToolError(f"the compiled program wrote {len(output)} bytes, not {expected}")
    return output


def _read(folder: Path, name: str, options: Options) -> dict[str, bytes]:
    """Return the contents of a solution's files by file name.

    Raises:
        OSError: one is missing or cannot be read.
    """
    names = [f"{name}{suffix}" for suffix in _SUFFIXES[options.c_layout]]
    return {name: stored(folder / name) for name in names}


def _bench(solution: Solution) -> ModuleType:
    """Return the module that knows how a solution is run."""
    if isinstance(solution.spec, Spec):
        return _c_replay_tables
    from lutgen.targets import _c_replay_kernels

    return _c_replay_kernels


def _batches(files: Sequence[_Files]) -> Iterator[list[_Files]]:
    """Yield the files in groups of one kind that one driver can hold."""
    batch: list[_Files] = []
    entries = 0
    for each in files:
        bench = _bench(each.solution)
        cost = bench.cost(each.solution)
        if batch and (
            entries + cost > _ENTRIES_PER_DRIVER or bench is not _bench(batch[0].solution)
        ):
            yield batch
            batch, entries = [], 0
        batch.append(each)
        entries += cost
    if batch:
        yield batch


def _failed(solution: Solution, tool: str, reason: str) -> Verdict:
    return Verdict(solution.spec.name, "c", tool, 0, 0, reason)
