"""The text of a module: its wires and registers, stage by stage."""

from __future__ import annotations

from itertools import accumulate
from operator import or_
from textwrap import wrap
from typing import NamedTuple

from lutgen.formats import NumberFormat
from lutgen.targets._literals import LINE_LENGTH, comment_lines
from lutgen.targets._verilog_pipeline import Pipeline
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
        stages: from x to y.
        y_is_register: whether y is the last register itself.
        output: the statement that drives y, where no register does; else empty.
        unused: the statement that names the bits that nobody reads; empty where there are none.
    """

    def __init__(self, pipeline: Pipeline, port: NumberFormat, *, enable: bool) -> None:
        self._pipeline, self._signals = pipeline, pipeline.netlist.signals
        self._indent = _INDENT * (3 if enable else 2)
        self._result = pipeline.netlist.output
        latency = pipeline.latency
        fits = self._signals[self._result].width == port.width
        read_again = any(self._result in signal.operands for signal in self._signals)
        # A result as wide as the port is computed straight into it.
        self._direct = fits and not read_again and self._result != 0
        self.y_is_register = latency > 0 and fits
        result = self._signals.pattern(self._result, port.width)
        self._held = self._bits_held(result)
        self.stages = [self._stage(stage) for stage in range(max(latency, 1))]
        self.output = ""
        if not self.y_is_register:
            text = (
                self._expression(self._result, 0) if self._is_inline(self._result)
                else self._text(result, latency)
            )
            self.output = self._statement("assign y = ", text)
        unread = ", ".join(self._unread())
        self.unused = self._statement("wire unused = ", f"&{{1'b0, {unread}}}") if unread else ""

    def _bits_held(self, result: Formula) -> list[list[int]]:
        """Return which bits of a signal are read in each stage or later, as masks.

        Args:
            result: the formula that reads the result.
        """
        pipeline = self._pipeline
        self._read = [[0] * (pipeline.latency + 1) for _ in self._signals]
        formulas = [
            (signal.formula, stage)
            for signal, stage in zip(self._signals, pipeline.stages, strict=True)
        ]
        for formula, stage in [*formulas, (result, pipeline.latency)]:
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
            born = pipeline.stages[number] == stage and number != 0
            into_y = (
                number == self._result and self.y_is_register and stage + 1 == pipeline.latency
            )
            name = self._name(number, stage + 1)
            if born and number in pipeline.clocked:
                if not into_y:
                    registers += self._declared("reg", signal, name)
                moves.append(f"{name} <= {self._expression(number, stage)}")
            elif born and not self._is_inline(number):
                *comment, declared = self._declared("wire", signal, signal.name)
                start = f"{declared[:-1]} = "
                wires += [*comment, self._statement(start, self._expression(number, stage))]
            if pipeline.ready(number) <= stage < pipeline.latency and (
                into_y or self._held[number][stage + 1]
            ):
                high, low = self._span(number, stage + 1)
                if not into_y:
                    registers.append(self._register(signal, name, high, low))
                source = (
                    self._expression(number, stage) if self._is_inline(number)
                    else self._text((Bits(number, high, low),), stage)
                )
                moves.append(f"{name} <= {source}")
        heading = f"// Stage {stage + 1} of {pipeline.latency}." if pipeline.latency > 1 else ""
        shown = [self._statement("", move, self._indent) for move in moves]
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
        return number == self._result and self._direct and (
            self._pipeline.ready(number) == max(self._pipeline.latency - 1, 0)
        )

    def _name(self, number: int, stage: int) -> str:
        """Return what a signal is called in a stage, where it is a register or a wire."""
        if number == self._result and self.y_is_register and stage == self._pipeline.latency:
            return "y"
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

    def _statement(self, start: str, text: str, indent: str = _INDENT) -> str:
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

    def _unread(self) -> list[str]:
        """Return the bits that are declared and never read."""
        found = []
        for number, signal in enumerate(self._signals):
            first = self._pipeline.ready(number)
            for stage in range(first, self._pipeline.latency + 1):
                if self._is_inline(number) or (stage > first and not self._held[number][stage]):
                    break
                high, low = (signal.width - 1, 0)
                if stage > first:
                    high, low = self._span(number, stage)
                if (number == self._result and self.y_is_register
                        and stage == self._pipeline.latency):
                    break
                read = self._read[number][stage]
                if stage < self._pipeline.latency and self._held[number][stage + 1]:
                    top, bottom = self._span(number, stage + 1)
                    read |= (2 << top) - (1 << bottom)
                name = self._name(number, stage)
                found += [
                    f"{name}{_range(a, b, signal.width)}" for a, b in _gaps(read, high, low)
                ]
        return found


def port_type(width: int, signed: bool) -> str:
    """Return ``signed [7:0] `` and the like; nothing for a single unsigned bit."""
    mark = "signed " if signed else ""
    return f"{mark}[{width - 1}:0] " if width > 1 else mark


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
