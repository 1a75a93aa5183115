"""The cheapest program that keeps the tolerance, under a stated cost model.

A program costs its bytes of storage plus ``STEP_BYTES`` for every step, which is about what one
costs in code on a 32-bit microcontroller; finding a segment by binary search counts as one step
per halving.  Ties go to the method that is listed first.
"""

from __future__ import annotations

from typing import NamedTuple

from lutgen.program import Program, ops
from lutgen.spec import Method

STEP_BYTES = 6

# In order of preference between equals.
CANDIDATES = (
    Method("lut"),
    Method("steps"),
    Method("pwl"),
    Method("quadratic"),
    Method("uniform"),
    Method("interp"),
    Method("bipartite"),
)


# Every method but the plain table takes at least so many steps.
LEAST_STEPS = 6


class Candidate(NamedTuple):
    """One program that ``auto`` looked at.

    Attributes:
        method: how it approximates.
        fold: the frame it was folded by.
        program: the program; None where it cannot keep the tolerance.
    """

    method: Method
    fold: str
    program: Program | None

    @property
    def cost(self) -> int:
        """Bytes of storage and of code, by the cost model."""
        return self.program.storage_bytes + STEP_BYTES * step_count(self.program)


def step_count(program: Program) -> int:
    """Return how many steps a program takes; constants are none."""
    total = 0
    for value in program.values:
        if isinstance(value.op, ops.Segment):
            total += max(1, len(value.op.breakpoints).bit_length())
        elif not isinstance(value.op, ops.Const | ops.Input):
            total += 1
    return total


def cheapest(found: list[Candidate], max_bytes: int | None) -> Candidate | None:
    """Return the candidate with the least cost within the storage budget; None without any."""
    fitting = [
        candidate
        for candidate in found
        if candidate.program is not None
        and (max_bytes is None or candidate.program.storage_bytes <= max_bytes)
    ]
    return min(fitting, key=lambda candidate: candidate.cost, default=None)
