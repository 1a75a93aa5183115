"""What killed runs leave behind: hidden files, told from those that a run is writing just now."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from lutgen.store.locks import take

SUFFIX = ".lutgen-tmp"
"""Of all that is for temporary use."""

_NAME = re.compile(rf"\..*\.([0-9a-f]{{16}}){re.escape(SUFFIX)}")
_SIGN = "lutgen"
STALE_SECONDS = 3600
"""From when on what nobody can be asked about is taken for a killed run's."""
_LEVELS = 4
"""Folders, from that of a file upwards, in which the sign of its run may be."""


def new_run() -> str:
    """Return what no other run is called."""
    return os.urandom(8).hex()


def beside(place: Path, run: str) -> Path:
    """Return the path of a run's hidden file next to a place."""
    return place.with_name(f".{place.name}.{run}{SUFFIX}")


class Sign:
    """An empty hidden file in a folder that is locked for as long as its run lives.

    Attributes:
        path: where it is.
    """

    def __init__(self, folder: Path, run: str) -> None:
        """Begin without the file.

        Args:
            folder: of the run's files; those in folders below it need no other sign.
            run: what the run is called.
        """
        self.path = beside(folder / _SIGN, run)
        self._handle: int | None = None

    def put(self) -> None:
        """Make the file.

        Raises:
            OSError: that cannot be done.
        """
        while self._handle is None:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            self._handle = handle
            # Another run that looks for leftovers may have come before the lock, and taken it away.
            if take(handle) is False or not self.path.exists():
                self._handle = None
                os.close(handle)
                with contextlib.suppress(OSError):
                    self.path.unlink()

    def take_away(self) -> None:
        """Remove the file, where it is there."""
        with contextlib.suppress(OSError):
            self.path.unlink()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def remove(folder: Path) -> None:
    """Remove what killed runs left in a folder.

    Where their sign cannot tell, it is what is too old to be another run's.
    """
    limit = time.time() - STALE_SECONDS
    living: dict[str, bool | None] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None:
            continue
        run = match[1]
        if run not in living:
            living[run] = _lives(folder, run)
        with contextlib.suppress(OSError):
            if living[run] is False or (living[run] is None and path.lstat().st_mtime < limit):
                path.unlink()


def _lives(folder: Path, run: str) -> bool | None:
    """Return whether a run still writes here; None where nothing tells."""
    for place in (folder, *folder.absolute().parents[: _LEVELS - 1]):
        try:
            handle = os.open(beside(place / _SIGN, run), os.O_RDWR)
        except OSError:
            continue
        try:
            taken = take(handle)
            return None if taken is None else not taken
        finally:
            os.close(handle)
    return None
