"""``lutgen check``: would a rebuild give the same bytes?"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from lutgen.check import DIFFERENT, MISSING, SAME, Finding, check
from lutgen.cli import _batch
from lutgen.cli._manifest import Asked, read_batch
from lutgen.cli._options import DEFAULT_FOLDER, FilePath, output_options
from lutgen.cli._templates import template_option, templates_from
from lutgen.cli._upkeep import jobs_option, processes_from
from lutgen.errors import printable

CHECK_SCHEMA = "lutgen.check/1"


@click.command("check")
@click.argument("folder", metavar="[DIR]", required=False, type=FilePath())
@click.option("--manifest", metavar="FILE", type=FilePath(),
              help="Compare with what building this manifest would write.")
@template_option
@jobs_option
@output_options
def command(
    folder: Path | None,
    manifest: Path | None,
    template_dir: str | None,
    jobs: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Build everything in DIR once more, in memory, and compare it with the files.

    The sidecars (NAME.lutgen.json) below DIR say what to build; with --manifest its tables do,
    and DIR is where its files should be.  Exit code 1 where a file differs or is missing.

    \b
    lutgen check generated
    lutgen check --manifest lutgen.toml
    """
    processes = processes_from(jobs)
    if manifest is None:
        templates = templates_from({"template_dir": template_dir})
        found = check(folder or Path(DEFAULT_FOLDER), processes, templates)
    else:
        batch = read_batch(manifest, Asked(output=folder, templates=template_dir))
        found = _batch.findings(batch, processes)
    return _told([*found], as_json, quiet, verbose)


def _told(found: list[Finding], as_json: bool, quiet: bool, verbose: bool) -> int:
    """Print what was found and return the exit code."""
    count = Counter(finding.state for finding in found)
    same = count[SAME] == len(found)
    if as_json:
        files = [{**f._asdict(), "path": str(f.path)} for f in found]
        click.echo(json.dumps({"schema": CHECK_SCHEMA, "same": same, "files": files}, indent=2))
        return 0 if same else 1
    for finding in found:
        if finding.state != SAME or (verbose and not quiet):
            click.echo(f"{finding.state:<9} {printable(str(finding.path))}")
        if not quiet:
            for line in finding.difference:
                click.echo(f"  {line}")
    if not quiet:
        differing = ", ".join(f"{count[state]} {state}" for state in (DIFFERENT, MISSING))
        click.echo(f"{len(found)} files: {count[SAME]} same, {differing}")
        if not same:
            click.echo("build again to bring them up to date", err=True)
    return 0 if same else 1
