"""A program as C: straight-line statements whose arithmetic never leaves its types.

The rules, which hold where int has 16 bits as well:

- Every local has the smallest of the fixed-width types that holds its exact interval.
- An operation is done in a type that holds its operands and its result, named by a cast where
  C's promotions would not reach it.
- A right shift is a shift of a signed value only where the value can be negative; a left shift
  is a multiplication.  Compilers whose ``>>`` of a negative value is not arithmetic are caught
  by the self-test.
- Every narrowing is a cast, of a number that the interval proves to fit.
"""

from __future__ import annotations

from lutgen.formats import NumberFormat
from lutgen.program import Program, Table, Value, ops
from lutgen.program.live import is_constant, live_operands, live_values, unique_names
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
    in_type,
    literal,
    smallest_type,
)
from lutgen.targets._literals import block_comment

MAX_COMPARISONS = 4
"""A segment with more breakpoints than this is found by binary search.

Measured with gcc -O2: the search wins from 4 breakpoints on a Cortex-M0, from 6 on RV32.
"""


class Function:
    """The scalar function of a program with one input.

    Attributes:
        input_format: format of the parameter's codes.
        input_type: type of the parameter.
        output_type: type of the result.
        parameter: name of the parameter.
        statements: the lines of the body, comments included.
        arrays: the tables it reads, breakpoints of searches included.
        searches: the functions it calls.
    """

    def __init__(self, program: Program) -> None:
        (self.input_format,) = program.inputs.values()
        self.input_type = code_type(self.input_format)
        self.output_type = code_type(program.output_format)
        self.parameter = ""
        self.statements: list[str] = []
        self.arrays: list[Array] = []
        self.searches: list[Search] = []
        self._program = program
        self._used = live_values(program)
        # No local hides the function itself.
        self._names = unique_names(program, (program.name,))
        self._types: dict[ops.Ref, CType] = {}
        self._arrays_by_table: dict[int, Array] = {}
        for ref, value in enumerate(program.values):
            if isinstance(value.op, ops.Input):
                self._receive(ref, value.op.format)
            elif ref in self._used and not is_constant(value):
                self._compute(ref, value)
        result = program.values[program.output]
        if isinstance(result.op, ops.Input) or is_constant(result):
            text = converted(self._text(program.output), self.output_type)
            self.statements.append(f"return {text};")

    @property
    def reduces(self) -> bool:
        """Whether the parameter's type has bits above those of a code, which do not count."""
        return self.input_format.width < self.input_type.bits

    def _receive(self, ref: ops.Ref, number_format: NumberFormat) -> None:
        """Take the input, cut to its format where its type has more bits than the codes."""
        name, width = self._names[ref], number_format.width
        self.parameter, self._types[ref] = name, self.input_type
        if ref not in self._used:
            self.statements.append(f"(void){name};")
        elif self.reduces and not self._only_low_bits(ref, width):
            self.parameter = f"{name}_code"
            low = f"{self.parameter} & {2**width - 1}"
            if number_format.signed:
                sign = 2 ** (width - 1)
                comment = f"Only the low {width} bits count; the highest of them is the sign."
                low = f"(({low}) ^ {sign}) - {sign}"
            else:
                comment = f"Only the low {width} bits count."
            self.statements += block_comment(comment)
            self.statements.append(f"const {self.input_type} {name} = ({self.input_type})({low});")

    def _compute(self, ref: ops.Ref, value: Value) -> None:
        """Write the statement that computes a value; the result is returned at once."""
        is_result = ref == self._program.output
        c_type = self.output_type if is_result else smallest_type(value.low, value.high)
        self._types[ref] = c_type
        self.statements += block_comment(value.comment)
        start = "return " if is_result else f"const {c_type} {self._names[ref]} = "
        text = converted(self._expression(ref, value), c_type)
        self.statements += f"{start}{text};".split("\n")

    def _expression(self, ref: ops.Ref, value: Value) -> Text:
        op = value.op
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
                return read(self._array(ref, op.table), self._text(op.a).text)
            case ops.Segment():
                return self._segment(ref, op)
        raise TypeError(f"not an operation: {op!r}")

    def _arithmetic(self, op: ops.Add | ops.Sub | ops.Mul, value: Value) -> Text:
        sign = {ops.Add: "+", ops.Sub: "-", ops.Mul: "*"}[type(op)]
        first, second = self._text(op.a), self._text(op.b)
        held = [value.low, value.high, *self._bounds(op.a, op.b)]
        wanted = arithmetic_type(*held)
        number = second.number or 0
        if sign != "*" and number < 0 and wanted.holds(-number):
            # x - 5 reads better than x + (-5).
            sign, second = {"+": "-", "-": "+"}[sign], literal(-number)
        first, second = in_type(wanted, first, second)
        return Text(f"{first} {sign} {second}", wanted)

    def _choice(self, op: ops.Min | ops.Max) -> Text:
        chosen = live_operands(self._program, op)
        if len(chosen) == 1:
            return self._text(*chosen)
        wanted = arithmetic_type(*self._bounds(op.a, op.b))
        first, second = comparable(wanted, self._text(op.a), self._text(op.b))
        sign = "<" if isinstance(op, ops.Min) else ">"
        return Text(f"{first} {sign} {second} ? {first} : {second}", _wider(first, second))

    def _shifted_left(self, op: ops.ShiftLeft, value: Value) -> Text:
        # A multiplication is defined for negative numbers.  2**63 is no int64_t, but only 0 and
        # -1 can be shifted that far.
        factors = [2**op.bits] if op.bits < 63 else [2**62, 2]
        wanted = arithmetic_type(value.low, value.high, *self._bounds(op.a), *factors)
        shown = in_type(wanted, self._text(op.a), *map(literal, factors))
        return Text(" * ".join(map(str, shown)), wanted)

    def _shifted_right(self, op: ops.ShiftRight) -> Text:
        operand, bits = self._text(op.a), min(op.bits, 63)
        c_type = operand.type
        if bits >= max(16, c_type.bits):
            # Shifting by the width of the type or more is undefined.
            c_type = INT32 if bits < 32 and INT32.holds(*self._bounds(op.a)) else INT64
            operand = cast(operand, c_type)
        return Text(f"{operand} >> {bits}", c_type)

    def _low_bits(self, op: ops.LowBits) -> Text:
        operand, top = self._text(op.a), 2**op.bits - 1
        low, high = self._bounds(op.a)
        if low >= 0 and high <= top:
            return operand
        unsigned = smallest_type(0, top, like=UINT32)
        pattern = cast(operand, unsigned)
        if unsigned.bits == op.bits:
            return pattern
        return Text(f"{pattern} & 0x{top:X}u", unsigned)

    def _clamped(self, op: ops.Clamp) -> Text:
        # A bound that no value passes is left out: compilers warn of such comparisons.
        operand = self._text(op.a)
        low, high = self._bounds(op.a)
        result = operand
        if op.high < high:
            bound = literal(op.high)
            result = Text(f"{operand} > {bound} ? {bound} : {result}", operand.type)
        if op.low > low:
            bound = literal(op.low)
            result = Text(f"{operand} < {bound} ? {bound} : {result}", operand.type)
        return result

    def _selected(self, op: ops.Select) -> Text:
        chosen = live_operands(self._program, op)
        if len(chosen) == 1:
            return self._text(*chosen)
        wanted = arithmetic_type(*self._bounds(op.negative, op.other))
        negative, other = comparable(wanted, self._text(op.negative), self._text(op.other))
        return Text(f"{self._text(op.a)} < 0 ? {negative} : {other}", _wider(negative, other))

    def _segment(self, ref: ops.Ref, op: ops.Segment) -> Text:
        # Breakpoints that every value has passed, or none reaches, need no comparison.
        operand = self._text(op.a)
        low, high = self._bounds(op.a)
        passed = sum(point <= low for point in op.breakpoints)
        live = [point for point in op.breakpoints if low < point <= high]
        if len(live) <= MAX_COMPARISONS:
            terms = [str(passed)] * bool(passed)
            terms += [f"({operand} >= {literal(point)})" for point in live]
            if len(terms) <= 3:
                return Text(" + ".join(terms), INT16)
            return Text("\n        " + " +\n        ".join(terms), INT16)
        found = search(self._program.name, self._names[ref], operand.type, live)
        self.arrays.append(found.array)
        self.searches.append(found)
        call = Text(f"{found.name}({operand.text})", found.result, atomic=True)
        if not passed:
            return call
        wanted = arithmetic_type(0, passed + len(live))
        first, second = in_type(wanted, call, literal(passed))
        return Text(f"{first} + {second}", wanted)

    def _array(self, ref: ops.Ref, table: Table) -> Array:
        """Return the array of a table, which is declared where it is new."""
        if id(table) not in self._arrays_by_table:
            c_type = smallest_type(table.low, table.high)
            if ref == self._program.output:
                # The table of results has the results' own signedness.
                c_type = smallest_type(table.low, table.high, like=self.output_type)
            name = f"{self._program.name}_{table.name}"
            found = Array(name, c_type, table.values, table.meaning)
            self._arrays_by_table[id(table)] = found
            self.arrays.append(found)
        return self._arrays_by_table[id(table)]

    def _text(self, ref: ops.Ref) -> Text:
        """Return a value as an operand: a literal, or the name of its local."""
        value = self._program.values[ref]
        if is_constant(value):
            return literal(value.low)
        return Text(self._names[ref], self._types[ref], atomic=True)

    def _bounds(self, *refs: ops.Ref) -> list[int]:
        values = [self._program.values[ref] for ref in refs]
        return [bound for value in values for bound in (value.low, value.high)]

    def _only_low_bits(self, source: ops.Ref, width: int) -> bool:
        """Return whether every use of a value takes at most its ``width`` low bits."""
        users = [self._program.values[ref].op for ref in self._used]
        return all(
            isinstance(op, ops.LowBits) and op.bits <= width
            for op in users if source in op.operands
        )


def _wider(first: Text, second: Text) -> CType:
    """Return the type of a choice between two operands that are comparable."""
    return max(first.type, second.type, key=lambda t: (t.bits, not t.signed))
