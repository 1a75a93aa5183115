"""What keeps builds apart: a lock on a folder."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from lutgen.errors import StoreError

_LOCK_SECONDS = 30


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other builds from changing the files of ``folder``, where the system can.

    What holds the lock is the folder itself: it leaves no file, and ends with the process.

    Raises:
        StoreError: another build holds it for longer than writing takes.
    """
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        limit = time.monotonic() + _LOCK_SECONDS
        while not _lock(fcntl, handle):
            if time.monotonic() > limit:
                raise StoreError(f"{folder}: another build is writing here; try again")
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def _lock(fcntl: ModuleType, handle: int) -> bool:
    """Return whether the lock was taken; True too where the file system knows no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
