"""The targets: each prints a program as files, and replays those files on every code.

A target is a module of this package with

- ``emit(solution, options) -> tuple[Artifact, ...]``: the files, as bytes in memory;
- ``replay(folder, solutions, options) -> tuple[Verdict, ...]``: the files of the solutions, all
  in ``folder``, run by every tool found; what cannot be run is a verdict with a problem.

Writing and proving are one duty: ``get`` refuses a module without both.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import NamedTuple

from lutgen.errors import UnknownNameError

NAMES = ("c", "json")
LAYOUTS = ("header", "split")


class Options(NamedTuple):
    """Choices about the form of the emitted files; none changes a code.

    Attributes:
        c_layout: ``header`` for one self-contained header, ``split`` for a header and a source.
    """

    c_layout: str = LAYOUTS[0]


def get(name: str) -> ModuleType:
    """Return the target module with this name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in NAMES:
        raise UnknownNameError.among("target", name, list(NAMES))
    module = import_module(f"{__name__}.{name}")
    if not (hasattr(module, "emit") and hasattr(module, "replay")):
        raise TypeError(f"target {name} must have both emit and replay")
    return module
