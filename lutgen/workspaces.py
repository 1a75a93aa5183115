"""Private folders in which tools run, and which go whatever ends the run."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from lutgen import signals
from lutgen.errors import ToolError
from lutgen.store.leftovers import STALE_SECONDS, SUFFIX

_PREFIX = "lutgen-"


@contextlib.contextmanager
def workspace(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Yield a private folder that holds ``files``, and remove it afterwards.

    Args:
        files: contents by file name.
    """
    from tempfile import TemporaryDirectory

    place, made = temporary_folder(), None
    _remove_stale(Path(place))
    try:
        try:
            with signals.held():
                made = TemporaryDirectory(
                    prefix=_PREFIX, suffix=SUFFIX, dir=place, ignore_cleanup_errors=True
                )
            folder = Path(made.name)
            for file_name, content in files.items():
                (folder / file_name).write_bytes(content)
        except OSError as problem:
            raise ToolError(
                f"{place}: cannot be written ({problem.strerror or problem}); point TMPDIR to "
                "another folder"
            ) from None
        yield folder
    finally:
        if made is not None:
            signals.put_in_order(made.cleanup)


def temporary_folder() -> str:
    """Return where files for temporary use go.

    Raises:
        ToolError: there is no such folder.
    """
    from tempfile import gettempdir

    try:
        return gettempdir()
    except OSError:
        raise ToolError(
            "no folder for temporary files can be used; point TMPDIR to one that can be written"
        ) from None


def _remove_stale(place: Path) -> None:
    """Remove the folders of runs that were killed, old enough not to be in use."""
    limit = time.time() - STALE_SECONDS
    with contextlib.suppress(OSError):
        for folder in place.glob(f"{_PREFIX}*{SUFFIX}"):
            if folder.lstat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)
