"""Emitted modules in Icarus Verilog: by their own test benches, and by one that knows no codes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from lutgen import processes, toolchain, workspaces
from lutgen.errors import ToolError
from lutgen.rendering import render
from lutgen.solution import Verdict
from lutgen.targets._verilog_batch import (
    TOP,
    WORD,
    Bus,
    batches,
    files_of,
    judged,
    outputs_of,
    rows_of,
    top,
)
from lutgen.targets._verilog_row_replay import Told, bench, short_run
from lutgen.targets._verilog_stimulus import UNKNOWN, Emitted, Stimulus
from lutgen.toolchain import Tool

_BENCH, _STEPS = "lutgen_bench", "lutgen_steps.mem"

_TIME_LIMIT = 600.0

# Inputs of up to so many bits are simulated twice.
_NARROW = 12

# One simulation runs the codes of so many table entries: about a second of work.
_ENTRIES_PER_BATCH = 2**16

_DIGITS = WORD // 4
_VALUES = np.full(256, UNKNOWN)
_VALUES[list(b"0123456789abcdef")] = np.arange(16)


def verdicts(modules: Sequence[Emitted]) -> list[Verdict]:
    """Return Icarus Verilog's verdict on each module.

    It passes without a warning, where its test benches pass and its outputs, compared here, are
    the program's codes.  For wide inputs one simulation has to do: that of its test bench, which
    is known to hold the program's codes, and of which narrow modules show that it sees faults.
    """
    tools = toolchain.icarus()
    if tools is None:
        reason = "Icarus Verilog not found; apt-get install iverilog"
        return [module.verdict("Icarus Verilog", reason) for module in modules]
    label = str(tools[0])
    with processes.threads(os.cpu_count()) as pool:
        trusted = [module for module in modules if module.known_bench and module.width > _NARROW]
        problems = pool.map(lambda module: _bench_problem(tools, module), trusted)
        passed = [
            module for module, problem in zip(trusted, problems, strict=True) if not problem
        ]
    found = {id(module): module.verdict(label, codes=module.bench_count) for module in passed}
    others = [module for module in modules if id(module) not in found]
    found |= {
        id(module): verdict
        for module, verdict in zip(others, _replayed(tools, others), strict=True)
    }
    return [found[id(module)] for module in modules]


def _replayed(tools: tuple[Tool, Tool], modules: Sequence[Emitted]) -> list[Verdict]:
    """Return the verdicts of a bench that knows no codes, compared with the modules' own."""
    label = str(tools[0])
    # All of a batch run for the steps that its widest takes, so each is of one width.
    ordered = sorted(modules, key=_kind)
    groups = [
        batch for _, group in groupby(ordered, key=_kind)
        for batch in batches(list(group), _ENTRIES_PER_BATCH, lambda module: 2**module.width)
    ]
    with processes.threads(os.cpu_count()) as pool:
        found = pool.map(
            lambda batch: judged(batch, label, lambda part: _judge_any(tools, part)), groups
        )
        benches = pool.map(lambda module: _bench_problem(tools, module), ordered)
        replayed = [verdict for verdicts in found for verdict in verdicts]
        agreed = {
            id(module): _agreed(*pair)
            for module, *pair in zip(ordered, replayed, benches, strict=True)
        }
        return [agreed[id(module)] for module in modules]


def _kind(module: Emitted) -> tuple[bool, int]:
    return module.takes_rows, module.width


def _judge_any(tools: tuple[Tool, Tool], batch: Sequence[Emitted]) -> list[Verdict]:
    judge = _judge_rows if batch[0].takes_rows else _judge
    return judge(tools, batch)


def _judge_rows(tools: tuple[Tool, Tool], batch: Sequence[Emitted]) -> list[Verdict]:
    """Return the verdicts on modules of rows that are simulated together.

    Raises:
        ToolError: Icarus Verilog warns or fails.
    """
    runs = [short_run(module) for module in batch]
    clock = render("verilog/replay_clock.v.jinja", bench=_BENCH, top=TOP)
    replayed = {f"{TOP}.v": bench(runs), f"{_BENCH}.v": clock}
    sources = [*(module.source for module in batch), *replayed]
    files = {**files_of(batch), **replayed, **{run.file: run.sent for run in runs}}
    told = Told.read(_simulate(tools, files, sources, _BENCH))
    return [run.verdict(told, number, str(tools[0])) for number, run in enumerate(runs)]


