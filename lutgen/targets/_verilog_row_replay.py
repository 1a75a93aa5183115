"""Emitted modules of rows, run in a bench that knows no codes: what goes in, and what is told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lutgen.rendering import render
from lutgen.solution import Verdict
from lutgen.targets._verilog_batch import TOP
from lutgen.targets._verilog_ports import Lane, lanes, lanes_width
from lutgen.targets._verilog_stimulus import UNKNOWN, Emitted
from lutgen.targets._verilog_vectors import (
    DROPPED,
    LAST_IN,
    LAST_OUT,
    TOO_LONG,
    Vectors,
    with_a_long_row,
)

PATIENCE = 10000
"""So many clocks, and some more for a long row, a module may take between two results."""

_RESULT = re.compile(rb"(\d+) ([0-9a-fxz]+) ([01xz])([01xz])")
_WITHDRAWN = re.compile(rb"(\d+) withdrawn")


def whole_run(module: Emitted) -> RowRun:
    """Return a module with all rows that there are."""
    return RowRun.of(module, Vectors.of(module.solution))


def short_run(module: Emitted) -> RowRun:
    """Return a module with the rows of its test bench."""
    return RowRun.of(module, Vectors.of(module.solution).for_bench(module.solution))


class Told(NamedTuple):
    """What modules printed, by their numbers.

    Attributes:
        results: data, last and user of every result in order; UNKNOWN where a bit is.
        withdrawn: how many results changed while they waited.
    """

    results: dict[int, list[tuple[int, int, int]]]
    withdrawn: dict[int, int]

    @classmethod
    def read(cls, output: bytes) -> Told:
        """Return what a simulation printed."""
        found = cls(defaultdict(list), defaultdict(int))
        for line in output.splitlines():
            if match := _RESULT.fullmatch(line):
                number, *values = match.groups()
                found.results[int(number)].append(tuple(map(_number, values)))
            elif match := _WITHDRAWN.fullmatch(line):
                found.withdrawn[int(match[1])] += 1
        return found


class RowRun(NamedTuple):
    """A module of rows and the elements that it is run on.

    Attributes:
        module: what is run.
        vectors: the elements and their results.
        flags: of each element, as in the file of a test bench.
    """

    module: Emitted
    vectors: Vectors
    flags: np.ndarray

    @classmethod
    def of(cls, module: Emitted, vectors: Vectors) -> RowRun:
        """Return a module with some rows, and one in their middle that is too long."""
        return cls(module, *with_a_long_row(module.solution, vectors))

    @property
    def results(self) -> int:
        """How many results there must be."""
        return int(np.count_nonzero(self.flags < DROPPED))

    @property
    def file(self) -> str:
        """Name of the file of its elements."""
        return f"lutgen_{self.module.name}.mem"

    @property
    def sent(self) -> bytes:
        """The elements for ``$readmemh``: the data, and above them the end of a row."""
        every = lanes(self.module.inputs)
        digits = lanes_width(every) // 4
        words = _packed(self.vectors.inputs, every)
        last = self.flags & LAST_IN
        pairs = np.stack([last, words], axis=1)
        return ("\n".join([f"%x%0{digits}x"] * len(words)) % tuple(pairs.ravel())).encode("ascii")

    def verdict(self, told: Told, number: int, tool: str) -> Verdict:
        """Return the verdict on what the module printed under its number."""
        kept = self.flags < DROPPED
        every = lanes(self.module.outputs)
        expected = np.stack([
            _packed(self.vectors.outputs, every)[kept],
            (self.flags[kept] & LAST_OUT > 0).astype(object),
            (self.flags[kept] & TOO_LONG > 0).astype(object),
        ], axis=1).tolist()
        given = told.results[number]
        wrong = {
            place % len(expected)
            for place, result in enumerate(given[: 2 * len(expected)])
            if _coded(result, every) != tuple(expected[place % len(expected)])
        }
        problem = ""
        if len(given) != 2 * len(expected):
            problem = f"it gives {len(given)} results, not {2 * len(expected)}"
        elif told.withdrawn[number]:
            problem = f"{told.withdrawn[number]} results change while they wait"
        return self.module.verdict(
            tool, problem, codes=len(expected), mismatches=len(wrong)
        )


def bench(runs: Sequence[RowRun]) -> bytes:
    """Return the module that sends the elements of all runs and prints the results."""
    rows = [
        (
            run.module.name, number, run.file, run.vectors.count, run.results,
            lanes_width(lanes(run.module.inputs)), lanes_width(lanes(run.module.outputs)),
        )
        for number, run in enumerate(runs)
    ]
    longest = max(max(run.vectors.lengths) for run in runs)
    return render(
        "verilog/replay_rows.v.jinja", top=TOP, patience=4 * longest + PATIENCE,
        modules=tuple(rows),
    )


def _packed(codes: Sequence[np.ndarray], every: Sequence[Lane]) -> np.ndarray:
    """Return codes side by side, as Python integers of any width."""
    total = np.zeros(len(codes[0]), object)
    for patterns, lane in zip(codes, every, strict=True):
        total |= patterns.astype(object) << lane.low
    return total


def _coded(result: tuple[int, int, int], every: Sequence[Lane]) -> tuple[int, int, int]:
    """Return a result without the bits that fill up its bytes."""
    if result[0] == UNKNOWN:
        return result
    mask = sum(((1 << lane.port.width) - 1) << lane.low for lane in every)
    return (result[0] & mask, *result[1:])


def _number(text: bytes) -> int:
    return UNKNOWN if b"x" in text or b"z" in text else int(text, 16)
