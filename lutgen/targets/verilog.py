"""Verilog-2005: a module for FPGA or ASIC, its memory files, and its test bench."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lutgen.program import Table
from lutgen.rendering import render
from lutgen.solution import Artifact, Solution, Verdict
from lutgen.targets import MEMORIES, Options
from lutgen.targets._provenance import provenance
from lutgen.targets._verilog_bench import bench, stream_bench
from lutgen.targets._verilog_module import Module, unused_statement
from lutgen.targets._verilog_pipeline import Pipeline, pipeline
from lutgen.targets._verilog_ports import (
    CONTROL,
    Port,
    Signals,
    check_name,
    input_ports,
    output_ports,
)
from lutgen.targets._verilog_roms import memory_files, parameters, rom_facts, roms, tables_of
from lutgen.targets._verilog_stream import stream_view


def outputs(name: str, options: Options) -> tuple[str, ...] | None:
    """Return the paths of the files of ``emit``; None where the tables' names are among them."""
    if options.mem != MEMORIES[0]:
        return None
    ends = ("", "_tb", "_stream", "_stream_tb") if options.stream else ("", "_tb")
    return tuple(f"{name}{end}.v" for end in ends)


def emit(solution: Solution, options: Options) -> tuple[Artifact, ...]:
    """Return ``NAME.v`` and its test bench, and what ``--mem`` and ``--stream`` add.

    Raises:
        UsageError: the name is a port's, the latency leaves no room for block RAM, or an option
            makes no sense for a function of rows.
    """
    if solution.program.takes_rows:
        # Loaded here: a plain table does not need it.
        from lutgen.targets import _verilog_rows

        return _verilog_rows.emit(solution, options)
    name = solution.spec.name
    inputs, outputs = input_ports(solution.program), output_ports(solution.program)
    check_name(name, (*CONTROL, *(port.name for port in (*inputs, *outputs))))
    cut = _pipeline(solution, options)
    notice = _notice(solution, cut, options)
    files = {
        f"{name}.v": render("verilog/module.v.jinja", **_view(solution, cut, options, notice)),
        **bench(solution, cut.latency, options, notice),
    }
    if options.stream:
        files[f"{name}_stream.v"] = render(
            "verilog/stream.v.jinja", **stream_view(name, inputs, outputs, cut.latency, notice)
        )
        files |= stream_bench(solution, notice)
    return (
        *(Artifact(PurePosixPath(path), content, "verilog") for path, content in files.items()),
        *memory_files(name, tables_of(cut), options),
    )


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Simulate the files in every simulator found, and prove the small modules.

    Every input code is run in an order that no late stage survives; the output is compared bit
    for bit with the program's.  Of a function of several numbers or of rows it is the inputs that
    its error was measured on.
    """
    from lutgen.targets import _verilog_replay

    return _verilog_replay.replay(folder, solutions, options)


def latency_of(solution: Solution, options: Options) -> int:
    """Return the clocks from inputs to outputs of a solution's module; 0 where combinational.

    Of rows, it is those of an element in the last pass.
    """
    return timing_of(solution, options)[0]


def timing_of(solution: Solution, options: Options) -> tuple[int, int]:
    """Return the clocks from inputs to outputs, and the picoseconds of a clock by the model."""
    if solution.program.takes_rows:
        from lutgen.targets import _verilog_rows

        return _verilog_rows.timing_of(solution, options)
    cut = _pipeline(solution, options)
    return cut.latency, cut.period


def signals_of(solution: Solution) -> tuple[Signals, Signals, str]:
    """Return the types and names of a module's inputs and outputs, and the name of its clock.

    The enable, which options decide on, is not among them.
    """
    if solution.program.takes_rows:
        from lutgen.targets import _verilog_rows

        return _verilog_rows.signals_of(solution)
    inputs, outputs = (
        tuple((port.type, port.name) for port in ports)
        for ports in (input_ports(solution.program), output_ports(solution.program))
    )
    return inputs, outputs, CONTROL[0]


def rom_bits(solution: Solution, options: Options) -> int:
    """Return the bits of all tables of a solution's module, in the widths that it stores."""
    return sum(table.storage_bits for table in _tables(solution, options))


def _tables(solution: Solution, options: Options) -> tuple[Table, ...]:
    if solution.program.takes_rows:
        from lutgen.targets import _verilog_rows

        return _verilog_rows.tables(solution, options)
    return tables_of(_pipeline(solution, options))


def _pipeline(solution: Solution, options: Options) -> Pipeline:
    return pipeline(solution.program, options.latency, options.rom, options.multiplier)


def _view(
    solution: Solution, cut: Pipeline, options: Options, notice: str
) -> dict[str, object]:
    """Return what the module's template shows."""
    inputs, outputs = input_ports(solution.program), output_ports(solution.program)
    module, tables = Module(cut, enable=options.enable), tables_of(cut)
    ports = ["input  wire clk"] * (cut.latency > 0) + ["input  wire en"] * options.enable
    ports += [f"input  wire {port.type}{port.name}" for port in inputs]
    ports += [_output(port, module) for port in outputs]
    return {
        "provenance": notice,
        "module": solution.spec.name,
        "parameters": parameters(solution.spec.name, tables, options),
        "ports": ",\n".join(f"    {port}" for port in ports),
        "roms": roms(tables, options),
        "stages": tuple(module.stages),
        "enable": "en" if options.enable else "",
        "output": module.output,
        "unused": unused_statement(module.unread),
    }


def _output(port: Port, module: Module) -> str:
    kind = "reg " if port.name in module.registers else "wire"
    return f"output {kind} {port.type}{port.name}"


def _notice(solution: Solution, cut: Pipeline, options: Options) -> str:
    """Return the comment at the top of every file."""
    several = len((*solution.spec.inputs, *solution.spec.outputs)) > 2
    way = "from inputs to outputs" if several else "from x to y"
    clocks = "combinational" if cut.latency == 0 else (
        f"{cut.latency} clock{'s' if cut.latency > 1 else ''} {way}"
        + (" while en is high" if options.enable else "")
    )
    facts = [
        ("latency", clocks),
        ("throughput", "one result per clock" if cut.latency else ""),
        ("storage", rom_facts(tables_of(cut))),
    ]
    return "\n".join(f"// {line}".rstrip() for line in provenance(solution, facts))
