"""The kernels: functions of several numbers or of a row, one file each, found by listing.

A file ``NAME.py`` holds the ``RECORD`` that describes the kernel.  ``NAME_per_channel`` is made
of the activation ``NAME``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

from lutgen import activations
from lutgen.errors import UnknownNameError
from lutgen.kernels._channels import Channels
from lutgen.kernels._per_channel import SUFFIX, per_channel
from lutgen.kernels._record import Built, Kernel, Port
from lutgen.kernels._report import KernelReport
from lutgen.kernels._request import KernelRequest
from lutgen.kernels._spec import KernelSpec, Settings

__all__ = [
    "Built", "Channels", "Kernel", "KernelReport", "KernelRequest", "KernelSpec", "Port",
    "Settings", "catalogue", "get", "has", "names", "of_channels", "solve",
]


@cache
def names() -> tuple[str, ...]:
    """Return the canonical names in alphabetical order."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")))


def has(name: str) -> bool:
    """Return whether a name is that of a kernel; case and ``-`` for ``_`` do not matter."""
    return _plain(name) in names() or _is_of_channels(name)


def get(name: str) -> Kernel:
    """Return the kernel with this name; case and ``-`` for ``_`` do not matter.

    Raises:
        UnknownNameError: there is none; the message suggests the nearest names.
    """
    wanted = _plain(name)
    if wanted in names():
        return _load(wanted)
    if _is_of_channels(name):
        return of_channels(wanted.removesuffix(SUFFIX))
    raise UnknownNameError.among("kernel", name, list(names()))


def of_channels(activation: str) -> Kernel:
    """Return the kernel of an activation with parameters of its own in every channel.

    Raises:
        UnknownNameError: there is no such activation.
    """
    return per_channel(activations.get(activation))


def catalogue() -> tuple[Kernel, ...]:
    """Return every record, in the order of the names."""
    return tuple(map(_load, names()))


def solve(spec: KernelSpec) -> tuple[Built, KernelReport]:
    """Return the program that answers ``spec``, and its error.

    Raises:
        BudgetError: no program keeps what is asked.
    """
    built = spec.kernel.build(spec)
    if not built.program.tables:
        built = built._replace(program=replace(built.program, method="direct"))
    return built, KernelReport.measure(built, spec)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _is_of_channels(name: str) -> bool:
    wanted = _plain(name)
    return wanted.endswith(SUFFIX) and wanted.removesuffix(SUFFIX) in activations.names()


@cache
def _load(name: str) -> Kernel:
    return import_module(f"{__name__}.{name}").RECORD
