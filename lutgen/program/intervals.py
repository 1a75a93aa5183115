"""The exact interval of an operation's result, from the intervals of its operands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from lutgen.program import ops

Interval = tuple[int, int]


def of(op: ops.Op, operands: Sequence[Interval]) -> Interval:
    """Return the smallest interval that holds every result for independent operands."""
    match op:
        case ops.Input():
            return op.format.min_code, op.format.max_code
        case ops.Const():
            return op.number, op.number
        case ops.Lookup():
            low, high = operands[0]
            reached = op.table.values[low : high + 1]
            return int(reached.min()), int(reached.max())
        case ops.LowBits():
            low, high = operands[0]
            top = 2**op.bits - 1
            same_block = low >> op.bits == high >> op.bits
            return (low & top, high & top) if same_block else (0, top)
        case ops.Select():
            sign, negative, other = operands
            reached = [negative] * (sign[0] < 0) + [other] * (sign[1] >= 0)
            return min(low for low, _ in reached), max(high for _, high in reached)
        case ops.Mul():
            (a, b), (c, d) = operands
            products = a * c, a * d, b * c, b * d
            return min(products), max(products)
        case ops.Sub():
            (a, b), (c, d) = operands
            return a - d, b - c
        case ops.Divide():
            (a, b), (c, d) = operands
            return a // d, b // c
        case ops.ReduceMax():
            return operands[0]
        case ops.ReduceSum():
            low, high = operands[0]
            return min(low, low * op.longest), max(high, high * op.longest)
    low, high = (_monotone(op, ends) for ends in zip(*operands, strict=True))
    return low, high


def _monotone(op: ops.Op, operands: Sequence[int]) -> int:
    """Return the result of an operation that grows with each operand."""
    match op:
        case ops.Add():
            return sum(operands)
        case ops.Min():
            return min(operands)
        case ops.Max():
            return max(operands)
        case ops.ShiftLeft():
            return operands[0] << op.bits
        case ops.ShiftRight():
            return operands[0] >> op.bits
        case ops.Clamp():
            return max(op.low, min(op.high, operands[0]))
        case ops.Segment():
            return bisect_right(op.breakpoints, operands[0])
    raise TypeError(f"not an operation: {op!r}")
