"""Options for the systems that call a build, Make, Ninja, CMake, and for its processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lutgen.cli._options import F, FilePath
from lutgen.errors import UsageError
from lutgen.request import whole_number

if TYPE_CHECKING:
    from lutgen.depfile import Upkeep

OUTPUTS_SCHEMA = "lutgen.outputs/1"


def upkeep_options(command: F) -> F:
    """Add ``--depfile``, ``--stamp`` and ``--list-outputs``."""
    file = FilePath()
    for option in (
        click.option("--list-outputs", is_flag=True,
                     help="Print the paths a build would write, and build nothing."),
        click.option("--stamp", metavar="FILE", type=file,
                     help="Renew FILE after every build; files without changes keep their times."),
        click.option("--depfile", metavar="FILE", type=file,
                     help="Write what was made of what, for Make, Ninja and CMake."),
    ):
        command = option(command)
    return command


def upkeep_from(
    depfile: Path | None, stamp: Path | None, needs: Iterable[Path]
) -> Upkeep | None:
    """Return what the options ask for; None where that is nothing."""
    if depfile is None and stamp is None:
        return None
    from lutgen.depfile import Upkeep

    return Upkeep(depfile, stamp, tuple(needs))


def echo_outputs(paths: Iterable[Path], *, as_json: bool) -> None:
    """Print paths, one in a line, in the bytes that the system calls them by.

    Raises:
        UsageError: a path holds a line break.
    """
    paths = list(paths)
    if as_json:
        names = [str(path) for path in paths]
        click.echo(json.dumps({"schema": OUTPUTS_SCHEMA, "outputs": names}, indent=2))
        return
    for path in paths:
        if "\n" in str(path):
            advice = "add --json"
            raise UsageError.about("--list-outputs", "cannot print a line break", path, advice)
    click.echo(b"".join(os.fsencode(path) + b"\n" for path in paths), nl=False)


def jobs_option(command: F) -> F:
    """Add ``--jobs``."""
    return click.option("--jobs", metavar="N",
                        help="Processes that build the tables of a manifest; the files do not "
                        "depend on it. Default: one for each processor, where it pays.")(command)


def processes_from(jobs: str | None) -> int | None:
    """Return the number in ``--jobs``, None where it is not given.

    Raises:
        UsageError: it is none, or too large.
    """
    if jobs is None:
        return None
    from lutgen.workers import MAX_PROCESSES

    number = whole_number(jobs, "--jobs")
    if not 1 <= number <= MAX_PROCESSES:
        raise UsageError.about("--jobs", f"must be 1 to {MAX_PROCESSES}", number)
    return number
