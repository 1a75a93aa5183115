"""``lutgen list``: the catalogue, or what plug-ins add to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from lutgen import activations, kernels, targets
from lutgen.activations import Activation
from lutgen.cli._options import debug_option
from lutgen.errors import PluginError, UsageError
from lutgen.plugins import ACTIVATIONS, TARGETS, Plugin, registered
from lutgen.reports.catalogue import markdown

LIST_SCHEMA = "lutgen.list/1"
PLUGINS_SCHEMA = "lutgen.plugins/1"


@click.command("list")
@click.option("--plugins", is_flag=True, help="What other distributions register instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--md", "as_markdown", is_flag=True, help="Definitions and parameters, in Markdown.")
@debug_option
def command(plugins: bool, as_json: bool, as_markdown: bool) -> None:
    """Print every function: name, arity, summary, aliases.

    \b
    lutgen list
    lutgen list --json
    lutgen list --md
    """
    if as_markdown and (as_json or plugins):
        raise UsageError("--md is a form of the catalogue; give no --json and no --plugins with it")
    if as_markdown:
        click.echo(markdown())
        return
    if plugins:
        _list_plugins(as_json)
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


def _list_plugins(as_json: bool) -> None:
    """Print what is registered, and what is wrong with it."""
    found = list(_plugins())
    if as_json:
        click.echo(json.dumps({"schema": PLUGINS_SCHEMA, "plugins": found}, indent=2))
        return
    for entry in found:
        state = f"not usable: {entry['problem']}" if entry["problem"] else "usable"
        click.echo(f"{entry['kind']:<10} {entry['name']}  ({entry['distribution']}): {state}")
    if not found:
        click.echo("no plug-ins")


def _plugins() -> Iterator[dict[str, str]]:
    for group, kind in ((ACTIVATIONS, "activation"), (TARGETS, "target")):
        for name, owners in sorted(registered(group).items()):
            for plugin in owners:
                problem = _problem(group, plugin)
                yield {
                    "kind": kind, "name": name, "distribution": plugin.distribution,
                    "problem": problem,
                }


def _problem(group: str, plugin: Plugin) -> str:
    """Return why a plug-in cannot be used; nothing where it can."""
    try:
        if group == TARGETS:
            if plugin.name in targets.NAMES:
                return "this name is lutgen's own"
            targets.get(plugin.name)
        elif _is_builtin(plugin.name):
            return "this name is lutgen's own"
        else:
            activations.get(plugin.name)
    except PluginError as problem:
        return str(problem)
    return ""


def _is_builtin(name: str) -> bool:
    records = [*activations.catalogue(), *kernels.catalogue()]
    return any(name in (record.name, *_aliases(record)) for record in records)
