"""A table of one's own as an activation: points joined by straight lines, constant beyond the ends.

The points are exact reals, or codes of the formats that are asked for; at every code of a table
that gives one for each, the activation has exactly the value of the code that was given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np

from lutgen.activations._record import NONDECREASING, NONINCREASING, Activation
from lutgen.errors import UsageError, shown
from lutgen.formats import NumberFormat
from lutgen.numerics.arrays import from_npy
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Exact, Value, exact, fraction

NAME = "samples"
SUFFIX = ".samples.csv"
MAX_POINTS = 65536
MAX_BYTES = 1 << 24

_CODES, _REALS = "input code,output code", "x,y"


class Samples:
    """Points with ascending x.

    Attributes:
        x: exact reals, or input codes.
        y: exact reals, or output codes.
        in_codes: which of the two.
    """

    def __init__(
        self, x: tuple[int | Fraction, ...], y: tuple[int | Fraction, ...], *, in_codes: bool
    ) -> None:
        """Keep the points.

        Raises:
            UsageError: there are fewer than two or too many, or x does not ascend.
        """
        if not 2 <= len(x) <= MAX_POINTS:
            raise UsageError.about("--table", f"must have 2 to {MAX_POINTS} points", len(x))
        for before, after in pairwise(x):
            if not before < after:
                raise UsageError.about("--table", f"x must ascend: after {before}", after)
        self.x, self.y, self.in_codes = x, y, in_codes

    @classmethod
    def read(cls, path: Path, covered: tuple[Number, Number] | None = None) -> Samples:
        """Return the points in a CSV or NPY file.

        One column holds values at equal distances over a range, two hold x and y; in a CSV file
        whose first line is ``input code,output code`` both are codes.

        Args:
            path: where it is.
            covered: real range that one column covers.

        Raises:
            UsageError: not such a file; the message names it, and the line.
        """
        try:
            if not path.is_file() or path.stat().st_size > MAX_BYTES:
                raise UsageError(f"--table: {path}: must be a file of at most {MAX_BYTES} bytes")
            content = path.read_bytes()
        except OSError as problem:
            raise UsageError(f"--table: {path}: {problem.strerror or problem}") from None
        if path.suffix == ".npy":
            in_codes, rows = False, _npy(path, content)
        else:
            in_codes, rows = _csv(path, content)
        if len({len(row) for row in rows}) > 1 or not rows or len(rows[0]) > 2:
            raise UsageError(f"--table: {path}: must have one or two numbers in every row")
        if len(rows[0]) == 2:
            x, y = zip(*rows, strict=True)
            return cls(x, y, in_codes=in_codes)
        if covered is None:
            raise UsageError(f"--table: {path}: one column needs --range, which its values cover")
        low, high = (end.value for end in covered)
        step = (high - low) / max(len(rows) - 1, 1)
        x = tuple(low + step * place for place in range(len(rows)))
        return cls(x, tuple(row[0] for row in rows), in_codes=False)

    @cached_property
    def body(self) -> str:
        """The points as CSV, one in a line, under the names of the columns."""
        rows = (f"{x},{y}\n" for x, y in zip(self.x, self.y, strict=True))
        return "".join([_CODES if self.in_codes else _REALS, "\n", *rows])

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of ``body``, in hexadecimal."""
        return sha256(self.body.encode("ascii")).hexdigest()

    def is_table(self, inputs: NumberFormat) -> bool:
        """Return whether there is an output code for each code of a format."""
        return self.in_codes and self.x == tuple(inputs.codes)

    def activation(self, inputs: NumberFormat | None, outputs: NumberFormat | None) -> Activation:
        """Return the function through the points.

        Args:
            inputs: what codes of x mean; reals mean themselves and need none.
            outputs: what codes of y mean.

        Raises:
            UsageError: a code is none of its format.
        """
        if self.in_codes:
            for codes, given in ((inputs, self.x), (outputs, self.y)):
                for code in (min(given), max(given)):
                    if not codes.min_code <= code <= codes.max_code:
                        limits = f"{codes.min_code} to {codes.max_code}"
                        raise UsageError.about("--table", f"must hold codes from {limits}", code)
            x, y = _decoded(self.x, inputs), _decoded(self.y, outputs)
        else:
            x, y = list(map(exact, self.x)), list(map(exact, self.y))
        kind = "codes" if self.in_codes else "points"
        return Activation(
            name=NAME,
            value=_value(x, y),
            derivative=_derivative(x, y),
            summary="Points of one's own, joined by straight lines.",
            formula=f"{len(x)} {kind} joined by straight lines, sha256 {self.sha256[:16]}",
            source="the file of samples beside the table",
            monotone=_direction(y),
            bounds=(fraction(min(y)), fraction(max(y))),
            kinks=lambda: tuple(map(fraction, x)),
            kink_rule="the right-hand derivative",
            default_range=(fraction(x[0]), fraction(x[-1])),
        )


