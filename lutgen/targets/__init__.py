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

from lutgen.errors import UnknownNameError, UsageError

NAMES = ("c", "verilog", "onnx", "json")
LAYOUTS = ("header", "split")
MEMORIES = ("embedded", "readmemh", "mif", "coe")
ROMS = ("auto", "block", "distributed")
MULTIPLIERS = ("auto", "whole")
ONNX_KINDS = ("auto", "lut", "program", "qdq", "float")
MAX_LATENCY = 64
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
