"""The catalogue: one file per activation, found by listing this folder.

A file ``NAME.py`` holds the functions ``value`` and ``derivative`` and the ``RECORD`` that
describes them.  Only the file that is asked for is imported; an alias costs a look at them all.
A name that is none of these may be a plug-in's.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from lutgen import plugins
from lutgen.activations._record import (
    COMPLEMENT,
    EVEN,
    NONDECREASING,
    NONINCREASING,
    ODD,
    Activation,
    Domain,
    Parameter,
    Symmetry,
)
from lutgen.errors import UnknownNameError

__all__ = [
    "COMPLEMENT",
    "EVEN",
    "NONDECREASING",
    "NONINCREASING",
    "ODD",
    "Activation",
    "Domain",
    "Parameter",
    "Symmetry",
    "catalogue",
    "get",
    "names",
]


@cache
def names() -> tuple[str, ...]:
    """Return the canonical names in alphabetical order."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")))


def get(name: str) -> Activation:
    """Return the activation with this name or alias; case and ``-`` for ``_`` do not matter.

    Raises:
        UnknownNameError: there is none; the message suggests the nearest names.
        PluginError: a plug-in has that name, and cannot be loaded.
    """
    wanted = name.lower().replace("-", "_")
    if wanted in names():
        return _load(wanted)
    by_alias = {alias: record for record in catalogue() for alias in record.aliases}
    if wanted in by_alias:
        return by_alias[wanted]
    # Last, so that no plug-in takes a name over.
    from lutgen.activations import _plugins

    found = _plugins.get(wanted)
    if found is not None:
        return found
    raise UnknownNameError.among(
        "activation", name, [*names(), *by_alias, *plugins.registered(plugins.ACTIVATIONS)]
    )


def catalogue() -> tuple[Activation, ...]:
    """Return every record of lutgen's own, in the order of the names."""
    return tuple(map(_load, names()))


@cache
def _load(name: str) -> Activation:
    return import_module(f"{__name__}.{name}").RECORD
