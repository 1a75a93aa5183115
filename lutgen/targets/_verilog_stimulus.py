"""What emitted modules are fed in a replay, and for which of it they give something wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lutgen.accuracy import ErrorReport
from lutgen.solution import Solution, Verdict
from lutgen.targets._verilog_ports import Port, input_ports, output_ports
from lutgen.targets._verilog_vectors import Vectors

STRIDE = 0x9E37
"""Odd, so that its multiples are all numbers of any width; from one to the next is a long way."""

LONGEST_STALL = 2
"""Clocks."""

UNKNOWN = -1
"""Stands for an output with a bit that is X or Z."""


class Emitted(NamedTuple):
    """A solution's module as it was emitted.

    Attributes:
        solution: what it must compute.
        latency: rising edges from inputs to outputs; without any it has no port ``clk``.
        enable: whether it has a port ``en``.
        files: contents of its files by name.
        known_bench: whether its test bench is, byte for byte, the one that belongs to it.
    """

    solution: Solution
    latency: int
    enable: bool
    files: dict[str, bytes]
    known_bench: bool = False

    @property
    def name(self) -> str:
        """The identifier of the module, and the stem of its files."""
        return self.solution.spec.name

    @property
    def is_table(self) -> bool:
        """Whether it has one input, whose codes are all known."""
        return isinstance(self.solution.report, ErrorReport)

    @property
    def takes_rows(self) -> bool:
        """Whether it is a stream of rows."""
        return self.solution.program.takes_rows

    @property
    def count(self) -> int:
        """How many vectors it is run on."""
        if self.is_table:
            return 2**self.solution.spec.input.width
        return self.solution.report.stimulus.count

    @property
    def width(self) -> int:
        """Bits of the number of a vector; where there is one input, of the input."""
        return max(1, (self.count - 1).bit_length())

    @property
    def bench_count(self) -> int:
        """How many of them its test bench has."""
        if self.is_table:
            return self.count
        return Vectors.of(self.solution).for_bench(self.solution).count

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The ports of the inputs."""
        return input_ports(self.solution.program)

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The ports of the outputs."""
        return output_ports(self.solution.program)

    @property
    def source(self) -> str:
        """Name of the file that holds the module."""
        return f"{self.name}.v"

    @property
    def stream(self) -> str:
        """Name of the file that holds its wrapper for streams; nothing where there is none."""
        name = f"{self.name}_stream.v"
        return name if name in self.files else ""

    def verdict(
        self, tool: str, problem: str = "", *, codes: int = 0, mismatches: int = 0
    ) -> Verdict:
        """Return a verdict on this module."""
        return Verdict(self.name, "verilog", tool, codes, mismatches, problem)


def slots(modules: Sequence[Emitted]) -> list[tuple[int, ...]]:
    """Return for each module the places of its inputs on the bus of inputs.

    All tables read the lowest, which holds the number of a vector: the pattern of their input.
    """
    found, following = [], 1
    for module in modules:
        count = 0 if module.is_table else len(module.inputs)
        found.append(tuple(range(following, following + count)) or (0,))
        following += count
    return found


class Stimulus(NamedTuple):
    """What goes in, step by step; a step ends with a rising edge.

    Attributes:
        x: numbers of vectors, int64, shape (steps,); of tables, the bit patterns of their input.
        en: whether the edge counts, bool, the same shape.
    """

    x: np.ndarray
    en: np.ndarray

    @classmethod
    def of(cls, modules: Sequence[Emitted]) -> Stimulus:
        """Return steps that take every vector of every module through to its output.

        Vectors that lie far apart follow each other, so that a stage that is a clock early or late
        gives another output.  Where a module has ``en``, the second half comes with stalls, in
        which the inputs are something else.
        """
        width = max(module.width for module in modules)
        count = 2**width + max(module.latency for module in modules)
        clocks = np.ones(count, np.int64)
        if any(module.enable for module in modules):
            stalled = clocks[count // 2 :]
            stalled += np.random.default_rng(1).integers(0, LONGEST_STALL + 1, len(stalled))
        en = np.zeros(clocks.sum(), bool)
        en[np.cumsum(clocks) - 1] = True
        x = np.repeat(np.arange(count) * STRIDE % 2**width, clocks)
        return cls(np.where(en, x, x ^ (2**width - 1)), en)

    def words(self, modules: Sequence[Emitted]) -> np.ndarray:
        """Return the steps as rows of uint16: en, and then the bus of inputs from its lowest slot.

        Args:
            modules: those whose inputs are on the bus, as ``slots`` places them.
        """
        columns = [self.en, self.x]
        for module in modules:
            if not module.is_table:
                places = self.x % module.count
                columns += [codes[places] for codes in Vectors.of(module.solution).inputs]
        return np.stack(columns, axis=1).astype(np.uint16)

    def verdict(self, module: Emitted, outputs: np.ndarray, tool: str) -> Verdict:
        """Return the verdict on what a module gave.

        Args:
            module: the module.
            outputs: before the edge of every step, unsigned bit patterns, or UNKNOWN, of its
                outputs: shape (steps, outputs), or (steps,) where it has one.
            tool: what ran it.
        """
        expected = np.stack(Vectors.of(module.solution).outputs, axis=1)
        sources = self._sources(module)
        told = sources >= 0
        place = self.x[sources[told]] % module.count
        given = outputs.reshape(len(self.x), -1)[told]
        wrong = place[(given != expected[place]).any(axis=1)]
        return module.verdict(
            tool, codes=len(np.unique(place)), mismatches=len(np.unique(wrong))
        )

    def _sources(self, module: Emitted) -> np.ndarray:
        """Return for each step the step whose x shows before its edge; -1 for none yet."""
        if not module.latency:
            return np.arange(len(self.x))
        counts = self.en if module.enable else np.ones_like(self.en)
        edges = np.flatnonzero(counts)
        taken = np.cumsum(counts) - counts - module.latency
        return np.where(taken < 0, -1, edges[np.maximum(taken, 0)])
