"""``lutgen verify``: run the emitted files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lutgen.cli._options import FilePath, output_options
from lutgen.verify import verify

VERIFY_SCHEMA = "lutgen.verify/1"


@click.command("verify")
@click.argument("folder", metavar="[DIR]", default="generated", type=FilePath())
@output_options
def command(folder: Path, as_json: bool, quiet: bool, verbose: bool) -> int:
    """Compile and run every artifact in DIR on every input code and compare bit for bit.

    \b
    lutgen verify generated
    lutgen verify include --json
    """
    verdicts = verify(folder)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if as_json:
        entries = [{**verdict._asdict(), "passed": verdict.passed} for verdict in verdicts]
        click.echo(json.dumps({"schema": VERIFY_SCHEMA, "verdicts": entries}, indent=2))
    else:
        for verdict in verdicts:
            if verdict.passed and not quiet:
                note = f"; {verdict.note}" if verdict.note else ""
                click.echo(f"ok      {verdict.name}: {verdict.codes} codes, {verdict.tool}{note}")
        for verdict in failed:
            reason = verdict.problem or f"{verdict.mismatches} of {verdict.codes} codes differ"
            click.echo(f"FAILED  {verdict.name}: {verdict.target}, {verdict.tool}: {reason}")
        if not quiet:
            click.echo(f"{len(verdicts) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
