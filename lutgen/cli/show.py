"""``lutgen show``: one function of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from lutgen import activations, kernels
from lutgen.activations._record import Activation, Parameter, Symmetry
from lutgen.cli._options import debug_option
from lutgen.errors import UnknownNameError, UsageError
from lutgen.kernels._per_channel import SUFFIX
from lutgen.kernels._spec import MEANINGS
from lutgen.request import Request

ACTIVATION_SCHEMA = "lutgen.activation/1"
KERNEL_SCHEMA = "lutgen.kernel/1"
WIDTHS = (8, 16)
"""For which the default formats are shown."""


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@debug_option
def command(name: str, as_json: bool) -> None:
    """Print the definition, source, parameters, facts and default formats of NAME.

    \b
    lutgen show gelu
    lutgen show softmax
    lutgen show hard_sigmoid --json
    """
    record = _record(name)
    if isinstance(record, Activation):
        schema, document = ACTIVATION_SCHEMA, _activation(record)
    else:
        schema, document = KERNEL_SCHEMA, _kernel(record)
    if as_json:
        click.echo(json.dumps({"schema": schema, **document}, indent=2))
        return
    for label, content in document.items():
        for line in _lines(content):
            click.echo(f"{label.replace('_', ' '):<15} {line}")


def _record(name: str) -> Activation | kernels.Kernel:
    """Return the record that has this name.

    Raises:
        UnknownNameError: there is none.
    """
    if kernels.has(name):
        return kernels.get(name)
    try:
        return activations.get(name)
    except UnknownNameError:
        aliases = [alias for record in activations.catalogue() for alias in record.aliases]
        known = [*activations.names(), *aliases, *kernels.names()]
        raise UnknownNameError.among("activation", name, known) from None


def _activation(record: Activation) -> dict[str, object]:
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
        "parameters": _parameters(record.parameters),
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
            for bits in WIDTHS
            for spec in [Request(record.name, bits=bits).resolve()]
        },
    }


def _kernel(record: kernels.Kernel) -> dict[str, object]:
    """Return what is known of a kernel with its default parameters and settings.

    Raises:
        UsageError: the channels of the kernel would have no parameters.
    """
    parameters, channels = record.parameters, None
    if record.needs_channels:
        activation = activations.get(record.name.removesuffix(SUFFIX))
        parameters = activation.parameters
        if not parameters:
            raise UsageError(f"{record.name}: {activation.name} has no parameters; see lutgen list")
        channels = kernels.Channels(activation, (activation.parse_parameters(()),))
    specs = {
        bits: kernels.KernelRequest(record, bits=bits, channels=channels).resolve()
        for bits in WIDTHS
    }
    defaults = kernels.Settings()
    return {
        "name": record.name,
        "summary": record.summary,
        "formula": record.formula,
        "source": record.source,
        "note": record.note,
        "arity": record.arity,
        "inputs": [
            {
                "name": port.name,
                "options": f"--{port.side}-...",
                "meaning": port.meaning,
                "per_call": port.per_call,
            }
            for port in specs[WIDTHS[0]].ports
        ],
        "outputs": [{"name": name, "options": "--out-..."} for name in record.outputs],
        "settings": [
            {
                "option": f"--{name.replace('_', '-')}",
                "default": getattr(defaults, name),
                "meaning": MEANINGS[name],
            }
            for name in record.settings
        ],
        "channels": "--channels FILE, with these parameters as columns" if channels else "",
        "parameters": _parameters(parameters),
        "rounding": specs[WIDTHS[0]].rounding,
        "default_formats": {
            f"{bits} bits": {
                name: codes.description
                for name, codes in {**spec.inputs, **spec.outputs}.items()
            }
            for bits, spec in specs.items()
        },
    }


def _parameters(parameters: Iterable[Parameter]) -> list[dict[str, str]]:
    return [
        {
            "name": parameter.name,
            "default": parameter.default,
            "domain": parameter.domain.text,
            "meaning": parameter.meaning,
        }
        for parameter in parameters
    ]


def _lines(content: object) -> list[str]:
    """Return the lines in which one entry is printed; none where it is empty."""
    if isinstance(content, dict):
        return [f"{key}, {side}: {text}" for key, sides in content.items()
                for side, text in sides.items()]
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return [_entry(**entry) for entry in content]
    if isinstance(content, list):
        return [", ".join("-" if item is None else str(item) for item in content)] * bool(content)
    return [] if content in (None, "") else [str(content)]


def _entry(
    *,
    name: str = "",
    option: str = "",
    options: str = "",
    default: object = None,
    domain: str = "",
    meaning: str = "",
    per_call: bool = False,
) -> str:
    """Return a parameter, a setting, an input or an output as one line."""
    text = name or option
    if options:
        text += f" ({options})"
    if default is not None:
        text += f" = {default}"
    if domain:
        text += f", {domain}"
    told = [meaning] if meaning else []
    if per_call:
        told.append("one number for a whole array")
    return text + (f": {'; '.join(told)}" if told else "")
