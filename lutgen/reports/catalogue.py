"""The catalogue as Markdown: a table of the activations, and one of the kernels."""

from __future__ import annotations

from collections.abc import Iterable

from lutgen import activations, kernels
from lutgen.activations._record import Activation, Parameter, Symmetry


def markdown() -> str:
    """Return every record as a row, facts with the default parameters."""
    return "\n".join([
        *_table(
            ("function of one number", "definition", "parameters", "symmetry", "monotone"),
            map(_activation, activations.catalogue()),
        ),
        "",
        *_table(
            ("function of several", "arity", "inputs", "definition", "options, parameters"),
            map(_kernel, kernels.catalogue()),
        ),
    ])


def _activation(record: Activation) -> tuple[str, ...]:
    defaults = record.parse_parameters(())
    symmetry = record.fact("symmetry", defaults)
    return (
        ", ".join(map(_code, (record.name, *record.aliases))),
        _code(record.formula),
        _parameters(record.parameters),
        _code(symmetry.text) if isinstance(symmetry, Symmetry) else "",
        str(record.fact("monotone", defaults) or ""),
    )


def _kernel(record: kernels.Kernel) -> tuple[str, ...]:
    spec = kernels.KernelRequest(record).resolve()
    options = ", ".join(_code(f"--{name.replace('_', '-')}") for name in record.settings)
    return (
        _code(record.name),
        record.arity,
        ", ".join(_code(port.name) for port in spec.ports),
        _code(record.formula),
        ", ".join(filter(None, (options, _parameters(record.parameters)))),
    )


def _parameters(parameters: Iterable[Parameter]) -> str:
    return ", ".join(_code(f"{each.name} = {each.default}") for each in parameters)


def _code(text: str) -> str:
    # A bar would end the cell, even between backticks.
    return f"`{text}`".replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    every = [head, ("---",) * len(head), *rows]
    return [f"|{''.join(f' {cell} |' if cell else ' |' for cell in row)}" for row in every]
