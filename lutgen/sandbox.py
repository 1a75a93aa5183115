"""Templates of the user's, rendered in a process of their own that may do nothing else.

Jinja's sandbox keeps them from the objects of Python, but not from looping for ever or filling
the memory; the limits of a process do.  Requests and answers are lines of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NoReturn

from lutgen import reading
from lutgen.errors import TemplateError, ToolError, UsageError, printable, shown
from lutgen.toolchain import Conversation

if TYPE_CHECKING:
    from jinja2 import Environment

SUFFIX = ".jinja"
MAX_TEMPLATES = 1000
MAX_FILES = 20_000
"""Files in a folder of templates; more of them are somebody's home, or the whole disk."""

MAX_TEMPLATE_BYTES = 1 << 20
MAX_OUTPUT = 1 << 26
"""Characters that a template may give; the largest table's file has a tenth of it."""

MAX_MEMORY = 1 << 29
SECONDS = 3
"""Of processor time, for one template."""

_SERVE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from lutgen.sandbox import serve; serve(sys.argv[2])"
)


class Sandbox:
    """A folder of templates that take the place of those of the same name.

    Attributes:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: Conversation | None = None

    @classmethod
    def of(cls, folder: Path) -> Sandbox:
        """Return the sandbox of a folder, the same one each time."""
        return _sandbox(folder.absolute())

    def render(self, template: str, view: dict[str, object]) -> bytes:
        """Return ``template`` filled with ``view``.

        Raises:
            TemplateError: it cannot be rendered; the message names it, and the line.
        """
        if self._process is None:
            command = (sys.executable, "-I", "-c", _SERVE, json.dumps(sys.path), str(self.folder))
            self._process = Conversation("template sandbox", command)
        try:
            answer = json.loads(
                self._process.ask(json.dumps({"template": template, "view": view}).encode())
            )
        except (ToolError, ValueError):
            self._process.close()
            self._process = None
            raise TemplateError(
                f"{template}: took more than {SECONDS} seconds, or too much memory; "
                "look for a loop without an end"
            ) from None
        if "problem" in answer:
            raise TemplateError(answer["problem"])
        text = answer["text"]
        foreign = re.search(r"[^ -~\n\t]", text)
        if foreign:
            line = text.count("\n", 0, foreign.start()) + 1
            raise TemplateError(
                f"{template}: gives {foreign[0]!a} in line {line} of its output; emitted files are "
                "printable ASCII"
            )
        return text.encode("ascii")


@cache
def _sandbox(folder: Path) -> Sandbox:
    return Sandbox(folder)


def check_folder(folder: Path, packaged: frozenset[str]) -> None:
    """Refuse a folder that replaces no template.

    Args:
        folder: of the user's templates.
        packaged: names of the templates that can be replaced.

    Raises:
        UsageError: it is no folder, holds too much, or nothing of these names.
    """
    if not folder.is_dir():
        raise UsageError.about("--template-dir", "must be a folder", folder)
    found = template_names(folder)
    if packaged.isdisjoint(found):
        from difflib import get_close_matches

        near = [match for name in found for match in get_close_matches(name[:80], packaged, 1)]
        example = near[0] if near else "c/header.h.jinja"
        raise UsageError.about(
            "--template-dir", "must hold a template of the same name as one of lutgen's", folder,
            f"such as {example}",
        )


def template_names(folder: Path) -> list[str]:
    """Return the names of the templates below a folder, in order.

    Raises:
        UsageError: there are too many, or they cannot be looked for.
    """

    def unreadable(problem: OSError) -> NoReturn:
        raise UsageError.about("--template-dir", "must be readable", problem.filename)

    found = []
    count = 0
    for root, folders, names in os.walk(folder, onerror=unreadable):
        count += len(folders) + len(names)
        if count > MAX_FILES:
            raise UsageError.about("--template-dir", f"must hold at most {MAX_FILES} files", folder)
        folders.sort()
        place = Path(root).relative_to(folder)
        found += [(place / name).as_posix() for name in sorted(names) if name.endswith(SUFFIX)]
        if len(found) > MAX_TEMPLATES:
            raise UsageError.about(
                "--template-dir", f"must hold at most {MAX_TEMPLATES} templates", folder
            )
    return found


def digests(folder: Path, target: str, others: set[str]) -> dict[str, str]:
    """Return the SHA-256 of the templates that files of a target may be made of, by name.

    Args:
        folder: of the user's templates.
        target: whose they are.
        others: other targets, whose folders do not count.

    Raises:
        TemplateError: one cannot be read.
    """
    return {
        name: sha256(read(folder, name).encode("utf-8")).hexdigest()
        for name in template_names(folder)
        if PurePosixPath(name).parts[0] not in others - {target}
    }


def read(folder: Path, name: str) -> str | None:
    """Return the text of a template; None where the folder has none of this name.

    Raises:
        TemplateError: it is a link out of the folder, no regular file, too large, or no text.
    """
    if not name or "\0" in name or "\\" in name or PurePosixPath(name).is_absolute():
        return None
    path = folder / name
    if ".." in PurePosixPath(name).parts or not os.path.lexists(path):
        return None
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise TemplateError(f"{name}: is a link out of the template folder")
        return reading.text(reading.content(path, MAX_TEMPLATE_BYTES)).replace("\r\n", "\n")
    except OSError as problem:
        raise TemplateError(f"{name}: cannot be read ({problem.strerror})") from None
    # Python 3.12 and earlier raise the first one for a link that leads to itself.
    except (RuntimeError, ValueError) as problem:
        raise TemplateError(f"{name}: {shown(problem, 80)[1:-1]}") from None


def serve(folder: str) -> None:
    """Answer requests, a line each, until there are no more: what the process does."""
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr
    _limit()
    environment = _environment(Path(folder))
    for request in sys.stdin.buffer:
        given = json.loads(request)
        _alarm(SECONDS)
        answer = _answer(environment, given["template"], given["view"])
        _alarm(0)
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _environment(folder: Path) -> Environment:
    from jinja2 import FunctionLoader
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from lutgen import rendering

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        seen, text = _signature(folder / name), read(folder, name)
        text = rendering.source(name) if text is None else text
        # The name stands for the file in tracebacks, where the line of an error is found.
        return None if text is None else (text, name, lambda: _signature(folder / name) == seen)

    environment = ImmutableSandboxedEnvironment(loader=FunctionLoader(load), **rendering.SETTINGS)
    # The same request gives the same bytes: nothing that draws lots.
    del environment.globals["lipsum"], environment.filters["random"]
    return environment


def _signature(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def _answer(environment: Environment, template: str, view: dict[str, object]) -> dict[str, str]:
    """Return the text of a template, or what is wrong with it."""
    from jinja2 import TemplateNotFound, TemplateSyntaxError

    try:
        text = environment.get_template(template).render(view)
    except TemplateSyntaxError as problem:
        told = f"{problem.name or template}, line {problem.lineno}: {problem.message}"
    except TemplateNotFound as problem:
        told = f"{_place(problem, template)}: there is no template {problem.name!r}"
    except TemplateError as problem:
        told = str(problem)
    except MemoryError:
        told = f"{template}: takes too much memory"
    except RecursionError:
        told = f"{template}: calls itself without an end"
    # Whatever the expressions of a template raise.
    except Exception as problem:
        kind = type(problem).__name__
        told = f"{_place(problem, template)}: {problem if kind == 'UndefinedError' else kind}"
        if kind not in ("UndefinedError", str(problem)):
            told += f": {problem}"
    else:
        if len(text) <= MAX_OUTPUT:
            return {"text": text}
        told = f"{template}: gives more than {MAX_OUTPUT} characters"
    return {"problem": printable(" ".join(told.split()))[:500]}


def _place(problem: Exception, template: str) -> str:
    """Return the template and the line that an exception comes from."""
    found = template
    trace = problem.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(SUFFIX) and not os.path.isabs(name):
            found = f"{name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _limit() -> None:
    """Let this process have so much memory and write no file, where the system can see to it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _alarm(seconds: float) -> None:
    """End this process after so much processor time, unless it is put off; 0 puts it off."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
