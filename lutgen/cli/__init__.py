"""The command line: parse, call the pipeline, print.

Importing this package costs click and nothing more; a command's module, and through it the
libraries it needs, is imported when that command runs.
"""

from __future__ import annotations

import contextlib
import gc
import os
import re
import sys
from importlib import import_module
from typing import NoReturn

import click

from lutgen import __version__, signals
from lutgen.errors import LutgenError, printable, shown

# Mind that the modules of this package hide builtins of the same name here: no list() below.
COMMANDS = {
    "area": "Print the cells that Verilog modules take on two FPGA families.",
    "build": "Write the files of the chosen targets, print the error summary.",
    "check": "Tell whether a rebuild would give the same bytes.",
    "diff": "Print where two tables differ, or a table and an array in C source.",
    "from-model": "Write a table for each activation of a quantised ONNX or TFLite model.",
    "list": "Print the catalogue.",
    "report": "Print the error report only.",
    "show": "Print one activation: definition, source, parameters, facts.",
    "verify": "Run every file in a folder on every input code, bit for bit.",
}

MAX_MESSAGE = 1000


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help page."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return the command, importing its module."""
        if name not in COMMANDS:
            return None
        return import_module(f"{__name__}.{name.replace('-', '_')}").command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that was asked for; an unknown one gets the nearest names."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from lutgen.errors import UnknownNameError

            raise UnknownNameError.among("command", args[0], [*COMMANDS])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' summaries without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lutgen")
def cli() -> None:
    """Neural-network activation functions as integers for edge hardware.

    \b
    lutgen build gelu --bits 8 --target c
    lutgen report tanh --bits 16 --range=-4,4
    lutgen verify generated
    """


def entry() -> NoReturn:
    """Run the command line as the installed command does, and end the process.

    All files are closed and all output is flushed by then, so the interpreter need not take the
    libraries apart again: that would cost as much as building a table.
    """
    _open_streams()
    try:
        code = main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; no traceback but under ``--debug``."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        return _run(words, ending=arguments is None)
    finally:
        _warn()


def _run(words: list[str], *, ending: bool) -> int:
    """Run the command line and return the exit code; ``ending`` is for ``signals.raised``."""
    # onnxruntime would leave a file of its own beside those for temporary use, and report itself.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # NumPy's linear algebra, which nothing here needs, would start threads that wait busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Loading the libraries makes many objects and no garbage; looking for it costs a cold start.
    gc.set_threshold(100_000)
    for stream in (sys.stdout, sys.stderr):
        # A name that the locale cannot say is no reason to fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with signals.raised(ending=ending):
            result = cli.main(words, prog_name="lutgen", standalone_mode=False)
            sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except BrokenPipeError:
        # The reader has gone; what is still buffered must not complain at exit either.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except signals.Stopped as stopped:
        _complain(signals.STOPPING[stopped.number])
        return stopped.exit_code
    except Exception as problem:
        if "--debug" in words[1:]:
            raise
        return _report_failure(problem, words)


def _report_failure(problem: Exception, words: list[str]) -> int:
    """Print one line about a failure and return the exit code."""
    if isinstance(problem, LutgenError):
        _complain(str(problem))
        return problem.exit_code
    if type(problem).__name__ == "NoArgsIsHelpError":
        # Of later versions of click; earlier ones print the help themselves.
        with contextlib.suppress(OSError):
            click.echo(problem.ctx.get_help(), err=True)
        return problem.exit_code
    if isinstance(problem, click.ClickException):
        command = words[0] if words and words[0] in COMMANDS else ""
        _complain(f"{_wrong_usage(problem)} (see {f'lutgen {command}'.strip()} --help)")
        return problem.exit_code
    if isinstance(problem, OSError):
        _complain(f"{problem.filename or 'output'}: {problem.strerror or problem}")
        return 1
    if isinstance(problem, ModuleNotFoundError) and not f"{problem.name}".startswith("lutgen"):
        _complain(f"{problem}; install it, or lutgen again: pip install lutgen")
        return 1
    if isinstance(problem, MemoryError):
        _complain("out of memory; ask for fewer bits, or fewer tables at a time (--jobs 1)")
        return 1
    _complain(
        f"internal: {type(problem).__name__}: {shown(problem, 200)[1:-1]} "
        "(a defect in lutgen; --debug shows where)"
    )
    return 1


def _wrong_usage(problem: click.ClickException) -> str:
    """Return what click says of the words of the command line, in the form of all messages."""
    whole = " ".join(problem.format_message().split())
    message = shown(whole, 300)[1:-1]
    match problem:
        case click.NoSuchOption(option_name=name, possibilities=near):
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            return f"{shown(name)[1:-1]}: No such option{hint}"
        case click.BadOptionUsage(option_name=name):
            problem_is = "takes no value" if "not take" in message else "needs a value"
            return f"{shown(name)[1:-1]}: {problem_is}"
        case click.MissingParameter(param=click.Argument() as argument):
            return f"{_named(argument)} is missing"
        case click.BadParameter(param=click.Parameter() as parameter):
            return f"{_named(parameter)}: {shown(problem.message, 300)[1:-1]}"
    extra = re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", whole)
    return f"unexpected argument {shown(extra[1])}" if extra else message.rstrip(".")


def _named(parameter: click.Parameter) -> str:
    """Return what the help page calls an option or an argument."""
    if isinstance(parameter, click.Option):
        return parameter.opts[-1]
    return (parameter.metavar or str(parameter.name).upper()).strip("[]")


def _warn() -> None:
    """Print what was wrong with other distributions, if any was looked at."""
    plugins = sys.modules.get("lutgen.plugins")
    for text in plugins.complaints() if plugins else ():
        with contextlib.suppress(OSError):
            click.echo(f"warning: {printable(text)}", err=True)


def _complain(message: str) -> None:
    """Print an error as one line, if there is still somewhere to print it."""
    line = printable(" ".join(message.split()))
    if len(line) > MAX_MESSAGE:
        line = f"{line[: MAX_MESSAGE // 2]} ... {line[-MAX_MESSAGE // 2 :]}"
    with contextlib.suppress(OSError):
        click.echo(f"error: {line}", err=True)


def _open_streams() -> None:
    """Give standard streams that were closed somewhere to go, and let the others wait.

    Otherwise the next file that is opened would take a closed stream's place, and what a pipe that
    does not wait for its reader cannot take at once would be lost.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
        elif mode == "w" and hasattr(os, "set_blocking"):
            with contextlib.suppress(OSError):
                os.set_blocking(stream.fileno(), True)
