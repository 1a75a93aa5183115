"""What answers a spec: the program and its error report, and the files made of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from lutgen.accuracy import ErrorReport
from lutgen.program import Program
from lutgen.spec import Spec

if TYPE_CHECKING:
    from lutgen.kernels import KernelReport, KernelSpec


@dataclass(frozen=True, eq=False)
class Solution:
    """A program that answers a spec, with its error measured: on every code of an activation.

    Attributes:
        spec: the request.
        program: the bit-true definition.
        report: its error.
    """

    spec: Spec | KernelSpec
    program: Program
    report: ErrorReport | KernelReport

    @cached_property
    def codes_sha256(self) -> str:
        """SHA-256 of the output codes: ascending input codes, little-endian two's complement.

        It is the same whatever file, language or order the codes are emitted in.  Of a kernel it
        is that of the outputs for its stimulus.
        """
        size = 1 if self.spec.output.width <= 8 else 2
        kind = "i" if self.spec.output.signed else "u"
        return sha256(self.report.codes.astype(f"<{kind}{size}").tobytes()).hexdigest()

    def _repr_html_(self) -> str | None:
        """Return the report and the tables as a notebook shows them; nothing of a kernel."""
        if not isinstance(self.report, ErrorReport):
            return None
        tables = "".join(table._repr_html_() for table in self.program.tables)
        return f"{self.report._repr_html_()}{tables}"


class Artifact(NamedTuple):
    """One file a target wants written.

    Attributes:
        path: relative to the output folder.
        content: the bytes.
        target: who made it.
    """

    path: PurePosixPath
    content: bytes
    target: str


class Verdict(NamedTuple):
    """What a replay of emitted files found.

    Attributes:
        name: identifier of the table.
        target: whose files were run.
        tool: what ran them, with its version.
        codes: how many input codes were checked.
        mismatches: for how many of them the output differs from the program's.
        problem: why nothing was run; empty where it was.
        note: what else is worth knowing, such as how a runtime itself rounds; no failure.
    """

    name: str
    target: str
    tool: str
    codes: int
    mismatches: int
    problem: str = ""
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether every code was run and gave the program's output."""
        return not self.problem and self.codes > 0 and self.mismatches == 0
