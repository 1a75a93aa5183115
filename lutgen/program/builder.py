"""Programs and how a method writes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lutgen.formats import NumberFormat
from lutgen.program import evaluate, intervals, ops
from lutgen.program.table import Table, TooWideError


class Value(NamedTuple):
    """One step of a program.

    Attributes:
        name: identifier in the emitted code.
        op: the operation that gives it.
        low: the smallest number it takes.
        high: the largest number it takes.
        comment: why it is computed, one line; may be empty.
    """

    name: str
    op: ops.Op
    low: int
    high: int
    comment: str = ""


@dataclass(frozen=True)
class Program:
    """The bit-true definition of a table.

    Attributes:
        name: identifier of the emitted function, module or graph.
        values: the steps in order; an operation refers to earlier ones by position.
        output: position of the result.
        output_format: format of the result's codes.
        method: how it approximates, such as ``pwl``.
        fold: how the input was folded: ``none``, ``even``, ``odd`` or ``complement``; or
            ``residual``: not folded, but relu is left to the program.
        segments: how many segments, pieces or levels; None where the method has none.
        minimum: the least number of segments that real coefficients need; None where unknown.
    """

    name: str
    values: tuple[Value, ...]
    output: ops.Ref
    output_format: NumberFormat
    method: str = "lut"
    fold: str = "none"
    segments: int | None = None
    minimum: int | None = None

    @property
    def inputs(self) -> dict[str, NumberFormat]:
        """The formats of the inputs by name, in order."""
        return {v.name: v.op.format for v in self.values if isinstance(v.op, ops.Input)}

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that are looked up, each once, in order of first use."""
        found = {id(v.op.table): v.op.table for v in self.values if isinstance(v.op, ops.Lookup)}
        return tuple(found.values())

    @property
    def is_direct(self) -> bool:
        """Whether it is one read of a table at the input's bit pattern."""
        output = self.values[self.output].op
        if not isinstance(output, ops.Lookup):
            return False
        address = self.values[output.a].op
        if isinstance(address, ops.LowBits):
            address = self.values[address.a].op
        return isinstance(address, ops.Input)

    @property
    def storage_bytes(self) -> int:
        """Bytes of all tables, and of the breakpoints that segments are found by."""
        return sum(table.storage_bytes for table in self._stored)

    @property
    def storage_bits(self) -> int:
        """The same in hardware, where an entry takes no more bits than it needs."""
        return sum(table.storage_bits for table in self._stored)

    @property
    def _stored(self) -> tuple[Table, ...]:
        breakpoints = (
            Table("breakpoints", np.array(value.op.breakpoints), "")
            for value in self.values
            if isinstance(value.op, ops.Segment)
        )
        return (*self.tables, *breakpoints)


