"""What the Verilog modules take, next to the best figures known of others.

    python benchmarks/area.py

Prints three tables and exits 1 where a figure is above its limit.  The limits are those of the
best peer in the same formats: inputs k/16 or k/4096 in [-8, 8); outputs in steps of the input for
gelu, silu and elu, 1/128 or 1/32768 signed for tanh, 1/256 or 1/65536 unsigned for sigmoid.
FloPoCo Alpha and plain case statements were measured with Yosys 0.23; other versions count
otherwise, so the versions are printed.
"""

from __future__ import annotations

import sys

from lutgen import pipeline
from lutgen.area import Tools, measure
from lutgen.optimize import choose
from lutgen.request import Request, Side
from lutgen.spec import Method
from lutgen.targets import Options

# Correctly rounded INT8: LUT4 of an iCE40 and LUT6 of a 7-series, each the best of its own.
INT8 = {
    "gelu": (29, 20, "FloPoCo residual"),
    "silu": (42, 23, "FloPoCo residual"),
    "elu": (23, 16, "plain case"),
    "tanh": (65, 24, "FloPoCo fold, plain case"),
    "sigmoid": (98, 29, "FloPoCo, plain case"),
}
# Faithful INT16: bits of all tables.
WITH_MULTIPLIER = {"silu": (4928, "FloPoCo Horner2"), "elu": (5152, "FloPoCo Horner2")}
WITHOUT = {
    "gelu": (21504, "symmetric bipartite"),
    "tanh": (63488, "symmetric bipartite"),
    "sigmoid": (41984, "symmetric bipartite"),
}
# MHz on an iCE40 HX8K, at least.
FREQUENCY = {("lut", 8): 250, ("interp", 16): 120}


def request(name: str, bits: int, method: Method) -> Request:
    """Return a function in the format of the comparison."""
    output = Side("out")
    if name == "sigmoid":
        output = Side("out", unsigned=True, scale=f"1/{2**bits}", zero_point="0")
    return Request(name, bits=bits, output=output, method=method)


def int8() -> bool:
    """Print the cells of the best candidates; return whether each is within its limit."""
    print(f"{'INT8':<10} {'LUT4':>5} {'limit':>6}  {'LUT6':>5} {'limit':>6}  peer; candidates")
    kept = True
    for name, (lut4, lut6, peer) in INT8.items():
        spec = request(name, 8, Method("auto", exact=True)).resolve()
        found = [choose(spec, "area", Options(), family).trials[0]
                 for family in ("ice40", "xilinx")]
        cells = [trial.cost[0] for trial in found]
        kept &= cells[0] <= lut4 and cells[1] <= lut6
        shown = ", ".join(f"{t.method.name} --fold {t.method.fold}" for t in found)
        print(f"{name:<10} {cells[0]:>5} {lut4:>6}  {cells[1]:>5} {lut6:>6}  {peer}; {shown}",
              flush=True)
    return kept


def int16() -> bool:
    """Print the table bits of faithful programs; return whether each is within its limit."""
    print(f"\n{'INT16':<10} {'method':<10} {'bits':>7} {'limit':>7} {'max LSB':>8}  peer")
    kept = True
    rows = [(name, Method("auto", max_error="faithful"), *row)
            for name, row in WITH_MULTIPLIER.items()]
    rows += [(name, Method("bipartite", max_error="faithful"), *row)
             for name, row in WITHOUT.items()]
    for name, method, limit, peer in rows:
        choice = choose(request(name, 16, method).resolve(), "memory", Options())
        report = pipeline.solve(choice.spec).report
        bits = choice.trials[0].cost[0]
        kept &= bits <= limit and report.faithful
        print(f"{name:<10} {choice.spec.method.name:<10} {bits:>7} {limit:>7} "
              f"{report.max_lsb:>8.4f}  {peer}", flush=True)
    return kept


def frequency(tools: Tools) -> bool:
    """Print the frequencies of registered modules; return whether each reaches its limit."""
    print(f"\n{'HX8K':<10} {'method':<8} {'bits':>4} {'clocks':>6} {'RAM':>4} {'LUT4':>5} "
          f"{'MHz':>6} {'limit':>6}")
    kept = True
    for (method, bits), limit in FREQUENCY.items():
        for name in ("gelu", "tanh", "sigmoid"):
            solved = pipeline.solve(request(name, bits, Method(method)).resolve())
            (area,) = measure([solved], Options(), tools)
            kept &= area.fmax_mhz is not None and area.fmax_mhz >= limit
            print(f"{name:<10} {method:<8} {bits:>4} {area.latency:>6} "
                  f"{area.ice40['block_ram']:>4} {area.ice40['lut4']:>5} {area.fmax_mhz or 0:>6} "
                  f"{limit:>6}", flush=True)
    return kept


def main() -> int:
    tools = Tools.found()
    print(f"measured with {', '.join(tools.names)}\n")
    return 0 if all([int8(), int16(), frequency(tools)]) else 1


if __name__ == "__main__":
    sys.exit(main())
