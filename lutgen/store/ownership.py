"""Whose a file is: what may be replaced, and what is somebody else's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from lutgen.errors import StoreError
from lutgen.store.sidecars import SIDECAR_SUFFIX, listed

MARKER = b"enerated by lutgen"
"""Every file of lutgen's holds this near its top or end; a file without it is foreign."""

MAX_MARKED_BYTES = 1 << 24

_EDGE_BYTES = 4096


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
            for entry in listed(sidecar)
        )
    return False


def may_replace(place: Path, content: bytes, folder: Path) -> bool:
    """Return whether nothing of somebody else's is lost when a file is written."""
    return not os.path.lexists(place) or has(place, content) or is_ours(place, folder)


def check_unshared(files: Mapping[str, Collection[str]], folder: Path) -> None:
    """Refuse to write files that belong to another table, whose sidecar lists them.

    Every file of a table's begins with its name, so only sidecars of such names are read.  Two
    names that differ in case alone are one on some systems, and one include guard in C.

    Args:
        files: of every table that is made anew, by its name: the paths below the folder, besides
            its sidecar.
        folder: where.

    Raises:
        StoreError: a file there is another table's.
    """
    writers = {
        path.lower(): name
        for name, paths in files.items() for path in (*paths, f"{name}{SIDECAR_SUFFIX}")
    }
    for other in folder.glob(f"*{SIDECAR_SUFFIX}"):
        owner = other.name.removesuffix(SIDECAR_SUFFIX)
        if owner in files or not any(_begin_alike(owner, name) for name in files):
            continue
        for path in (other.name, *(str(entry.get("path")) for entry in listed(other))):
            name = writers.get(path.lower())
            if name and _begin_alike(owner, name) and os.path.lexists(folder / path):
                raise StoreError(
                    f"{folder / path}: belongs to table {owner} ({other.name} beside it), and "
                    f"{name} would write it too; choose another --name or -o, or move the files "
                    f"of {owner} away"
                )


def _begin_alike(one: str, other: str) -> bool:
    """Return whether one of two names begins with the other, whatever their case."""
    short, long = sorted((one.lower(), other.lower()), key=len)
    return long.startswith(short)


def holds(path: Path, mark: bytes) -> bool:
    """Return whether a file, which must not be a link, is empty or holds ``mark``."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_MARKED_BYTES:
        return False
    content = path.read_bytes()
    return not content or mark in content


def has(place: Path, content: bytes) -> bool:
    """Return whether a file, which must not be a link, holds exactly these bytes."""
    return (
        not place.is_symlink()
        and place.is_file()
        and place.stat().st_size == len(content)
        and place.read_bytes() == content
    )