def _judge(tools: tuple[Tool, Tool], batch: Sequence[Emitted]) -> list[Verdict]:
    """Return the verdicts on modules that are simulated together.

    Raises:
        ToolError: Icarus Verilog warns or fails.
    """
    stimulus, bus = Stimulus.of(batch), Bus.of(batch)
    count, x_width, y_width = len(stimulus.x), WORD * bus.inputs, WORD * bus.outputs
    stepper = render(
        "verilog/replay_bench.v.jinja", bench=_BENCH, top=TOP, steps=_STEPS, last=count - 1,
        x_msb=x_width - 1, y_msb=y_width - 1, step_msb=x_width,
    )
    replayed = {f"{TOP}.v": top(batch), f"{_BENCH}.v": stepper}
    sources = [*(module.source for module in batch), *replayed]
    steps = _step_file(stimulus.words(batch), bus.inputs)
    output = _simulate(tools, {**files_of(batch), **replayed, _STEPS: steps}, sources, _BENCH)
    # A line has the highest digit first, and a line end.
    digits = _VALUES[rows_of(output, count, y_width // 4 + 1)[:, -2::-1]]
    digits = digits.reshape(count, bus.outputs, _DIGITS)
    values = (digits << np.arange(0, WORD, 4)).sum(axis=2)
    values[(digits == UNKNOWN).any(axis=2)] = UNKNOWN
    return [
        stimulus.verdict(module, outputs, str(tools[0]))
        for module, outputs in zip(batch, outputs_of(batch, values), strict=True)
    ]


def _step_file(words: np.ndarray, slots: int) -> bytes:
    """Return steps for ``$readmemh``: a digit for en, and the words of the inputs after it."""
    row = "%x" + "0" * _DIGITS * (slots - words.shape[1] + 1) + "%04x" * (words.shape[1] - 1)
    numbers = words[:, [0, *range(words.shape[1] - 1, 0, -1)]]
    text = "\n".join([row] * len(words)) % tuple(numbers.ravel().tolist())
    return text.encode("ascii")


def _bench_problem(tools: tuple[Tool, Tool], module: Emitted) -> str:
    """Return what a module's own test benches say against it; nothing where they pass."""
    for last in filter(None, (module.source, module.stream)):
        stem = last.removesuffix(".v")
        sources = list(dict.fromkeys((module.source, last, f"{stem}_tb.v")))
        try:
            # With -l- the message of a failure shows what the bench printed.
            output = _simulate(tools, module.files, sources, f"{stem}_tb", "-l-")
        except ToolError as problem:
            return str(problem)
        if not output.startswith(f"PASS: {stem}".encode("ascii")):
            return f"{stem}_tb.v does not print PASS: {stem}"
    return ""


def _agreed(replayed: Verdict, bench_problem: str) -> Verdict:
    """Return the verdict of the replay, with a problem where the test bench differs from it."""
    if replayed.problem:
        # What the bench printed says more.
        return replayed._replace(problem=bench_problem or replayed.problem)
    if bool(bench_problem) == bool(replayed.mismatches):
        return replayed
    codes = f"{replayed.mismatches} wrong codes"
    problem = f"its test bench fails with {codes}: {bench_problem}"
    return replayed._replace(
        problem=problem if bench_problem else f"its test bench passes with {codes}"
    )


def _simulate(
    tools: tuple[Tool, Tool], files: Mapping[str, bytes], sources: Sequence[str], bench: str,
    *options: str,
) -> bytes:
    """Compile sources without a warning, run the bench, and return what it printed.

    Args:
        tools: compiler and runner.
        files: contents by name.
        sources: names of those to compile.
        bench: name of the module to run.
        options: the runner's.

    Raises:
        ToolError: one of the two fails.
    """
    compiler, runner = tools
    language = ["-g2005", "-Wall", "-s", bench, "-o", "replay.vvp"]
    with workspaces.workspace(files) as folder:
        toolchain.run(
            compiler, [*compiler.command, *language, *sources], folder=folder, silent=True
        )
        # With -N $stop is a failure.
        return toolchain.run(
            bench, [*runner.command, "-N", *options, "replay.vvp"],
            folder=folder, time_limit=_TIME_LIMIT,
        )
