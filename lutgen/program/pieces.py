"""Where a program turns to other coefficients: the pieces that its input codes fall into.

A piece is a run of codes that read the same table entries and take the same branches on the way
to the result.  Found from the program itself, it says the same of every method: the segments of
``pwl``, the intervals of ``interp``, the levels of ``steps``; both halves of a folded function
count.  A direct table has a piece for every code.
"""

from __future__ import annotations

import numpy as np

from lutgen.program import ops
from lutgen.program.builder import Program
from lutgen.program.evaluate import every_code, trace


def piece_starts(program: Program) -> np.ndarray:
    """Return the index of the first input code of every piece: int64, ascending from 0."""
    codes = every_code(program)
    (size,) = (len(values) for values in codes.values())
    steps = trace(program, codes)
    changes = np.zeros(size, dtype=bool)
    changes[0] = True

    def visit(ref: ops.Ref, taken: np.ndarray) -> None:
        """Note where what leads to a step changes, among the codes that take it."""
        op = program.values[ref].op
        match op:
            case ops.Lookup():
                note(steps[op.a], taken)
            case ops.Segment():
                note(steps[ref], taken)
            case ops.Select():
                negative = np.broadcast_to(steps[op.a] < 0, size)
                note(negative, taken)
                visit(op.negative, taken & negative)
                visit(op.other, taken & ~negative)
            case ops.Min() | ops.Max():
                # Of equals the first is taken: where a function is folded, 0 is not negative.
                order = np.less_equal if isinstance(op, ops.Min) else np.greater_equal
                first = np.broadcast_to(order(steps[op.a], steps[op.b]), size)
                note(first, taken)
                visit(op.a, taken & first)
                visit(op.b, taken & ~first)
            case ops.LowBits():
                # The low bits of a code begin anew at every carry, which is no other piece.
                pass
            case _:
                for operand in op.operands:
                    visit(operand, taken)

    def note(key: np.ndarray, taken: np.ndarray) -> None:
        values = np.where(taken, key, np.iinfo(np.int64).min)
        np.logical_or(changes[1:], values[1:] != values[:-1], out=changes[1:])

    visit(program.output, np.ones(size, dtype=bool))
    return np.flatnonzero(changes)
