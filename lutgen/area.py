"""How large and how fast a Verilog module is: Yosys maps it, nextpnr places and routes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

from lutgen import processes, toolchain, workspaces
from lutgen.errors import ToolError
from lutgen.rendering import render
from lutgen.solution import Solution
from lutgen.targets import Options, get
from lutgen.toolchain import Tool

SEEDS = (1, 2, 3)
"""Placement is a matter of luck; the frequency is the median of these."""

AIM_MHZ = 250
"""The frequency that nextpnr is asked for: it stops trying once it has it."""

EMBEDDED_DEPTH = 4096
"""Deeper tables are read from files, whose cells may differ by a few from the embedded form's."""

_SECONDS = 600

# What the primitives of each family are counted as.
_ICE40 = {
    "lut4": ("SB_LUT4",),
    "carry": ("SB_CARRY",),
    "block_ram": ("SB_RAM40_4K",),
    "flip_flops": ("SB_DFF*",),
}
_XILINX = {
    "lut6": tuple(f"LUT{inputs}" for inputs in range(1, 7)),
    "block_ram": ("RAMB18E1", "RAMB36E1"),
    "dsp": ("DSP48E1",),
    "flip_flops": ("FD*",),
}


class Area(NamedTuple):
    """What one module takes.

    Attributes:
        name: the module.
        latency: clocks from inputs to outputs; of rows, those of an element in the last pass.
        rom_bits: bits of its tables, in the widths that it stores.
        ice40: cells by kind on a Lattice iCE40: ``lut4``, ``carry``, ``block_ram``,
            ``flip_flops``.
        xilinx: cells by kind on a Xilinx 7-series: ``lut6`` (LUT1 to LUT6), ``block_ram``,
            ``dsp``, ``flip_flops``.
        fmax_mhz: on an iCE40 HX8K between registers at all ports; None without nextpnr.
    """

    name: str
    latency: int
    rom_bits: int
    ice40: dict[str, int]
    xilinx: dict[str, int]
    fmax_mhz: float | None


class Tools(NamedTuple):
    """What measures.

    Attributes:
        yosys: maps modules to cells.
        nextpnr: places and routes; None where it is not found.
    """

    yosys: Tool
    nextpnr: Tool | None

    @classmethod
    def found(cls) -> Tools:
        """Return the tools of this machine; the Yosys on the search path is preferred.

        Raises:
            ToolError: there is no Yosys.
        """
        yosys = found_yosys()
        if yosys is None:
            raise ToolError("Yosys not found; install yosys, or pip install pyosys")
        return cls(yosys, toolchain.find("nextpnr-ice40"))

    @property
    def names(self) -> list[str]:
        """The tools with their versions."""
        return [str(tool) for tool in (self.yosys, self.nextpnr) if tool is not None]


def found_yosys() -> Tool | None:
    """Return the Yosys on the search path, else that of the Python package, or None."""
    yosys = toolchain.find("yosys", "-V") or toolchain.yosys()
    return yosys and yosys._replace(name="Yosys")


def measure(
    solutions: Iterable[Solution], options: Options, tools: Tools, *, frequency: bool = True
) -> list[Area]:
    """Return the area of each solution's module, as it would be emitted.

    Args:
        solutions: what to measure.
        options: form of the modules.
        tools: what measures them.
        frequency: whether to place and route as well, which takes some seconds for each.

    Raises:
        ToolError: a tool fails.
    """
    with processes.threads(2) as pool:
        jobs = [pool.submit(_measured, s, options, tools, frequency) for s in solutions]
        return [job.result() for job in jobs]


def lut_count(name: str, module: bytes, family: str, yosys: Tool) -> int:
    """Return the LUTs of a module: LUT4 on ``ice40``, LUT1 to LUT6 on ``xilinx``.

    Args:
        name: the module.
        module: its source.
        family: what it is mapped to.
        yosys: what maps it.

    Raises:
        ToolError: it fails.
    """
    kinds, kind = {"ice40": (_ICE40, "lut4"), "xilinx": (_XILINX, "lut6")}[family]
    with workspaces.workspace({f"{name}.v": module, **_scripts(name)}) as folder:
        return _count(_cells(family, folder, yosys), kinds)[kind]


