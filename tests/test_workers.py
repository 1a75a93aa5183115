"""Many tasks over processes: the results of one process, and nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from lutgen import workers
from lutgen.errors import ToolError, UsageError


def square(number: int) -> tuple[int, int]:
    """Take longer for some than for others, so that they come back out of order."""
    time.sleep(0.02 * (number % 3))
    return number * number, os.getpid()


def fail(number: int) -> int:
    if number == 3:
        raise UsageError("three is too many")
    if number == 4:
        raise ZeroDivisionError("four")
    return number


def die(number: int) -> int:
    if number == 2 and os.environ.get("LUTGEN_TEST_PARENT") != str(os.getpid()):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_the_order_of_the_tasks_from_several_processes() -> None:
    found = list(workers.each(square, range(40), 2))

    assert [result for result, _ in found] == [number * number for number in range(40)]
    assert len({process for _, process in found}) == 2
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.parametrize(("tasks", "processes"), [(range(5), 1), (range(1), 8), (range(0), 8)])
def test_one_process_or_one_task_needs_no_other(tasks, processes: int) -> None:
    found = list(workers.each(square, tasks, processes))

    assert {process for _, process in found} <= {os.getpid()}
    assert len(found) == len(tasks)


@pytest.mark.parametrize(("first", "kind"), [(2, UsageError), (4, ZeroDivisionError)])
def test_what_a_task_raises_is_raised_here_in_its_turn(first: int, kind) -> None:
    results = workers.each(fail, range(first, first + 4), 2)

    with pytest.raises(kind):
        list(results)


def test_a_worker_that_dies_is_an_error_not_a_wait(monkeypatch) -> None:
    monkeypatch.setenv("LUTGEN_TEST_PARENT", str(os.getpid()))

    with pytest.raises(ToolError, match="try --jobs 1"):
        list(workers.each(die, range(6), 2))


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="no /proc, where processes are seen")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_a_killed_parent(tmp_path, number) -> None:
    code = (
        "import signal, sys, time\n"
        "from lutgen import workers\n"
        "from tests import test_workers\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
        "for pid in workers.each(test_workers.forever, range(8), 2):\n"
        "    print(pid, flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    pids = {int(parent.stdout.readline()) for _ in range(3)}
    parent.send_signal(number)
    parent.wait(timeout=60)
    parent.stdout.close()

    limit = time.monotonic() + 60
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < limit:
        time.sleep(0.05)
    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []


def forever(number: int) -> int:
    """Return this process at first, and then not at all."""
    if number < 3:
        return os.getpid()
    while True:
        time.sleep(0.1)
