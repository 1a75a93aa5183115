"""The targets: each prints a program as files, and replays those files on every code.

A target is a module of this package with

- ``emit(solution, options) -> tuple[Artifact, ...]``: the files, as bytes in memory;
- ``replay(folder, solutions, options) -> tuple[Verdict, ...]``: the files of the solutions, all
  in ``folder``, run by every tool found; what cannot be run is a verdict with a problem.

and, if it likes,

- ``outputs(name, options) -> tuple[str, ...] | None``: the paths of the files of ``emit``, in its
  order, where the options alone tell; it spares ``--list-outputs`` the work.

Writing and proving are one duty: ``get`` refuses a module without both.  What others register as
targets is held to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from lutgen import plugins, reading
from lutgen.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from lutgen.targets._plugins import PluginTarget

NAMES = ("c", "verilog", "onnx", "json")
LAYOUTS = ("header", "split")
MEMORIES = ("embedded", "readmemh", "mif", "coe")
ROMS = ("auto", "block", "distributed")
MULTIPLIERS = ("auto", "whole")
ONNX_KINDS = ("auto", "lut", "program", "qdq", "float")
MAX_LATENCY = 64
MAX_STORED_BYTES = 1 << 26
"""More than any file that is emitted has."""

CONCERNS = {
    "c": ("c_layout",),
    "verilog": ("latency", "mem", "rom", "multiplier", "enable", "stream"),
    "onnx": ("onnx_kind",),
    "json": (),
}
"""Which options each target looks at."""
GOALS = ("area", "memory", "speed")
FAMILIES = ("ice40", "xilinx")


class Options(NamedTuple):
    """Choices about the form of the emitted files; none changes a code.

    Attributes:
        c_layout: ``header`` for one self-contained header, ``split`` for a header and a source.
        latency: clocks from x to y of a Verilog module, 0 for a combinational one; None takes the
            natural depth.
        mem: ``embedded`` keeps ROM contents in the module, ``readmemh`` reads them from files;
            ``mif`` and ``coe`` write files for the vendors' tools beside the embedded contents.
        rom: what ROMs are to be made of: ``auto``, ``block`` RAM, or ``distributed`` logic.
        multiplier: ``whole`` keeps products in one piece, for DSP blocks; ``auto`` lets a pipeline
            cut them.
        enable: a port ``en`` that holds the pipeline while it is low.
        stream: a wrapper with valid and ready, for AXI4-Stream; it takes the enable.
        onnx_kind: what an ONNX model is: ``lut``, the table of all codes; ``program``, the
            integer steps; ``qdq``, the real operator between quantisers; ``float``, the operator
            alone. ``auto`` is ``lut`` for a direct table, else ``program``.
    """

    c_layout: str = LAYOUTS[0]
    latency: int | None = None
    mem: str = MEMORIES[0]
    rom: str = ROMS[0]
    multiplier: str = MULTIPLIERS[0]
    enable: bool = False
    stream: bool = False
    onnx_kind: str = ONNX_KINDS[0]

    def checked(self) -> Options:
        """Return the options, once they are known to make sense.

        Raises:
            UsageError: one is out of range, or contradicts another.
        """
        for option, value, known in (
            ("--c-layout", self.c_layout, LAYOUTS),
            ("--mem", self.mem, MEMORIES),
            ("--rom", self.rom, ROMS),
            ("--multiplier", self.multiplier, MULTIPLIERS),
            ("--onnx-kind", self.onnx_kind, ONNX_KINDS),
        ):
            if value not in known:
                raise UsageError.about(option, f"must be one of {', '.join(known)}", value)
        if self.latency is not None and not 0 <= self.latency <= MAX_LATENCY:
            raise UsageError.about("--latency", f"must be 0 to {MAX_LATENCY}", self.latency)
        if self.latency == 0:
            for option, given in (("--enable", self.enable), ("--stream", self.stream)):
                if given:
                    raise UsageError(f"{option} needs a clock; give a --latency of at least 1")
            if self.rom == "block":
                raise UsageError("--rom block needs a clock; give a --latency of at least 1")
        return self._replace(enable=self.enable or self.stream)

    def document(self) -> dict[str, object]:
        """Return the options that are not their defaults, as JSON."""
        return {
            key: value
            for key, value in self._asdict().items()
            if value != self._field_defaults[key]
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Options:
        """Return the options that ``document`` gives, checked like those that are typed.

        Raises:
            UsageError: one is unknown, of the wrong kind or out of range.
        """
        for key, value in document.items():
            default = cls._field_defaults.get(key, cls)
            kind = int if default is None else type(default)
            if default is cls or type(value) is not kind:
                raise UsageError.about("options", f"must not hold {key!r} like that", value)
        return cls(**document).checked()

    def concerning(self, target: str) -> Options:
        """Return the options that a target looks at, a plug-in at all; others at their defaults."""
        given = self._asdict()
        return Options(**{key: given[key] for key in CONCERNS.get(target, self._fields)})


def get(name: str) -> ModuleType | PluginTarget:
    """Return the target with this name: a module of this package, or a plug-in.

    Raises:
        UnknownNameError: there is none.
        PluginError: a plug-in has that name, and cannot be loaded.
    """
    if name not in NAMES:
        return _plugin(name)
    module = import_module(f"{__name__}.{name}")
    if not (hasattr(module, "emit") and hasattr(module, "replay")):
        raise TypeError(f"target {name} must have both emit and replay")
    return module


def stored(path: Path) -> bytes:
    """Return the bytes of an emitted file, which may be anything by now.

    Raises:
        OSError: it is missing, cannot be read, is no file or far too large.
    """
    return reading.content(path, MAX_STORED_BYTES)


@cache
def _plugin(name: str) -> PluginTarget:
    from lutgen.targets import _plugins

    plugin = plugins.find(plugins.TARGETS, name)
    if plugin is None:
        known = [*NAMES, *plugins.registered(plugins.TARGETS)]
        raise UnknownNameError.among("target", name, known)
    return _plugins.checked(plugin)
