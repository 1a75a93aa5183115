"""What is prepared once for all elements, so that each takes fewer instructions.

- A table that is read at ``once - element`` is stored in reverse, and a pointer starts at the
  entry for element 0: no subtraction is left.  At ``once + element`` only the pointer is needed.
  Tables that are read at one address lie behind each other.
- A product with a factor that is one for all elements, shifted right, is the upper half of a long
  product with the factor shifted left beforehand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from lutgen.program import Program, Table, ops
from lutgen.program.live import unused_name
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_levels import Levels
from lutgen.targets._c_tables import Array, read
from lutgen.targets._c_types import UINT32, CType, Text, cast, smallest_type


class Prepared(NamedTuple):
    """A local that is made of a value which is one for all elements.

    Attributes:
        name: identifier.
        source: the value.
        type: its type, as a parameter has it; a blank or a star at the end.
        initial: what it is made by.
        comment: why.
        behind: another pointer with which it can be made, and how far this one lies behind it.
    """

    name: str
    source: ops.Ref
    type: str
    initial: str
    comment: str
    behind: tuple[str, int] | None = None

    def declaration(self, known: Collection[str]) -> str:
        """Return the statement that makes it, where the locals ``known`` are there."""
        kind = self.type.rstrip()
        kind = f"{kind}const " if kind.endswith("*") else f"const {kind} "
        initial = self.initial
        if self.behind is not None and self.behind[0] in known:
            initial = f"{self.behind[0]} + {self.behind[1]}"
        return f"{kind}{self.name} = {initial};"


class RowLookup(NamedTuple):
    """A read through a pointer that starts at the entry for element 0.

    Attributes:
        prepared: the pointer.
        index: the element.
        entry: type of an entry.
    """

    prepared: Prepared
    index: ops.Ref
    entry: CType

    @property
    def operands(self) -> tuple[ops.Ref, ...]:
        """The element; the pointer is no value of the program."""
        return (self.index,)

    def text(self, expressions: Expressions) -> Text:
        """Return the read."""
        return read(self.prepared.name, self.entry, expressions.text(self.index).text)


class ScaledProduct(NamedTuple):
    """A product with a factor that is one for all elements, shifted right.

    Attributes:
        prepared: the factor.
        number: the other factor.
        bits: of the shift.
    """

    prepared: Prepared
    number: ops.Ref
    bits: int

    @property
    def operands(self) -> tuple[ops.Ref, ...]:
        """The other factor."""
        return (self.number,)

    def text(self, expressions: Expressions) -> Text:
        """Return the shifted product."""
        number = cast(expressions.text(self.number), UINT32)
        text = f"LUTGEN_SCALED({number.text}, {self.prepared.name}, {self.bits})"
        return Text(text, UINT32, atomic=True)


Shortcuts = dict[ops.Ref, "RowLookup | ScaledProduct"]


def shortcuts(expressions: Expressions, levels: Levels, taken: Iterable[str]) -> Shortcuts:
    """Return the shortcuts for a program's values.

    Args:
        expressions: the values' names and types.
        levels: which are one for all elements.
        taken: names that mean something else.
    """
    names = {*taken, *expressions.names.values()}
    return {
        **_row_lookups(expressions, levels, names),
        **_scaled_products(expressions, levels, names),
    }


class _Address(NamedTuple):
    """The address of some lookups: ``once - element`` or ``once + element``.

    Attributes:
        once: the value that is one for all elements.
        element: the other.
        falls: whether the element is subtracted.
    """

    once: ops.Ref
    element: ops.Ref
    falls: bool


def _row_lookups(
    expressions: Expressions, levels: Levels, names: set[str]
) -> dict[ops.Ref, RowLookup]:
    program = expressions.program
    found: dict[ops.Ref, RowLookup] = {}
    for address, groups in _tables_by_address(program, levels).items():
        split = _split(program, levels, address)
        if split and split.falls and not program.takes_rows:
            # The function of single numbers reads the tables as they are.
            continue
        for group in groups:
            pointers = split and _pointers(expressions, split, group, names)
            if pointers:
                for ref, value in enumerate(program.values):
                    if ref in levels.of and isinstance(value.op, ops.Lookup) and (
                        id(value.op.table) in pointers
                    ):
                        prepared, entry = pointers[id(value.op.table)]
                        found[ref] = RowLookup(prepared, split.element, entry)
    return found


def _tables_by_address(program: Program, levels: Levels) -> dict[ops.Ref, list[list[Table]]]:
    """Return the tables that are read at one address only, by it, those of one type together."""
    addresses: dict[int, set[ops.Ref]] = defaultdict(set)
    tables: dict[int, Table] = {}
    for ref, value in enumerate(program.values):
        if ref in levels.of and isinstance(value.op, ops.Lookup):
            addresses[id(value.op.table)].add(value.op.a)
            tables[id(value.op.table)] = value.op.table
    found: dict[ops.Ref, dict[object, list[Table]]] = defaultdict(lambda: defaultdict(list))
    for key, places in addresses.items():
        if len(places) == 1:
            table = tables[key]
            kind = (smallest_type(table.low, table.high), table.depth)
            found[next(iter(places))][kind].append(table)
    return {address: list(groups.values()) for address, groups in found.items()}


def _split(program: Program, levels: Levels, address: ops.Ref) -> _Address | None:
    """Return an address as a value that is one for all elements, and an element."""
    op = program.values[address].op
    if not isinstance(op, ops.Add | ops.Sub):
        return None
    pairs = [(op.a, op.b)] if isinstance(op, ops.Sub) else [(op.a, op.b), (op.b, op.a)]
    for once, element in pairs:
        if once in levels.once and element in levels.of and element not in levels.once:
            return _Address(once, element, isinstance(op, ops.Sub))
    return None


def _pointers(
    expressions: Expressions, address: _Address, group: list[Table], names: set[str]
) -> dict[int, tuple[Prepared, CType]]:
    """Return the pointer into each table of a group, and the type of its entries."""
    program, stem = expressions.program, expressions.program.name
    once, element = program.values[address.once], program.values[address.element]
    depth = group[0].depth
    entry = smallest_type(group[0].low, group[0].high)
    if address.falls:
        # Every pointer has to stay in the array, or one behind it; entries may be added for that.
        spare = max(0, -1 - once.low)
        if once.high >= depth or spare > depth:
            return {}
        values = np.concatenate(
            [*(table.values[::-1] for table in group), np.zeros(spare, dtype=np.int64)]
        )
        name = f"{stem}_{'_and_'.join(table.name for table in group)}"
        array = expressions.keep(Array(name, entry, values, _meaning(group, depth, spare)))
        starts = [(table, array, depth * (place + 1) - 1) for place, table in enumerate(group)]
    else:
        if once.low < 0 or element.low < 0:
            return {}
        starts = [(table, expressions.array_of(table), 0) for table in group]
    found: dict[int, tuple[Prepared, CType]] = {}
    first = ""
    for table, array, start in starts:
        local = expressions.text(address.once).text
        initial = f"&{array.name}[{start}] - {local}"
        if not address.falls:
            initial = f"&{array.name}[{local}]"
        pointer = unused_name(table.name, names)
        names.add(pointer)
        prepared = Prepared(
            pointer, address.once, f"const LUTGEN_SPACE {array.type} *", initial,
            "Where the entries for an element of 0 are.",
            (first, start - depth + 1) if first and address.falls else None,
        )
        first = first or pointer
        found[id(table)] = prepared, array.type
    return found


def _meaning(group: list[Table], depth: int, spare: int) -> str:
    """Return the comment above tables that are stored in reverse."""
    lines = [
        f"{place * depth} to {place * depth + depth - 1}: {table.meaning}."
        for place, table in enumerate(group)
    ]
    lines.append("In reverse: the entry for the highest address comes first.")
    if spare:
        lines.append(f"The last {spare} are never read; a pointer may start there.")
    return "\n".join(lines)


def _scaled_products(
    expressions: Expressions, levels: Levels, names: set[str]
) -> dict[ops.Ref, ScaledProduct]:
    program = expressions.program
    found: dict[ops.Ref, ScaledProduct] = {}
    factors: dict[tuple[ops.Ref, int], Prepared] = {}
    for ref, value in enumerate(program.values):
        op = value.op
        if ref not in levels.of or ref in levels.once or not isinstance(op, ops.ShiftRight):
            continue
        product = program.values[op.a]
        if not isinstance(product.op, ops.Mul) or not 0 < op.bits < 32:
            continue
        for factor, number in ((product.op.a, product.op.b), (product.op.b, product.op.a)):
            fits = (
                factor in levels.once and number in levels.of and number not in levels.once
                and UINT32.holds(product.low, product.high)
                and UINT32.holds(*expressions.bounds(number))
                and UINT32.holds(*(bound << (32 - op.bits) for bound in expressions.bounds(factor)))
            )
            if fits:
                key = (factor, op.bits)
                if key not in factors:
                    factors[key] = _scaled_factor(expressions, names, *key)
                found[ref] = ScaledProduct(factors[key], number, op.bits)
                break
    return found


def _scaled_factor(
    expressions: Expressions, names: set[str], factor: ops.Ref, bits: int
) -> Prepared:
    text = cast(expressions.text(factor), UINT32)
    name = unused_name(f"{expressions.names[factor]}_scaled", names)
    names.add(name)
    return Prepared(
        name, factor, f"{UINT32} ",
        f"LUTGEN_FACTOR({text.text}, {bits})", "The factor of every element.",
    )
