"""The faces of an error report.  No arithmetic: every figure comes from ``accuracy``.

``terminal`` and ``document`` (JSON) are what ``build`` prints of a table, ``reviewed`` is what
``report`` prints; ``html`` and ``markdown`` are files, which ``files`` makes beside those of the
targets.
"""

from __future__ import annotations

from collections.abc import Iterable

from lutgen import names
from lutgen.errors import UsageError

FACES = ("html", "md")
"""The faces that are files."""

TARGETS = tuple(f"report-{face}" for face in FACES)
"""What a sidecar calls the files of each face."""


def faces(lists: Iterable[str]) -> tuple[str, ...]:
    """Return the faces in comma lists, each once, in the order given.

    Raises:
        UsageError: there is no such face.
    """
    wanted = names.in_lists(lists)
    for name in wanted:
        if name not in FACES:
            raise UsageError.about("--report", f"must be {' or '.join(FACES)}", name)
    return wanted


def file_name(name: str, face: str) -> str:
    """Return what the report of a table is called in one face."""
    return f"{name}.report.{face}"


def index_name(face: str) -> str:
    """Return what the index of many reports is called in one face."""
    return f"index.{face}"
