"""``lutgen report``: the error report only."""

from __future__ import annotations

import json

import click

from lutgen import pipeline
from lutgen.cli._options import output_options, request_from, request_options
from lutgen.reports import terminal
from lutgen.reports.document import table_document

REPORT_SCHEMA = "lutgen.report/1"


@click.command("report")
@click.argument("function", metavar="NAME", required=False)
@request_options
@output_options
def command(
    function: str | None, as_json: bool, quiet: bool, verbose: bool, **options: object
) -> None:
    """Print the error of the activation NAME on every input code; nothing is written.

    \b
    lutgen report tanh --bits 16 --range=-4,4
    lutgen report silu --in-format Q4.4 --out-format Q4.4 --json
    """
    solution = pipeline.solve(request_from(function, options).resolve())
    if as_json:
        document = {"schema": REPORT_SCHEMA, "tables": [table_document(solution)]}
        click.echo(json.dumps(document, indent=2))
    elif not quiet:
        click.echo(terminal.full(solution))
