"""Integer graphs: a table that is read whole, and a program step by step.

ONNX divides integers towards zero, shifts only unsigned ones, and its runtimes lack operators
for the short types.  So a graph computes in int32, or in int64 where a number of it does not fit
32 bits, and every number is made non-negative before it is divided.
"""

from __future__ import annotations

import numpy as np

from lutgen.errors import UsageError
from lutgen.program import Program, Value, ops
from lutgen.program.live import is_constant, live_operands, live_values
from lutgen.spec import Spec
from lutgen.targets._onnx_graph import Graph
from lutgen.targets._onnx_ports import ROWS, Ports, element_type, ports_of

MOST_COMPARED = 64
"""Breakpoints up to which a number is compared with all at once; beyond, a search halves them.

Measured with onnxruntime 1.32 on 65,536 codes: both take some 70 ns a code there.
"""


def table_graph(spec: Spec, codes: np.ndarray) -> Graph:
    """Return the graph that reads every output code from one table.

    Args:
        spec: the formats.
        codes: output codes, ascending input codes.
    """
    graph = Graph(ports_of(spec, "lut"))
    address = graph.cast("x", "int32", "x_int32")
    if spec.input.min_code:
        first = graph.scalar("int32", str(-spec.input.min_code))
        address = graph.node(
            "Add", address, first, name="address", comment="The lowest code reads entry 0."
        )
    table = graph.table("lut", codes.astype(element_type(spec.output)))
    return graph.finish({"y": graph.node("Gather", table, address, name="code")})


def program_graph(program: Program, ports: Ports) -> Graph:
    """Return the graph that takes the steps of a program.

    Args:
        program: the steps.
        ports: codes of the program's formats.

    Raises:
        UsageError: a divisor needs more than 64 bits.
    """
    for bits in (32, 64):
        try:
            return _Steps(program, ports, bits).graph
        except OverflowError:
            continue
    raise UsageError(f"{program.name}: needs more than 64 bits in ONNX; choose --onnx-kind lut")


