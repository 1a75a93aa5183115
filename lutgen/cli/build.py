"""``lutgen build``: write the files of one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lutgen import pipeline
from lutgen.cli._manifest import manifest_jobs
from lutgen.cli._options import (
    echo_files,
    output_options,
    request_from,
    request_options,
    target_options,
    target_options_from,
    targets_from,
    targets_option,
)
from lutgen.errors import UsageError
from lutgen.manifest import find
from lutgen.reports import terminal
from lutgen.reports.document import candidate_document, table_document
from lutgen.solution import Solution
from lutgen.spec import Spec
from lutgen.store import Written, describe
from lutgen.targets import FAMILIES, GOALS

if TYPE_CHECKING:
    from lutgen.optimize import Choice

BUILD_SCHEMA = "lutgen.build/1"
CANDIDATES_SCHEMA = "lutgen.candidates/1"


@click.command("build")
@click.argument("function", metavar="NAME", required=False)
@request_options
@targets_option
@target_options
@click.option("-o", "--output", default="generated", show_default=True, metavar="DIR",
              type=click.Path(path_type=Path), help="Where the files go.")
@click.option("--optimize", metavar="|".join(GOALS),
              help="Choose among candidates for hardware; area maps 8-bit ones with Yosys.")
@click.option("--family", default=FAMILIES[0], show_default=True, metavar="|".join(FAMILIES),
              help="Whose cells --optimize area counts.")
@click.option("--explain", is_flag=True, help="Print the candidates and why one won.")
@click.option("--candidates", metavar="json", help="The candidates as one JSON document.")
@click.option("--manifest", metavar="FILE", type=click.Path(path_type=Path),
              help="Every table of a manifest; without NAME, lutgen.toml here.")
@click.option("--force", is_flag=True, help="Overwrite files that lutgen did not make.")
@output_options
def command(
    function: str | None,
    target_lists: tuple[str, ...],
    output: Path,
    optimize: str | None,
    family: str,
    explain: bool,
    candidates: str | None,
    manifest: Path | None,
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
    lutgen build --table mine.csv --name mine
    lutgen build --manifest lutgen.toml
    """
    names = targets_from(target_lists)
    if function is None and options["table"] is None:
        manifest = manifest or find(Path())
    elif manifest is not None:
        raise UsageError("--manifest brings its own tables; give no NAME and no --table with it")
    if manifest is not None:
        jobs, folder = manifest_jobs(manifest, options, names, output)
        written = pipeline.write(jobs, folder, force=force)
        _show([job.solution for job in jobs], written, as_json, quiet, verbose)
        return
    form = target_options_from(options)
    if candidates not in (None, "json"):
        raise UsageError.about("--candidates", "must be json", candidates)
    for option, value, known in (("--optimize", optimize, GOALS), ("--family", family, FAMILIES)):
        if value not in (None, *known):
            raise UsageError.about(option, f"must be one of {', '.join(known)}", value)
    if optimize and options["method"] is None:
        options["method"] = "auto"
    spec = request_from(function, options).resolve()
    if not isinstance(spec, Spec):
        for option, given in (
            ("--optimize", optimize), ("--explain", explain), ("--candidates", candidates),
        ):
            if given:
                raise UsageError(
                    f"{option}: {spec.activation.name} takes several numbers, and has one program "
                    "for a method; leave it out"
                )
    choice = None
    if optimize:
        # Loaded here: it brings the synthesis with it, which a plain build does not need.
        from lutgen.optimize import choose

        choice = choose(spec, optimize, form, family)
        spec = choice.spec
    if candidates or (explain and choice is None):
        found, reports = pipeline.explore(spec)
    solution = pipeline.solve(spec)
    written = pipeline.build([solution], names, form, output, force=force)
    if candidates:
        entries = [candidate_document(c, report) for c, report in zip(found, reports, strict=True)]
        document = {"schema": CANDIDATES_SCHEMA, "name": spec.name, "candidates": entries}
        click.echo(json.dumps(document, indent=2))
        return
    more = ""
    if choice is not None:
        more = _choice(choice, every=explain)
    elif explain:
        more = terminal.explanation(found, reports)
    _show([solution], written, as_json, quiet, verbose, more)


def _show(
    solutions: list[Solution],
    written: list[Written],
    as_json: bool,
    quiet: bool,
    verbose: bool,
    more: str = "",
) -> None:
    """Print what was built: one JSON document, or the summaries and the files."""
    if as_json:
        document = {
            "schema": BUILD_SCHEMA,
            "tables": [table_document(solution) for solution in solutions],
            "artifacts": [describe(item.artifact) for item in written],
        }
        click.echo(json.dumps(document, indent=2))
    elif not quiet:
        for solution in solutions:
            click.echo(terminal.full(solution) if verbose else terminal.summary(solution))
        if more:
            click.echo(more)
        echo_files(written)


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

