"""The best of several programs for hardware: by area, by memory, or by speed.

What is chosen is a method with its fold, written into the spec, so that a rebuild needs neither
the search nor the tools that took part in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from lutgen import methods
from lutgen.accuracy import ErrorReport
from lutgen.area import found_yosys, lut_count
from lutgen.errors import BudgetError
from lutgen.ideal import Ideal
from lutgen.pipeline import emit
from lutgen.program import Program, ops
from lutgen.program.table import bits_of
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from lutgen.targets import FAMILIES, Options, get
from lutgen.toolchain import Tool

CANDIDATES = (
    Method("lut", fold="off"),
    Method("lut", fold="residual"),
    Method("lut", fold="on"),
    Method("lut", fold="window"),
    Method("lut", fold="complement"),
    Method("steps"),
    Method("bipartite"),
    Method("pwl"),
    Method("pwl", breakpoints="dyadic"),
    Method("quadratic"),
    Method("uniform"),
    Method("interp"),
)
"""In order of preference between equals."""

SYNTHESISED_BITS = 8
"""Programs with inputs of at most so many bits are mapped by Yosys, where it is found."""


class Trial(NamedTuple):
    """A candidate and what it costs.

    Attributes:
        method: the candidate.
        cost: the figures that are compared, the first one first.
        text: the same in words.
    """

    method: Method
    cost: tuple[int, ...]
    text: str


class Choice(NamedTuple):
    """What was chosen, and from what.

    Attributes:
        spec: the request with the method that won.
        trials: every candidate that keeps what was asked, the best first.
        judge: how the costs were found.
    """

    spec: Spec
    trials: tuple[Trial, ...]
    judge: str


def choose(spec: Spec, goal: str, options: Options, family: str = FAMILIES[0]) -> Choice:
    """Return the best program for a goal.

    Args:
        spec: the request; a method other than ``auto``, and a fold other than ``auto``, are kept.
        goal: ``area``, ``memory`` or ``speed``.
        options: the form of the module.
        family: whose cells count, one of ``FAMILIES``.

    Raises:
        BudgetError: no candidate keeps what is asked.
    """
    yosys = None
    if goal == "area" and spec.input.width <= SYNTHESISED_BITS:
        yosys = found_yosys()
    trials = [
        _trial(method, solution, goal, options, family, yosys)
        for method, solution in _solutions(spec)
        # A multiplier alone is larger than any table of so few bits.
        if yosys is None or not _multiplies(solution.program)
    ]
    if not trials:
        raise BudgetError(f"{spec.name}: no method keeps what is asked; allow more --max-error")
    # Sorting is stable: the first of equals in the list above wins.
    trials.sort(key=lambda trial: trial.cost)
    judge = {
        "memory": "bits of all tables and breakpoints",
        "speed": "the delay model of the pipeline, then clocks, then bits",
        "area": (
            f"cells as {yosys} maps the combinational module, those with a multiplier left out"
            if yosys else "an estimate of cells; Yosys was not found, or the input has over 8 bits"
        ),
    }[goal]
    return Choice(replace(spec, method=trials[0].method), tuple(trials), judge)


def _solutions(spec: Spec) -> Iterator[tuple[Method, Solution]]:
    """Yield every candidate that keeps what the spec asks, with its solution."""
    asked, ideal = spec.method, Ideal.of(spec)
    for candidate in CANDIDATES:
        if asked.name not in ("auto", candidate.name):
            continue
        if asked.fold not in ("auto", candidate.fold):
            candidate = candidate._replace(fold=asked.fold)
        method = candidate._replace(
            max_error=asked.max_error, exact=asked.exact, max_bytes=asked.max_bytes,
            segments=asked.segments, aligned=asked.aligned,
        )
        chosen = replace(ideal, spec=replace(spec, method=method))
        try:
            program = methods.approximate(chosen)
        except BudgetError:
            continue
        yield method, Solution(chosen.spec, program, ErrorReport.measure(program, chosen))


def _multiplies(program: Program) -> bool:
    return any(isinstance(value.op, ops.Mul) for value in program.values)


def _trial(
    method: Method, solution: Solution, goal: str, options: Options, family: str,
    yosys: Tool | None,
) -> Trial:
    """Return what a candidate costs."""
    bits = solution.program.storage_bits
    if goal == "memory":
        return Trial(method, (bits,), f"{bits} bits")
    if goal == "speed":
        clocks, period = get("verilog").timing_of(solution, options)
        text = f"{clocks} clocks of {period / 1000:.1f} ns by the delay model, {bits} bits"
        return Trial(method, (period, clocks, bits), text)
    if yosys is None:
        cells = estimated_luts(solution.program)
        return Trial(method, (cells, bits), f"about {cells} LUT4, {bits} bits")
    form = options._replace(latency=0, mem="embedded", rom="auto", enable=False, stream=False)
    module = emit(solution, ("verilog",), form)[0]
    cells = lut_count(solution.spec.name, module.content, family, yosys)
    return Trial(method, (cells, bits), f"{cells} {'LUT4' if family == 'ice40' else 'LUT6'}")


def estimated_luts(program: Program) -> int:
    """Return about how many 4-input cells a program takes, tables in logic included."""
    total = 0
    for value in program.values:
        operands = [program.values[ref] for ref in getattr(value.op, "operands", ())]
        widths = [bits_of(operand.low, operand.high) for operand in operands]
        width = bits_of(value.low, value.high)
        match value.op:
            case ops.Mul():
                total += widths[0] * widths[1]
            case ops.Add() | ops.Sub() | ops.Min() | ops.Max() | ops.Clamp() | ops.Select():
                total += width
            case ops.Segment():
                total += len(value.op.breakpoints) * (widths[0] + 1) // 2
            case ops.Lookup():
                total += value.op.table.storage_bits // 24
    return total
