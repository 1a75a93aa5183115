"""Signals as exceptions: raised where they come, held where they must not, never lost."""

from __future__ import annotations

import contextlib
import signal
import subprocess
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


def test_another_signal_does_not_interrupt_the_way_out() -> None:
    done = []
    with pytest.raises(Stopped) as stopped, signals.raised():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            done.append("in order")

    assert (stopped.value.number, done) == (signal.SIGTERM, ["in order"])


def test_a_signal_that_somebody_hides_ends_the_process_all_the_same() -> None:
    with pytest.raises(Stopped), signals.raised(), contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)


def test_a_signal_waits_for_an_import_which_may_not_survive_it(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "interrupted_import.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n"
        "for _ in range(1000): pass\nWHOLE = True\n"
    )
    with pytest.raises(Stopped), signals.raised():
        import interrupted_import

        assert interrupted_import.WHOLE
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            time.sleep(0.001)


def test_at_the_end_of_a_process_signals_are_ignored() -> None:
    before = {number: signal.getsignal(number) for number in signals.STOPPING}
    try:
        with signals.raised(ending=True):
            pass
        for number in signals.STOPPING:
            signal.raise_signal(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_before_there_is_anything_to_put_in_order_a_signal_ends_the_process_at_once(number) -> None:
    code = (
        "import signal, sys; from lutgen import signals; signals.end_at_once(); "
        "signal.raise_signal(int(sys.argv[1]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, str(int(number))], capture_output=True, check=False
    )

    assert found.returncode == 128 + number
    assert found.stderr.decode() == f"error: {signals.STOPPING[number]}\n"


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
