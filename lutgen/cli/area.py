"""``lutgen area``: what modules take on two FPGA families."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lutgen import pipeline
from lutgen.area import Area, Tools, measure
from lutgen.cli._options import (
    output_options,
    request_from,
    request_options,
    target_options,
    target_options_from,
)
from lutgen.errors import UsageError
from lutgen.verify import read_sidecars

AREA_SCHEMA = "lutgen.area/1"


@click.command("area")
@click.argument("names", metavar="NAME...|DIR", nargs=-1)
@request_options
@target_options
@output_options
def command(
    names: tuple[str, ...], as_json: bool, quiet: bool, verbose: bool, **options: object
) -> None:
    """Print the cells that Verilog modules take, as Yosys maps them, and how fast they are.

    NAME... are activations, built in memory with the options given; DIR is a folder with Verilog
    modules that lutgen made.

    \b
    lutgen area gelu tanh --bits 8 --latency 0
    lutgen area --expr "x*sigmoid(1.702*x)" --name quick
    lutgen area generated --json
    """
    if "" in names:
        raise UsageError.about("NAME", "must not be empty", "")
    # Each once: mapping takes seconds.
    names = tuple(dict.fromkeys(names))
    form = target_options_from(options)
    tools = Tools.found()
    if len(names) == 1 and Path(names[0]).is_dir():
        areas = [
            area
            for _, solution, forms, *_ in read_sidecars(Path(names[0]))
            if "verilog" in forms
            for area in measure([solution], forms["verilog"], tools)
        ]
        if not areas:
            raise UsageError.about("DIR", "must hold Verilog modules of lutgen's", names[0])
    else:
        requests = [request_from(name, options) for name in names or (None,)]
        if options["name"] is not None and len(names) > 1:
            raise UsageError("--name names one module; give one NAME, or leave it out")
        areas = measure([pipeline.solve(r.resolve()) for r in requests], form, tools)
    if as_json:
        document = {
            "schema": AREA_SCHEMA,
            "tools": tools.names,
            "modules": [area._asdict() for area in areas],
        }
        click.echo(json.dumps(document, indent=2))
    elif not quiet:
        click.echo(_table(areas))
        click.echo(f"{' and '.join(tools.names)}; LUT1 to LUT6 are counted as LUT6")
        if tools.nextpnr is None:
            click.echo("MHz: not measured, nextpnr-ice40 not found")


def _table(areas: list[Area]) -> str:
    """Return the areas in columns: iCE40 first, then 7-series."""
    heads = ("module", "clocks", "ROM bits", "LUT4", "carry", "RAM", "FF", "MHz",
             "LUT6", "BRAM", "DSP", "FF")
    rows = [heads] + [
        (
            area.name, str(area.latency), str(area.rom_bits),
            *(str(area.ice40[kind]) for kind in ("lut4", "carry", "block_ram", "flip_flops")),
            "-" if area.fmax_mhz is None else f"{area.fmax_mhz:.0f}",
            *(str(area.xilinx[kind]) for kind in ("lut6", "block_ram", "dsp", "flip_flops")),
        )
        for area in areas
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
