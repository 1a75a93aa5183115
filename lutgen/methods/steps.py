"""Thresholds only: the output is constant between breakpoints.

For outputs with few levels: quant_relu, sign-like functions, coarse or saturated formats.
"""

from __future__ import annotations

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._demand import FREE_HIGH, FREE_LOW, Demand
from lutgen.methods._frames import Frame
from lutgen.program import Builder, Program, Table
from lutgen.spec import Method


def worth_folding(options: Method) -> bool:
    """Return whether half the thresholds are worth the steps."""
    return True


def approximate(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the program with the fewest levels, or None where the fold keeps no tolerance.

    A level is extended as far as one output code serves, which gives the least number of them.
    """
    demand = frame.demand(tolerance)
    if demand is None:
        return None
    starts, levels = _levels(frame, demand)
    spec = frame.ideal.spec
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    u = frame.enter(program, x)
    if len(levels) == 1:
        core = program.const(levels[0])
    else:
        breakpoints = tuple(demand.lowest + start for start in starts[1:])
        level = program.segment("level", u, breakpoints, "How many thresholds are reached.")
        steps = set(np.diff(levels).tolist())
        if steps == {1}:
            core = program.add("value", level, program.const(levels[0]))
        else:
            table = Table("levels", np.array(levels), "Output code of every level")
            core = program.lookup("value", table, level)
    return program.finish(frame.leave(program, x, core), spec.output, len(levels))


def _levels(frame: Frame, demand: Demand) -> tuple[list[int], list[int]]:
    """Return where each level starts, as an index, and its output code."""
    ends = frame.ideal.spec.output
    starts, levels = [], []
    low = high = None
    for index, (lo, hi) in enumerate(zip(demand.lo.tolist(), demand.hi.tolist(), strict=True)):
        if low is not None and max(low, lo) <= min(high, hi):
            low, high = max(low, lo), min(high, hi)
            continue
        if low is not None:
            levels.append(_inside(low, high, ends.min_code, ends.max_code))
        starts.append(index)
        low, high = lo, hi
    levels.append(_inside(low, high, ends.min_code, ends.max_code))
    return starts, levels


def _inside(low: int, high: int, min_code: int, max_code: int) -> int:
    """Return a code of the window; where an end is free, the end of the format."""
    if low == FREE_LOW:
        return min(high, min_code) if high != FREE_HIGH else min_code
    if high == FREE_HIGH:
        return max(low, max_code)
    return (low + high) // 2
