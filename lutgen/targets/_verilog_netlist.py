"""A program as the signals of a Verilog module, before it is cut into stages."""

from __future__ import annotations

from typing import NamedTuple

from lutgen.names import VERILOG_KEYWORDS
from lutgen.program import Program, Value, ops
from lutgen.program.live import is_constant, live_operands, live_values, unique_names
from lutgen.program.table import bits_of
from lutgen.targets._verilog_divider import add_quotient
from lutgen.targets._verilog_multiplier import add_product, product_delay
from lutgen.targets._verilog_ports import CONTROL, Port, input_ports, output_ports
from lutgen.targets._verilog_segment import add_segment
from lutgen.targets._verilog_signals import (
    LUT_DELAY,
    Bits,
    Formula,
    Signal,
    Signals,
    adder_delay,
    literal,
    read_delay,
)


class Place(NamedTuple):
    """Where a netlist stands in its module.

    Attributes:
        steady: names of the inputs that hold still from the first clock to the last; they are
            registers of the module.
        taps: names of the outputs that are read in the stage in which they are computed.
        taken: names that mean something else in the module.
        label: what the stages are called in comments.
        prefix: of the names of constants.
    """

    steady: frozenset[str] = frozenset()
    taps: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset(CONTROL)
    label: str = ""
    prefix: str = ""


ALONE = Place()
"""A netlist that is a module of its own."""


class Result(NamedTuple):
    """What leaves a netlist.

    Attributes:
        port: where.
        number: the signal.
    """

    port: Port
    number: int


