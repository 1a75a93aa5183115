"""``lutgen list``: the catalogue."""

from __future__ import annotations

import json

import click

from lutgen import activations
from lutgen.cli._options import debug_option

LIST_SCHEMA = "lutgen.list/1"


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@debug_option
def command(as_json: bool) -> None:
    """Print every activation: name, inputs, summary, aliases.

    \b
    lutgen list
    lutgen list --json
    """
    records = activations.catalogue()
    if as_json:
        entries = [
            {
                "name": record.name,
                "aliases": list(record.aliases),
                "arity": record.arity,
                "summary": record.summary,
            }
            for record in records
        ]
        click.echo(json.dumps({"schema": LIST_SCHEMA, "activations": entries}, indent=2))
        return
    width = max(len(record.name) for record in records)
    for record in records:
        aliases = f" (also {', '.join(record.aliases)})" if record.aliases else ""
        click.echo(f"{record.name:<{width}}  {record.arity}  {record.summary}{aliases}")
