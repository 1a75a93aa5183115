"""Signals that end a process: what is being written is put in order first, or finished."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

STOPPING = {
    getattr(signal, name): word
    for name, word in (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "hung up"))
    if hasattr(signal, name)
}
"""By their numbers, with the word that tells of each."""

_AGAIN_SECONDS = 0.01
_IMPORT_SECONDS = 10.0
"""How long one waits for a library to be imported."""

_DEAF_SECONDS = 2.0
"""After a signal, for which others change nothing: often a terminal and a wrapper both send one."""


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


def end_at_once() -> None:
    """Let these signals end the process with a word, while there is nothing to put in order."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        with contextlib.suppress(OSError):
            os.write(2, f"error: {STOPPING[number]}\n".encode())
        os._exit(Stopped(number).exit_code)

    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)


@contextlib.contextmanager
def raised(*, ending: bool = False) -> Iterator[None]:
    """Let the signals that end a process raise ``Stopped``, unless the caller ignores them.

    Python drops an exception that comes while it runs a callback of its own, such as a
    destructor, and a library that is being imported may not survive one; the signal is sent once
    more then.  What others make of the exception, or hide, counts as this one.

    Args:
        ending: whether the process ends after this, so that what comes later is ignored.
    """
    before, hook = {}, sys.unraisablehook
    received: list[tuple[int, float]] = []
    came: list[float] = []

    def stop(number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        # Putting things in order is not to be interrupted.
        if received and now < received[0][1] + _DEAF_SECONDS:
            return
        came.append(now)
        if now < came[0] + _IMPORT_SECONDS and _importing(frame):
            _send_again(number)
            return
        received[:] = [(number, now)]
        raise Stopped(number)

    def unraisable(dropped: sys.UnraisableHookArgs) -> None:
        if isinstance(dropped.exc_value, Stopped):
            received.clear()
            _send_again(dropped.exc_value.number)
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
        if received:
            raise Stopped(received[0][0])
    except Exception:
        # What a library made of the exception counts as the signal; all else goes its way.
        if received:
            raise Stopped(received[0][0]) from None
        raise
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if ending else handler)


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


def put_in_order(action: Callable[[], None]) -> None:
    """Do what may be done twice, and has to be done, whatever signals come meanwhile."""
    try:
        with held():
            action()
    finally:
        # Once more, for a signal that came just before they were held.
        action()


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


def _importing(frame: FrameType | None) -> bool:
    """Return whether a module is being imported where a signal came."""
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


def _send_again(number: int) -> None:
    """Send a signal to this process a moment from now."""

    def send() -> None:
        time.sleep(_AGAIN_SECONDS)
        os.kill(os.getpid(), number)

    threading.Thread(target=send, daemon=True).start()
