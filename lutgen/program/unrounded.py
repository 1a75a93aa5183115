"""What a program's formula gives in exact arithmetic, before anything is rounded.

The same steps with the same coefficients, except that a right shift divides exactly.  The last
shift on the way to the result is the one that rounds: its operand holds the rounding constant,
which is taken off again.  Addresses, branches and segments stay those of the program.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lutgen.program import ops
from lutgen.program.builder import Program
from lutgen.program.evaluate import every_code, trace

# From the result, these lead back to the step that rounds: all of them work on whole codes.
_AFTER_ROUNDING = (ops.Add, ops.Sub, ops.Min, ops.Max, ops.Clamp, ops.Select)


class Unrounded(NamedTuple):
    """The results of a program's formula for every input code, ascending.

    Attributes:
        values: exact results times ``2**bits``: Python integers, rounded down to whole ones.
        bits: see ``values``.
        once: int64 codes: the exact results rounded a single time, by the last shift.
        rounds: bool, where the program rounds; elsewhere it reads a code that is stored.
    """

    values: np.ndarray
    bits: int
    once: np.ndarray
    rounds: np.ndarray


class _Fixed(NamedTuple):
    """Exact numbers ``numerator / 2**bits``; ``rounds`` tells which came through the last shift."""

    numerator: np.ndarray
    bits: int
    rounds: np.ndarray

    def scaled(self, bits: int) -> np.ndarray:
        """Return the numerators over ``2**bits``, which is no less than they have."""
        return self.numerator * 2 ** (bits - self.bits)


def unrounded(program: Program, constant: Fraction, bits: int) -> Unrounded:
    """Return what the formula of ``program`` gives for every code of its one input.

    Args:
        program: whose formula.
        constant: what rounding adds before the last shift floors, in output codes: 1/2 or 0.
        bits: fraction bits of the values to return.
    """
    last = _last_shifts(program)

    def unshifted(value: _Fixed) -> _Fixed:
        return _sum(value, _constant(-constant), np.add)

    def floored(value: _Fixed) -> _Fixed:
        return _Fixed(value.numerator >> value.bits, 0, value.rounds)

    exact, once = (_result(program, last, end) for end in (unshifted, floored))
    values = exact.scaled(max(bits, exact.bits)) >> max(0, exact.bits - bits)
    return Unrounded(values, bits, (once.numerator >> once.bits).astype(np.int64), exact.rounds)


def _last_shifts(program: Program) -> set[ops.Ref]:
    """Return the shifts after which only whole output codes are worked on."""
    found, pending = set(), [program.output]
    while pending:
        ref = pending.pop()
        op = program.values[ref].op
        if isinstance(op, ops.ShiftRight):
            found.add(ref)
        elif isinstance(op, ops.Select):
            pending += [op.negative, op.other]
        elif isinstance(op, _AFTER_ROUNDING):
            pending += op.operands
    return found


def _result(
    program: Program, last: set[ops.Ref], end: Callable[[_Fixed], _Fixed]
) -> _Fixed:
    """Return the exact results, ``end`` being what the last shifts do after dividing."""
    codes = every_code(program)
    (size,) = (len(values) for values in codes.values())
    steps = trace(program, codes)
    known: dict[ops.Ref, _Fixed] = {}

    def exact(ref: ops.Ref) -> _Fixed:
        if ref not in known:
            known[ref] = compute(ref)
        return known[ref]

    def compute(ref: ops.Ref) -> _Fixed:
        op = program.values[ref].op
        match op:
            case ops.Add():
                return _sum(exact(op.a), exact(op.b), np.add)
            case ops.Sub():
                return _sum(exact(op.a), exact(op.b), np.subtract)
            case ops.Mul():
                a, b = exact(op.a), exact(op.b)
                return _Fixed(a.numerator * b.numerator, a.bits + b.bits, a.rounds | b.rounds)
            case ops.Min():
                return _chosen(np.less_equal, exact(op.a), exact(op.b))
            case ops.Max():
                return _chosen(np.greater, exact(op.a), exact(op.b))
            case ops.Clamp():
                low, high = (_constant(Fraction(limit)) for limit in (op.low, op.high))
                inside = _chosen(np.greater, exact(op.a), low)
                return _chosen(np.less_equal, inside, high)
            case ops.Select():
                negative = np.broadcast_to(steps[op.a] < 0, size)
                return _where(negative, exact(op.negative), exact(op.other))
            case ops.ShiftLeft():
                a = exact(op.a)
                return a._replace(numerator=a.numerator * 2**op.bits)
            case ops.ShiftRight():
                a = exact(op.a)
                divided = a._replace(bits=a.bits + op.bits)
                if ref not in last:
                    return divided
                return end(divided._replace(rounds=np.ones(size, dtype=bool)))
        # Inputs, constants, addresses, segments and what tables hold are whole as they are.
        whole = np.broadcast_to(steps[ref], size).astype(object)
        return _Fixed(whole, 0, np.zeros(size, dtype=bool))

    return exact(program.output)


def _constant(number: Fraction) -> _Fixed:
    """Return a number with a power of two below the line."""
    return _Fixed(
        np.array([number.numerator], dtype=object),
        number.denominator.bit_length() - 1,
        np.zeros(1, dtype=bool),
    )


def _sum(a: _Fixed, b: _Fixed, operation: Callable[..., np.ndarray]) -> _Fixed:
    """Return a sum or a difference."""
    bits = max(a.bits, b.bits)
    return _Fixed(operation(a.scaled(bits), b.scaled(bits)), bits, a.rounds | b.rounds)


def _chosen(first: Callable[..., np.ndarray], a: _Fixed, b: _Fixed) -> _Fixed:
    """Return a where ``first`` holds between a and b, else b."""
    bits = max(a.bits, b.bits)
    return _where(first(a.scaled(bits), b.scaled(bits)).astype(bool), a, b)


def _where(condition: np.ndarray, a: _Fixed, b: _Fixed) -> _Fixed:
    """Return a where the condition holds, else b."""
    bits = max(a.bits, b.bits)
    return _Fixed(
        np.where(condition, a.scaled(bits), b.scaled(bits)),
        bits,
        np.where(condition, a.rounds, b.rounds),
    )
