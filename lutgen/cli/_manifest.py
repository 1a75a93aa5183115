"""The tables of a manifest as jobs: its keys are options, and go the way of options."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from lutgen import pipeline, reports
from lutgen.accuracy import requirements
from lutgen.cli._options import request_from, target_options_from, targets_from
from lutgen.errors import UsageError
from lutgen.manifest import read
from lutgen.pipeline import Job

_BESIDE = (
    "manifest", "target_lists", "output", "face_lists", "required_lists", "force", "as_json",
    "quiet", "verbose",
)
"""Options of ``build`` that a manifest goes with."""

_KEYS = ("function", "target", "report", "require", "description")
"""Keys of a table that are no options of ``build``, or are called otherwise there."""


def manifest_jobs(
    path: Path,
    options: dict[str, object],
    targets: tuple[str, ...],
    output: Path,
    faces: tuple[str, ...],
    required: tuple[str, ...],
) -> tuple[list[Job], Path]:
    """Return the solved tables of a manifest, and the folder they go to.

    Args:
        path: the manifest.
        options: those of ``build`` that describe tables and files, all at their defaults.
        targets: of the command line; where given there, they win over the manifest's.
        output: of the command line; the same.
        faces: of the report, of the command line; the same.
        required: properties, of the command line; every table has to have them, and its own.

    Raises:
        LutgenError: a table makes no sense or cannot be built; nothing was written.
    """
    given = _given()
    for name, option in given.items():
        if name not in _BESIDE:
            raise UsageError(f"{option} does not go with a manifest; write it into {path}")
    flags = [key for key, value in options.items() if isinstance(value, bool)]
    manifest = read(path, flags, [*(key for key in options if key not in flags), *_KEYS])
    found, names = [], set()
    for number, table in enumerate(manifest.tables, start=1):
        merged = {**options, **table}
        wanted, shown = merged.pop("target", ()), merged.pop("report", ())
        try:
            chosen = targets if "target_lists" in given else targets_from(wanted)
            pages = faces if "face_lists" in given else reports.faces(shown)
            gates = (*required, *requirements.parse(merged.pop("require", ())))
            form = target_options_from(merged)
            spec = request_from(merged.pop("function", None), merged).resolve()
            if spec.name.lower() in names:
                raise UsageError.about("name", "must be another for each table", spec.name)
        except UsageError as problem:
            raise UsageError(f"{path}, table {number}: {problem}") from None
        names.add(spec.name.lower())
        found.append((spec, chosen, form, pages, gates))
    jobs = []
    for spec, chosen, form, pages, gates in found:
        solution = pipeline.solve(spec)
        requirements.demand(solution.report, gates)
        jobs.append(Job(solution, chosen, form, pages))
    return jobs, output if "output" in given or manifest.output is None else manifest.output


def _given() -> dict[str, str]:
    """Return the parameters that the command line gives, with the options they came from."""
    context = click.get_current_context()
    return {
        parameter.name: parameter.opts[0]
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name) == ParameterSource.COMMANDLINE
    }
