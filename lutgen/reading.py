"""Files of somebody else's: looked at before they are opened, and bounded before they are read."""

from __future__ import annotations

import stat
from pathlib import Path

_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def content(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file; pipes and devices, which may never end, stay closed.

    Args:
        path: where it is.
        most: bytes that are read of it.

    Raises:
        OSError: it cannot be read, is no file or is larger; ``strerror`` says which.
    """
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            kind = "a folder" if stat.S_ISDIR(state.st_mode) else "a pipe, a device or the like"
            raise _refusal(path, f"is {kind}, not a regular file")
        # Where the size is not known before, as of the files of the kernel's, reading tells.
        size = state.st_size
        if size <= most:
            with path.open("rb") as file:
                found = file.read(most + 1)
            size = len(found)
    except FileNotFoundError:
        raise _refusal(path, "does not exist") from None
    except ValueError:
        raise _refusal(path, "is a name that no file can have") from None
    if size > most:
        raise _refusal(path, f"is larger than the {most} bytes that are read")
    return found


def text(found: bytes) -> str:
    """Return UTF-8 text, without the mark that some programs begin a file with.

    Raises:
        ValueError: it is none; the message names the line.
    """
    if found.startswith(_MARKS_OF_UTF_16):
        raise ValueError("is UTF-16; save it as UTF-8")
    if b"\0" in found:
        line = found.count(b"\n", 0, found.index(0)) + 1
        raise ValueError(f"line {line}: a NUL byte is no text; save it as UTF-8")
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = found.count(b"\n", 0, problem.start) + 1
        byte = problem.object[problem.start]
        raise ValueError(f"line {line}: byte 0x{byte:02x} is not UTF-8; save it as UTF-8") from None


def _refusal(path: Path, reason: str) -> OSError:
    return OSError(0, reason, str(path))
