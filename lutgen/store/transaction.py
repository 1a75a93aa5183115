"""Files that appear all at once, or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from errno import EEXIST
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lutgen import signals
from lutgen.errors import StoreError, UsageError
from lutgen.solution import Artifact
from lutgen.store.ownership import has, holds, may_replace
from lutgen.store.sidecars import SIDECAR_SUFFIX, describe

_TEMPORARY = r"\..*\.[0-9a-f]{16}\.lutgen-tmp"
_STALE_SECONDS = 3600


class Written(NamedTuple):
    """What became of one artifact.

    Attributes:
        path: where it is.
        entry: what ``describe`` says of it.
        changed: False where the file already had these bytes and was left alone.
    """

    path: Path
    entry: dict[str, object]
    changed: bool


def write(folder: Path, artifacts: Iterable[Artifact], *, force: bool = False) -> list[Written]:
    """Write all artifacts below ``folder``, or none of them; the sidecars come last.

    Args:
        folder: made where it is missing.
        artifacts: what to write; paths are relative and stay inside the folder.
        force: overwrite files that lutgen did not make.

    Raises:
        StoreError: the folder cannot be used, a foreign file is in the way, or the disk is full.
    """
    with Transaction(folder, force=force) as transaction:
        for artifact in sorted(artifacts, key=lambda a: a.path.name.endswith(SIDECAR_SUFFIX)):
            transaction.add(artifact)
        return transaction.commit()


class Transaction:
    """Files that appear all at once, or not at all.

    Each is written beside its place under a random name as it arrives; ``commit`` flushes them to
    the disk and moves them into place, in the order in which they came.  Without it, leaving the
    ``with`` block removes them.
    """

    def __init__(self, folder: Path, *, force: bool = False) -> None:
        """Begin with nothing written.

        Args:
            folder: made where it is missing, when the first file comes.
            force: overwrite files that lutgen did not make.
        """
        self.folder = folder
        self._force = force
        self._pending: list[tuple[Path, Path]] = []
        self._written: list[Written] = []
        self._made: list[Path] = []
        self._taken: dict[str, PurePosixPath] = {}

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, *problem: object) -> None:
        """Remove what is pending, which is something only after a failure or a signal."""
        try:
            with signals.held():
                self._remove()
        finally:
            # Once more, for a signal that came just before they were held.
            self._remove()

    def _remove(self) -> None:
        for temporary, _ in self._pending:
            with contextlib.suppress(OSError):
                temporary.unlink()
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()

    @property
    def places(self) -> tuple[Path, ...]:
        """Where the files go that have come so far, those that are there already included."""
        return tuple(item.path for item in self._written)

    def add(self, artifact: Artifact) -> None:
        """Bring an artifact, which goes below the folder.

        Raises:
            UsageError: another one has this path already, where case does not matter.
            StoreError: a foreign file is in the way, or it cannot be written.
        """
        key = str(artifact.path).lower()
        if key in self._taken:
            raise UsageError(
                f"two tables both write {self._taken[key]}; give one of them another name"
            )
        self._taken[key] = artifact.path
        place = self.folder / artifact.path
        for folder in [self.folder / part for part in artifact.path.parents][:-1]:
            if folder.is_symlink():
                raise StoreError(f"{folder}: is a link, which is not followed; remove it")
        with _named(place):
            if not self._force and not may_replace(place, artifact.content, self.folder):
                raise StoreError(
                    f"{place}: exists and was not made by lutgen; move it away, choose another "
                    "--name or -o, or pass --force"
                )
            changed = not has(place, artifact.content)
            if changed:
                self._write_beside(place, artifact.content)
        self._written.append(Written(place, describe(artifact), changed))

    def add_at(self, place: Path, artifact: Artifact, mark: bytes) -> None:
        """Bring a file that goes elsewhere, and is made anew each time.

        Args:
            place: where.
            artifact: what.
            mark: what tells an earlier one from a foreign file.

        Raises:
            StoreError: a foreign file is in the way, or it cannot be written.
        """
        with _named(place):
            if os.path.lexists(place) and not self._force and not holds(place, mark):
                raise StoreError(
                    f"{place}: exists and was not made by lutgen; name another file, or "
                    "pass --force"
                )
            self._write_beside(place, artifact.content)
        self._written.append(Written(place, describe(artifact), changed=True))

    def commit(self) -> list[Written]:
        """Move all files into place and return what became of each.

        Signals wait meanwhile, so that none of them comes between two files.

        Raises:
            StoreError: the disk is full; the files are as they were.
        """
        with _named(self.folder):
            for temporary, _ in self._pending:
                _flush(temporary, os.O_RDWR)
            with signals.held():
                while self._pending:
                    os.replace(*self._pending[0])
                    del self._pending[0]
                self._made.clear()
        for parent in {item.path.parent for item in self._written}:
            with contextlib.suppress(OSError):
                _flush(parent, os.O_RDONLY)
                _remove_stale(parent)
        return self._written

    def _write_beside(self, place: Path, content: bytes) -> None:
        """Write a new hidden file next to ``place``."""
        if place.exists() and not place.is_file() and not place.is_symlink():
            raise OSError(EEXIST, "it is no regular file")
        temporary = place.with_name(f".{place.name}.{os.urandom(8).hex()}.lutgen-tmp")
        self._make_folders(place.parent)
        # Noted before it is made: a signal may come in between.
        self._pending.append((temporary, place))
        try:
            _write_new(temporary, content)
        except FileNotFoundError:
            # Another build, which failed, has just removed the folder that it had made.
            self._make_folders(place.parent)
            _write_new(temporary, content)

    def _make_folders(self, folder: Path) -> None:
        """Make ``folder`` and its missing parents, and note which those were."""
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        if not folder.is_dir():
            raise StoreError(f"{folder}: cannot be written (it is not a folder)")
        with _named(missing[0] if missing else folder):
            for path in reversed(missing):
                self._made.append(path)
                path.mkdir(exist_ok=True)


@contextlib.contextmanager
def _named(place: Path) -> Iterator[None]:
    """Turn an error of the system into one line that names the file."""
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise StoreError(f"{place}: cannot be written ({reason})") from None


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with open(handle, "wb") as file:
        file.write(content)


def _flush(path: Path, flags: int) -> None:
    """Make a file, or the renames in a folder, survive a power loss."""
    handle = os.open(path, flags)
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
