"""The tables of a manifest: its keys are options, and go the way of options."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from lutgen import pipeline, reports
from lutgen.accuracy import requirements
from lutgen.cli._goal import Goal, goal_from, goal_options, spec_of
from lutgen.cli._options import (
    DEFAULT_FOLDER,
    request_from,
    request_options,
    target_options,
    target_options_from,
    targets_from,
)
from lutgen.cli._templates import template_option, templates_from
from lutgen.errors import LutgenError, UsageError
from lutgen.formats import MAX_WIDTH
from lutgen.pipeline import Files
from lutgen.reports import terminal
from lutgen.reports.document import table_document
from lutgen.request import Request
from lutgen.solution import Solution
from lutgen.targets import Options

if TYPE_CHECKING:
    from lutgen.kernels import KernelRequest
    from lutgen.reports.index import Line

_BESIDE = (
    "manifest", "target_lists", "output", "force", "as_json", "quiet", "verbose", "jobs",
    "list_outputs", "depfile", "stamp", "template_dir", "face_lists", "required_lists",
)
"""Options of ``build`` that a manifest goes with."""

_KEYS = ("function", "target", "report", "require", "description")
"""Keys of a table that are no options of ``build``, or are called otherwise there."""


class Asked(NamedTuple):
    """What the command line asks of every table.

    Attributes:
        targets: what each is written for; none leaves it to the manifest.
        faces: of the report, that are written beside; the same.
        required: properties that each must have, beside its own.
        output: where the files go; None leaves it to the manifest.
        templates: folder of the user's templates; the same.
    """

    targets: tuple[str, ...] = ()
    faces: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    output: Path | None = None
    templates: str | None = None


class Entry(NamedTuple):
    """One table as it is asked for, known to make sense; it can be sent to another process.

    Attributes:
        where: the manifest and the number of the table, for messages.
        name: identifier and file stem.
        codes: how many input codes it has, or about as much work as so many.
        function: its name; None where the options name another source.
        options: of ``build``, those about its files left out.
        targets: what it is written for.
        form: options about the form of the files.
        goal: what the method is chosen by, if anything.
        faces: of the report, that are written beside.
        required: properties that it must have.
        needs: the files that it is made of.
        templates: folder of the user's templates.
        is_kernel: whether it takes several numbers or rows; its data are files of their own.
    """

    where: str
    name: str
    codes: int
    function: str | None
    options: dict[str, object]
    targets: tuple[str, ...]
    form: Options
    goal: Goal
    faces: tuple[str, ...]
    required: tuple[str, ...]
    needs: tuple[Path, ...]
    templates: Path | None
    is_kernel: bool

    @property
    def own_templates(self) -> dict[str, Path]:
        """The folder of the user's templates, by the targets that may use them."""
        return {} if self.templates is None else dict.fromkeys(self.targets, self.templates)

    @property
    def forms(self) -> dict[str, Options]:
        """The targets by their names, each with the options that concern it."""
        return {name: self.form.concerning(name) for name in self.targets}


class Batch(NamedTuple):
    """The tables of a manifest.

    Attributes:
        path: the manifest; None where there is none.
        folder: where the files go.
        entries: the tables, each with a name of its own.
    """

    path: Path | None
    folder: Path
    entries: list[Entry]

    @property
    def needs(self) -> tuple[Path, ...]:
        """The files that it is made of."""
        manifest = [] if self.path is None else [self.path]
        return tuple(dict.fromkeys([*manifest, *(p for e in self.entries for p in e.needs)]))


class Made(NamedTuple):
    """A table that was built, and what is said of it.

    Attributes:
        files: its files, in memory.
        document: the table as JSON.
        row: its line in the summary.
        text: the summary of this table alone.
        lines: what the index of each face of the report tells of it.
    """

    files: Files
    document: dict[str, object]
    row: tuple[str, ...]
    text: str
    lines: dict[str, Line]


def make(entry: Entry) -> Made:
    """Return the table that an entry asks for.

    Raises:
        LutgenError: there is none.
    """
    try:
        request = request_from(entry.function, entry.options)
        spec, _ = spec_of(request, entry.goal, entry.form)
        solution = pipeline.solve(spec)
        requirements.demand(solution.report, entry.required)
        files = pipeline.rebuilt(solution, entry.forms, entry.faces, entry.own_templates)
    except LutgenError as problem:
        raise _placed(problem, entry.where) from None
    return Made(
        files, table_document(solution), terminal.row(solution), terminal.full(solution),
        _lines(solution, entry.faces),
    )


