"""``lutgen list``: the catalogue."""

from __future__ import annotations

import json

import click

from lutgen import activations, kernels
from lutgen.activations._record import Activation
from lutgen.cli._options import debug_option
from lutgen.errors import UsageError
from lutgen.reports.catalogue import markdown

LIST_SCHEMA = "lutgen.list/1"


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--md", "as_markdown", is_flag=True, help="Definitions and parameters, in Markdown.")
@debug_option
def command(as_json: bool, as_markdown: bool) -> None:
    """Print every function: name, arity, summary, aliases.

    \b
    lutgen list
    lutgen list --json
    lutgen list --md
    """
    if as_json and as_markdown:
        raise UsageError("--json and --md are two forms of the catalogue; give one of them")
    if as_markdown:
        click.echo(markdown())
        return
    records = [*activations.catalogue(), *kernels.catalogue()]
    if as_json:
        entries = [
            {
                "name": record.name,
                "aliases": list(_aliases(record)),
                "arity": record.arity,
                "summary": record.summary,
            }
            for record in records
        ]
        click.echo(json.dumps({"schema": LIST_SCHEMA, "activations": entries}, indent=2))
        return
    width = max(len(record.name) for record in records)
    arity = max(len(str(record.arity)) for record in records)
    for record in records:
        names = _aliases(record)
        also = f" (also {', '.join(names)})" if names else ""
        click.echo(f"{record.name:<{width}}  {record.arity:<{arity}}  {record.summary}{also}")


def _aliases(record: Activation | kernels.Kernel) -> tuple[str, ...]:
    return record.aliases if isinstance(record, Activation) else ()
