"""Signals that end a process: what is being written is put in order first, or finished."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

STOPPING = {
    getattr(signal, name): word
    for name, word in (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "hung up"))
    if hasattr(signal, name)
}
"""By their numbers, with the word that tells of each."""

_AGAIN_SECONDS = 0.01


class Stopped(BaseException):
    """A signal came: an exception, so that everything is put in order on the way out.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell calls the end by this signal."""
        return 128 + self.number


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Let the signals that end a process raise ``Stopped``, unless the caller ignores them.

    Python drops an exception that comes while it runs a callback of its own, such as a
    destructor; the signal is sent once more then.  Libraries make another exception of it, when it
    comes while they are imported; after a signal, that counts as this one.
    """
    before, hook, received = {}, sys.unraisablehook, []

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        received.append(number)
        raise Stopped(number)

    def unraisable(dropped: sys.UnraisableHookArgs) -> None:
        if isinstance(dropped.exc_value, Stopped):
            threading.Thread(target=_again, args=[dropped.exc_value.number], daemon=True).start()
        else:
            hook(dropped)

    # Only the main thread may handle signals; elsewhere they are somebody else's.
    with contextlib.suppress(ValueError):
        for number in STOPPING:
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, stop)
        sys.unraisablehook = unraisable
    try:
        yield
    except Exception:
        if received:
            raise Stopped(received[0]) from None
        raise
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let these signals wait, where Python handles them.

    Blocking them would not do: it blocks them in this thread alone, and where a library has made
    others, one of those takes the signal and Python handles it here all the same.
    """
    waiting: list[int] = []
    before = {}
    try:
        # In a thread other than the main one no signal is handled.
        with contextlib.suppress(ValueError):
            for number in STOPPING:
                if callable(handler := signal.getsignal(number)):
                    signal.signal(number, lambda number, frame: waiting.append(number))
                    before[number] = handler
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in waiting:
            signal.raise_signal(number)


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Let processes that are started meanwhile hear no signals, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _again(number: int) -> None:
    time.sleep(_AGAIN_SECONDS)
    os.kill(os.getpid(), number)
