"""The operations of a program: exact integers, never wrapping.

| operation | value |
|---|---|
| ``Input(format)`` | an input code |
| ``Const(number)`` | a literal |
| ``Add`` ``Sub`` ``Mul`` ``Min`` ``Max`` | of two values |
| ``ShiftLeft(a, bits)`` ``ShiftRight(a, bits)`` | ``a * 2**bits``; ``floor(a / 2**bits)`` |
| ``LowBits(a, bits)`` | ``a mod 2**bits``: the low bits read as unsigned |
| ``Clamp(a, low, high)`` | the nearest number of ``low .. high`` |
| ``Lookup(a, table)`` | ROM read at address a, which is proved to lie in the table |
| ``Select(a, negative, other)`` | ``negative`` where a < 0, else ``other`` |
| ``Segment(a, breakpoints)`` | how many of the ascending breakpoints are <= a |
| ``Divide(a, b)`` | ``floor(a / b)``, for a >= 0 and b > 0, which is proved |
| ``ReduceMax(a)`` ``ReduceSum(a, longest)`` | over all elements of a row, which has at least one |

A reduction ends a pass over the row: what depends on it is computed in the next pass, once for
the row or once for each element.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from lutgen.formats import NumberFormat
from lutgen.program.table import Table

Ref: TypeAlias = int
"""A value's position in ``Program.values``; an operation only refers to earlier ones."""


# Tuples rather than data classes: a dozen of those would cost a cold start 8 ms.


def _none(op: Op) -> tuple[Ref, ...]:
    return ()


def _one(op: Op) -> tuple[Ref, ...]:
    return (op.a,)


def _two(op: Op) -> tuple[Ref, ...]:
    return (op.a, op.b)


def _three(op: Op) -> tuple[Ref, ...]:
    return (op.a, op.negative, op.other)


class Input(NamedTuple):
    """An input code."""

    format: NumberFormat
    operands = property(_none)


class Const(NamedTuple):
    """A literal."""

    number: int
    operands = property(_none)


class Add(NamedTuple):
    """``a + b``."""

    a: Ref
    b: Ref
    operands = property(_two)


class Sub(NamedTuple):
    """``a - b``."""

    a: Ref
    b: Ref
    operands = property(_two)


class Mul(NamedTuple):
    """``a * b``."""

    a: Ref
    b: Ref
    operands = property(_two)


class Min(NamedTuple):
    """The smaller of a and b."""

    a: Ref
    b: Ref
    operands = property(_two)


class Max(NamedTuple):
    """The larger of a and b."""

    a: Ref
    b: Ref
    operands = property(_two)


class ShiftLeft(NamedTuple):
    """``a * 2**bits``."""

    a: Ref
    bits: int
    operands = property(_one)


class ShiftRight(NamedTuple):
    """``floor(a / 2**bits)``; rounding is an added constant, visible in the program."""

    a: Ref
    bits: int
    operands = property(_one)


class LowBits(NamedTuple):
    """``a mod 2**bits``: the low bits of the two's complement pattern, read as unsigned."""

    a: Ref
    bits: int
    operands = property(_one)


class Clamp(NamedTuple):
    """The number of ``low .. high`` nearest to a: saturation."""

    a: Ref
    low: int
    high: int
    operands = property(_one)


class Select(NamedTuple):
    """``negative`` where a < 0, else ``other``: a folded half put back on its side."""

    a: Ref
    negative: Ref
    other: Ref
    operands = property(_three)


class Lookup(NamedTuple):
    """A ROM read; ``0 <= a < depth`` is proved when the program is built."""

    a: Ref
    table: Table
    operands = property(_one)


class Segment(NamedTuple):
    """How many of the ascending breakpoints are <= a."""

    a: Ref
    breakpoints: tuple[int, ...]
    operands = property(_one)


class Divide(NamedTuple):
    """``floor(a / b)``; a >= 0 and b > 0 are proved when the program is built."""

    a: Ref
    b: Ref
    operands = property(_two)


class ReduceMax(NamedTuple):
    """The largest a of a row: one number for the row."""

    a: Ref
    operands = property(_one)


class ReduceSum(NamedTuple):
    """The sum of a over a row of at most ``longest`` elements: one number for the row."""

    a: Ref
    longest: int
    operands = property(_one)


Reduction: TypeAlias = ReduceMax | ReduceSum

Op: TypeAlias = (
    Input | Const | Add | Sub | Mul | Min | Max | ShiftLeft | ShiftRight | LowBits | Clamp
    | Select | Lookup | Segment | Divide | Reduction
)
