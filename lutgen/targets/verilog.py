"""Verilog-2005: a module for FPGA or ASIC, its memory files, and a test bench for every code."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lutgen.errors import UsageError
from lutgen.names import VERILOG_KEYWORDS
from lutgen.rendering import render
from lutgen.solution import Artifact, Solution, Verdict
from lutgen.targets import MEMORIES, Options
from lutgen.targets._provenance import provenance
from lutgen.targets._verilog_bench import bench, stream_bench
from lutgen.targets._verilog_module import Module, port_type
from lutgen.targets._verilog_netlist import PORTS
from lutgen.targets._verilog_pipeline import Pipeline, pipeline
from lutgen.targets._verilog_roms import file_name, file_parameter, memory_files, roms, tables_of


def outputs(name: str, options: Options) -> tuple[str, ...] | None:
    """Return the paths of the files of ``emit``; None where the tables' names are among them."""
    if options.mem != MEMORIES[0]:
        return None
    ends = ("", "_tb", "_stream", "_stream_tb") if options.stream else ("", "_tb")
    return tuple(f"{name}{end}.v" for end in ends)


def emit(solution: Solution, options: Options) -> tuple[Artifact, ...]:
    """Return ``NAME.v`` and ``NAME_tb.v``, and what ``--mem`` and ``--stream`` add.

    Raises:
        UsageError: the name is a port's, or the latency leaves no room for block RAM.
    """
    name = solution.spec.name
    if name in PORTS or name.lower() in VERILOG_KEYWORDS:
        raise UsageError.about(
            "--name", "is the name of a port in Verilog", name, "choose a longer name"
        )
    if name.lower().startswith("verilator"):
        raise UsageError.about(
            "--name", "begins a comment that Verilator obeys", name, "choose another name"
        )
    cut = _pipeline(solution, options)
    notice = _notice(solution, cut, options)
    files = {
        f"{name}.v": render("verilog/module.v.jinja", **_view(solution, cut, options, notice)),
        f"{name}_tb.v": bench(solution, cut.latency, options, notice),
    }
    if options.stream:
        files[f"{name}_stream.v"] = render(
            "verilog/stream.v.jinja", **_stream_view(solution, cut, notice)
        )
        files[f"{name}_stream_tb.v"] = stream_bench(solution, notice)
    return (
        *(Artifact(PurePosixPath(path), content, "verilog") for path, content in files.items()),
        *memory_files(name, cut, options),
    )


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Simulate the files in every simulator found, and prove the small modules.

    Every input code is run in an order that no late stage survives; the output is compared bit
    for bit with the program's.
    """
    from lutgen.targets import _verilog_replay

    return _verilog_replay.replay(folder, solutions, options)


def latency_of(solution: Solution, options: Options) -> int:
    """Return the clocks from x to y of a solution's module; 0 where it is combinational."""
    return _pipeline(solution, options).latency


def timing_of(solution: Solution, options: Options) -> tuple[int, int]:
    """Return the clocks from x to y, and the picoseconds that the delay model gives a clock."""
    cut = _pipeline(solution, options)
    return cut.latency, cut.period


def rom_bits(solution: Solution, options: Options) -> int:
    """Return the bits of all tables of a solution's module, in the widths that it stores."""
    return sum(table.storage_bits for table in tables_of(_pipeline(solution, options)))


def _pipeline(solution: Solution, options: Options) -> Pipeline:
    return pipeline(solution.program, options.latency, options.rom, options.multiplier)


def _view(
    solution: Solution, cut: Pipeline, options: Options, notice: str
) -> dict[str, object]:
    """Return what the module's template shows."""
    (source,) = solution.program.inputs.values()
    target = solution.program.output_format
    module = Module(cut, target, enable=options.enable)
    ports = [f"    input  wire {port_type(source.width, source.signed)}x"]
    if options.enable:
        ports.insert(0, "    input  wire en")
    if cut.latency:
        ports.insert(0, "    input  wire clk")
    kind = "reg " if module.y_is_register else "wire"
    ports.append(f"    output {kind} {port_type(target.width, target.signed)}y")
    return {
        "provenance": notice,
        "module": solution.spec.name,
        "parameters": _parameters(solution, cut, options),
        "ports": ",\n".join(ports),
        "roms": roms(cut, options),
        "stages": tuple(module.stages),
        "enable": options.enable,
        "output": module.output,
        "unused": module.unused,
    }


def _parameters(solution: Solution, cut: Pipeline, options: Options) -> str:
    """Return the parameter list: the names of the memory files, where the module reads any."""
    tables = tables_of(cut)
    if options.mem != "readmemh" or not tables:
        return ""
    lines = [
        f'    parameter {file_parameter(table, tables)} = '
        f'"{file_name(solution.spec.name, table, options.mem)}"'
        for table in tables
    ]
    return " #(\n" + ",\n".join(lines) + "\n)"


def _stream_view(solution: Solution, cut: Pipeline, notice: str) -> dict[str, object]:
    """Return what the template of the stream wrapper shows."""
    source, target = solution.spec.input, solution.spec.output
    padded = [-(-side.width // 8) * 8 for side in (source, target)]
    more = padded[1] - target.width
    if not more:
        data = "y"
    elif target.signed:
        data = f"{{{{{more}{{y[{target.width - 1}]}}}}, y}}"
    else:
        data = f"{{{more}'d0, y}}"
    return {
        "provenance": notice,
        "module": solution.spec.name,
        "input_msb": padded[0] - 1,
        "output_msb": padded[1] - 1,
        "x": f"s_axis_tdata[{source.width - 1}:0]" if padded[0] > source.width else "s_axis_tdata",
        "y_type": port_type(target.width, target.signed),
        "data": data,
        "valid_type": port_type(cut.latency, signed=False),
        "last": f"valid[{cut.latency - 1}]" if cut.latency > 1 else "valid",
        "shifted": (
            f"{{valid[{cut.latency - 2}:0], s_axis_tvalid}}" if cut.latency > 1
            else "s_axis_tvalid"
        ),
        "empty": f"{cut.latency}'d0",
        "unused": (
            f"s_axis_tdata[{padded[0] - 1}:{source.width}]" if padded[0] > source.width else ""
        ),
    }


def _notice(solution: Solution, cut: Pipeline, options: Options) -> str:
    """Return the comment at the top of every file."""
    tables = tables_of(cut)
    listed = ", ".join(f"{t.name} {t.depth} x {t.width}" for t in tables)
    bits = sum(table.storage_bits for table in tables)
    clocks = "combinational" if cut.latency == 0 else (
        f"{cut.latency} clock{'s' if cut.latency > 1 else ''} from x to y"
        + (" while en is high" if options.enable else "")
    )
    facts = [
        ("latency", clocks),
        ("throughput", "one result per clock" if cut.latency else ""),
        ("storage", f"{bits} bits of ROM" + (f": {listed}" if listed else "")),
    ]
    return "\n".join(f"// {line}".rstrip() for line in provenance(solution, facts))
