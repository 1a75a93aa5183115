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
from lutgen.activations._record import Activation
from lutgen.errors import UnknownNameError, UsageError, shown
from lutgen.kernels._channels import Channels
from lutgen.kernels._per_channel import SUFFIX, per_channel
from lutgen.kernels._record import Built, Kernel, Port
from lutgen.kernels._report import KernelReport
from lutgen.kernels._request import KernelRequest
from lutgen.kernels._spec import KernelSpec, Settings
from lutgen.methods import tolerance_of
from lutgen.program import TooWideError

__all__ = [
    "Built", "Channels", "Kernel", "KernelReport", "KernelRequest", "KernelSpec", "Port",
    "Settings", "activation_of_channels", "catalogue", "get", "has", "names", "of_channels",
    "shortfall", "solve",
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


def activation_of_channels(name: str) -> Activation:
    """Return the activation whose channels ``--channels`` describes.

    Args:
        name: of the activation, or of the kernel that is made of it.

    Raises:
        UsageError: it is another kernel, or nothing.
    """
    if _plain(name) in names():
        raise UsageError(f"--channels: {_plain(name)} has no parameters of channels; leave it out")
    return activations.get(_plain(name).removesuffix(SUFFIX))


def catalogue() -> tuple[Kernel, ...]:
    """Return every record, in the order of the names."""
    return tuple(map(_load, names()))


def solve(spec: KernelSpec) -> tuple[Built, KernelReport]:
    """Return the program that answers ``spec``, and its error.

    Raises:
        BudgetError: no program of the method keeps what is asked of a part.
        UsageError: the scales are so far apart that no step of 64 bits leads from one to another.
    """
    try:
        built = spec.kernel.build(spec)
    except TooWideError:
        raise UsageError(
            f"--in-scale, --out-scale: {spec.kernel.name} needs integers of more than 64 bits to "
            f"get from an input scale of {shown(spec.input.scale_text)} to an output scale of "
            f"{shown(spec.output.scale_text)}; choose scales nearer to 1 and to each other"
        ) from None
    if not built.program.tables:
        built = built._replace(program=replace(built.program, method="direct"))
    return built, KernelReport.measure(built, spec)


def shortfall(spec: KernelSpec, report: KernelReport) -> str:
    """Return what a program does not keep of what is asked, in words; empty where it keeps all."""
    budget, wanted = spec.method.max_bytes, tolerance_of(spec.method)
    if budget is not None and report.storage_bytes > budget:
        return (
            f"{spec.name}: cannot keep --max-bytes {budget}; it takes {report.storage_bytes} bytes"
        )
    if wanted is None:
        return ""
    certain, known = report.certain_lsb
    if certain < wanted.limit or (certain <= wanted.limit and not wanted.strict):
        return ""
    return (
        f"{spec.name}: cannot keep an error of {wanted.text}; the best that is {known} is "
        f"{float(certain):.4f} LSB"
    )


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _is_of_channels(name: str) -> bool:
    wanted = _plain(name)
    return wanted.endswith(SUFFIX) and wanted.removesuffix(SUFFIX) in activations.names()


@cache
def _load(name: str) -> Kernel:
    return import_module(f"{__name__}.{name}").RECORD
