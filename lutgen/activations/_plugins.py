"""Activations of others: loaded when their name is asked for, and checked like one's own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from lutgen import plugins
from lutgen.activations._record import Activation, Function
from lutgen.errors import LutgenError, PluginError
from lutgen.names import check_identifier
from lutgen.numerics.reals import Anchored, Exact, Value, arb
from lutgen.plugins import Plugin, guarded


@cache
def get(name: str) -> Activation | None:
    """Return the activation that a plug-in registers by this name; None where there is none.

    Raises:
        PluginError: it cannot be loaded, or is not what it should be.
    """
    plugin = plugins.find(plugins.ACTIVATIONS, name)
    return None if plugin is None else checked(plugin)


def checked(plugin: Plugin) -> Activation:
    """Return the record that a plug-in registers, its functions guarded.

    Raises:
        PluginError: it cannot be loaded, or is not what it should be.
    """
    record = plugin.load()
    if not isinstance(record, Activation):
        raise PluginError(f"plug-in {plugin}: is no Activation but {type(record).__name__}")
    if not all(isinstance(text, str) for text in (record.formula, record.summary)):
        raise PluginError(f"plug-in {plugin}: its formula and its summary must be texts")
    if record.name != plugin.name:
        raise PluginError(f"plug-in {plugin}: its record has another name, {record.name!r}")
    try:
        check_identifier("name", f"{record.name}_s8")
        record.parse_parameters(())
    except LutgenError as problem:
        raise PluginError(f"plug-in {plugin}: {problem}") from None
    if record.arity != 1:
        raise PluginError(f"plug-in {plugin}: has {record.arity} inputs; one can be tabulated")
    return replace(
        record,
        value=_guarded(plugin, record.value),
        derivative=_guarded(plugin, record.derivative),
    )


def _guarded(plugin: Plugin, function: Function) -> Function:
    """Return a function that answers with a value or says whose fault it is that it cannot."""

    def value(x: Exact, **parameters: Exact) -> Value:
        found = guarded(plugin, function, x, **parameters)
        if not isinstance(found, Exact | arb | Anchored):
            raise PluginError(
                f"plug-in {plugin}: gives {type(found).__name__} at x = {x}, neither an exact "
                "number nor a ball"
            )
        return found

    return value
