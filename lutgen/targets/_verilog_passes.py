"""A program of rows, taken apart for hardware: what happens to each element, and what once a row.

The row comes in, is read again for every further pass, and leaves in the last one.  All passes
go through one pipeline, whose results count in the pass that they belong to:

- ``elements`` is the program of that pipeline.  What is computed once for the row stands still in
  it: the accumulators of the reductions, and numbers made of them.  It has an output for every
  accumulator's next value.
- After a pass the numbers that follow from its accumulators are computed, in steps: a program,
  and then the divisions that wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from lutgen.formats import NumberFormat
from lutgen.names import VERILOG_KEYWORDS
from lutgen.program import Output, Program, Value, ops
from lutgen.program.live import is_constant, live_operands, live_values, unique_names
from lutgen.program.table import bits_of


class Accumulator(NamedTuple):
    """The register of a reduction.

    Attributes:
        name: identifier.
        kind: ``max`` or ``sum``.
        low: the smallest number that it holds.
        high: the largest.
        start: what it holds before the first element.
        number: the pass in which it takes the elements in.
        next: name of its next value, an output of the elements' program.
    """

    name: str
    kind: str
    low: int
    high: int
    start: int
    number: int
    next: str


class Operand(NamedTuple):
    """A number that a division reads.

    Attributes:
        name: the register or result that holds it; empty for a constant.
        low: the smallest number it takes.
        high: the largest.
    """

    name: str
    low: int
    high: int


class Division(NamedTuple):
    """A division that is done once for the row.

    Attributes:
        name: of the quotient.
        dividend: what is divided.
        divisor: by what.
        low: the smallest quotient.
        high: the largest.
        comment: why it is computed; may be empty.
    """

    name: str
    dividend: Operand
    divisor: Operand
    low: int
    high: int
    comment: str


class Step(NamedTuple):
    """Numbers that are computed once for the row.

    Attributes:
        program: whose outputs they are; None where there are none before the divisions.
        divisions: what is divided then.
    """

    program: Program | None
    divisions: tuple[Division, ...]


class Passes(NamedTuple):
    """A program of rows, taken apart.

    Attributes:
        elements: what happens to an element.
        accumulators: the reductions, in order.
        steps: for every pass but the last, what follows it.
    """

    elements: Program
    accumulators: tuple[Accumulator, ...]
    steps: tuple[tuple[Step, ...], ...]

    @property
    def last(self) -> int:
        """The number of the last pass, in which the outputs leave."""
        return len(self.steps)


def passes_of(program: Program, taken: Iterable[str]) -> Passes:
    """Take a program apart.

    Args:
        program: it reduces rows.
        taken: names that mean something else in the module.
    """
    return _Analysis(program, taken).passes()


class _Analysis:
    """What is known of each live value: whether it is one for the row, and when it is there."""

    def __init__(self, program: Program, taken: Iterable[str]) -> None:
        self._program, self._values = program, program.values
        tables = {table.name for table in program.tables}
        ports = {*program.inputs, *(output.name for output in program.outputs)}
        names = unique_names(
            program, {*taken, *ports, *tables, program.name, "unused", *VERILOG_KEYWORDS}
        )
        self._names = {
            ref: value.name if isinstance(value.op, ops.Input) else names.get(ref, "")
            for ref, value in enumerate(self._values)
        }
        self._live = sorted(
            ref for ref in live_values(program) if not is_constant(self._values[ref])
        )
        self._is_once: dict[ops.Ref, bool] = {}
        # In which pass a value is there, and in which step before that pass.
        self._pass: dict[ops.Ref, int] = {}
        self._step: dict[ops.Ref, int] = {}
        for ref in self._live:
            self._place(ref)
        self._last = max(1, *(self._pass_of(output.ref) for output in program.outputs))

    def passes(self) -> Passes:
        accumulators = self._accumulators
        once = {ref for ref in self._live if self._is_once[ref]}
        steps = tuple(tuple(self._steps_before(number)) for number in range(1, self._last + 1))
        wanted = [Output(o.name, o.ref, o.format) for o in self._program.outputs]
        part = _Part(self._program, self._names, once, accumulators)
        part.take_inputs()
        for output in wanted:
            part.want(output)
        for ref, accumulator in accumulators.items():
            part.accumulate(ref, accumulator)
        return Passes(part.program(), tuple(accumulators.values()), steps)

    def _place(self, ref: ops.Ref) -> None:
        """Find out where a value belongs; its operands are known."""
        op = self._values[ref].op
        operands = [o for o in self._operands(ref) if o in self._pass]
        latest = max((self._pass[o] for o in operands), default=0)
        if isinstance(op, ops.Reduction):
            self._is_once[ref], self._pass[ref], self._step[ref] = True, latest + 1, 0
            return
        self._is_once[ref] = bool(operands) and all(self._is_once[o] for o in operands)
        self._pass[ref] = latest
        same = [o for o in operands if self._pass[o] == latest and self._is_once[o]]
        self._step[ref] = max((self._ready(o) for o in same), default=0)

    def _ready(self, ref: ops.Ref) -> int:
        """Return the step in which a value can be read: that after the one that divides for it."""
        return self._step[ref] + isinstance(self._values[ref].op, ops.Divide)

    def _pass_of(self, ref: ops.Ref) -> int:
        return self._pass.get(ref, 0)

    def _operands(self, ref: ops.Ref) -> tuple[ops.Ref, ...]:
        return live_operands(self._program, self._values[ref].op)

    @cached_property
    def _accumulators(self) -> dict[ops.Ref, Accumulator]:
        found = {}
        for ref in self._live:
            value = self._values[ref]
            if not isinstance(value.op, ops.Reduction):
                continue
            kind = "max" if isinstance(value.op, ops.ReduceMax) else "sum"
            # A sum passes 0 on its way; the elements of a maximum may reach below it.
            element = self._values[value.op.a]
            low, high, start = min(value.low, 0), max(value.high, 0), 0
            if kind == "max":
                low, high, start = element.low, element.high, element.low
            name = self._names[ref]
            found[ref] = Accumulator(
                name, kind, low, high, start, self._pass[ref] - 1, f"{name}_next"
            )
        return found

    def _steps_before(self, number: int) -> Iterable[Step]:
        """Yield the steps before a pass."""
        here = [
            ref for ref in self._live
            if self._is_once[ref] and self._pass[ref] == number
            and not isinstance(self._values[ref].op, ops.Reduction)
        ]
        for step in range(max((self._step[ref] for ref in here), default=-1) + 1):
            together = {ref for ref in here if self._step[ref] == step}
            divisions = {ref for ref in together if isinstance(self._values[ref].op, ops.Divide)}
            plain = together - divisions
            outside = {ref for ref in self._live if self._is_once[ref]} - plain
            part = _Part(self._program, self._names, outside, self._accumulators)
            for ref in sorted(plain & self._read_beyond(plain)):
                value = self._values[ref]
                part.want(Output(self._names[ref], ref, _width_of(value.low, value.high)))
            yield Step(part.program(), tuple(self._division(ref) for ref in sorted(divisions)))

    def _read_beyond(self, group: set[ops.Ref]) -> set[ops.Ref]:
        """Return the values that others than those of a group read."""
        found = {output.ref for output in self._program.outputs}
        for ref in set(self._live) - group:
            found.update(self._operands(ref))
        return found

    def _division(self, ref: ops.Ref) -> Division:
        value = self._values[ref]
        operands = (self._operand(value.op.a), self._operand(value.op.b))
        return Division(self._names[ref], *operands, value.low, value.high, value.comment)

    def _operand(self, ref: ops.Ref) -> Operand:
        value = self._values[ref]
        name = "" if is_constant(value) else self._names[ref]
        return Operand(name, value.low, value.high)


class _Part:
    """A program of some values of another one, in which others are given from outside.

    A choice that is always the same, and a clamp that never does anything, are left out.
    """

    def __init__(
        self,
        program: Program,
        names: Mapping[ops.Ref, str],
        given: set[ops.Ref],
        accumulators: Mapping[ops.Ref, Accumulator],
    ) -> None:
        self._program, self._names, self._given = program, names, given
        self._accumulators = accumulators
        self._values: list[Value] = []
        self._places: dict[ops.Ref, ops.Ref] = {}
        self._outputs: list[Output] = []

    def take_inputs(self) -> None:
        """Add the inputs, all of them, in their order."""
        for ref, value in enumerate(self._program.values):
            if isinstance(value.op, ops.Input):
                self._places[ref] = self._append(value)

    def want(self, output: Output) -> None:
        """Add an output."""
        self._outputs.append(output._replace(ref=self._place(output.ref)))

    def accumulate(self, ref: ops.Ref, accumulator: Accumulator) -> None:
        """Add the next value of an accumulator as an output."""
        kind = ops.Max if accumulator.kind == "max" else ops.Add
        op = kind(self._place(self._program.values[ref].op.a), self._place(ref))
        low, high = accumulator.low, accumulator.high
        name = accumulator.next
        place = self._append(Value(name, op, low, high))
        self._outputs.append(Output(name, place, _width_of(low, high)))

    def program(self) -> Program | None:
        """Return the program, or None where it has no output."""
        if not self._outputs:
            return None
        return Program(self._program.name, tuple(self._values), tuple(self._outputs))

    def _place(self, ref: ops.Ref) -> ops.Ref:
        """Return the place of a value, adding it where it is new."""
        if ref not in self._places:
            self._places[ref] = self._placed(ref)
        return self._places[ref]

    def _placed(self, ref: ops.Ref) -> ops.Ref:
        value = self._program.values[ref]
        if is_constant(value):
            return self._append(Value("", ops.Const(value.low), value.low, value.low))
        if ref in self._given:
            held = self._accumulators.get(ref, value)
            given = ops.Input(_width_of(held.low, held.high))
            return self._append(Value(self._names[ref], given, held.low, held.high))
        operands = live_operands(self._program, value.op)
        if isinstance(value.op, ops.Min | ops.Max | ops.Select) and len(operands) == 1:
            return self._place(operands[0])
        fields = {"a", "b", "negative", "other"}.intersection(value.op._fields)
        moved = {field: self._place(getattr(value.op, field)) for field in sorted(fields)}
        op = value.op._replace(**moved)
        return self._append(value._replace(name=self._names[ref], op=op))

    def _append(self, value: Value) -> ops.Ref:
        self._values.append(value)
        return len(self._values) - 1


def _width_of(low: int, high: int) -> NumberFormat:
    """Return a format whose codes hold some numbers."""
    return NumberFormat(bits_of(low, high), low < 0, Fraction(1))
