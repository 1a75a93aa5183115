"""Which calls the replay of a kernel makes, and what they must give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle, groupby
from typing import NamedTuple

import numpy as np

from lutgen.program import Program, evaluate_all
from lutgen.solution import Solution
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_interface import Input, Interface, reserved

LONGEST_PIECE = 19
"""Arrays are also given in pieces of 0, 1, 2, ... elements up to this, over and over."""

JOINED = ("halves", "interleaved")
"""The forms of joined rows."""

MOST_CALLS, WINDOW = 1024, 64
"""Where nearly every input has numbers of its own that count for a whole array, so many of them
are tried, each on an array of so many elements."""


class Calls(NamedTuple):
    """Calls of one function.

    Attributes:
        form: ``n``, ``halves``, ``interleaved``; ``row`` and ``rows`` of what reduces rows.
        table: int32, shape (calls, columns): where each starts, how many elements it has, or how
            many rows and elements, then the numbers that count for the whole array.
        over: the input that the output is written over; None where it has an array of its own.
        output: the output that is written there.
    """

    form: str
    table: np.ndarray
    over: Input | None = None
    output: int = 0


class Plan(NamedTuple):
    """Everything that is run of a kernel.

    Attributes:
        interface: what goes in and out.
        single: codes by input for the function of single numbers, int64; empty for rows.
        arrays: codes by input for the functions of arrays, int64.
        wanted_single: codes by output for ``single``.
        wanted_arrays: codes by output for ``arrays``.
        calls: of the functions of arrays.
    """

    interface: Interface
    single: Mapping[str, np.ndarray]
    arrays: Mapping[str, np.ndarray]
    wanted_single: Mapping[str, np.ndarray]
    wanted_arrays: Mapping[str, np.ndarray]
    calls: tuple[Calls, ...]

    @classmethod
    def of(cls, solution: Solution) -> Plan:
        """Return the plan for a solution."""
        names = Expressions(solution.program, reserved(solution.program)).names
        interface = Interface.of(solution, names)
        report = solution.report
        inputs, outputs = report.stimulus.inputs, report.outputs
        if solution.program.takes_rows:
            alone = _rows(report.stimulus.lengths, [inputs[each.port] for each in interface.once])
            tables = {"row": alone, "rows": _equal_rows(alone)}
            calls = [c for form in tables for c in _everywhere(interface, form, tables[form])]
            return cls(interface, {}, inputs, {}, outputs, tuple(calls))
        arrays, at_once = _arrays(interface, inputs)
        wanted = outputs
        if interface.once:
            wanted = _given_once(solution.program, interface, arrays, at_once)
        calls = list(_everywhere(interface, "n", at_once, _pieces(at_once)))
        for form in JOINED if interface.joined else ():
            calls += _everywhere(interface, form, at_once, _pieces(at_once))
        return cls(interface, inputs, arrays, outputs, wanted, tuple(calls))


def _everywhere(interface: Interface, form: str, *tables: np.ndarray) -> Iterator[Calls]:
    """Yield calls that write elsewhere, by every table, and calls that write over each input."""
    for table in tables:
        yield Calls(form, table)
    for place, output in enumerate(interface.outputs):
        for each in interface.arrays:
            if each.type == output.type:
                yield Calls(form, tables[-1], each, place)
        if form in JOINED:
            # Both inputs are in the one array.
            return


def _rows(lengths: tuple[int, ...], once: list[np.ndarray]) -> np.ndarray:
    """Return the start and the length of each row, and the numbers that count for all of it."""
    starts = np.cumsum(lengths) - lengths
    return np.column_stack([starts, lengths, *(codes[starts] for codes in once)]).astype(np.int32)


def _equal_rows(table: np.ndarray) -> np.ndarray:
    """Return the start, number and length of rows that follow each other and are alike in these."""
    found, start = [], 0
    for (length, *once), group in groupby(table.tolist(), key=lambda row: row[1:]):
        count = len(list(group))
        found.append((start, count, length, *once))
        start += count * length
    return np.array(found, dtype=np.int32)


def _arrays(
    interface: Interface, inputs: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return codes for the arrays, and a call for every array at once."""
    count = len(next(iter(inputs.values())))
    sources = {each.port: inputs[each.port] for each in interface.arrays}
    if not interface.once:
        return sources, np.array([[0, count]], dtype=np.int32)
    given = np.column_stack([inputs[each.port] for each in interface.once])
    order = np.lexsort(given.T[::-1])
    distinct, starts, counts = np.unique(
        given[order], axis=0, return_index=True, return_counts=True
    )
    if len(distinct) <= MOST_CALLS:
        chosen = {name: codes[order] for name, codes in sources.items()}
        return chosen, np.column_stack([starts, counts, distinct]).astype(np.int32)
    picked = distinct[:: -(-len(distinct) // MOST_CALLS)]
    window = np.arange(WINDOW) + 61 * np.arange(len(picked))[:, np.newaxis]
    chosen = {name: codes[window.ravel() % count] for name, codes in sources.items()}
    starts = WINDOW * np.arange(len(picked))
    lengths = np.full(len(picked), WINDOW)
    return chosen, np.column_stack([starts, lengths, picked]).astype(np.int32)


def _given_once(
    program: Program, interface: Interface, arrays: Mapping[str, np.ndarray], table: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what the program gives for arrays whose calls have numbers of their own."""
    once = {
        each.port: np.repeat(table[:, 2 + place], table[:, 1]).astype(np.int64)
        for place, each in enumerate(interface.once)
    }
    return evaluate_all(program, {**arrays, **once})


def _pieces(table: np.ndarray) -> np.ndarray:
    """Return the same calls, each cut into short ones."""
    lengths = cycle(range(LONGEST_PIECE + 1))
    found = []
    for start, count, *given in table.tolist():
        end = start + count
        while start < end:
            length = min(next(lengths), end - start)
            found.append((start, length, *given))
            start += length
    return np.array(found, dtype=np.int32)
