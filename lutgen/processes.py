"""Processes that tools run in: none of them outlives this one, whatever ends it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from lutgen import signals
from lutgen.errors import ToolError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Process = subprocess.Popen[bytes]

_GUARD = 'p=; while read -r q; do p=$q; done; [ -z "$p" ] || kill -s KILL -- $p'
"""For a shell: end the groups that were named last, once this process can name no others."""

_lock = threading.Lock()
_running: set[Process] = set()
_stopped = threading.Event()


def start(command: Sequence[str], **options: object) -> Process:
    """Return a new process, in a group of its own so that its children end with it.

    Args:
        command: program and arguments; no shell sees them.
        options: those of ``subprocess.Popen``.

    Raises:
        OSError: it cannot be started.
        ToolError: a signal is about to end this process.
    """
    process = None
    try:
        # Once it is there, it is noted, so that a signal ends it as well.
        with signals.held(), _lock:
            if _stopped.is_set():
                raise ToolError("a signal came")
            process = subprocess.Popen(command, start_new_session=True, **options)
            _running.add(process)
            _tell_guard()
    except signals.Stopped:
        if process is not None:
            end(process)
        raise
    return process


def end(process: Process) -> None:
    """End a process with its children, where it still runs, and forget it."""
    if process.poll() is None:
        _kill(process)
        process.wait()
    # Not read to their ends: a process that has left the group may hold them open for ever.
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    with _lock:
        _running.discard(process)
        _tell_guard()


@contextlib.contextmanager
def threads(number: int | None) -> Iterator[ThreadPoolExecutor]:
    """Yield what runs functions in threads; a signal ends the processes that these wait for.

    Args:
        number: how many threads; None for as many as Python thinks fit.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(number) as pool:
        try:
            yield pool
        except signals.Stopped:
            with _lock:
                _stopped.set()
                for process in _running:
                    _kill(process)
            pool.shutdown(cancel_futures=True)
            _stopped.clear()
            raise


def _kill(process: Process) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _tell_guard() -> None:
    """Name the groups that are to end with this process to what sees to it."""
    guard = _guard()
    if guard is not None:
        groups = " ".join(f"-{process.pid}" for process in _running)
        with contextlib.suppress(OSError):
            guard.stdin.write(f"{groups}\n".encode())
            guard.stdin.flush()


@cache
def _guard() -> Process | None:
    """Return a process that ends the others where this one is killed; None where there is none."""
    if os.name != "posix":
        return None
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        )
    except OSError:
        return None
