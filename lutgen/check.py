"""Would a rebuild give the same bytes?  Every file that should be there, compared with the disk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lutgen import pipeline, store, workers
from lutgen.errors import LutgenError, UsageError, printable
from lutgen.formats import MAX_WIDTH
from lutgen.pipeline import Files
from lutgen.solution import Artifact
from lutgen.verify import read, sidecars

SAME, DIFFERENT, MISSING = "same", "different", "missing"

MAX_DIFF_LINES = 40
"""Lines of a difference that are shown."""

_WINDOW = 400
_CONTEXT = 3
_LINE_LENGTH = 200


class Finding(NamedTuple):
    """What a comparison of one file found.

    Attributes:
        path: where it is, or should be.
        state: ``same``, ``different`` or ``missing``.
        difference: how the file would change, as the lines of a unified diff for text; at most
            ``MAX_DIFF_LINES`` and a word on the rest.
    """

    path: Path
    state: str
    difference: tuple[str, ...] = ()


def check(
    folder: Path, processes: int | None = None, templates: Path | None = None
) -> Iterator[Finding]:
    """Yield what became of every file that the sidecars below a folder describe, and of these.

    Args:
        folder: where they are.
        processes: how many may make the files anew; None for as many as are worth it.
        templates: folder of the user's templates, for what was made with some.

    Raises:
        LutgenError: there is no sidecar, one cannot be read, or nothing answers it any more.
    """
    paths = sidecars(folder)
    number = workers.processes_for(sum(map(_codes, paths)), processes)
    for place, files in workers.each(partial(rebuilt, templates=templates), paths, number):
        yield from compare(files, place)


def rebuilt(path: Path, templates: Path | None = None) -> tuple[Path, Files]:
    """Return the folder of a sidecar and the files that it describes, made anew.

    Raises:
        LutgenError: it cannot be read, or its files cannot be made.
    """
    place, solution, forms, templated, faces = read(path)
    if templated and templates is None:
        raise UsageError(f"{path}: was built with templates of your own; give --template-dir")
    return place, pipeline.rebuilt(solution, forms, faces, dict.fromkeys(templated, templates))


def compare(files: Files, folder: Path) -> Iterator[Finding]:
    """Yield how each file of a table, its sidecar last, differs from the one in its place."""
    entries = [store.describe(artifact) for artifact in files.artifacts]
    sidecar = pipeline.sidecar(files.name, files.document, entries, folder)
    yield from compare_artifacts((*files.artifacts, sidecar), folder)


def compare_artifacts(artifacts: Iterable[Artifact], folder: Path) -> Iterator[Finding]:
    """Yield how each artifact differs from the file in its place."""
    for artifact in artifacts:
        yield _finding(folder / artifact.path, artifact.content)


def _codes(path: Path) -> int:
    """Return how many input codes the table of a sidecar has; 0 where it does not say so."""
    try:
        bits = store.read_sidecar(path)["spec"]["input"]["bits"]
        return 2**bits if bits in range(MAX_WIDTH + 1) else 0
    except (LutgenError, KeyError, TypeError):
        return 0


def _finding(place: Path, wanted: bytes) -> Finding:
    try:
        if not place.is_file():
            if place.exists():
                return Finding(place, DIFFERENT, ("it is no regular file",))
            return Finding(place, MISSING)
        size = place.stat().st_size
        # What is far longer is not read: the difference is plain.
        if size > 4 * len(wanted) + (1 << 20):
            return Finding(place, DIFFERENT, (f"it has {size} bytes, not {len(wanted)}",))
        found = place.read_bytes()
    except OSError as problem:
        return Finding(place, DIFFERENT, (f"it cannot be read ({problem.strerror})",))
    if found == wanted:
        return Finding(place, SAME)
    return Finding(place, DIFFERENT, tuple(_difference(place.name, found, wanted)))


def _difference(name: str, found: bytes, wanted: bytes) -> Iterator[str]:
    """Yield the lines of a difference: unified for text, else where it begins."""
    if b"\0" in wanted or not wanted.isascii():
        pairs = zip(found, wanted, strict=False)
        first = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(found), len(wanted)))
        yield f"binary: {len(found)} bytes, not {len(wanted)}; they differ from byte {first} on"
        return
    if found.replace(b"\r\n", b"\n") == wanted:
        yield "its lines end in CR LF, not in LF; git does that where core.autocrlf is set"
        return
    old, new = (text.decode("ascii", "replace").split("\n") for text in (found, wanted))
    lines = list(_unified(name, old, new))
    yield from lines[:MAX_DIFF_LINES]
    if len(lines) > MAX_DIFF_LINES:
        yield f"... and {len(lines) - MAX_DIFF_LINES} lines more"


def _unified(name: str, old: list[str], new: list[str]) -> Iterator[str]:
    """Yield a unified diff of the parts around the first differences.

    Only so much is compared line by line that the time stays short whatever the files hold.
    """
    common = _common(old, new)
    start = max(common - _CONTEXT, 0)
    end = max(_common(old[common:][::-1], new[common:][::-1]) - _CONTEXT, 0)
    parts = [lines[start : len(lines) - end] for lines in (old, new)]
    windows = [[printable(line)[:_LINE_LENGTH] for line in part[:_WINDOW]] for part in parts]
    for line in unified_diff(*windows, f"{name} (on disk)", f"{name} (rebuilt)", lineterm=""):
        yield _moved(line, start)
    more = max(len(part) - _WINDOW for part in parts)
    if more > 0:
        yield f"... {more} lines further on were not compared"


def _common(old: list[str], new: list[str]) -> int:
    """Return how many lines both begin with."""
    pairs = zip(old, new, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _moved(line: str, start: int) -> str:
    """Return a line of a diff, the numbers in a heading counted from the file's first line."""
    heading = re.fullmatch(r"@@ -([0-9]+)(,[0-9]+)? \+([0-9]+)(,[0-9]+)? @@", line)
    if heading is None:
        return line
    old, old_count, new, new_count = heading.groups(default="")
    return f"@@ -{int(old) + start}{old_count} +{int(new) + start}{new_count} @@"
