"""Signals as exceptions: raised where they come, held where they must not, never lost."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from lutgen import signals
from lutgen.signals import Stopped

NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_is_an_exception_and_its_handler_is_put_back(number: int) -> None:
    before, hook = signal.getsignal(number), sys.unraisablehook

    with pytest.raises(Stopped) as stopped, signals.raised():
        signal.raise_signal(number)

    assert stopped.value.exit_code == 128 + number
    assert (signal.getsignal(number), sys.unraisablehook) == (before, hook)


def test_a_signal_that_python_drops_is_sent_once_more() -> None:
    class Late:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Stopped), signals.raised():
        late = Late()
        del late
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            time.sleep(0.001)


def test_what_a_library_makes_of_a_signal_is_that_signal() -> None:
    with pytest.raises(Stopped), signals.raised():
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            raise ImportError("no zlib") from None
    with pytest.raises(ImportError), signals.raised():
        raise ImportError("no zlib")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_held_signal_waits_whichever_thread_takes_it(number: int) -> None:
    done = []
    with pytest.raises(Stopped), signals.raised():
        with signals.held():
            sender = threading.Thread(target=signal.raise_signal, args=[number])
            sender.start()
            sender.join()
            signal.raise_signal(number)
            done.append("inside")
        done.append("after")

    assert done == ["inside"]


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.raised(), signals.held():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_signals_are_somebody_elses() -> None:
    before, found = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with signals.raised(), signals.held():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert found == [before]
