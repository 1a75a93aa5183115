"""What of a program has to be printed: the steps that the result needs, under unique names."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from lutgen.program import ops
from lutgen.program.builder import Program, Value


def is_constant(value: Value) -> bool:
    """Return whether a value is printed as a literal.

    A lookup is not, whatever it finds: the table is what was asked for.
    """
    return value.low == value.high and not isinstance(value.op, ops.Lookup)


def live_operands(program: Program, op: ops.Op) -> tuple[ops.Ref, ...]:
    """Return the operands that are printed: of a choice that is always the same, only that one.

    Tools warn of comparisons that the types decide, and of values that nobody reads.
    """
    if isinstance(op, ops.Min | ops.Max):
        a, b = (program.values[ref] for ref in op.operands)
        if op.a == op.b or a.high <= b.low or b.high <= a.low:
            is_first = (a.high <= b.low) == isinstance(op, ops.Min)
            return (op.a,) if is_first else (op.b,)
    if isinstance(op, ops.Select):
        a = program.values[op.a]
        if a.high < 0 or op.negative == op.other:
            return (op.negative,)
        if a.low >= 0:
            return (op.other,)
    return op.operands


def live_values(program: Program) -> set[ops.Ref]:
    """Return the values that computing the results takes, themselves included."""
    found: set[ops.Ref] = set()
    pending = [output.ref for output in program.outputs]
    while pending:
        ref = pending.pop()
        if ref not in found:
            found.add(ref)
            value = program.values[ref]
            pending += () if is_constant(value) else live_operands(program, value.op)
    return found


def unique_names(program: Program, taken: Iterable[str]) -> dict[ops.Ref, str]:
    """Return a name for every value that has one: its own, numbered where it is taken.

    Args:
        program: whose values are named.
        taken: names that mean something else where the program is printed.
    """
    used, names = set(taken), {}
    for ref, value in enumerate(program.values):
        if not is_constant(value):
            names[ref] = unused_name(value.name, used)
            used.add(names[ref])
    return names


def unused_name(wanted: str, used: Collection[str]) -> str:
    """Return a name, numbered where it is used already."""
    name, count = wanted, 2
    while name in used:
        name, count = f"{wanted}{count}", count + 1
    return name
