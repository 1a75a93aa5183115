"""Every write to disk: complete or not at all, and never over somebody else's file."""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lutgen.errors import StoreError, shown
from lutgen.solution import Artifact

MARKER = b"enerated by lutgen"
"""Every file of lutgen's holds this near its top or end; a file without it is foreign."""

SIDECAR_SUFFIX = ".lutgen.json"
SIDECAR_SCHEMA = "lutgen.spec/1"
MAX_SIDECAR_BYTES = 1 << 20

_EDGE_BYTES = 4096
_TEMPORARY = r"\..*\.[0-9a-f]{16}\.lutgen-tmp"
_STALE_SECONDS = 3600


class Written(NamedTuple):
    """What became of one artifact.

    Attributes:
        path: where it is.
        artifact: what was asked for.
        changed: False where the file already had these bytes and was left alone.
    """

    path: Path
    artifact: Artifact
    changed: bool


def write(folder: Path, artifacts: Iterable[Artifact], *, force: bool = False) -> list[Written]:
    """Write all artifacts below ``folder``, or none of them.

    Every file is written beside its place under a random name, flushed to the disk, and moved
    into place only when all are complete; the sidecars, which vouch for the others, come last.

    Args:
        folder: made where it is missing.
        artifacts: what to write; paths are relative and stay inside the folder.
        force: overwrite files that lutgen did not make.

    Raises:
        StoreError: the folder cannot be used, a foreign file is in the way, or the disk is full.
    """
    ordered = sorted(artifacts, key=lambda a: a.path.name.endswith(SIDECAR_SUFFIX))
    places = [(folder / artifact.path, artifact) for artifact in ordered]
    for place, artifact in places:
        if not force and os.path.lexists(place) and not _may_replace(place, artifact, folder):
            raise StoreError(
                f"{place}: exists and was not made by lutgen; move it away, choose another "
                "--name or -o, or pass --force"
            )
    pending: list[tuple[Path, Path]] = []
    made: list[Path] = []
    try:
        _make_folders(folder, made)
        written = []
        for place, artifact in places:
            _make_folders(place.parent, made)
            changed = place.is_symlink() or _content(place) != artifact.content
            if changed:
                pending.append((_write_beside(place, artifact.content), place))
            written.append(Written(place, artifact, changed))
        while pending:
            os.replace(*pending[0])
            del pending[0]
        for parent in {place.parent for place, _ in places}:
            _flush_folder(parent)
            _remove_stale(parent)
        made.clear()
        return written
    except OSError as problem:
        raise StoreError(
            f"{problem.filename or folder}: cannot be written ({problem.strerror or problem})"
        ) from None
    finally:
        # Reached with work pending only after a failure or a signal: leave nothing behind.
        for temporary, _ in pending:
            with contextlib.suppress(OSError):
                temporary.unlink()
        for parent in reversed(made):
            with contextlib.suppress(OSError):
                parent.rmdir()


def is_ours(path: Path, folder: Path) -> bool:
    """Return whether lutgen made the file: it says so itself, or a sidecar in folder lists it."""
    if path.is_symlink() or not path.is_file():
        return False
    with contextlib.suppress(OSError):
        with path.open("rb") as file:
            if MARKER in file.read(_EDGE_BYTES):
                return True
            # A tensor has its bytes first, and says what it is after them.
            file.seek(max(0, path.stat().st_size - _EDGE_BYTES))
            if MARKER in file.read(_EDGE_BYTES):
                return True
        relative = path.relative_to(folder).as_posix()
        return any(
            relative == entry.get("path")
            for sidecar in folder.glob(f"*{SIDECAR_SUFFIX}")
            for entry in _listed(sidecar)
        )
    return False


def _may_replace(place: Path, artifact: Artifact, folder: Path) -> bool:
    """Return whether nothing of somebody else's is lost when a file is replaced."""
    same = not place.is_symlink() and _content(place) == artifact.content
    return same or is_ours(place, folder)


def sidecar(
    name: str,
    document: dict[str, object],
    artifacts: Iterable[Artifact],
    generator: str,
    kept: Iterable[dict[str, object]] = (),
) -> Artifact:
    """Return the file ``NAME.lutgen.json`` that vouches for the other artifacts of a table.

    Args:
        name: identifier of the table.
        document: what a rebuild needs: the spec and the options.
        artifacts: the files made from it.
        generator: who made them, with its version.
        kept: entries of files that an earlier build of the same spec wrote for other targets.
    """
    entries = [*map(describe, artifacts), *kept]
    content = {
        "schema": SIDECAR_SCHEMA,
        "generator": f"Generated by {generator}",
        **document,
        "artifacts": sorted(entries, key=lambda entry: str(entry["path"])),
    }
    return text_artifact(f"{name}{SIDECAR_SUFFIX}", json.dumps(content, indent=2) + "\n", "sidecar")


def text_artifact(path: str, text: str, target: str) -> Artifact:
    """Return ``text``, which is ASCII, as an artifact."""
    return Artifact(PurePosixPath(path), text.encode("ascii"), target)


def describe(artifact: Artifact) -> dict[str, object]:
    """Return an artifact's entry in a sidecar and in ``build --json``."""
    return {
        "path": artifact.path.as_posix(),
        "sha256": sha256(artifact.content).hexdigest(),
        "bytes": len(artifact.content),
        "target": artifact.target,
    }


def read_sidecar(path: Path) -> dict[str, object]:
    """Return the document in a sidecar.

    Raises:
        StoreError: not a readable sidecar of this schema.
    """
    try:
        if not path.is_file() or path.stat().st_size > MAX_SIDECAR_BYTES:
            raise ValueError("not a regular file, or too large")
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SIDECAR_SCHEMA:
            raise ValueError(f"schema is {shown(document['schema'])}, not {SIDECAR_SCHEMA}")
        return document
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        reason = shown(problem, 100).strip('"')
        raise StoreError(f"{path}: not a lutgen sidecar ({reason}); build it again") from None


def _listed(sidecar_path: Path) -> Iterator[dict[str, object]]:
    """Yield the artifact entries of a sidecar, none where it cannot be read."""
    with contextlib.suppress(StoreError):
        entries = read_sidecar(sidecar_path).get("artifacts", [])
        yield from (entry for entry in entries if isinstance(entry, dict))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Make ``folder`` and its missing parents, and note in ``made`` which those were."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        made.append(path)
    if not folder.is_dir():
        raise NotADirectoryError(20, "it is not a folder", str(folder))


def _write_beside(place: Path, content: bytes) -> Path:
    """Write ``content`` to a new hidden file next to ``place`` and return its path."""
    temporary = place.with_name(f".{place.name}.{os.urandom(8).hex()}.lutgen-tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _flush_folder(folder: Path) -> None:
    """Make the renames in ``folder`` survive a power loss, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_stale(folder: Path) -> None:
    """Remove what a killed run left behind, old enough not to be another run's."""
    limit = time.time() - _STALE_SECONDS
    for path in folder.iterdir():
        if path.name.startswith(".") and re.fullmatch(_TEMPORARY, path.name):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < limit:
                    path.unlink()
