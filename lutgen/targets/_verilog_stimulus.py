"""What emitted modules are fed in a replay, and which of their input codes come out wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lutgen.solution import Solution, Verdict

STRIDE = 0x9E37
"""Odd, so that its multiples are all codes of any width; from one to the next is a long way."""

LONGEST_STALL = 2
"""Clocks."""

UNKNOWN = -1
"""Stands for an output with a bit that is X or Z."""


class Emitted(NamedTuple):
    """A solution's module as it was emitted.

    Attributes:
        solution: what it must compute.
        latency: rising edges from x to y; without any it has no port ``clk``.
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
    def width(self) -> int:
        """Bits of the input."""
        return self.solution.spec.input.width

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


class Stimulus(NamedTuple):
    """What goes in, step by step; a step ends with a rising edge.

    Attributes:
        x: bit patterns of input codes, int64, shape (steps,).
        en: whether the edge counts, bool, the same shape.
    """

    x: np.ndarray
    en: np.ndarray

    @classmethod
    def of(cls, modules: Sequence[Emitted]) -> Stimulus:
        """Return steps that take every code of every module through to its output.

        Codes that lie far apart follow each other, so that a stage that is a clock early or late
        gives another output.  Where a module has ``en``, the second half comes with stalls, in
        which x is something else.
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

    @property
    def words(self) -> np.ndarray:
        """The steps as uint32: x in the low 16 bits, en above them."""
        return (self.x | self.en.astype(np.int64) << 16).astype(np.uint32)

    def verdict(self, module: Emitted, outputs: np.ndarray, tool: str) -> Verdict:
        """Return the verdict on what a module gave.

        Args:
            module: the module.
            outputs: y before the edge of every step, as an unsigned bit pattern, or UNKNOWN.
            tool: what ran it.
        """
        spec = module.solution.spec
        expected = module.solution.report.codes % 2**spec.output.width
        sources = self._sources(module)
        told = sources >= 0
        place = (self.x[sources[told]] - spec.input.min_code) % len(expected)
        wrong = place[outputs[told] != expected[place]]
        return module.verdict(
            tool, codes=len(np.unique(place)), mismatches=len(np.unique(wrong))
        )

    def _sources(self, module: Emitted) -> np.ndarray:
        """Return for each step the step whose x gives the y before its edge; -1 for none yet."""
        if not module.latency:
            return np.arange(len(self.x))
        counts = self.en if module.enable else np.ones_like(self.en)
        edges = np.flatnonzero(counts)
        taken = np.cumsum(counts) - counts - module.latency
        return np.where(taken < 0, -1, edges[np.maximum(taken, 0)])
