"""Frames: ways to serve all input codes by a core that is easier to store than the function.

A frame turns the input code into the number ``u`` that the core works on, says which values of
the core are acceptable for every u, and turns the core's value into the output code.  Whether a
fold is allowed is not a matter of theory: the windows of all input codes that share a u are
intersected, and a fold exists exactly when none of the intersections is empty.

With ``d = x - zero_point``, and ``line = k * max(d, 0)``:

| fold | u | output code |
|---|---|---|
| ``none`` | x | core(u) |
| ``even`` | abs(d) | core(u) + line |
| ``odd`` | abs(d) | centre + core(u); for negative d, centre - core(u) |
| ``residual`` | x | centre + core(u) + line, or centre - core(u) + line |
| ``complement`` | ``~d`` for negative d, else d | like ``residual`` or like ``odd`` |

The ones' complement ``~d = -1 - d`` needs no carry.  It makes d and -1 - d share a u instead of d
and -d, so the function may change by little from one code to the next; an odd function may turn
about a place between two codes, where the output code is centre - 1 - core(u) for negative d.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lutgen.ideal import FRACTION_BITS, Ideal, Tolerance
from lutgen.methods._demand import AIM_BITS, FREE_HIGH, FREE_LOW, Demand
from lutgen.program import Builder
from lutgen.program.ops import Ref

# One half of an output code, in the unit of ``Demand.aim``.
_HALF = 1 << (AIM_BITS - 1)


class Frame(NamedTuple):
    """One way to see the input, for one spec.

    Attributes:
        fold: its name: ``none``, ``even``, ``odd``, ``residual`` or ``complement``.
        ideal: what the exact function demands.
        mirror: u is ``mirror - d`` for negative d: 0 or -1; None where both halves are stored.
        turn: an odd function is ``centre + turn - core(u)`` for negative d: 0 or -1; else None.
        centre: output code that is added to the core's value.
        k: output codes that are added per positive input code.
        sign: -1 where the core's value is subtracted, so that it need not be negative.
    """

    fold: str
    ideal: Ideal
    mirror: int | None = None
    turn: int | None = None
    centre: int = 0
    k: int = 0
    sign: int = 1

    def demand(self, tolerance: Tolerance) -> Demand | None:
        """Return what the core has to give, or None where the fold cannot keep the tolerance."""
        spec = self.ideal.spec
        lo, hi = self.ideal.tube(tolerance)
        # Saturation is free: beyond the ends of the format the final clamp sees to it.
        lo = np.where(lo == spec.output.min_code, FREE_LOW, lo)
        hi = np.where(hi == spec.output.max_code, FREE_HIGH, hi)
        exact = (self.ideal.lower + self.ideal.upper) >> (FRACTION_BITS + 1 - AIM_BITS)
        if self.fold == "none":
            return Demand(spec.input.min_code, lo, hi, exact + _HALF)
        d = np.arange(spec.input.min_code, spec.input.max_code + 1) - spec.input.zero_point
        added = self.centre + self.k * np.maximum(d, 0) + np.where(d < 0, self.turn or 0, 0)
        lo, hi = _moved(lo, FREE_LOW, added), _moved(hi, FREE_HIGH, added)
        exact = exact - (added << AIM_BITS)
        # Where the core's value is subtracted, the window is turned over.
        turned = self.sign < 0 if self.turn is None else d < 0
        lo, hi = np.where(turned, -hi, lo), np.where(turned, -lo, hi)
        aim = np.where(turned, -exact, exact) + _HALF
        if self.mirror is None:
            return Demand(spec.input.min_code, lo, hi, aim)
        return _intersected(np.where(d < 0, self.mirror - d, d), lo, hi, aim)

    def demands(self, tolerance: Tolerance) -> Iterator[Demand]:
        """Yield what a core has to give for speed: if possible without a final clamp."""
        demand = self.demand(tolerance)
        if demand is None:
            return
        if self.fold == "none":
            output = self.ideal.spec.output
            yield demand.held(output.min_code, output.max_code)
        yield demand

    def enter(self, program: Builder, x: Ref) -> Ref:
        """Add the steps from the input code to u."""
        if self.mirror is None:
            return x
        d = self._distance(program, x)
        mirrored = program.sub("mirrored", program.const(self.mirror), d)
        if self.mirror == 0:
            return program.max("u", d, mirrored, "Both signs share one half.")
        return program.select("u", d, mirrored, d, "Both signs share one half: ~d stands for -d.")

    def leave(self, program: Builder, x: Ref, core: Ref) -> Ref:
        """Add the steps from the core's value to the output code."""
        output = self.ideal.spec.output
        y = core
        if self.turn is not None:
            d = self._distance(program, x)
            turned = program.sub("turned", program.const(self.turn), core)
            y = program.select("unfolded", d, turned, core, "The function is odd.")
        elif self.k:
            y = self._lined(program, x, core)
        if self.centre:
            y = program.add("centred", y, program.const(self.centre))
        value = program.value(y)
        if value.low < output.min_code or value.high > output.max_code:
            y = program.clamp("y", y, output.min_code, output.max_code, "Saturate.")
        return y

    def _lined(self, program: Builder, x: Ref, core: Ref) -> Ref:
        """Add the steps that put the core's value on the line of positive codes."""
        d = self._distance(program, x)
        line = program.max("positive", d, program.const(0))
        if self.k != 1:
            line = program.mul("line", line, program.const(self.k))
        name = "whole" if self.mirror is None else "unfolded"
        if self.sign < 0:
            return program.sub(name, line, core, "The table holds what relu has too much.")
        return program.add(name, core, line, "The table holds the difference to relu.")

    def _distance(self, program: Builder, x: Ref) -> Ref:
        """Return the step that holds the distance from the zero point, adding it once."""
        zero_point = self.ideal.spec.input.zero_point
        if zero_point == 0:
            return x
        return program.once("distance", lambda: program.sub(
            "distance", x, program.const(zero_point), "Distance from the input's zero point."
        ))


def _moved(ends: np.ndarray, free: int, by: np.ndarray) -> np.ndarray:
    """Return the ends of windows moved down, free ends staying free."""
    return np.where(ends == free, free, ends - by)


def _intersected(
    u: np.ndarray, lo: np.ndarray, hi: np.ndarray, aim: np.ndarray
) -> Demand | None:
    """Return the demand in which codes with the same u share one window; None if one is empty."""
    size = int(u.max()) + 1
    low, high = np.full(size, FREE_LOW), np.full(size, FREE_HIGH)
    np.maximum.at(low, u, lo)
    np.minimum.at(high, u, hi)
    if np.any(low > high):
        return None
    total, count = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(total, u, aim)
    np.add.at(count, u, 1)
    return Demand(0, low, high, total // np.maximum(count, 1))
