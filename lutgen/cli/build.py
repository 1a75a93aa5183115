"""``lutgen build``: write the files of one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lutgen import pipeline, reports
from lutgen.accuracy import requirements
from lutgen.cli._goal import goal_options, spec_of
from lutgen.cli._manifest import Asked, Batch, entry_from, given_options, read_batch, refuse_beside
from lutgen.cli._options import (
    DEFAULT_FOLDER,
    FilePath,
    echo_files,
    output_options,
    request_from,
    request_options,
    require_option,
    target_options,
    targets_from,
    targets_option,
)
from lutgen.cli._templates import template_option
from lutgen.cli._upkeep import (
    echo_outputs,
    jobs_option,
    processes_from,
    upkeep_from,
    upkeep_options,
)
from lutgen.errors import UsageError
from lutgen.reports import terminal
from lutgen.reports.document import candidate_document, table_document
from lutgen.spec import Spec
from lutgen.store import Written

if TYPE_CHECKING:
    from lutgen.optimize import Choice

BUILD_SCHEMA = "lutgen.build/1"
CANDIDATES_SCHEMA = "lutgen.candidates/1"


@click.command("build")
@click.argument("function", metavar="[NAME]", required=False)
@request_options
@targets_option
@target_options
@click.option("-o", "--output", default=DEFAULT_FOLDER, show_default=True, metavar="DIR",
              type=FilePath(), help="Where the files go.")
@goal_options
@click.option("--explain", is_flag=True, help="Print the candidates and why one won.")
@click.option("--candidates", metavar="json", help="The candidates as one JSON document.")
@require_option
@click.option("--report", "face_lists", multiple=True, metavar="LIST",
              help="Comma list of html, md: a report beside the files, and an index of many.")
@click.option("--manifest", metavar="FILE", type=FilePath(),
              help="Every table of a manifest; without NAME, lutgen.toml here.")
@jobs_option
@template_option
@upkeep_options
@click.option("--force", is_flag=True, help="Overwrite files that lutgen did not make.")
@output_options
def command(
    function: str | None,
    target_lists: tuple[str, ...],
    output: Path,
    explain: bool,
    candidates: str | None,
    required_lists: tuple[str, ...],
    face_lists: tuple[str, ...],
    manifest: Path | None,
    jobs: str | None,
    list_outputs: bool,
    depfile: Path | None,
    stamp: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: object,
) -> None:
    """Write the files of the activation NAME and print the error summary.

    \b
    lutgen build gelu --bits 8 --target c
    lutgen build sigmoid --in-scale 0.047f --in-zp 3 --target c,json -o include
    lutgen build --expr "x*sigmoid(1.702*x)" --name quick
    lutgen build --table mine.csv --name mine
    lutgen build --manifest lutgen.toml --jobs 4
    """
    asked = Asked(
        targets_from(target_lists), reports.faces(face_lists), requirements.parse(required_lists)
    )
    if function is None and options["table"] is None and options["expr"] is None:
        from lutgen.manifest import find

        manifest = manifest or find(Path())
    elif manifest is not None:
        raise UsageError(
            "--manifest brings its own tables; give no NAME, --expr or --table with it"
        )
    processes = processes_from(jobs)
    if manifest is not None or list_outputs:
        # Loaded here: one table needs no processes.
        from lutgen.cli import _batch
    if manifest is not None:
        refuse_beside(manifest)
        given = given_options()
        batch = read_batch(
            manifest,
            asked._replace(
                targets=asked.targets if "target_lists" in given else (),
                output=output if "output" in given else None,
                templates=options["template_dir"],
            ),
        )
        if list_outputs:
            echo_outputs(_batch.outputs(batch), as_json=as_json)
            return
        told, written = _batch.build_batch(
            batch, processes, force=force, upkeep=upkeep_from(depfile, stamp, batch.needs),
            progress=not quiet,
        )
        if as_json:
            _show_json(told.documents, written)
        elif not quiet:
            _batch.show_batch(told, written, batch.folder, verbose=verbose)
        return
    if candidates not in (None, "json"):
        raise UsageError.about("--candidates", "must be json", candidates)
    entry = entry_from("", function, options, asked)
    if "family" in given_options() and entry.goal.name != "area":
        raise UsageError(
            "--family says whose cells --optimize area counts; add that, or leave it out"
        )
    if list_outputs:
        echo_outputs(_batch.outputs(Batch(None, output, [entry])), as_json=as_json)
        return
    spec, choice = spec_of(request_from(function, options), entry.goal, entry.form)
    for option, wanted in (("--explain", explain), ("--candidates", candidates)):
        if wanted and not isinstance(spec, Spec):
            raise UsageError(
                f"{option}: {spec.activation.name} takes several numbers, and has one program for "
                "a method; leave it out"
            )
    if candidates or (explain and choice is None):
        solution, found, errors = pipeline.explore(spec)
    else:
        solution = pipeline.solve(spec)
    requirements.demand(solution.report, entry.required)
    written = pipeline.write_files(
        [pipeline.rebuilt(solution, entry.forms, entry.faces, entry.own_templates)], output,
        force=force, upkeep=upkeep_from(depfile, stamp, entry.needs),
    )
    if candidates:
        entries = [candidate_document(c, report) for c, report in zip(found, errors, strict=True)]
        document = {"schema": CANDIDATES_SCHEMA, "name": spec.name, "candidates": entries}
        click.echo(json.dumps(document, indent=2))
    elif as_json:
        _show_json([table_document(solution)], written)
    elif not quiet:
        click.echo(terminal.full(solution) if verbose else terminal.summary(solution))
        if choice is not None:
            click.echo(_choice(choice, every=explain))
        elif explain:
            click.echo(terminal.explanation(found, errors))
        echo_files(written)


def _show_json(tables: list[dict[str, object]], written: list[Written]) -> None:
    """Print what was built as one JSON document."""
    entries = [item.entry for item in written]
    document = {"schema": BUILD_SCHEMA, "tables": tables, "artifacts": entries}
    click.echo(json.dumps(document, indent=2))


def _choice(choice: Choice, *, every: bool) -> str:
    """Return what won, and with ``every`` all candidates, the best first."""
    head = f"  chosen   of {len(choice.trials)} candidates, by {choice.judge}"
    rows = [
        f"    {trial.method.name} "
        f"({', '.join(f'{k} {v}' for k, v in trial.method.document().items() if k != 'name')}): "
        f"{trial.text}"
        for trial in (choice.trials if every else choice.trials[:1])
    ]
    return "\n".join([head, *(row.replace(" ()", "") for row in rows)])

