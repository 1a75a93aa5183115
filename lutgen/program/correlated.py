"""Intervals of results whose operands depend on each other: narrower than ``intervals`` finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lutgen.program import ops
from lutgen.program.intervals import Interval

if TYPE_CHECKING:
    from lutgen.program.builder import Value


def is_distance(op: ops.Op, values: Sequence[Value]) -> bool:
    """Return whether an operation gives how far an element lies below the largest of its row."""
    if not isinstance(op, ops.Sub):
        return False
    largest = values[op.a].op
    return isinstance(largest, ops.ReduceMax) and largest.a == op.b


def of(op: ops.Op, values: Sequence[Value], independent: Interval) -> Interval:
    """Return an interval that holds every result.

    Args:
        op: an operation on ``values``.
        values: those before it.
        independent: the interval for independent operands.
    """
    if is_distance(op, values):
        # No element is above the largest of its row.
        return 0, independent[1]
    if isinstance(op, ops.Mul):
        for sum_ref, factor in ((op.a, op.b), (op.b, op.a)):
            found = _multiple(values[sum_ref].op, factor, values)
            if found is not None:
                return max(found[0], independent[0]), min(found[1], independent[1])
    return independent


def _multiple(op: ops.Op, factor: ops.Ref, values: Sequence[Value]) -> Interval | None:
    """Return the interval of ``(x + floor(c / factor)) * factor`` for c of an interval, x >= 0."""
    if not isinstance(op, ops.Add):
        return None
    for x, quotient in ((values[op.a], values[op.b].op), (values[op.b], values[op.a].op)):
        if isinstance(quotient, ops.Divide) and quotient.b == factor and x.low >= 0:
            # A quotient times its divisor is the dividend, less a remainder.
            dividend, divisor = values[quotient.a], values[factor]
            return (
                x.low * divisor.low + max(0, dividend.low - divisor.high + 1),
                x.high * divisor.high + dividend.high,
            )
    return None
