"""``lutgen show``: one activation."""

from __future__ import annotations

import json

import click

from lutgen import activations
from lutgen.activations._record import Activation, Symmetry
from lutgen.cli._options import debug_option
from lutgen.request import Request

SHOW_SCHEMA = "lutgen.activation/1"


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@debug_option
def command(name: str, as_json: bool) -> None:
    """Print the definition, source, parameters, facts and default formats of NAME.

    \b
    lutgen show gelu
    lutgen show hard_sigmoid --json
    """
    document = _document(activations.get(name))
    if as_json:
        click.echo(json.dumps({"schema": SHOW_SCHEMA, **document}, indent=2))
        return
    for label, content in document.items():
        for line in _lines(content):
            click.echo(f"{label.replace('_', ' '):<15} {line}")


def _document(record: Activation) -> dict[str, object]:
    """Return what is known of an activation with its default parameters."""
    defaults = record.parse_parameters(())
    symmetry = record.fact("symmetry", defaults)
    low, high = (None if b is None else str(b) for b in record.fact("bounds", defaults))
    return {
        "name": record.name,
        "aliases": list(record.aliases),
        "summary": record.summary,
        "formula": record.formula,
        "source": record.source,
        "note": record.note,
        "arity": record.arity,
        "parameters": [
            {
                "name": parameter.name,
                "default": parameter.default,
                "domain": parameter.domain.text,
                "meaning": parameter.meaning,
            }
            for parameter in record.parameters
        ],
        "domain": record.domain,
        "symmetry": symmetry.text if isinstance(symmetry, Symmetry) else None,
        "monotone": record.fact("monotone", defaults),
        "bounds": [low, high],
        "kinks": [str(kink) for kink in record.fact("kinks", defaults)],
        "kink_rule": record.kink_rule,
        "default_range": list(record.default_range),
        "default_formats": {
            f"{bits} bits": {
                "input": spec.input.description,
                "output": spec.output.description,
            }
            for bits in (8, 16)
            for spec in [Request(record.name, bits=bits).resolve()]
        },
    }


def _lines(content: object) -> list[str]:
    """Return the lines in which one entry is printed; none where it is empty."""
    if isinstance(content, dict):
        return [f"{key}, {side}: {text}" for key, sides in content.items()
                for side, text in sides.items()]
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return [
            f"{entry['name']} = {entry['default']}, {entry['domain']}"
            + (f": {entry['meaning']}" if entry["meaning"] else "")
            for entry in content
        ]
    if isinstance(content, list):
        return [", ".join("-" if item is None else str(item) for item in content)] * bool(content)
    return [] if content in (None, "") else [str(content)]
