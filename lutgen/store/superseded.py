"""Files of an earlier build of a table that the new one does not make any more."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

from lutgen.store.sidecars import SIDECAR_SUFFIX, listed


def superseded_files(
    name: str, entries: Collection[dict[str, object]], folder: Path
) -> Iterator[PurePosixPath]:
    """Yield the files of targets that are made anew, which are not among the new ones.

    The sidecar in the folder lists them.  What somebody has changed since is left out: nothing of
    theirs is to be lost.

    Args:
        name: identifier of the table.
        entries: what ``describe`` says of the new files.
        folder: where the files are.
    """
    targets, written = ({str(entry[key]) for entry in entries} for key in ("target", "path"))
    for entry in listed(folder / f"{name}{SIDECAR_SUFFIX}"):
        path, target = entry.get("path"), entry.get("target")
        if not isinstance(path, str) or not isinstance(target, str):
            continue
        if target not in targets or path in written:
            continue
        # A sidecar may be forged: no file but the table's own is touched for what it says.
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts or not path.startswith(name):
            continue
        with contextlib.suppress(OSError, ValueError):
            if _is_as_described(folder, relative, entry):
                yield relative


def remove(folder: Path, relative: PurePosixPath) -> None:
    """Remove a file, and the folders below ``folder`` that are empty then; as far as that goes."""
    with contextlib.suppress(OSError):
        (folder / relative).unlink()
        for parent in list(relative.parents)[:-1]:
            (folder / parent).rmdir()


def _is_as_described(folder: Path, relative: PurePosixPath, entry: dict[str, object]) -> bool:
    """Return whether a file, reached through no link, has the bytes that an entry tells of."""
    place = folder / relative
    if any((folder / part).is_symlink() for part in [relative, *relative.parents][:-1]):
        return False
    return (
        place.is_file()
        and place.stat().st_size == entry.get("bytes")
        and sha256(place.read_bytes()).hexdigest() == entry.get("sha256")
    )
