"""One function for many tasks, over processes; the results are those of one process."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lutgen import signals
from lutgen.errors import LutgenError, ToolError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Task = TypeVar("Task")
Result = TypeVar("Result")

MAX_PROCESSES = 256
_WORTHWHILE = 2**14
"""Input codes of all tables together from which more than one process is worth its start."""

_PER_PROCESSOR = 4
_AHEAD = 8


class Failure(NamedTuple):
    """What a worker sends back where a task failed.

    Attributes:
        problem: what was raised; None where only a second attempt, here, can tell.
    """

    problem: LutgenError | None


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processes_for(codes: int, asked: int | None) -> int:
    """Return how many processes shall make tables.

    Args:
        codes: their input codes, all together, which tell about how long it takes.
        asked: how many the user wants; None leaves it open.
    """
    return asked or (processors() if codes >= _WORTHWHILE else 1)


def each(
    function: Callable[[Task], Result], tasks: Sequence[Task], processes: int
) -> Iterator[Result]:
    """Yield the result of every task, in their order.

    Args:
        function: of a module, so that a worker can import it.
        tasks: what it is given; they and the results travel between processes.
        processes: how many may run; with one, or one task, nothing leaves this process.

    Raises:
        LutgenError: what the first task that fails raises.
        ToolError: a worker died.
    """
    number = min(processes, len(tasks), _PER_PROCESSOR * processors())
    if number < 2:
        yield from map(function, tasks)
        return
    workers: list[tuple[BaseProcess, Connection]] = []
    try:
        _start(function, number, workers)
        yield from _results(function, tasks, workers)
    finally:
        for process, connection in workers:
            connection.close()
            # A worker holds nothing that would have to be put in order.
            process.kill()
            process.join()


def _results(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: list[tuple[BaseProcess, Connection]],
) -> Iterator[Result]:
    from multiprocessing.connection import wait

    idle, running = [connection for _, connection in workers], []
    found: dict[int, Result | Failure] = {}
    sent = 0
    for place, task in enumerate(tasks):
        while place not in found:
            # Not too far ahead of a slow task: what is found waits in memory.
            while idle and sent < min(len(tasks), place + _AHEAD * len(workers)):
                running.append(idle.pop())
                _give(running[-1], sent, tasks[sent])
                sent += 1
            for connection in wait(running):
                number, result = _take(connection)
                found[number] = result
                running.remove(connection)
                idle.append(connection)
        result = found.pop(place)
        if isinstance(result, Failure):
            if result.problem is not None:
                raise result.problem
            # Whatever it was, it is raised here with its own traceback.
            result = function(task)
        yield result


def _start(
    function: Callable[[Task], Result],
    number: int,
    workers: list[tuple[BaseProcess, Connection]],
) -> None:
    """Start processes and note each, with this end of its connection, in ``workers``."""
    # Processes that begin afresh: a copy of this one would share locks of its libraries' threads.
    from multiprocessing import get_context, resource_tracker

    context = get_context("spawn")
    if os.name == "posix":
        # Python starts it with the first worker otherwise, and lets signals through after it.
        with signals.deaf_children(), _nothing_from_here():
            resource_tracker.ensure_running()
    # This process alone decides when they end.
    with signals.held(), signals.deaf_children(), _nothing_from_here():
        for _ in range(number):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(there, function), daemon=True)
            process.start()
            there.close()
            workers.append((process, here))



@contextmanager
def _nothing_from_here() -> Iterator[None]:
    """Let Pythons that are started meanwhile import nothing from the current folder.

    They would look there first, until they are told where this one looks.  Python 3.10 does.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _work(connection: Connection, function: Callable[[Task], Result]) -> None:
    """Answer tasks until the other end is closed, by its process's death at the latest."""
    _end_with_parent()
    # The other end is closed by an end of the file, or where something was on its way, an error.
    with suppress(EOFError, OSError):
        while True:
            number, task = connection.recv()
            connection.send((number, _answer(function, task)))


def _answer(function: Callable[[Task], Result], task: Task) -> Result | Failure:
    try:
        return function(task)
    except LutgenError as problem:
        return Failure(problem)
    except Exception:
        # A defect: the parent makes the table once more itself, where --debug shows it.
        return Failure(None)


def _end_with_parent() -> None:
    """End this process once its parent has, even in the middle of a task."""
    from multiprocessing import parent_process
    from threading import Thread

    def watch() -> None:
        parent_process().join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _give(connection: Connection, number: int, task: Task) -> None:
    try:
        connection.send((number, task))
    except OSError:
        raise _death() from None


def _take(connection: Connection) -> tuple[int, Result | Failure]:
    try:
        return connection.recv()
    except (EOFError, OSError, pickle.UnpicklingError):
        raise _death() from None


def _death() -> ToolError:
    return ToolError("a worker process ended too early, perhaps out of memory; try --jobs 1")