class _Steps:
    """A program as nodes that compute in one type.

    Raises:
        OverflowError: a number does not fit the type.
    """

    def __init__(self, program: Program, ports: Ports, bits: int) -> None:
        self.graph = Graph(ports)
        self._program, self._type, self._limit = program, f"int{bits}", 2 ** (bits - 1)
        # Among rows, the axis of the elements is not the first.
        self._new_axis = "-1" if ports.inputs[0].axes == ROWS else "1"
        self._names: dict[ops.Ref, str] = {}
        for ref in sorted(live_values(program)):
            self._names[ref] = self._step(program.values[ref])
        self.graph.finish({
            name: self.graph.cast(self._names[ref], element_type(codes), "code")
            for name, ref, codes in program.outputs
        })

    def _step(self, value: Value) -> str:
        """Add the nodes of one value, and return its name."""
        self._reach(value.low, value.high)
        if is_constant(value):
            return self._number(value.low)
        op = value.op
        operands = [self._names[ref] for ref in live_operands(self._program, op)]
        if isinstance(op, ops.Min | ops.Max | ops.Select) and len(operands) == 1:
            return operands[0]
        match op:
            case ops.Input():
                return self.graph.cast(value.name, self._type, f"{value.name}_{self._type}")
            case ops.Add() | ops.Sub() | ops.Mul() | ops.Min() | ops.Max():
                return self._node(type(op).__name__, *operands, value=value)
            case ops.ShiftLeft():
                if op.bits == 63:
                    # Of -1 alone; the factor itself is no int64.
                    operands = [self._node("Mul", *operands, self._number(2), value=value)]
                factor = self._number(2 ** min(op.bits, 62))
                return self._node("Mul", *operands, factor, value=value)
            case ops.ShiftRight():
                return self._shifted_right(value, self._program.values[op.a], *operands)
            case ops.LowBits():
                return self._low_bits(value, self._program.values[op.a], *operands)
            case ops.Clamp():
                number = self._program.values[op.a]
                if op.low <= number.low and number.high <= op.high:
                    return operands[0]
                ends = map(self._number, (op.low, op.high))
                return self._node("Clip", *operands, *ends, value=value)
            case ops.Select():
                sign, negative, other = operands
                below = self.graph.node(
                    "Less", sign, self._number(0), name=f"{value.name}_is_negative"
                )
                return self._node("Where", below, negative, other, value=value)
            case ops.Lookup():
                table = self._table(op.table.name, op.table.values)
                return self._node("Gather", table, *operands, value=value)
            case ops.Segment():
                few = len(op.breakpoints) <= MOST_COMPARED
                return (self._compared if few else self._searched)(value, *operands)
            case ops.Divide():
                return self._node("Div", *operands, value=value)
            case ops.ReduceMax() | ops.ReduceSum():
                return self._reduced(value, *operands)
        raise TypeError(f"not an operation: {op!r}")

    def _shifted_right(self, value: Value, number: Value, operand: str) -> str:
        """Divide, rounding down."""
        # Beyond its own bits a number is all sign, so a longer shift changes nothing.
        bits = min(value.op.bits, max(number.high, ~number.low).bit_length())
        divisor = self._number(2**bits)
        multiple = max(0, -(number.low >> bits))
        if not multiple:
            return self._node("Div", operand, divisor, value=value)
        if number.high + (multiple << bits) >= 2**63:
            rest = self.graph.node("Mod", operand, divisor, name=f"{value.name}_rest")
            whole = self.graph.node("Sub", operand, rest, name=f"{value.name}_whole")
            return self._node("Div", whole, divisor, value=value)
        raised = self._raised(value, number, operand, multiple << bits)
        quotient = self.graph.node("Div", raised, divisor, name=f"{value.name}_quotient")
        return self._node("Sub", quotient, self._number(multiple), value=value)

    def _low_bits(self, value: Value, number: Value, operand: str) -> str:
        """Take the rest of the division."""
        bits = value.op.bits
        if number.low >= 0 and number.high < 2**bits:
            return operand
        multiple = max(0, -(number.low >> bits)) << bits
        # The sign of Mod's result is the divisor's, should the number have to stay negative.
        if multiple and number.high + multiple < 2**63:
            operand = self._raised(value, number, operand, multiple)
        return self._node("Mod", operand, self._number(2**bits), value=value)

    def _raised(self, value: Value, number: Value, operand: str, by: int) -> str:
        """Add a multiple of the divisor to a number, which makes it non-negative."""
        self._reach(number.low + by, number.high + by)
        return self.graph.node(
            "Add", operand, self._number(by), name=f"{value.name}_dividend",
            comment="Not negative, since ONNX divides towards zero.",
        )

    def _compared(self, value: Value, operand: str) -> str:
        """Count the breakpoints at or below a number by comparing it with all of them."""
        breakpoints = self._table(f"{value.name}_breakpoints", np.array(value.op.breakpoints))
        axis = self.graph.scalar("int64[1]", self._new_axis, "axis")
        column = self.graph.node("Unsqueeze", operand, axis, name=f"{value.name}_column")
        reached = self.graph.node(
            "GreaterOrEqual", column, breakpoints, name=f"{value.name}_reached"
        )
        ones = self.graph.cast(reached, self._type, f"{value.name}_ones")
        return self._node("ReduceSum", ones, axis, value=value, keepdims="0")

    def _searched(self, value: Value, operand: str) -> str:
        """Count the breakpoints at or below a number by a binary search."""
        breakpoints = np.array(value.op.breakpoints)
        # Entry i is the one that a count of i has reached; none has to be for a count of 0.
        table = self._table(f"{value.name}_breakpoints", np.append(breakpoints[:1], breakpoints))
        count, left = self._number(0), len(breakpoints)
        while left:
            half = max(left // 2, 1)
            left -= half
            more = self.graph.node("Add", count, self._number(half), name=f"{value.name}_more")
            bound = self.graph.node("Gather", table, more, name=f"{value.name}_breakpoint")
            reached = self.graph.node(
                "GreaterOrEqual", operand, bound, name=f"{value.name}_reached"
            )
            count = self._node("Where", reached, more, count, value=value)
        return count

    def _reduced(self, value: Value, operand: str) -> str:
        """Reduce each row to one number."""
        # What is the same for every element counts once for each.
        operand = self.graph.spread(operand)
        more = {"name": self._name(value), "comment": value.comment}
        if isinstance(value.op, ops.ReduceMax):
            return self.graph.reduced("ReduceMax", operand, **more, axes="[-1]", keepdims="1")
        axis = self.graph.scalar("int64[1]", "-1", "axis")
        return self.graph.reduced("ReduceSum", operand, axis, **more, keepdims="1")

    def _node(self, operator: str, *inputs: str, value: Value, **attributes: str) -> str:
        """Add the node that gives a value of the program, under its name."""
        return self.graph.node(
            operator, *inputs, name=self._name(value), comment=value.comment, **attributes
        )

    def _name(self, value: Value) -> str:
        is_taken = value.name in self.graph.ports.names
        return f"{value.name}_{self._type}" if is_taken else value.name

    def _number(self, number: int) -> str:
        self._reach(number, number)
        return self.graph.scalar(self._type, str(number))

    def _table(self, name: str, values: np.ndarray) -> str:
        self._reach(int(values.min()), int(values.max()))
        return self.graph.table(name, values.astype(self._type))

    def _reach(self, low: int, high: int) -> None:
        if not -self._limit <= low <= high < self._limit:
            raise OverflowError(low, high)