class Netlist:
    """The signals of a program.

    Attributes:
        place: where it stands.
        signals: in order.
        inputs: the numbers of those that come from outside.
        steady: those of them that hold still.
        results: what is there at the end of the last stage.
        taps: what is read where it is computed, by name.
    """

    def __init__(self, program: Program, digit: int | None = None, place: Place = ALONE) -> None:
        """Translate a program.

        Args:
            program: what to translate.
            digit: bits of the multipliers' digits, so that products can be pipelined; None
                leaves a product in one piece.
            place: where it stands.
        """
        self._program, self._digit, self.place = program, digit, place
        self.signals = Signals()
        self._numbers: dict[ops.Ref, int] = {}
        sources = {port.source: port.name for port in input_ports(program)}
        targets = output_ports(program)
        leaving = [port.name for port in targets if port.source not in place.taps]
        ports = (*sources.values(), *leaving)
        tables = {table.name for table in program.tables}
        taken = {*place.taken, *ports, *tables, program.name, "unused", *VERILOG_KEYWORDS}
        self._names = unique_names(program, taken)
        live = live_values(program)
        self._comparisons = _comparisons(program, live)
        for ref, value in enumerate(program.values):
            if isinstance(value.op, ops.Input):
                self._numbers[ref] = self._add(sources[value.name], value, (), 0)
            elif ref in live and ref not in self._comparisons and not is_constant(value):
                self._numbers[ref] = self._translate(ref, value)
        given = {
            value.name: self._numbers[ref]
            for ref, value in enumerate(program.values) if isinstance(value.op, ops.Input)
        }
        self.inputs = frozenset(given.values())
        self.steady = frozenset(given[name] for name in place.steady)
        found = [
            Result(port, self._number(output.ref))
            for port, output in zip(targets, program.outputs, strict=True)
        ]
        self.results = tuple(result for result in found if result.port.source not in place.taps)
        self.taps = {
            result.port.source: result.number
            for result in found if result.port.source in place.taps
        }

    def _translate(self, ref: ops.Ref, value: Value) -> int:
        """Add the signals of one step and return the number of its result."""
        op, name = value.op, self._names[ref]
        match op:
            case ops.Add() | ops.Sub():
                return self._sum(name, op, value)
            case ops.Mul():
                return self._product(name, op, value)
            case ops.Min() | ops.Max():
                return self._choice(name, op, value)
            case ops.ShiftLeft():
                return self._add(name, value, self._shifted_left(op, value), 0)
            case ops.ShiftRight():
                return self._add(name, value, self._shifted_right(op, value), 0)
            case ops.LowBits():
                formula = self.signals.pattern(self._number(op.a), op.bits)
                return self._add(name, value, self._fitted(formula, op, value), 0)
            case ops.Clamp():
                return self._clamped(name, op, value)
            case ops.Select():
                return self._selected(name, op, value)
            case ops.Lookup():
                return self._read(name, op, value)
            case ops.Segment():
                target = Signal(name, value.low, value.high, (), 0, value.comment)
                return add_segment(self.signals, target, self._number(op.a), op.breakpoints)
            case ops.Divide():
                target = Signal(name, value.low, value.high, (), 0, value.comment)
                return add_quotient(self.signals, target, *map(self._number, op.operands))
        raise TypeError(f"not an operation: {op!r}")

    def _sum(self, name: str, op: ops.Add | ops.Sub, value: Value) -> int:
        width = bits_of(value.low, value.high)
        minus = isinstance(op, ops.Sub)
        first, second = self._program.values[op.a], self._program.values[op.b]
        if minus and is_constant(first) and first.low in (0, -1):
            inverted = self._pattern(op.b, width)
            if first.low == -1:
                return self._add(name, value, ("~", *inverted), LUT_DELAY // 2)
            # -a is ~(a - 1): tools merge the inversion, and a choice between a and -a, into
            # the cells of the subtraction.
            formula: Formula = ("~(", *inverted, f" - {literal(1, width)})")
            told = value._replace(comment=value.comment or "The negative, as ~(a - 1).")
            return self._add(name, told, formula, adder_delay(width))
        if is_constant(second) and second.low < 0:
            minus, shown = not minus, (literal(-second.low, width),)
        else:
            shown = self._pattern(op.b, width)
        formula = (*self._pattern(op.a, width), " - " if minus else " + ", *shown)
        return self._add(name, value, formula, adder_delay(width))

    def _product(self, name: str, op: ops.Mul, value: Value) -> int:
        a, b = (self._program.values[ref] for ref in op.operands)
        if not (is_constant(a) or is_constant(b)):
            target = Signal(name, value.low, value.high, (), 0, value.comment)
            factors = self._number(op.a), self._number(op.b)
            return add_product(self.signals, target, *factors, self._digit)
        width, signed = bits_of(value.low, value.high), a.low < 0 or b.low < 0
        first, second = (self._as_number(ref, width, signed=signed) for ref in op.operands)
        rows = (a if is_constant(a) else b).low.bit_count()
        return self._add(name, value, (*first, " * ", *second), product_delay(rows, width))

    def _choice(self, name: str, op: ops.Min | ops.Max, value: Value) -> int:
        width = bits_of(value.low, value.high)
        chosen = live_operands(self._program, op)
        if len(chosen) == 1:
            return self._add(name, value, self._pattern(chosen[0], width), 0)
        test = self._sign_that_decides(op)
        delay = LUT_DELAY
        if not test:
            a, b = (self._program.values[ref] for ref in chosen)
            low, high = min(a.low, b.low), max(a.high, b.high)
            common, sign = bits_of(low, high), " < " if isinstance(op, ops.Min) else " > "
            first, second = (self._as_number(ref, common, signed=low < 0) for ref in chosen)
            test, delay = (*first, sign, *second), adder_delay(common) + LUT_DELAY
        formula = (
            *test, " ? ", *self._pattern(op.a, width), " : ", *self._pattern(op.b, width)
        )
        return self._add(name, value, formula, delay)

    def _sign_that_decides(self, op: ops.Min | ops.Max) -> Formula:
        """Return the test for the first operand, where a sign tells: of 0, or of a and -a."""
        a, b = (self._program.values[ref] for ref in op.operands)
        against_zero = is_constant(b) and b.low == 0
        mirrored = isinstance(b.op, ops.Sub) and b.op.b == op.a and (
            is_constant(self._program.values[b.op.a]) and self._program.values[b.op.a].low == 0
        )
        if a.low >= 0 or not (against_zero or mirrored):
            return ()
        negative = self.signals.is_negative(self._number(op.a))
        return negative if isinstance(op, ops.Min) else ("!", *negative)

    def _shifted_left(self, op: ops.ShiftLeft, value: Value) -> Formula:
        width = bits_of(value.low, value.high)
        if op.bits >= width:
            return (literal(0, width),)
        kept = self._pattern(op.a, width - op.bits)
        return ("{", *kept, f", {op.bits}'d0}}") if op.bits else kept

    def _shifted_right(self, op: ops.ShiftRight, value: Value) -> Formula:
        operand = self._number(op.a)
        own, width = self.signals[operand], bits_of(value.low, value.high)
        if op.bits >= own.width:
            return ("{" + f"{width}{{", self.signals.sign(operand), "}}")
        high = min(own.width - 1, op.bits + width - 1)
        return (Bits(operand, high, op.bits),)

    def _read(self, name: str, op: ops.Lookup, value: Value) -> int:
        """Add a table read: as wide as the table, whatever entries are reached."""
        table = op.table
        address = self.signals.pattern(self._number(op.a), bits_of(0, table.depth - 1))
        held = value._replace(low=table.low, high=table.high)
        return self._add(name, held, address, read_delay(table.depth), table)

    def _fitted(self, formula: Formula, op: ops.LowBits, value: Value) -> Formula:
        """Return low bits cut to the interval, where some high ones are always zero."""
        width = bits_of(value.low, value.high)
        return formula if width >= op.bits else self._pattern(op.a, width)

    def _clamped(self, name: str, op: ops.Clamp, value: Value) -> int:
        width = bits_of(value.low, value.high)
        operand = self._number(op.a)
        own = self.signals[operand]
        formula: Formula = self._pattern(op.a, width)
        if op.low <= own.low and op.high >= own.high:
            return self._add(name, value, formula, 0)
        if op.low > own.low:
            reached = self.signals.at_least(operand, op.low)
            formula = (*_grouped(reached), " ? ", *formula, f" : {literal(op.low, width)}")
        if op.high < own.high:
            beyond = self.signals.at_least(operand, op.high + 1)
            formula = (*_grouped(beyond), f" ? {literal(op.high, width)} : ", *formula)
        return self._add(name, value, formula, adder_delay(own.width) + LUT_DELAY)

    def _selected(self, name: str, op: ops.Select, value: Value) -> int:
        width = bits_of(value.low, value.high)
        chosen = live_operands(self._program, op)
        if len(chosen) == 1:
            return self._add(name, value, self._pattern(chosen[0], width), 0)
        test = self._is_negative(op.a)
        negative, other = (self._pattern(ref, width) for ref in (op.negative, op.other))
        return self._add(name, value, (*test, " ? ", *negative, " : ", *other), LUT_DELAY)

    def _is_negative(self, ref: ops.Ref) -> Formula:
        """Return the test for a value below zero; for a difference, a comparison."""
        if ref not in self._comparisons:
            return self.signals.is_negative(self._number(ref))
        op = self._program.values[ref].op
        first = self._program.values[op.a]
        if is_constant(first):
            return self.signals.at_least(self._number(op.b), first.low + 1)
        reached = self.signals.at_least(self._number(op.a), self._program.values[op.b].low)
        return ("!(", *reached, ")")

    def _number(self, ref: ops.Ref) -> int:
        """Return the number of a step's signal; a constant gets one where it is needed."""
        if ref not in self._numbers:
            value = self._program.values[ref]
            formula = (literal(value.low, bits_of(value.low, value.high)),)
            name = f"{self.place.prefix}constant{len(self.signals)}"
            self._numbers[ref] = self._add(name, value, formula, 0)
        return self._numbers[ref]

    def _pattern(self, ref: ops.Ref, width: int) -> Formula:
        value = self._program.values[ref]
        if is_constant(value):
            return (literal(value.low % (1 << width), width),)
        return self.signals.pattern(self._number(ref), width)

    def _as_number(self, ref: ops.Ref, width: int, *, signed: bool) -> Formula:
        value = self._program.values[ref]
        if is_constant(value):
            shown = value.low if signed else value.low % (1 << width)
            return (literal(shown, width, signed=signed),)
        return self.signals.number(self._number(ref), width, signed=signed)

    def _add(
        self, name: str, value: Value, formula: Formula, delay: int, table: ops.Table | None = None
    ) -> int:
        self.signals.append(
            Signal(name, value.low, value.high, formula, delay, value.comment, table)
        )
        return len(self.signals) - 1


def _comparisons(program: Program, live: set[ops.Ref]) -> set[ops.Ref]:
    """Return the differences to a constant of which nothing but the sign is read."""
    found = {
        ref for ref in live
        if isinstance(op := program.values[ref].op, ops.Sub)
        and any(is_constant(program.values[operand]) for operand in op.operands)
        and program.values[ref].low < 0 <= program.values[ref].high
    }
    for ref in live:
        op = program.values[ref].op
        operands = () if is_constant(program.values[ref]) else live_operands(program, op)
        if isinstance(op, ops.Select) and len(operands) == 3:
            operands = (op.negative, op.other)
        found.difference_update(operands)
    return found.difference(output.ref for output in program.outputs)


def _grouped(test: Formula) -> Formula:
    return ("(", *test, ")") if len(test) > 1 else test