class Builder:
    """Writes a program step by step.

    For one input of up to 16 bits the interval of every value is found by running all codes, so
    it is exact; for several inputs it follows from the operands' intervals.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: list[Value] = []
        self._runs: list[np.ndarray] | None = []

    def value(self, ref: ops.Ref) -> Value:
        """Return the step at ``ref``, with its interval."""
        return self._values[ref]

    def once(self, name: str, add: Callable[[], ops.Ref]) -> ops.Ref:
        """Return the step called ``name``, adding it where there is none yet."""
        for ref, value in enumerate(self._values):
            if value.name == name:
                return ref
        return add()

    def input(self, name: str, number_format: NumberFormat) -> ops.Ref:
        """Add an input."""
        if any(isinstance(value.op, ops.Input) for value in self._values):
            self._runs = None
        return self._append(name, ops.Input(number_format), "")

    def const(self, number: int) -> ops.Ref:
        """Add a literal, which is printed where it is used."""
        return self._append("", ops.Const(number), "")

    def add(self, name: str, a: ops.Ref, b: ops.Ref, comment: str = "") -> ops.Ref:
        """Add ``a + b``."""
        return self._append(name, ops.Add(a, b), comment)

    def sub(self, name: str, a: ops.Ref, b: ops.Ref, comment: str = "") -> ops.Ref:
        """Add ``a - b``."""
        return self._append(name, ops.Sub(a, b), comment)

    def mul(self, name: str, a: ops.Ref, b: ops.Ref, comment: str = "") -> ops.Ref:
        """Add ``a * b``."""
        return self._append(name, ops.Mul(a, b), comment)

    def min(self, name: str, a: ops.Ref, b: ops.Ref, comment: str = "") -> ops.Ref:
        """Add the smaller of two values."""
        return self._append(name, ops.Min(a, b), comment)

    def max(self, name: str, a: ops.Ref, b: ops.Ref, comment: str = "") -> ops.Ref:
        """Add the larger of two values."""
        return self._append(name, ops.Max(a, b), comment)

    def shift_left(self, name: str, a: ops.Ref, bits: int, comment: str = "") -> ops.Ref:
        """Add ``a * 2**bits``."""
        return self._append(name, ops.ShiftLeft(a, bits), comment)

    def shift_right(self, name: str, a: ops.Ref, bits: int, comment: str = "") -> ops.Ref:
        """Add ``floor(a / 2**bits)``."""
        return self._append(name, ops.ShiftRight(a, bits), comment)

    def low_bits(self, name: str, a: ops.Ref, bits: int, comment: str = "") -> ops.Ref:
        """Add ``a mod 2**bits``."""
        return self._append(name, ops.LowBits(a, bits), comment)

    def clamp(self, name: str, a: ops.Ref, low: int, high: int, comment: str = "") -> ops.Ref:
        """Add the number of ``low .. high`` nearest to a."""
        return self._append(name, ops.Clamp(a, low, high), comment)

    def select(
        self, name: str, a: ops.Ref, negative: ops.Ref, other: ops.Ref, comment: str = ""
    ) -> ops.Ref:
        """Add ``negative`` where a < 0, else ``other``."""
        return self._append(name, ops.Select(a, negative, other), comment)

    def lookup(self, name: str, table: Table, address: ops.Ref, comment: str = "") -> ops.Ref:
        """Add a ROM read.

        Raises:
            ValueError: the address can leave the table.
        """
        index = self._values[address]
        if index.low < 0 or index.high >= table.depth:
            raise ValueError(
                f"{self._name}: address {index.low}..{index.high} leaves table {table.name} "
                f"of depth {table.depth}"
            )
        return self._append(name, ops.Lookup(address, table), comment)

    def segment(
        self, name: str, a: ops.Ref, breakpoints: tuple[int, ...], comment: str = ""
    ) -> ops.Ref:
        """Add the number of breakpoints at or below a.

        Raises:
            ValueError: the breakpoints do not ascend.
        """
        if list(breakpoints) != sorted(set(breakpoints)):
            raise ValueError(f"{self._name}: breakpoints must ascend")
        return self._append(name, ops.Segment(a, tuple(breakpoints)), comment)

    def finish(
        self,
        output: ops.Ref,
        output_format: NumberFormat,
        segments: int | None = None,
        minimum: int | None = None,
    ) -> Program:
        """Return the program whose result is ``output``.

        Args:
            output: the result.
            output_format: its codes.
            segments: how many segments, pieces or levels the method used, for the reports.
            minimum: the least number that real coefficients need.

        Raises:
            ValueError: the result can leave the output format.
        """
        value = self._values[output]
        if value.low < output_format.min_code or value.high > output_format.max_code:
            raise ValueError(
                f"{self._name}: result {value.low}..{value.high} leaves {output_format.suffix}"
            )
        return Program(
            self._name, tuple(self._values), output, output_format,
            segments=segments, minimum=minimum,
        )

    def _append(self, name: str, op: ops.Op, comment: str) -> ops.Ref:
        operands = [(self._values[ref].low, self._values[ref].high) for ref in op.operands]
        low, high = intervals.of(op, operands)
        # NumPy computes in 64 bits; the interval proves that nothing wraps there.
        if not -(2**63) <= low <= high < 2**63:
            raise TooWideError(f"{self._name}: {name} needs more than 64 bits")
        if self._runs is not None:
            if isinstance(op, ops.Input):
                result = np.arange(low, high + 1)
            else:
                result = evaluate.apply(op, [self._runs[ref] for ref in op.operands])
            self._runs.append(result)
            low, high = int(np.min(result)), int(np.max(result))
        self._values.append(Value(name, op, low, high, comment))
        return len(self._values) - 1
