"""All that a reviewer wants to know of a table: what the long faces of its report show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import NamedTuple

import numpy as np

from lutgen import methods
from lutgen.accuracy import requirements
from lutgen.accuracy.comparison import Comparison
from lutgen.accuracy.envelope import Envelope
from lutgen.accuracy.histogram import Histogram
from lutgen.accuracy.judgement import Judgement
from lutgen.accuracy.report import ErrorReport, WorstCode
from lutgen.accuracy.split import Split
from lutgen.ideal import NEAREST, Ideal, Tolerance
from lutgen.program import Program
from lutgen.program.pieces import piece_starts
from lutgen.solution import Solution


class Piece(NamedTuple):
    """A run of input codes that a program serves alike.

    Attributes:
        first: index of its first code.
        last: index of its last code.
        worst: the code with the largest error in it.
    """

    first: int
    last: int
    worst: WorstCode


class Alternative(NamedTuple):
    """What a method makes of the spec.

    Attributes:
        method: its name.
        program: the program; None where it cannot keep the error within the storage looked at.
        max_lsb: its largest error.
        size: bytes and steps that it takes.
        dominated: whether another one takes neither more bytes nor more steps, and less of one.
        chosen: whether it is the table under review.
    """

    method: str
    program: Program | None
    max_lsb: float = 0.0
    size: tuple[int, int] = (0, 0)
    dominated: bool = False
    chosen: bool = False


@dataclass(frozen=True, eq=False)
class Review:
    """A solution, looked at closely.

    Attributes:
        solution: what is reviewed.
        judgement: the report against what was asked for.
        requirements: the properties that were asked for by name.
        other: another table to compare with; None where there is none.
        ideal: what the exact function demands; None of a kernel, of which less is shown.
    """

    solution: Solution
    judgement: Judgement
    requirements: tuple[str, ...] = ()
    other: Solution | None = None
    ideal: Ideal | None = None

    @classmethod
    def of(
        cls, solution: Solution, required: Iterable[str] = (), other: Solution | None = None
    ) -> Review:
        """Return the review of a solution.

        Args:
            solution: what to review.
            required: names of properties that it has to have.
            other: what to compare it with.
        """
        names, report = tuple(required), solution.report
        broken = requirements.broken(report, names)
        method = solution.spec.method
        if not isinstance(report, ErrorReport):
            tolerance = methods.tolerance_of(method)
            return cls(solution, Judgement.of_sample(report, method, tolerance, broken), names)
        ideal = Ideal.of(solution.spec)
        tolerance = methods.asked_tolerance(ideal)
        judgement = Judgement.of(report, ideal, tolerance, broken)
        return cls(solution, judgement, names, other, ideal)

    @property
    def report(self) -> ErrorReport:
        """The errors of the solution."""
        return self.solution.report

    @cached_property
    def split(self) -> Split:
        """Where the errors come from."""
        return Split.of(self.solution.program, self.ideal, self.report.codes)

    @cached_property
    def envelope(self) -> Envelope:
        """The errors, condensed to as many columns as a plot has."""
        return Envelope.of(self.report.error_lsb)

    @cached_property
    def histogram(self) -> Histogram:
        """How often errors of each size occur."""
        return Histogram.of(self.report.error_lsb)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces that the input codes fall into; none where nearly every code is its own."""
        starts = piece_starts(self.solution.program)
        errors = np.abs(self.report.error_lsb)
        if 2 * len(starts) > len(errors):
            return ()
        stops = [*starts[1:].tolist(), len(errors)]
        return tuple(
            Piece(first, stop - 1, self.report.at(first + int(errors[first:stop].argmax())))
            for first, stop in zip(starts.tolist(), stops, strict=True)
        )

    @cached_property
    def comparison(self) -> Comparison | None:
        """How the codes of the other table differ; None where they cannot be compared."""
        return None if self.other is None else Comparison.of(self.report, self.other.report)

    @cached_property
    def compared_at(self) -> Tolerance:
        """The error at which methods are compared: the one to keep, else the one that is left."""
        tolerance = self.judgement.tolerance
        if tolerance is not None:
            return tolerance
        reached = Fraction(ceil(self.report.max_lsb * 1024), 1024)
        return Tolerance(max(reached, NEAREST.limit or reached))

    @cached_property
    def alternatives(self) -> tuple[Alternative, ...]:
        """What every method makes of the spec, and the table itself; the fewest bytes first."""
        own = self.solution.program
        found = [
            Alternative(candidate.method.name, candidate.program)
            for candidate in methods.alternatives(self.ideal, self.compared_at)
            if candidate.program is None or not _alike(candidate.program, own)
        ]
        found.append(Alternative(own.method, own, chosen=True))
        sizes = [_size(row.program) for row in found if row.program is not None]
        measured = [
            row if row.program is None else row._replace(
                max_lsb=ErrorReport.measure(row.program, self.ideal).max_lsb,
                size=_size(row.program),
                dominated=any(_dominates(size, _size(row.program)) for size in sizes),
            )
            for row in found
        ]
        return tuple(sorted(measured, key=lambda row: (row.program is None, row.size)))


def _alike(a: Program, b: Program) -> bool:
    """Return whether two programs are the same for a reader."""
    return (a.method, a.fold, _size(a)) == (b.method, b.fold, _size(b))


def _size(program: Program) -> tuple[int, int]:
    return program.storage_bytes, methods.step_count(program)


def _dominates(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one != other and one[0] <= other[0] and one[1] <= other[1]
