"""Files that appear all at once, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from errno import EEXIST
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lutgen import signals
from lutgen.errors import StoreError, UsageError
from lutgen.solution import Artifact
from lutgen.store import leftovers, superseded
from lutgen.store.leftovers import Sign, beside
from lutgen.store.ownership import has, holds, may_replace
from lutgen.store.sidecars import SIDECAR_SUFFIX, describe

BY_TABLE = "--name or -o"
"""What says where the files of a table go."""

_FOR_EDITING = ("manifest",)
"""What makes files that are meant to be edited."""


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


def write(
    folder: Path, artifacts: Iterable[Artifact], *, force: bool = False, chosen_by: str = BY_TABLE
) -> list[Written]:
    """Write all artifacts below ``folder``, or none of them; the sidecars come last.

    Args:
        folder: made where it is missing.
        artifacts: what to write; paths are relative and stay inside the folder.
        force: overwrite files that lutgen did not make.
        chosen_by: the options that say where they go, for messages.

    Raises:
        StoreError: the folder cannot be used, a foreign file is in the way, or the disk is full.
    """
    with Transaction(folder, force=force, chosen_by=chosen_by) as transaction:
        for artifact in sorted(artifacts, key=lambda a: a.path.name.endswith(SIDECAR_SUFFIX)):
            transaction.add(artifact)
        return transaction.commit()


class Transaction:
    """Files that appear all at once, or not at all.

    Each is written beside its place under a random name as it arrives; ``commit`` flushes them to
    the disk and moves them into place, in the order in which they came.  Without it, leaving the
    ``with`` block removes them.
    """

    def __init__(
        self, folder: Path, *, force: bool = False, chosen_by: str = BY_TABLE
    ) -> None:
        """Begin with nothing written.

        Args:
            folder: made where it is missing, when the first file comes.
            force: overwrite files that lutgen did not make.
            chosen_by: the options that say where they go, for messages.
        """
        self.folder = folder
        self._chosen_by = chosen_by
        self._force = force
        self._pending: list[tuple[Path, Path]] = []
        self._written: list[Written] = []
        self._made: list[Path] = []
        self._run = leftovers.new_run()
        self._signs: dict[Path, Sign] = {}
        self._taken: dict[str, PurePosixPath] = {}
        self._dropped: list[PurePosixPath] = []
        self._kept: dict[Path, tuple[tuple[int, ...] | None, str]] = {}

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, *problem: object) -> None:
        """Remove what is pending, which is something only after a failure or a signal."""
        signals.put_in_order(self._remove)

    def _remove(self) -> None:
        for temporary, _ in self._pending:
            with contextlib.suppress(OSError):
                temporary.unlink()
        for sign in self._signs.values():
            sign.take_away()
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
                f"two tables or targets both write {self._taken[key]}; give one of them another "
                "name"
            )
        self._taken[key] = artifact.path
        place = self.folder / artifact.path
        for folder in [self.folder / part for part in artifact.path.parents][:-1]:
            if folder.is_symlink():
                raise StoreError(f"{folder}: is a link, which is not followed; remove it")
        with _named(place):
            if not self._force and not may_replace(place, artifact.content, self.folder):
                # What is no file is not replaced by force either.
                force = ", or pass --force" if place.is_symlink() or place.is_file() else ""
                edits = artifact.target in _FOR_EDITING and place.is_file()
                whose = "may hold edits of yours" if edits else "was not made by lutgen"
                raise StoreError(
                    f"{place}: exists and {whose}; move it away{',' * bool(force)} "
                    f"{'' if force else 'or '}choose another {self._chosen_by}{force}"
                )
            state = _state(place)
            changed = not has(place, artifact.content)
            if changed:
                self._write_beside(place, artifact.content, self.folder)
            else:
                self._kept[place] = state, sha256(artifact.content).hexdigest()
        self._written.append(Written(place, describe(artifact), changed))

    def drop(self, path: PurePosixPath) -> None:
        """Remove a file below the folder with the commit, unless this brings it after all."""
        self._dropped.append(path)

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
            self._write_beside(place, artifact.content, place.parent)
        self._written.append(Written(place, describe(artifact), changed=True))

    def commit(self) -> list[Written]:
        """Move all files into place and return what became of each.

        Signals wait meanwhile, so that none of them comes between two files.

        Raises:
            StoreError: the disk is full, a file cannot be replaced, or another build has replaced
                one that was to stay; the files are as they were.
        """
        for temporary, place in self._pending:
            with _named(place):
                _flush(temporary, os.O_RDWR)
        for place, (state, digest) in self._kept.items():
            # Another build may well have written the same once more.
            if _state(place) != state and _digest(place) != digest:
                raise StoreError(f"{place}: another build has just changed it; try again")
        with signals.held():
            self._move()
            self._made.clear()
            for path in self._dropped:
                if str(path).lower() not in self._taken:
                    superseded.remove(self.folder, path)
        # From below, for the sign of a run is in the uppermost of its folders.
        for parent in sorted({item.path.parent for item in self._written}, reverse=True):
            with contextlib.suppress(OSError):
                _flush(parent, os.O_RDONLY)
                leftovers.remove(parent)
        return self._written

    def _move(self) -> None:
        """Move all files into place; where one cannot be, take back those before it."""
        undo: list[tuple[Path, Path | None]] = []
        seconds: list[Path] = []
        try:
            for temporary, place in self._pending:
                with _named(place):
                    old = os.path.lexists(place)
                    second = _second_name(place, self._run) if old else None
                    if second is not None:
                        seconds.append(second)
                    os.replace(temporary, place)
                if second is not None or not old:
                    undo.append((place, second))
        except StoreError:
            for place, second in reversed(undo):
                with contextlib.suppress(OSError):
                    if second is None:
                        place.unlink()
                    else:
                        os.replace(second, place)
            raise
        finally:
            for second in seconds:
                with contextlib.suppress(OSError):
                    second.unlink()
        self._pending.clear()

    def _write_beside(self, place: Path, content: bytes, top: Path) -> None:
        """Write a new hidden file next to ``place``, which is below the folder ``top``."""
        if place.exists() and not place.is_file() and not place.is_symlink():
            raise OSError(EEXIST, "it is no regular file")
        temporary = beside(place, self._run)
        # Noted before it is made: a signal may come in between.
        self._pending.append((temporary, place))
        for last in (False, True):
            try:
                self._make_folders(place.parent)
                if top not in self._signs:
                    self._signs[top] = Sign(top, self._run)
                    self._signs[top].put()
                _write_new(temporary, content)
                return
            except FileNotFoundError:
                # Another build, which failed, has just removed the folder that it had made.
                self._signs.pop(top, None)
                if last:
                    raise

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


def _second_name(place: Path, run: str) -> Path | None:
    """Return a hidden second name of a file; None where it cannot be given one."""
    second = beside(place.with_name(f"{place.name}.old"), run)
    try:
        os.link(place, second, follow_symlinks=False)
    except (OSError, NotImplementedError):
        # Not every system or file system has second names, or can tell a link from its end.
        return None
    return second


def _state(place: Path) -> tuple[int, ...] | None:
    """Return what changes when a file is replaced; None where there is none."""
    try:
        found = place.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _digest(place: Path) -> str:
    """Return the SHA-256 of a file; nothing where it cannot be read."""
    try:
        return sha256(place.read_bytes()).hexdigest()
    except OSError:
        return ""


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
