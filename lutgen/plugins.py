"""Activations and targets of others, registered by entry points of their distributions.

Nothing is looked up before a name is asked for that lutgen itself does not have, and nothing is
loaded but what was asked for: a broken plug-in is no trouble to those who do not use it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lutgen.errors import LutgenError, PluginError, shown
from lutgen.signals import Stopped

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ACTIVATIONS, TARGETS = "lutgen.activations", "lutgen.targets"

R = TypeVar("R")

_complaints: list[str] = []


class Plugin(NamedTuple):
    """Something that a distribution registers.

    Attributes:
        name: what users call it: lower case, with ``_`` for ``-``.
        distribution: who registers it, with the version.
        entry: where it is.
    """

    name: str
    distribution: str
    entry: EntryPoint

    def __str__(self) -> str:
        return f"{shown(self.name)} of {self.distribution}"

    def load(self) -> object:
        """Return what is registered, which may take any amount of imports.

        Raises:
            PluginError: that fails.
        """
        return guarded(self, self.entry.load)


def registered(group: str) -> dict[str, list[Plugin]]:
    """Return what is registered in a group, by name; a name with several owners has them all."""
    found: dict[str, list[Plugin]] = {}
    for plugin in _all():
        if plugin.entry.group == group:
            found.setdefault(plugin.name, []).append(plugin)
    return found


def find(group: str, name: str) -> Plugin | None:
    """Return the plug-in with this name; None where there is none.

    Raises:
        PluginError: there are several.
    """
    owners = registered(group).get(name, [])
    if len(owners) > 1:
        names = " and ".join(sorted(plugin.distribution for plugin in owners))
        raise PluginError(f"{shown(name)} is registered by {names}; uninstall all but one")
    return owners[0] if owners else None


def guarded(plugin: Plugin, function: Callable[..., R], *arguments: object, **named: object) -> R:
    """Return what a function of a plug-in returns.

    Raises:
        LutgenError: what it raises itself.
        PluginError: it raises anything else, or wants to end the process.
    """
    try:
        # What it prints is no result of lutgen's.
        with contextlib.redirect_stdout(sys.stderr):
            return function(*arguments, **named)
    except (LutgenError, Stopped):
        raise
    except BaseException as problem:
        reason = shown(problem, 200)[1:-1]
        raise PluginError(
            f"plug-in {plugin}: {type(problem).__name__}{f': {reason}' if reason else ''}; "
            "mend or uninstall it"
        ) from problem


def complaints() -> list[str]:
    """Return what was wrong with distributions as a whole, and forget it."""
    found = _complaints[:]
    _complaints.clear()
    return found


@cache
def _all() -> tuple[Plugin, ...]:
    return tuple(_registrations())


def _registrations() -> Iterator[Plugin]:
    """Yield what all distributions register; of one that is there twice, the first."""
    from importlib.metadata import distributions

    seen = set()
    for distribution in distributions():
        # One at a time: metadata that cannot be read is the trouble of its owner alone.
        place = getattr(distribution, "_path", "a distribution")
        try:
            name = distribution.metadata["Name"] or Path(place).name
            version = distribution.version or ""
            entries = [e for e in distribution.entry_points if e.group in (ACTIVATIONS, TARGETS)]
        except Exception as problem:
            _complaints.append(f"{place}: its entry points cannot be read ({shown(problem, 100)})")
            continue
        if name in seen:
            continue
        seen.add(name)
        for entry in entries:
            called = entry.name.lower().replace("-", "_")
            yield Plugin(called, shown(f"{name} {version}".rstrip())[1:-1], entry)