def _measured(solution: Solution, options: Options, tools: Tools, frequency: bool) -> Area:
    verilog, name = get("verilog"), solution.spec.name
    if any(table.depth > EMBEDDED_DEPTH for table in solution.program.tables):
        # From files: Yosys takes minutes over thousands of assignments.
        options = options._replace(mem="readmemh")
    files = {str(a.path): a.content for a in verilog.emit(solution, options)}
    latency = verilog.latency_of(solution, options)
    wrapper = render("verilog/area_wrapper.v.jinja", **_wrapper_view(solution, latency, options))
    files |= {"lutgen_area.v": wrapper, **_scripts(name)}
    with workspaces.workspace(files) as folder:
        ice40, xilinx = (_cells(family, folder, tools.yosys) for family in ("ice40", "xilinx"))
        routed = frequency and tools.nextpnr is not None
        fmax = _frequency(folder, tools.yosys, tools.nextpnr) if routed else None
    return Area(
        name, latency, verilog.rom_bits(solution, options),
        _count(ice40, _ICE40), _count(xilinx, _XILINX), fmax,
    )


def _wrapper_view(solution: Solution, latency: int, options: Options) -> dict[str, object]:
    """Return what the template of the registers around a module shows."""
    inputs, outputs, clock = get("verilog").signals_of(solution)
    clocks = [f".{clock}(clk)"] * (latency > 0)
    enables = [".en(1'b1)"] * (options.enable and not solution.program.takes_rows)
    connected = [f".{name}({name})" for _, name in (*inputs, *outputs)]
    return {
        "module": solution.spec.name,
        "inputs": inputs,
        "outputs": outputs,
        "ports": ", ".join([*clocks, *enables, *connected]),
    }


def _scripts(name: str) -> dict[str, bytes]:
    """Return the scripts that Yosys runs, by file name."""
    flows = {
        "ice40": [
            f"read_verilog {name}.v", f"synth_ice40 -top {name}", "tee -q -o ice40.json stat -json",
        ],
        "xilinx": [
            f"read_verilog {name}.v", f"synth_xilinx -family xc7 -flatten -top {name}",
            "tee -q -o xilinx.json stat -json",
        ],
        "route": [
            # Mapped alone first: else its tables would swallow the registers around it.
            f"read_verilog {name}.v", f"synth_ice40 -top {name}", "read_verilog lutgen_area.v",
            "synth_ice40 -top lutgen_area -json route.json",
        ],
    }
    return {f"{flow}.ys": "\n".join(lines).encode("ascii") for flow, lines in flows.items()}


def _cells(family: str, folder: Path, yosys: Tool) -> dict[str, int]:
    """Return the cells of the module on a family, by their types."""
    toolchain.run(yosys, [*yosys.command, f"{family}.ys"], folder=folder, time_limit=_SECONDS)
    document = json.loads((folder / f"{family}.json").read_text(encoding="utf-8"))
    return document["design"]["num_cells_by_type"]


def _frequency(folder: Path, yosys: Tool, nextpnr: Tool) -> float | None:
    """Return the median frequency in MHz of the module between registers; None without any."""
    toolchain.run(yosys, [*yosys.command, "route.ys"], folder=folder, time_limit=_SECONDS)
    reached = []
    for seed in SEEDS:
        report = f"route{seed}.json"
        toolchain.run(
            nextpnr,
            [*nextpnr.command, "--hx8k", "--package", "ct256", "--json", "route.json", "-q",
             "--seed", str(seed), "--freq", str(AIM_MHZ), "--timing-allow-fail",
             "--report", report],
            folder=folder, time_limit=_SECONDS,
        )
        clocks = json.loads((folder / report).read_text(encoding="utf-8"))["fmax"]
        if not clocks:
            # Where the output is constant, nothing is left that a clock would limit.
            return None
        reached.append(min(clock["achieved"] for clock in clocks.values()))
    return round(median(reached), 1)


def _count(cells: Mapping[str, int], kinds: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Return how many cells there are of each kind; a star stands for any ending."""
    return {
        kind: sum(
            number for cell, number in cells.items()
            for name in names
            if cell == name or (name.endswith("*") and cell.startswith(name[:-1]))
        )
        for kind, names in kinds.items()
    }
