"""Direct lookup: one entry for every number that the core sees, correctly rounded."""

from __future__ import annotations

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._addresses import address_order, piece_address
from lutgen.methods._demand import AIM_BITS, Demand
from lutgen.methods._frames import Frame
from lutgen.program import Builder, Program, Table
from lutgen.spec import Method


def worth_folding(options: Method) -> bool:
    """Return whether half the table is worth the steps: not by itself, it is chosen for speed."""
    return False


def approximate(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the table lookup, or None where the fold cannot keep the tolerance.

    Unfolded, the address is the two's complement pattern of the input code read as unsigned, so
    hardware and C index with the raw input: entries run 0, 1, ..., max, min, ..., -1.
    """
    spec = frame.ideal.spec
    demand = frame.demand(tolerance)
    if demand is None:
        return None
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    u = frame.enter(program, x)
    table = Table("lut", address_order(demand, _entries(frame, demand)), _meaning(frame))
    core = program.lookup("entry", table, piece_address(program, u, demand, 0))
    return program.finish(frame.leave(program, x, core), spec.output)


def _entries(frame: Frame, demand: Demand) -> np.ndarray:
    """Return the acceptable codes nearest to the exact values; unfolded, the rounded codes."""
    if frame.fold == "none":
        return np.clip(frame.ideal.codes, demand.lo, demand.hi)
    # Where saturation is free the exact value may lie far away; one format's width is enough.
    width = 1 << frame.ideal.spec.output.width
    nearest = np.clip(demand.aim >> AIM_BITS, -width, width)
    return np.clip(nearest, demand.lo, demand.hi)


def _meaning(frame: Frame) -> str:
    spec = frame.ideal.spec
    what = {
        "none": f"{spec.activation.name} at every input code",
        "even": f"{spec.activation.name} at every distance below the zero point",
        "odd": f"{spec.activation.name} at every distance above the zero point",
    }[frame.fold]
    return f"{what}, correctly rounded ({spec.rounding})"
