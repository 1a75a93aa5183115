"""Tables in C: their types, how they are read, and how breakpoints are searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lutgen.targets._c_types import CType, Text, smallest_type
from lutgen.targets._literals import block_comments


class Array(NamedTuple):
    """A table as C has it.

    Attributes:
        name: identifier, the stem included.
        type: type of an entry.
        values: int64, shape (depth,).
        meaning: comment above it; each line of it begins a new one.
    """

    name: str
    type: CType
    values: np.ndarray
    meaning: str

    @property
    def comment(self) -> list[str]:
        """The lines of the comment above it."""
        return block_comments(self.meaning.split("\n"))


class Search(NamedTuple):
    """A function that counts how many breakpoints are at or below a value.

    Attributes:
        name: identifier of the function, the stem included.
        result: its type.
        argument: type of the value.
        array: the breakpoints.
        steps: statements of the search.
    """

    name: str
    result: CType
    argument: CType
    array: Array
    steps: tuple[str, ...]


def read(name: str, entry: CType, address: str) -> Text:
    """Return the expression that reads an entry of a table, wherever it is stored.

    Args:
        name: of the array, or of a pointer into it.
        entry: type of an entry.
        address: which entry.
    """
    text = f"LUTGEN_READ_{entry.bits}(&{name}[{address}])"
    # The readers of AVR return unsigned numbers.
    return Text(f"({entry}){text}" if entry.signed else text, entry, atomic=True)


def search(stem: str, name: str, argument: CType, breakpoints: list[int]) -> Search:
    """Return the function that counts the breakpoints at or below a value, with their table.

    Args:
        stem: identifier of the program.
        name: what the count is called.
        argument: type of the value.
        breakpoints: ascending, at least one.
    """
    # Entries and value are of one signedness, so that comparing them changes neither.
    c_type = smallest_type(breakpoints[0], breakpoints[-1], like=argument)
    meaning = f"Breakpoints: the values at which {name} grows by one."
    array = Array(f"{stem}_{name}_breakpoints", c_type, np.array(breakpoints), meaning)
    result = smallest_type(0, len(breakpoints))
    return Search(f"{stem}_find_{name}", result, argument, array, tuple(_steps(array)))


def _steps(array: Array) -> Iterator[str]:
    """Yield the statements of a binary search; each halves what is left."""
    left = len(array.values)
    while left > 1:
        half = left // 2
        yield from _step(array, f"count + {half - 1}u" if half > 1 else "count", half)
        left -= half
    yield from _step(array, "count", 1)


def _step(array: Array, place: str, number: int) -> tuple[str, str, str]:
    entry = read(array.name, array.type, place)
    return f"if (value >= {entry}) {{", f"    count += {number}u;", "}"
