"""Loops over the elements of arrays, some of them in each round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lutgen.program import ops

DIRECT_ROUND, SHORT_ROUND, SHORT_PROGRAM = 8, 4, 16
"""Elements per round of a loop: of a direct table, and of a short program.

Measured with benchmarks/c_kernels.py: more gains nothing with gcc -O2, and a long program or a
search hides the cost of its loop.
"""

BRIEF_PROGRAM = 6
"""Steps of a program up to which a row is taken in rounds as long as those of a table."""


def counters(step: int) -> list[str]:
    """Return the declarations of what the loops count with, ``step`` elements in a round."""
    if step == 1:
        return ["size_t i;"]
    return [
        f"/* Rounds of {step}.  The exact != lets compilers count by the pointers alone. */",
        f"const size_t whole = n - n % {step}u;",
        "size_t i;",
    ]


def loop(
    step: int, lines: Callable[[str], Sequence[str]], closing: Sequence[str] = ()
) -> list[str]:
    """Return a loop over all elements.

    Args:
        step: elements in a round.
        lines: returns the statements for the element at an index.
        closing: statements after each round.
    """
    def block(indices: Iterable[str]) -> list[str]:
        inside = [line for index in indices for line in lines(index)]
        return [*(f"    {line}" for line in (*inside, *closing)), "}"]

    if step == 1:
        return ["for (i = 0u; i < n; i++) {", *block(["i"])]
    return [
        f"for (i = 0u; i != whole; i += {step}u) {{",
        *block(["i", *(f"i + {place}u" for place in range(1, step))]),
        "for (; i < n; i++) {",
        *block(["i"]),
    ]


def elements_per_round(kinds: Sequence[type[ops.Op]], short: int = SHORT_ROUND) -> int:
    """Return how many elements a round takes.

    Args:
        kinds: the operations for an element.
        short: the number for a short program.
    """
    steps = len(kinds) - kinds.count(ops.Const)
    return 1 if ops.Segment in kinds or steps > SHORT_PROGRAM else short
