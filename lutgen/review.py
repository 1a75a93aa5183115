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
        steps: how many steps it takes.
        dominated: whether another one takes neither more bytes nor more steps, and less of one.
        chosen: whether it is the table under review.
    """

    method: str
    program: Program | None
    max_lsb: float
    steps: int
    dominated: bool
    chosen: bool


@dataclass(frozen=True, eq=False)
class Review:
    """A solution, looked at closely.

    Attributes:
        solution: what is reviewed.
        ideal: what the exact function demands.
        judgement: the report against what was asked for.
        requirements: the properties that were asked for by name.
        other: another table to compare with; None where there is none.
    """

    solution: Solution
    ideal: Ideal
    judgement: Judgement
    requirements: tuple[str, ...] = ()
    other: Solution | None = None

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
        ideal = Ideal.of(solution.spec)
        names = tuple(required)
        judgement = Judgement.of(
            solution.report,
            ideal,
            methods.asked_tolerance(ideal),
            tuple(requirements.broken(solution.report, names)),
        )
        return cls(solution, ideal, judgement, names, other)

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
        found = [(own.method, own, True)]
        for candidate in methods.alternatives(self.ideal, self.compared_at):
            program = candidate.program
            if program is None or not _alike(program, own):
                found.append((candidate.method.name, program, False))
        sizes = [(p.storage_bytes, methods.step_count(p)) for _, p, _ in found if p is not None]
        rows = [
            Alternative(name, None, 0.0, 0, True, chosen) if program is None
            else Alternative(
                name,
                program,
                ErrorReport.measure(program, self.ideal).max_lsb,
                methods.step_count(program),
                any(_dominates(s, (program.storage_bytes, methods.step_count(program))) for s in sizes),
                chosen,
            )
            for name, program, chosen in found
        ]
        return tuple(sorted(rows, key=_size))


def _alike(a: Program, b: Program) -> bool:
    """Return whether two programs are the same for a reader."""
    facts = [(p.method, p.fold, p.storage_bytes, methods.step_count(p)) for p in (a, b)]
    return facts[0] == facts[1]


def _dominates(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one != other and one[0] <= other[0] and one[1] <= other[1]


def _size(row: Alternative) -> tuple[bool, int, int]:
    program = row.program
    return program is None, 0 if program is None else program.storage_bytes, row.steps
