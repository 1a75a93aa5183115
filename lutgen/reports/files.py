"""The faces that are files: a report beside the files of each table, and an index of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lutgen.reports import FACES, TARGETS, html, index, markdown
from lutgen.review import Review
from lutgen.solution import Artifact, Solution
from lutgen.store import text_artifact

_PAGES: dict[str, Callable[[Review], str]] = {"html": html.review_page, "md": markdown.review_text}
_INDICES: dict[str, Callable[[list[Review]], str]] = {"html": index.page, "md": index.text}


def reports(solution: Solution, wanted: Iterable[str]) -> list[Artifact]:
    """Return ``NAME.report.html`` and the like, for the faces that are wanted."""
    chosen = tuple(wanted)
    review = Review.of(solution) if chosen else None
    return [
        text_artifact(
            f"{solution.spec.name}.report.{face}", _PAGES[face](review),
            TARGETS[FACES.index(face)],
        )
        for face in chosen
    ]


def indices(solutions: Iterable[Solution], face: str) -> list[Artifact]:
    """Return ``index.html`` or the like, which leads to the reports of many tables, if any."""
    reviews = [Review.of(solution) for solution in solutions]
    if not reviews:
        return []
    return [text_artifact(f"index.{face}", _INDICES[face](reviews), "report-index")]
