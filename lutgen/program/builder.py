"""Programs and how a method writes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lutgen.formats import NumberFormat
from lutgen.program import correlated, evaluate, intervals, ops
from lutgen.program.table import Table, TooWideError

MOST_CODES = 2**16
"""Inputs and distances with more codes than this are not run through."""


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


class Output(NamedTuple):
    """One result of a program.

    Attributes:
        name: of the port, graph output or parameter that it leaves by.
        ref: position of the value.
        format: format of its codes.
    """

    name: str
    ref: ops.Ref
    format: NumberFormat


@dataclass(frozen=True)
class Program:
    """The bit-true definition of a table, or of a function of several numbers or of a row.

    Attributes:
        name: identifier of the emitted function, module or graph.
        values: the steps in order; an operation refers to earlier ones by position.
        outputs: the results; most programs have one.
        method: how it approximates, such as ``pwl``.
        fold: how the input was folded: ``none``, ``even``, ``odd`` or ``complement``; or
            ``residual``: not folded, but relu is left to the program.
        segments: how many segments, pieces or levels; None where the method has none.
        minimum: the least number of segments that real coefficients need; None where unknown.
    """

    name: str
    values: tuple[Value, ...]
    outputs: tuple[Output, ...]
    method: str = "lut"
    fold: str = "none"
    segments: int | None = None
    minimum: int | None = None

    @property
    def output(self) -> ops.Ref:
        """Position of the first result."""
        return self.outputs[0].ref

    @property
    def output_format(self) -> NumberFormat:
        """Format of the first result's codes."""
        return self.outputs[0].format

    @property
    def takes_rows(self) -> bool:
        """Whether it reduces rows, so that its input is a row of codes rather than one code."""
        return any(isinstance(value.op, ops.Reduction) for value in self.values)

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

    The interval of a value that depends on one input alone, of up to 16 bits, is found by running
    all its codes, so it is exact; so is that of one that depends on nothing but an element's
    distance below the largest of its row.  Others follow from the operands' intervals.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: list[Value] = []
        self._runs: list[_Run | None] = []

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

    def divide(self, name: str, a: ops.Ref, b: ops.Ref, comment: str = "") -> ops.Ref:
        """Add ``floor(a / b)``.

        Raises:
            ValueError: a can be negative, or b can be 0 or less.
        """
        if self._values[a].low < 0 or self._values[b].low <= 0:
            raise ValueError(f"{self._name}: {name} divides by 0, or a negative number")
        return self._append(name, ops.Divide(a, b), comment)

    def reduce_max(self, name: str, a: ops.Ref, comment: str = "") -> ops.Ref:
        """Add the largest a of a row."""
        return self._append(name, ops.ReduceMax(a), comment)

    def reduce_sum(self, name: str, a: ops.Ref, longest: int, comment: str = "") -> ops.Ref:
        """Add the sum of a over a row of at most ``longest`` elements."""
        return self._append(name, ops.ReduceSum(a, longest), comment)

    def inline(self, program: Program, inputs: Mapping[str, ops.Ref], prefix: str = "") -> ops.Ref:
        """Add the steps of another program, and return its first result.

        Args:
            program: whose steps are taken over.
            inputs: the values that serve as its inputs, by name.
            prefix: put before the names of its steps and tables.
        """
        places: list[ops.Ref] = []
        tables: dict[int, Table] = {}
        for value in program.values:
            if isinstance(value.op, ops.Input):
                places.append(inputs[value.name])
                continue
            op = _moved(value.op, places)
            if isinstance(op, ops.Lookup):
                table = tables.setdefault(
                    id(op.table), replace(op.table, name=f"{prefix}{op.table.name}")
                )
                op = op._replace(table=table)
            name = value.name and f"{prefix}{value.name}"
            places.append(self._append(name, op, value.comment))
        return places[program.output]

    def finish(
        self,
        output: ops.Ref,
        output_format: NumberFormat,
        segments: int | None = None,
        minimum: int | None = None,
    ) -> Program:
        """Return the program whose result is ``output``; it leaves by ``y``.

        Args:
            output: the result.
            output_format: its codes.
            segments: how many segments, pieces or levels the method used, for the reports.
            minimum: the least number that real coefficients need.

        Raises:
            ValueError: the result can leave the output format.
        """
        program = self.finish_all([Output("y", output, output_format)])
        return replace(program, segments=segments, minimum=minimum)

    def finish_all(self, outputs: Iterable[Output]) -> Program:
        """Return the program with these results.

        Raises:
            ValueError: a result can leave its format.
        """
        outputs = tuple(outputs)
        for _, ref, codes in outputs:
            value = self._values[ref]
            if value.low < codes.min_code or value.high > codes.max_code:
                raise ValueError(
                    f"{self._name}: result {value.low}..{value.high} leaves {codes.suffix}"
                )
        return Program(self._name, tuple(self._values), outputs)

    def _append(self, name: str, op: ops.Op, comment: str) -> ops.Ref:
        operands = [(self._values[ref].low, self._values[ref].high) for ref in op.operands]
        low, high = correlated.of(op, self._values, intervals.of(op, operands))
        if isinstance(op, ops.ReduceSum):
            low = max(low, self._least_sum(op, low))
        # NumPy computes in 64 bits; the interval proves that nothing wraps there.
        if not -(2**63) <= low <= high < 2**63:
            raise TooWideError(f"{self._name}: {name} needs more than 64 bits")
        run = self._run(op, low, high)
        self._runs.append(run)
        if run is not None:
            low, high = int(np.min(run.results)), int(np.max(run.results))
        self._values.append(Value(name, op, low, high, comment))
        return len(self._values) - 1

    def _least_sum(self, op: ops.ReduceSum, low: int) -> int:
        """Return a number that no sum is below: one of its elements is the largest of the row."""
        run = self._runs[op.a]
        if run is None or run.source is None:
            return low
        if not correlated.is_distance(self._values[run.source].op, self._values):
            return low
        return int(run.results[0]) + min(0, int(run.results.min()) * (op.longest - 1))

    def _run(self, op: ops.Op, low: int, high: int) -> _Run | None:
        """Return an operation's result for every code or distance, if it depends on one alone."""
        if isinstance(op, ops.Input) or correlated.is_distance(op, self._values):
            if high - low >= MOST_CODES:
                return None
            return _Run(len(self._values), np.arange(low, high + 1))
        runs = [self._runs[ref] for ref in op.operands]
        if any(run is None for run in runs) or isinstance(op, ops.Reduction):
            return None
        sources = {run.source for run in runs} - {None}
        if len(sources) > 1:
            return None
        results = evaluate.apply(op, [run.results for run in runs])
        return _Run(next(iter(sources), None), results)


class _Run(NamedTuple):
    """A value for every code of an input, or for every distance below the largest of a row.

    Attributes:
        source: position of the input or the distance; None for a constant.
        results: int64, ascending with the code or distance; shape () for a constant.
    """

    source: ops.Ref | None
    results: np.ndarray


def _moved(op: ops.Op, places: Sequence[ops.Ref]) -> ops.Op:
    """Return an operation on the same operands at their new places."""
    fields = {"a", "b", "negative", "other"}.intersection(op._fields)
    return op._replace(**{field: places[getattr(op, field)] for field in fields})
