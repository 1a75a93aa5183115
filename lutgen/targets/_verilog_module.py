"""The text of a module: its wires and registers, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import or_
from textwrap import wrap
from typing import NamedTuple

from lutgen.targets._literals import LINE_LENGTH, comment_lines
from lutgen.targets._verilog_netlist import Result
from lutgen.targets._verilog_pipeline import Pipeline
from lutgen.targets._verilog_ports import port_type
from lutgen.targets._verilog_signals import GLUE, Bits, Formula, Signal

_INDENT = "    "


class Stage(NamedTuple):
    """What lies between two rows of registers.

    Attributes:
        heading: a comment line; empty for a combinational module.
        wires: the statements that compute its signals.
        registers: declarations of the registers at its end.
        moves: the assignments of those registers at a clock edge.
    """

    heading: str
    wires: str
    registers: str
    moves: str


class Module:
    """A pipeline as text.

    Attributes:
        results: the ports of the results.
        stages: from the inputs to the results.
        registers: names of the results that are the last registers themselves.
        output: the statements that drive the other results; may be empty.
        unread: the bits that are declared here and that nobody reads.
        steady_masks: which bits are read of each input that holds still, by name.
    """

    def __init__(self, pipeline: Pipeline, *, enable: bool) -> None:
        self._pipeline, self._signals = pipeline, pipeline.netlist.signals
        self._netlist = netlist = pipeline.netlist
        self._indent = _INDENT * (3 if enable else 2)
        latency = pipeline.latency
        fitting: dict[int, str] = {}
        for port, number in netlist.results:
            if number not in netlist.steady and self._signals[number].width == port.width:
                # Of results that are the same signal, the first is the register.
                fitting.setdefault(number, port.name)
        self._ports = fitting if latency else {}
        read = {operand for signal in self._signals for operand in signal.operands}
        # A result as wide as its port is computed straight into it.
        self._direct = {
            number for number in fitting
            if number not in read | netlist.inputs | set(netlist.taps.values())
            and (latency or [r.number for r in netlist.results].count(number) == 1)
        }
        self.results = tuple(result.port for result in netlist.results)
        self._held = self._bits_held()
        self.stages = [self._stage(stage) for stage in range(max(latency, 1))]
        self.registers = frozenset(self._ports.values())
        self.output = "\n".join(
            statement(f"assign {result.port.name} = ", self._driven(result))
            for result in netlist.results if result.port.name not in self.registers
        )
        self.unread = self._unread()
        self.steady_masks = {
            self._signals[number].name: self._held[number][0] for number in netlist.steady
        }

    def _driven(self, result: Result) -> str:
        """Return what drives a result that is no register."""
        if self._is_inline(result.number):
            return self._expression(result.number, 0)
        return self._text(self._read_by(result), self._pipeline.latency)

    def _read_by(self, result: Result) -> Formula:
        return self._signals.pattern(result.number, result.port.width)

    def _bits_held(self) -> list[list[int]]:
        """Return which bits of a signal are read in each stage or later, as masks."""
        pipeline = self._pipeline
        self._read = [[0] * (pipeline.latency + 1) for _ in self._signals]
        formulas = [
            (signal.formula, stage)
            for signal, stage in zip(self._signals, pipeline.stages, strict=True)
        ]
        formulas += [
            (self._read_by(result), pipeline.latency) for result in self._netlist.results
        ]
        formulas += [
            ((self._signals.whole(number),), pipeline.ready(number))
            for number in self._netlist.taps.values()
        ]
        for formula, stage in formulas:
            for bits in formula:
                if isinstance(bits, Bits):
                    self._read[bits.signal][stage] |= (2 << bits.high) - (1 << bits.low)
        return [
            list(accumulate(reversed(masks), or_))[::-1] for masks in self._read
        ]

    def _stage(self, stage: int) -> Stage:
        pipeline = self._pipeline
        wires, registers, moves = [], [], []
        for number, signal in enumerate(self._signals):
            if number in self._netlist.steady:
                continue
            born = pipeline.stages[number] == stage and number not in self._netlist.inputs
            into_port = number in self._ports and stage + 1 == pipeline.latency
            name = self._name(number, stage + 1)
            if born and number in pipeline.clocked:
                if not into_port:
                    registers += self._declared("reg", signal, name)
                moves.append(f"{name} <= {self._expression(number, stage)}")
            elif born and not self._is_inline(number):
                *comment, declared = self._declared("wire", signal, signal.name)
                start = f"{declared[:-1]} = "
                wires += [*comment, statement(start, self._expression(number, stage))]
            if pipeline.ready(number) <= stage < pipeline.latency and (
                into_port or self._held[number][stage + 1]
            ):
                high, low = self._span(number, stage + 1)
                if not into_port:
                    registers.append(self._register(signal, name, high, low))
                source = (
                    self._expression(number, stage) if self._is_inline(number)
                    else self._text((Bits(number, high, low),), stage)
                )
                moves.append(f"{name} <= {source}")
        label, heading = self._netlist.place.label, ""
        if label or pipeline.latency > 1:
            heading = f"// {label or 'Stage'} {stage + 1} of {pipeline.latency}."
        shown = [statement("", move, self._indent) for move in moves]
        return Stage(heading, "\n".join(wires), "\n".join(registers), "\n".join(shown))

    def _span(self, number: int, stage: int) -> tuple[int, int]:
        """Return the highest and the lowest bit that the register of a stage holds."""
        held = self._held[number][stage]
        return held.bit_length() - 1, (held & -held).bit_length() - 1

    def _register(self, signal: Signal, name: str, high: int, low: int) -> str:
        """Return the declaration of a register, its bits numbered as in the signal."""
        if high - low + 1 == signal.width:
            return f"{_INDENT}reg {port_type(signal.width, signal.signed)}{name};"
        return f"{_INDENT}reg [{high}:{low}] {name};"

    def _is_inline(self, number: int) -> bool:
        """Return whether a signal goes straight into the register or port that takes it."""
        return number in self._direct and (
            self._pipeline.ready(number) == max(self._pipeline.latency - 1, 0)
        )

    def _name(self, number: int, stage: int) -> str:
        """Return what a signal is called in a stage, where it is a register or a wire."""
        if number in self._ports and stage == self._pipeline.latency:
            return self._ports[number]
        if number in self._netlist.steady:
            return self._signals[number].name
        passed = stage - self._pipeline.ready(number)
        name = self._signals[number].name
        return f"{name}_q{passed}" if passed else name

    def _expression(self, number: int, stage: int) -> str:
        signal = self._signals[number]
        text = self._text(signal.formula, stage)
        return text if signal.table is None else f"{signal.table.name}[{text}]"

    def _text(self, formula: Formula, stage: int) -> str:
        """Return a formula with the names that its signals have in a stage."""
        return "".join(
            self._bits(part, stage) if isinstance(part, Bits) else part for part in formula
        )

    def _bits(self, bits: Bits, stage: int) -> str:
        width = self._signals[bits.signal].width
        return f"{self._name(bits.signal, stage)}{_range(bits.high, bits.low, width)}"

    def _declared(self, kind: str, signal: Signal, name: str) -> list[str]:
        """Return the lines that declare a signal; the last one ends in a semicolon."""
        comment = [f"{_INDENT}// {line}" for line in comment_lines(signal.comment, width=90)]
        return [*comment, f"{_INDENT}{kind} {port_type(signal.width, signal.signed)}{name};"]

    def _unread(self) -> list[str]:
        found = []
        for number, signal in enumerate(self._signals):
            if number in self._netlist.steady:
                continue
            first = self._pipeline.ready(number)
            for stage in range(first, self._pipeline.latency + 1):
                if self._is_inline(number) or (stage > first and not self._held[number][stage]):
                    break
                high, low = (signal.width - 1, 0)
                if stage > first:
                    high, low = self._span(number, stage)
                if number in self._ports and stage == self._pipeline.latency:
                    break
                read = self._read[number][stage]
                if stage < self._pipeline.latency and self._held[number][stage + 1]:
                    top, bottom = self._span(number, stage + 1)
                    read |= (2 << top) - (1 << bottom)
                name = self._name(number, stage)
                found += unread_bits(name, signal.width, read, high, low)
        return found


def statement(start: str, text: str, indent: str = _INDENT) -> str:
    """Return a statement in lines that are not too long."""
    if start and not start.startswith(" "):
        start = indent + start
    if "\n" in text:
        body = text.replace("\n}", f"\n{indent}}}").replace("\n", f"\n{indent}{_INDENT}")
        body = body.replace(f"\n{indent}{_INDENT}{indent}}}", f"\n{indent}}}")
        return f"{start or indent}{body};".replace(GLUE, " ")
    lines = wrap(
        f"{start or indent}{text};", LINE_LENGTH - 2, subsequent_indent=indent + _INDENT * 2,
        break_long_words=False, break_on_hyphens=False,
    )
    return "\n".join(lines).replace(GLUE, " ")


def unused_statement(unread: Sequence[str]) -> str:
    """Return the statement that names the bits that nobody reads; nothing where there are none."""
    if not unread:
        return ""
    return statement("wire unused = ", f"&{{1'b0, {', '.join(unread)}}}")


def unread_bits(name: str, width: int, read: int, high: int, low: int) -> list[str]:
    """Return the bits from ``low`` to ``high`` of a name that a mask says nobody reads."""
    return [f"{name}{_range(a, b, width)}" for a, b in _gaps(read, high, low)]


def _range(high: int, low: int, width: int) -> str:
    if high - low + 1 == width:
        return ""
    return f"[{high}]" if high == low else f"[{high}:{low}]"


def _gaps(read: int, high: int, low: int) -> list[tuple[int, int]]:
    """Return the runs of zero bits of a mask between two bits, as pairs of highest and lowest."""
    gaps, start = [], None
    for bit in range(low, high + 2):
        free = bit <= high and not read >> bit & 1
        if free and start is None:
            start = bit
        elif not free and start is not None:
            gaps.append((bit - 1, start))
            start = None
    return gaps
