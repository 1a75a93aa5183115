"""What keeps builds apart: a lock on a folder."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

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
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        limit = time.monotonic() + _LOCK_SECONDS
        while take(handle) is False:
            if time.monotonic() > limit:
                raise StoreError(f"{folder}: another build is writing here; try again")
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


def take(handle: int) -> bool | None:
    """Return whether the lock on an open file was taken; None where there are no locks."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return None
    return True
