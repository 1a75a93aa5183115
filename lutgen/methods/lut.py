"""Direct lookup: one entry for every number that the core sees, correctly rounded."""

from __future__ import annotations

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._addresses import address_order, piece_address
from lutgen.methods._demand import AIM_BITS, FREE_HIGH, FREE_LOW, Demand
from lutgen.methods._frames import Frame
from lutgen.methods._window import Window
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
    # Where saturation is free the exact value may lie far away: the nearest to 0 is narrowest.
    free = (demand.lo == FREE_LOW) | (demand.hi == FREE_HIGH)
    return np.clip(np.where(free, 0, demand.aim >> AIM_BITS), demand.lo, demand.hi)


def _meaning(frame: Frame | Window) -> str:
    spec = frame.ideal.spec
    name = spec.activation.name
    match frame.fold:
        case "complement":
            return f"{name} at every distance d from the zero point, which serves -1 - d too"
        case "even":
            what = f"{name} at every distance below the zero point"
        case "odd":
            what = f"{name} at every distance above the zero point"
        case "residual":
            what = f"{name} less its line" if frame.sign > 0 else f"the line less {name}"
        case "window":
            what = f"{name} where it is not straight"
        case _:
            what = f"{name} at every input code"
    return f"{what}, correctly rounded ({spec.rounding})"