def _decoded(given: tuple[int, ...], codes: NumberFormat) -> list[Exact]:
    """Return the reals that codes stand for."""
    scale = exact(codes.scale)
    return [scale * (code - codes.zero_point) for code in given]


def _direction(y: list[Exact]) -> str | None:
    """Return which way the values never turn; None where they turn."""
    if all(before <= after for before, after in pairwise(y)):
        return NONDECREASING
    return NONINCREASING if all(before >= after for before, after in pairwise(y)) else None


def _value(x: list[Exact], y: list[Exact]) -> Callable[[Exact], Value]:
    """Return the function whose lines join the points."""

    def value(at: Exact) -> Value:
        after = bisect_right(x, at)
        if after == 0 or after == len(x):
            return y[max(after - 1, 0)]
        start = x[after - 1]
        if at == start:
            return y[after - 1]
        return y[after - 1] + (y[after] - y[after - 1]) * ((at - start) / (x[after] - start))

    return value


def _derivative(x: list[Exact], y: list[Exact]) -> Callable[[Exact], Value]:
    """Return the slope of the line that begins at a place or holds it; 0 beyond the ends."""

    def derivative(at: Exact) -> Value:
        after = bisect_right(x, at)
        if after == 0 or after == len(x):
            return Exact(0)
        return (y[after] - y[after - 1]) / (x[after] - x[after - 1])

    return derivative


def _csv(path: Path, content: bytes) -> tuple[bool, list[tuple[int | Fraction, ...]]]:
    """Return whether a CSV file holds codes, and its rows.

    Comments begin with ``#``; one heading is skipped; columns end at a comma, semicolon or tab.
    """
    in_codes, rows, headed = False, [], False
    for number, raw in enumerate(content.decode("utf-8-sig", "replace").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in re.split("[,;\t]", line)]
        if not rows and not headed and re.match("[A-Za-z]", line):
            headed, in_codes = True, ",".join(cells).lower() == _CODES
            continue
        if len(rows) == MAX_POINTS:
            raise UsageError(f"--table: {path}, line {number}: more than {MAX_POINTS} points")
        where = f"--table: {path}, line {number}"
        rows.append(tuple(_cell(cell, where, in_codes=in_codes) for cell in cells))
    return in_codes, rows


def _cell(cell: str, where: str, *, in_codes: bool) -> int | Fraction:
    if not in_codes:
        return Number.parse(cell, where).value
    if not re.fullmatch("-?[0-9]{1,6}", cell, re.ASCII):
        raise UsageError(f"{where}: must be a code, a whole number, got {shown(cell)}")
    return int(cell)


def _npy(path: Path, content: bytes) -> list[tuple[Fraction, ...]]:
    """Return the rows of an NPY file of one or two columns."""
    try:
        found = from_npy(content)
    except ValueError as problem:
        raise UsageError(f"--table: {path}: {shown(problem, 80)[1:-1]}") from None
    if found.ndim not in (1, 2) or not len(found) <= MAX_POINTS or not np.isfinite(found).all():
        raise UsageError(
            f"--table: {path}: must be one or two columns of at most {MAX_POINTS} finite numbers"
        )
    return [tuple(map(Fraction, row)) for row in found.reshape(len(found), -1).tolist()]
