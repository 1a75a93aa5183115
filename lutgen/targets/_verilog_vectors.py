"""What a module is run on, and what it must give: every code, or the inputs of a kernel's report.

Test benches of kernels read them from a file, a vector in each line; they hold a part of the
vectors, spread evenly, with all corners.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import gcd
from typing import NamedTuple

import numpy as np

from lutgen import __version__
from lutgen.accuracy import ErrorReport
from lutgen.program import evaluate_all, ops
from lutgen.solution import Solution
from lutgen.targets._verilog_ports import Port, input_ports, output_ports

BENCH_VECTORS = 2**14
"""A test bench has at most so many vectors: a second of work for a simulator."""

BEYOND = 3
"""Elements that the row has which is too long for a module."""

LAST_IN, LAST_OUT, TOO_LONG, DROPPED = 1, 2, 4, 8
"""Flags of an element in a file of rows: it ends a row that goes in, its output ends a row that
comes out, its row is too long, and there is no output for it."""

BENCH_ELEMENTS = 2**13
"""Rows in a test bench have together about so many elements; they are sent twice."""

_GOLDEN = 0x9E37
"""65536 times the golden section: its multiples are spread evenly, and from one to the next is a
long way, so that a stage which is one clock late cannot hide."""


class Vectors(NamedTuple):
    """Inputs of a module and the outputs for them.

    Attributes:
        inputs: bit patterns of every input, int64, shape (count,), in the order of the ports.
        outputs: those of every output.
        lengths: of the rows that lie one after the other; empty where there are none.
    """

    inputs: tuple[np.ndarray, ...]
    outputs: tuple[np.ndarray, ...]
    lengths: tuple[int, ...] = ()

    @classmethod
    def of(cls, solution: Solution) -> Vectors:
        """Return all that the report knows; of a table, by the bit pattern of the input."""
        report, program = solution.report, solution.program
        sides = input_ports(program), output_ports(program)
        if isinstance(report, ErrorReport):
            ((source,), (target,)) = sides
            codes = np.roll(report.codes, source.format.min_code)
            return cls((np.arange(len(codes)),), (_patterns(codes, target),))
        inputs, outputs = (
            tuple(_patterns(codes[port.source], port) for port in ports)
            for codes, ports in zip((report.stimulus.inputs, report.outputs), sides, strict=True)
        )
        return cls(inputs, outputs, report.stimulus.lengths)

    @property
    def count(self) -> int:
        """How many there are; of rows, elements."""
        return len(self.inputs[0])

    def taken(self, places: np.ndarray) -> Vectors:
        """Return the vectors at some places."""
        return Vectors(*(tuple(codes[places] for codes in side) for side in self[:2]))

    def for_bench(self, solution: Solution) -> Vectors:
        """Return those that a test bench takes: the corners, and others spread evenly."""
        if self.lengths:
            return self._rows_for_bench()
        places = _spread(self.count)
        is_corner = np.ones(self.count, bool)
        for codes, port in zip(self.inputs, input_ports(solution.program), strict=True):
            is_corner &= np.isin(codes, _corners(port))
        corners, others = places[is_corner[places]], places[~is_corner[places]]
        kept = max(0, min(len(others), BENCH_VECTORS - len(corners)))
        return self.taken(np.concatenate([corners, others[:kept]]))

    def _rows_for_bench(self) -> Vectors:
        """Return rows of every length, as many of each as an even share of the elements allows."""
        starts = np.cumsum(self.lengths) - self.lengths
        by_length: dict[int, list[int]] = {}
        for row, length in enumerate(self.lengths):
            by_length.setdefault(length, []).append(row)
        chosen: list[int] = []
        left = BENCH_ELEMENTS
        for rest, length in zip(range(len(by_length), 0, -1), sorted(by_length), strict=True):
            rows = by_length[length]
            kept = min(len(rows), max(1, left // rest // length))
            chosen += [rows[i * len(rows) // kept] for i in range(kept)]
            left -= kept * length
        # Long and short rows follow each other.
        rows = [chosen[place] for place in _spread(len(chosen)).tolist()]
        places = [np.arange(starts[row], starts[row] + self.lengths[row]) for row in rows]
        found = self.taken(np.concatenate(places))
        return found._replace(lengths=tuple(self.lengths[row] for row in rows))


def longest_row(solution: Solution) -> int:
    """Return the elements of the longest row for which the program is proved."""
    values = solution.program.values
    sums = [value.op.longest for value in values if isinstance(value.op, ops.ReduceSum)]
    return min([solution.spec.settings.max_n, *sums])


def with_a_long_row(solution: Solution, found: Vectors) -> tuple[Vectors, np.ndarray]:
    """Return rows with one more in their middle, which is too long, and each element's flags.

    Args:
        solution: what is computed.
        found: the other rows.
    """
    longest = longest_row(solution)
    half = len(found.lengths) // 2
    start = sum(found.lengths[:half])
    ends = np.cumsum(found.lengths) - 1
    flags = np.zeros(found.count, np.int64)
    flags[ends] = LAST_IN | LAST_OUT
    beyond = np.arange(longest + BEYOND)
    its_flags = np.where(beyond < longest, TOO_LONG, TOO_LONG | DROPPED)
    its_flags[longest - 1] |= LAST_OUT
    its_flags[-1] |= LAST_IN
    its = _long_row(solution, longest)
    sides = (
        tuple(np.insert(codes, start, row) for codes, row in zip(own, more, strict=True))
        for own, more in zip(found[:2], its[:2], strict=True)
    )
    lengths = (*found.lengths[:half], len(beyond), *found.lengths[half:])
    return Vectors(*sides, lengths), np.insert(flags, start, its_flags)


def _long_row(solution: Solution, longest: int) -> Vectors:
    """Return a row that is too long, and the outputs for its beginning."""
    program = solution.program
    inputs, outputs = input_ports(program), output_ports(program)
    codes = {
        port.source: port.format.min_code + np.arange(longest + BEYOND) * 7 % 2**port.width
        for port in inputs
    }
    found = evaluate_all(program, {name: row[:longest] for name, row in codes.items()})
    return Vectors(
        tuple(_patterns(codes[port.source], port) for port in inputs),
        tuple(np.pad(_patterns(found[port.source], port), (0, BEYOND)) for port in outputs),
    )


class Field(NamedTuple):
    """A code in the vectors of a file.

    Attributes:
        port: whose.
        low: its lowest bit in a vector.
    """

    port: Port
    low: int

    @property
    def bits(self) -> str:
        """Where it is: ``[11:4]``."""
        return f"[{self.low + self.port.width - 1}:{self.low}]"


def fields(ports: Sequence[Port]) -> tuple[Field, ...]:
    """Return where codes lie in a vector: each in whole digits, the first one highest."""
    found: list[Field] = []
    low = 0
    for port in reversed(ports):
        found.append(Field(port, low))
        low += 4 * _digits(port)
    return tuple(reversed(found))


def fields_width(ports: Iterable[Port]) -> int:
    """Return the bits of a vector of these ports."""
    return sum(4 * _digits(port) for port in ports)


def vector_file(name: str, ports: Sequence[Port], codes: Sequence[np.ndarray],
                flags: np.ndarray | None = None, legend: str = "") -> bytes:
    """Return a file of vectors for ``$readmemh``.

    Args:
        name: of the module.
        ports: whose codes a vector holds, in order.
        codes: the bit patterns.
        flags: a digit before the codes.
        legend: what the flags mean.
    """
    # One format operation for all: 65,536 lines take some 50 ms.
    row = "_".join([*(["%x"] * (flags is not None)), *(f"%0{_digits(port)}x" for port in ports)])
    columns = [*([flags] if flags is not None else []), *codes]
    numbers = np.stack(columns, axis=1)
    told = ", ".join(port.name for port in ports)
    head = [
        f"// {name}: vectors of its test bench.",
        f"// Generated by lutgen {__version__}.  {len(numbers)} lines: {legend}{told}.",
    ]
    text = "\n".join([*head, *[row] * len(numbers)]) + "\n"
    return (text % tuple(numbers.ravel().tolist())).encode("ascii")


def _spread(count: int) -> np.ndarray:
    """Return the places of ``count`` vectors, each once, in an order without neighbours."""
    stride = count * _GOLDEN >> 16
    while gcd(stride, count) != 1:
        stride += 1
    return np.arange(count) * stride % count


def _digits(port: Port) -> int:
    return -(-port.width // 4)


def _corners(port: Port) -> list[int]:
    """Return the patterns at the ends of a port's codes and around its zero point."""
    codes = port.format
    near = [codes.zero_point + step for step in (-1, 0, 1)]
    found = {codes.min_code, codes.min_code + 1, codes.max_code - 1, codes.max_code, *near}
    return sorted(code % 2**codes.width for code in found)


def _patterns(codes: np.ndarray, port: Port) -> np.ndarray:
    return np.asarray(codes, np.int64) % 2**port.width
