"""A table of one's own as an activation: points joined by straight lines, constant beyond the ends.

The points are exact reals, or codes of the formats that are asked for; at every code of a table
that gives one for each, the activation has exactly the value of the code that was given.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from lutgen.activations._record import NONDECREASING, NONINCREASING, Activation
from lutgen.errors import UsageError, shown
from lutgen.formats import NumberFormat
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Exact, Value, exact, fraction
from lutgen.rows import CODES_HEADING, MAX_POINTS, read_rows

NAME = "samples"
SUFFIX = ".samples.csv"

_REALS = "x,y"


class Samples:
    """Points with ascending x.

    Attributes:
        x: exact reals, or input codes.
        y: exact reals, or output codes.
        in_codes: which of the two.
        source: where they are from, for messages.
    """

    def __init__(
        self, x: tuple[int | Fraction, ...], y: tuple[int | Fraction, ...], *, in_codes: bool,
        source: str = "--table",
    ) -> None:
        """Keep the points.

        Args:
            x: exact reals, or input codes.
            y: exact reals, or output codes.
            in_codes: which of the two.
            source: where they are from, for messages.

        Raises:
            UsageError: there are fewer than two or too many, or x does not ascend.
        """
        if not 2 <= len(x) <= MAX_POINTS:
            raise UsageError.about("--table", f"must have 2 to {MAX_POINTS} points", len(x))
        for before, after in pairwise(x):
            if not before < after:
                raise UsageError.about("--table", f"x must ascend: after {before}", after)
        self.x, self.y, self.in_codes, self.source = x, y, in_codes, source

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
        source = f"--table: {path}"
        rows = read_rows(path, source)
        if rows.columns == 2:
            x, y = zip(*rows.numbers, strict=True)
            for place, (before, after) in enumerate(pairwise(x), start=1):
                if not before < after:
                    same = "is there twice" if before == after else f"comes after {_number(before)}"
                    raise UsageError(
                        f"{rows.where(place)}: x = {_number(after)} {same}; sort by x, each once"
                    )
            return cls(x, y, in_codes=rows.in_codes, source=source)
        if covered is None:
            raise UsageError(f"{source}: one column needs --range, which its values cover")
        low, high = (end.value for end in covered)
        if low >= high:
            ends = f"{covered[0].text},{covered[1].text}"
            raise UsageError.about(
                "--range", "must be LO,HI with LO below HI", ends, "try --range=-8,8"
            )
        step = (high - low) / (len(rows.numbers) - 1)
        x = tuple(low + step * place for place in range(len(rows.numbers)))
        return cls(x, tuple(row[0] for row in rows.numbers), in_codes=False, source=source)

    @cached_property
    def body(self) -> str:
        """The points as CSV, one in a line, under the names of the columns."""
        rows = (f"{x},{y}\n" for x, y in zip(self.x, self.y, strict=True))
        return "".join([CODES_HEADING if self.in_codes else _REALS, "\n", *rows])

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
            for side, codes, given in (("input", inputs, self.x), ("output", outputs, self.y)):
                for code in (min(given), max(given)):
                    if not codes.min_code <= code <= codes.max_code:
                        limits = f"{side} codes from {codes.min_code} to {codes.max_code}"
                        where = self.x[given.index(code)]
                        raise UsageError.about(
                            self.source, f"must hold {limits}", code, f"in the row of {where}"
                        )
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


def _number(value: int | Fraction) -> str:
    """Return a number of a point for a message."""
    return shown(value)[1:-1]