def _placed(problem: LutgenError, where: str) -> LutgenError:
    """Return a problem of a table, with where the table is; it ends with the same code."""
    kind = UsageError if isinstance(problem, UsageError) else LutgenError
    return kind(f"{where}: {problem}" if where else str(problem))


def _lines(solution: Solution, faces: tuple[str, ...]) -> dict[str, Line]:
    if not faces:
        return {}
    # Loaded here: it brings the plots with it.
    from lutgen.reports.files import line

    return dict.fromkeys(faces, line(solution))


def read_batch(path: Path, asked: Asked) -> Batch:
    """Return the tables of a manifest, all of them checked.

    Args:
        path: the manifest.
        asked: what is asked of all, and wins over the manifest.

    Raises:
        UsageError: a table makes no sense, or two have one name.
    """
    # Loaded here: one table needs no manifest.
    from lutgen.manifest import read

    defaults = _defaults()
    flags = [key for key, value in defaults.items() if isinstance(value, bool)]
    manifest = read(path, flags, [*(key for key in defaults if key not in flags), *_KEYS])
    entries: dict[str, Entry] = {}
    taken: dict[str, int] = {}
    for number, table in enumerate(manifest.tables, start=1):
        where = f"{path}, table {number}"
        options = {**defaults, **table}
        if asked.templates is not None:
            options["template_dir"] = asked.templates
        own = {key: options.pop(key, ()) for key in ("target", "report", "require")}
        try:
            wanted = asked._replace(
                targets=asked.targets or targets_from(own["target"]),
                faces=asked.faces or reports.faces(own["report"]),
                required=(*asked.required, *requirements.parse(own["require"])),
            )
            entry = entry_from(where, options.pop("function", None), options, wanted)
            if entry.name.lower() in entries:
                raise UsageError.about("name", "must be another for each table", entry.name)
            for file in known_paths(entry) or ():
                other = taken.setdefault(str(file).lower(), number)
                if other != number:
                    raise UsageError.about(
                        "name", f"table {other} writes {file} as well", entry.name,
                        "give one of them another name",
                    )
        except LutgenError as problem:
            raise _placed(problem, where) from None
        entries[entry.name.lower()] = entry
    place = asked.output or manifest.output or Path(DEFAULT_FOLDER)
    return Batch(path, place, [*entries.values()])


def _defaults() -> dict[str, object]:
    """Return the options that describe a table and its files, all at their defaults."""
    command = click.Command("table")
    for add in (request_options, target_options, goal_options, template_option):
        add(command)
    return command.make_context("table", []).params


def refuse_beside(path: Path) -> None:
    """Refuse options of the command line that describe a table, where a manifest does.

    Raises:
        UsageError: there is one.
    """
    for name, option in given_options().items():
        if name not in _BESIDE:
            raise UsageError(f"{option} does not go with a manifest; write it into {path}")


def entry_from(
    where: str, function: str | None, options: dict[str, object], asked: Asked
) -> Entry:
    """Return the table that options ask for, and take those about its files out of them.

    Args:
        where: what messages begin with.
        function: name of the function; None where the options name another source.
        options: of ``build``.
        asked: what is asked of its files.

    Raises:
        UsageError: they make no sense.
    """
    form, goal = target_options_from(options), goal_from(options)
    templates = templates_from(options)
    request = request_from(function, options)
    name, codes = _known(request)
    needs = [Path(str(options[key])) for key in ("table", "channels") if options[key] is not None]
    if templates is not None:
        from lutgen.sandbox import template_names

        needs += [templates / name for name in template_names(templates)]
    return Entry(
        where, name, codes, function, options, asked.targets, form, goal, asked.faces,
        asked.required, tuple(needs), templates, not isinstance(request, Request),
    )


def known_paths(entry: Entry) -> list[PurePosixPath] | None:
    """Return the paths of a table's files; None where its program decides."""
    if entry.is_kernel:
        return None
    sampled = entry.options["table"] is not None
    return pipeline.outputs(entry.name, entry.forms, entry.faces, sampled=sampled)


def _known(request: Request | KernelRequest) -> tuple[str, int]:
    """Return the name that a request settles, and how many input codes it has.

    Raises:
        UsageError: the request makes no sense.
    """
    if isinstance(request, Request):
        settled = request.settle()
        return settled.name, 2**settled.input.width
    # A kernel is measured on about as many inputs as a wide table has.
    return request.resolve().name, 2**MAX_WIDTH


def given_options() -> dict[str, str]:
    """Return the parameters that the command line gives, with the options they came from."""
    context = click.get_current_context()
    return {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name) == ParameterSource.COMMANDLINE
    }
