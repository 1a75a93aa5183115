"""The faces that are files: a report beside the files of each table, and an index of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lutgen.reports import FACES, TARGETS, file_name, html, index, index_name, markdown
from lutgen.review import Review
from lutgen.solution import Artifact, Solution
from lutgen.store import text_artifact

_PAGES: dict[str, Callable[[Review], str]] = {"html": html.review_page, "md": markdown.review_text}
_INDICES: dict[str, Callable[[list[index.Line]], str]] = {"html": index.page, "md": index.text}


def reports(solution: Solution, wanted: Iterable[str]) -> list[Artifact]:
    """Return ``NAME.report.html`` and the like, for the faces that are wanted."""
    chosen = tuple(wanted)
    review = Review.of(solution) if chosen else None
    return [
        text_artifact(
            file_name(solution.spec.name, face), _PAGES[face](review),
            TARGETS[FACES.index(face)],
        )
        for face in chosen
    ]


def line(solution: Solution) -> index.Line:
    """Return what an index tells of a solution."""
    return index.line(Review.of(solution))


def indices(lines: list[index.Line], face: str) -> list[Artifact]:
    """Return ``index.html`` or the like, which leads to the reports of many tables, if any."""
    if not lines:
        return []
    return [text_artifact(index_name(face), _INDICES[face](lines), "report-index")]
