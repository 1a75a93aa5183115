"""The values of a program as C: expressions whose arithmetic never leaves their types.

The rules, which hold where int has 16 bits as well:

- Every local of a table's function has the smallest of the fixed-width types that holds its exact
  interval; in kernels it has no fewer bits than int, which saves instructions.
- An operation is done in a type that holds its operands and its result, named by a cast where
  C's promotions would not reach it.
- A right shift is a shift of a signed value only where the value can be negative; a left shift
  is a multiplication.  Compilers whose ``>>`` of a negative value is not arithmetic are caught
  by the self-test.
- Every narrowing is a cast, of a number that the interval proves to fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Protocol

from lutgen.program import Program, Table, Value, ops
from lutgen.program.live import is_constant, live_operands, unique_names
from lutgen.targets._c_tables import Array, Search, read, search
from lutgen.targets._c_types import (
    INT16,
    INT32,
    INT64,
    UINT32,
    CType,
    Text,
    arithmetic_type,
    cast,
    code_type,
    comparable,
    converted,
    division_type,
    in_type,
    literal,
    smallest_type,
)
from lutgen.targets._literals import block_comment

MAX_COMPARISONS = 4
"""A segment with more breakpoints than this is found by binary search.

Measured with gcc -O2: the search wins from 4 breakpoints on a Cortex-M0, from 6 on RV32.
"""


class Shortcut(Protocol):
    """Another expression for a value, where some of it is computed once for many elements."""

    @property
    def operands(self) -> tuple[ops.Ref, ...]:
        """The values that the expression names."""

    def text(self, expressions: Expressions) -> Text:
        """Return the expression."""


class Expressions:
    """The values of one program.

    Attributes:
        program: whose values they are.
        names: names of the locals by value.
        arrays: the tables that are read, breakpoints of searches included.
        searches: the functions that are called.
        shortcuts: other expressions for some values.
    """

    def __init__(
        self,
        program: Program,
        taken: Iterable[str] = (),
        local_type: Callable[[int, int], CType] = smallest_type,
    ) -> None:
        """Name the values.

        Args:
            program: whose values they are.
            taken: names that mean something else.
            local_type: returns the type of a local that takes the numbers from one to another.
        """
        self.program = program
        # No local hides the function itself.
        self.names = unique_names(program, (program.name, *taken))
        self.arrays: list[Array] = []
        self.searches: list[Search] = []
        self.shortcuts: Mapping[ops.Ref, Shortcut] = {}
        self._local_type = local_type
        self._types: dict[ops.Ref, CType] = {}
        self._arrays_by_table: dict[int, Array] = {}
        self._searches_by_value: dict[ops.Ref, Search] = {}
        self._results = _result_types(program)

    def shortened(self, shortcuts: Mapping[ops.Ref, Shortcut]) -> Expressions:
        """Return the same with shortcuts for some values; tables and types are shared."""
        other = copy(self)
        other.shortcuts = shortcuts
        return other

    def declare(self, ref: ops.Ref, c_type: CType) -> None:
        """Give a value's local a type that its interval does not tell."""
        self._types[ref] = c_type

    def type_of(self, ref: ops.Ref) -> CType:
        """Return the type of a value's local."""
        if ref not in self._types:
            value = self.program.values[ref]
            self._types[ref] = (
                code_type(value.op.format) if isinstance(value.op, ops.Input)
                else self._local_type(value.low, value.high)
            )
        return self._types[ref]

    def operands(self, ref: ops.Ref) -> tuple[ops.Ref, ...]:
        """Return the values that the expression of a value names."""
        if ref in self.shortcuts:
            return self.shortcuts[ref].operands
        found = live_operands(self.program, self.program.values[ref].op)
        return tuple(o for o in found if not is_constant(self.program.values[o]))

    def statement(self, ref: ops.Ref, start: str, c_type: CType) -> list[str]:
        """Return the lines that compute a value.

        Args:
            ref: the value.
            start: what stands before the expression, such as ``return ``.
            c_type: what the expression is converted to.
        """
        text = converted(self.expression(ref), c_type)
        comment = block_comment(self.program.values[ref].comment)
        return [*comment, *(line.rstrip() for line in f"{start}{text};".split("\n"))]

    def local(self, ref: ops.Ref) -> list[str]:
        """Return the lines that compute a value into its local."""
        c_type = self.type_of(ref)
        return self.statement(ref, f"const {c_type} {self.names[ref]} = ", c_type)

    def text(self, ref: ops.Ref) -> Text:
        """Return a value as an operand: a literal, or the name of its local."""
        value = self.program.values[ref]
        if is_constant(value):
            return literal(value.low)
        return Text(self.names[ref], self.type_of(ref), atomic=True)

    def bounds(self, *refs: ops.Ref) -> list[int]:
        """Return the ends of the values' intervals."""
        values = [self.program.values[ref] for ref in refs]
        return [bound for value in values for bound in (value.low, value.high)]

    def keep(self, array: Array) -> Array:
        """Return an array, which is defined where it is new."""
        if all(array is not known for known in self.arrays):
            self.arrays.append(array)
        return array

    def array_of(self, table: Table, like: CType | None = None) -> Array:
        """Return the array of a table, which is defined where it is new.

        Args:
            table: whose entries it has.
            like: the type of results that are its entries; it has their signedness.
        """
        if id(table) not in self._arrays_by_table:
            if like is not None and not like.signed and table.low < 0:
                like = None
            c_type = smallest_type(table.low, table.high, like=like)
            name = f"{self.program.name}_{table.name}"
            found = Array(name, c_type, table.values, table.meaning)
            self._arrays_by_table[id(table)] = self.keep(found)
        return self._arrays_by_table[id(table)]

    def expression(self, ref: ops.Ref) -> Text:
        """Return the expression that computes a value from its operands."""
        value = self.program.values[ref]
        op = value.op
        if ref in self.shortcuts:
            return self.shortcuts[ref].text(self)
        match op:
            case ops.Add() | ops.Sub() | ops.Mul():
                return self._arithmetic(op, value)
            case ops.Min() | ops.Max():
                return self._choice(op)
            case ops.ShiftLeft():
                return self._shifted_left(op, value)
            case ops.ShiftRight():
                return self._shifted_right(op)
            case ops.LowBits():
                return self._low_bits(op)
            case ops.Clamp():
                return self._clamped(op)
            case ops.Select():
                return self._selected(op)
            case ops.Lookup():
                array = self.array_of(op.table, self._results.get(ref))
                return read(array.name, array.type, self.text(op.a).text)
            case ops.Segment():
                return self._segment(ref, op)
            case ops.Divide():
                return self._quotient(op)
        raise TypeError(f"not an operation: {op!r}")

    def _arithmetic(self, op: ops.Add | ops.Sub | ops.Mul, value: Value) -> Text:
        sign = {ops.Add: "+", ops.Sub: "-", ops.Mul: "*"}[type(op)]
        first, second = self.text(op.a), self.text(op.b)
        held = [value.low, value.high, *self.bounds(op.a, op.b)]
        wanted = arithmetic_type(*held)
        number = second.number or 0
        if sign != "*" and number < 0 and wanted.holds(-number):
            # x - 5 reads better than x + (-5).
            sign, second = {"+": "-", "-": "+"}[sign], literal(-number)
        first, second = in_type(wanted, first, second)
        return Text(f"{first} {sign} {second}", wanted)

    def _choice(self, op: ops.Min | ops.Max) -> Text:
        chosen = live_operands(self.program, op)
        if len(chosen) == 1:
            return self.text(*chosen)
        wanted = arithmetic_type(*self.bounds(op.a, op.b))
        first, second = comparable(wanted, self.text(op.a), self.text(op.b))
        sign = "<" if isinstance(op, ops.Min) else ">"
        return Text(f"{first} {sign} {second} ? {first} : {second}", _wider(first, second))

    def _shifted_left(self, op: ops.ShiftLeft, value: Value) -> Text:
        # A multiplication is defined for negative numbers.  2**63 is no int64_t, but only 0 and
        # -1 can be shifted that far.
        factors = [2**op.bits] if op.bits < 63 else [2**62, 2]
        wanted = arithmetic_type(value.low, value.high, *self.bounds(op.a), *factors)
        shown = in_type(wanted, self.text(op.a), *map(literal, factors))
        return Text(" * ".join(map(str, shown)), wanted)

    def _shifted_right(self, op: ops.ShiftRight) -> Text:
        operand, bits = self.text(op.a), min(op.bits, 63)
        c_type = operand.type
        if bits >= max(16, c_type.bits):
            # Shifting by the width of the type or more is undefined.
            c_type = INT32 if bits < 32 and INT32.holds(*self.bounds(op.a)) else INT64
            operand = cast(operand, c_type)
        return Text(f"{operand} >> {bits}", c_type)

    def _low_bits(self, op: ops.LowBits) -> Text:
        operand, top = self.text(op.a), 2**op.bits - 1
        low, high = self.bounds(op.a)
        if low >= 0 and high <= top:
            return operand
        unsigned = smallest_type(0, top, like=UINT32)
        pattern = cast(operand, unsigned)
        if unsigned.bits == op.bits:
            return pattern
        return Text(f"{pattern} & 0x{top:X}u", unsigned)

    def _clamped(self, op: ops.Clamp) -> Text:
        # A bound that no value passes is left out: compilers warn of such comparisons.
        operand = self.text(op.a)
        low, high = self.bounds(op.a)
        result = operand
        if op.high < high:
            bound = literal(op.high)
            result = Text(f"{operand} > {bound} ? {bound} : {result}", operand.type)
        if op.low > low:
            bound = literal(op.low)
            result = Text(f"{operand} < {bound} ? {bound} : {result}", operand.type)
        return result

    def _selected(self, op: ops.Select) -> Text:
        chosen = live_operands(self.program, op)
        if len(chosen) == 1:
            return self.text(*chosen)
        wanted = arithmetic_type(*self.bounds(op.negative, op.other))
        negative, other = comparable(wanted, self.text(op.negative), self.text(op.other))
        return Text(f"{self.text(op.a)} < 0 ? {negative} : {other}", _wider(negative, other))

    def _segment(self, ref: ops.Ref, op: ops.Segment) -> Text:
        # Breakpoints that every value has passed, or none reaches, need no comparison.
        operand = self.text(op.a)
        low, high = self.bounds(op.a)
        passed = sum(point <= low for point in op.breakpoints)
        live = [point for point in op.breakpoints if low < point <= high]
        if len(live) <= MAX_COMPARISONS:
            terms = [str(passed)] * bool(passed)
            terms += [f"({operand} >= {literal(point)})" for point in live]
            if len(terms) <= 3:
                return Text(" + ".join(terms), INT16)
            return Text("\n        " + " +\n        ".join(terms), INT16)
        if ref not in self._searches_by_value:
            found = search(self.program.name, self.names[ref], operand.type, live)
            self.searches.append(found)
            self.keep(found.array)
            self._searches_by_value[ref] = found
        found = self._searches_by_value[ref]
        call = Text(f"{found.name}({operand.text})", found.result, atomic=True)
        if not passed:
            return call
        wanted = arithmetic_type(0, passed + len(live))
        first, second = in_type(wanted, call, literal(passed))
        return Text(f"{first} + {second}", wanted)

    def _quotient(self, op: ops.Divide) -> Text:
        wanted = division_type(*self.bounds(op.a, op.b))
        # No signed number of fewer bits takes part: 16 bits of it may be int, or be promoted.
        shown = [
            Text(f"{o.text}u", wanted, atomic=True) if o.number is not None else cast(o, wanted)
            for o in (self.text(op.a), self.text(op.b))
        ]
        return Text(f"{shown[0]} / {shown[1]}", wanted)


def _result_types(program: Program) -> dict[ops.Ref, CType]:
    """Return the types of the results; of one that leaves by several outputs, the first's."""
    return {o.ref: code_type(o.format) for o in reversed(program.outputs)}


def _wider(first: Text, second: Text) -> CType:
    """Return the type of a choice between two operands that are comparable."""
    return max(first.type, second.type, key=lambda t: (t.bits, not t.signed))
