"""Folds: ways to serve all input codes by a core that sees fewer of them.

A frame turns the input code into the number ``u`` that the core works on, says which values of
the core are acceptable for every u, and turns the core's value into the output code.  Whether a
fold is allowed is not a matter of theory: the windows of all input codes that share a u are
intersected, and a fold exists exactly when none of the intersections is empty.

With ``d = x - zero_point`` and the law ``f(-x) = sign f(x) + offset + slope x`` of the record:

- ``none``: the core is the function, ``u = x``;
- ``even`` (sign +1): ``y = core(abs(d)) + k * max(d, 0)``, where k is minus the slope in output
  codes per input code: 0 for an even function, 1 for gelu on equal scales;
- ``odd`` (sign -1): ``y = centre + core(abs(d))``, the core's value negated for negative d.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lutgen.activations._record import Symmetry
from lutgen.ideal import FRACTION_BITS, Ideal, Tolerance
from lutgen.methods._demand import AIM_BITS, CODE_LIMIT, FREE_HIGH, FREE_LOW, Demand
from lutgen.program import Builder
from lutgen.program.ops import Ref


class Frame(NamedTuple):
    """One way to fold, for one spec.

    Attributes:
        fold: ``none``, ``even`` or ``odd``.
        ideal: what the exact function demands.
        centre: output code about which an odd function turns.
        k: output codes that an even fold adds per positive input code.
    """

    fold: str
    ideal: Ideal
    centre: int = 0
    k: int = 0

    def demand(self, tolerance: Tolerance) -> Demand | None:
        """Return what the core has to give, or None where the fold cannot keep the tolerance."""
        spec = self.ideal.spec
        lo, hi = self.ideal.tube(tolerance)
        # Saturation is free: beyond the ends of the format the final clamp sees to it.
        lo = np.where(lo == spec.output.min_code, FREE_LOW, lo)
        hi = np.where(hi == spec.output.max_code, FREE_HIGH, hi)
        exact = (self.ideal.lower + self.ideal.upper) >> (FRACTION_BITS + 1 - AIM_BITS)
        aim = exact + (1 << (AIM_BITS - 1))
        if self.fold == "none":
            return Demand(spec.input.min_code, lo, hi, aim)
        d = np.arange(spec.input.min_code, spec.input.max_code + 1) - spec.input.zero_point
        if self.fold == "even":
            added = self.k * np.maximum(d, 0)
            low, high = _moved(lo, FREE_LOW, added), _moved(hi, FREE_HIGH, added)
            aim = aim - (added << AIM_BITS)
        else:
            low, high = _moved(lo, FREE_LOW, self.centre), _moved(hi, FREE_HIGH, self.centre)
            # On the negative side the core's value is negated, so the window is turned over.
            low, high = np.where(d < 0, -high, low), np.where(d < 0, -low, high)
            centred = aim - (self.centre << AIM_BITS)
            aim = np.where(d < 0, (1 << AIM_BITS) - centred, centred)
        return _intersected(np.abs(d), low, high, aim)

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
        if self.fold == "none":
            return x
        d = self._distance(program, x)
        return program.max(
            "u", d, program.sub("mirrored", program.const(0), d), "Both signs share one half."
        )

    def leave(self, program: Builder, x: Ref, core: Ref) -> Ref:
        """Add the steps from the core's value to the output code."""
        output = self.ideal.spec.output
        y = core
        if self.fold == "even" and self.k:
            d = self._distance(program, x)
            line = program.max("positive", d, program.const(0))
            if self.k != 1:
                line = program.mul("line", line, program.const(self.k))
            y = program.add("unfolded", core, line, "The table holds the difference to relu.")
        elif self.fold == "odd":
            d = self._distance(program, x)
            turned = program.sub("turned", program.const(0), core)
            y = program.select("unfolded", d, turned, core, "The function is odd.")
            if self.centre:
                y = program.add("centred", y, program.const(self.centre))
        value = program.value(y)
        if value.low < output.min_code or value.high > output.max_code:
            y = program.clamp("y", y, output.min_code, output.max_code, "Saturate.")
        return y

    def _distance(self, program: Builder, x: Ref) -> Ref:
        """Return the step that holds the distance from the zero point, adding it once."""
        zero_point = self.ideal.spec.input.zero_point
        if zero_point == 0:
            return x
        return program.once("distance", lambda: program.sub(
            "distance", x, program.const(zero_point), "Distance from the input's zero point."
        ))


def frames(ideal: Ideal) -> Iterator[Frame]:
    """Yield the plain frame, then the fold that the record's law suggests, if there is one."""
    spec = ideal.spec
    yield Frame("none", ideal)
    law = None if spec.derivative else spec.activation.fact("symmetry", spec.parameters)
    zero_point = spec.input.zero_point
    both_signs = spec.input.min_code < zero_point < spec.input.max_code
    if not isinstance(law, Symmetry) or not both_signs:
        return
    if law.sign > 0 and law.offset == 0:
        k = -law.slope * spec.input.scale / spec.output.scale
        furthest = max(spec.input.max_code - zero_point, zero_point - spec.input.min_code)
        if k.denominator == 1 and abs(k) * furthest < CODE_LIMIT // 2:
            # An even fold subtracts the line from codes that hold the zero point still.
            yield Frame("even", ideal, k=int(k))
    elif law.sign < 0 and law.slope == 0:
        centre = law.offset / spec.output.scale / 2 + spec.output.zero_point
        if centre == int(centre):
            yield Frame("odd", ideal, centre=int(centre))


def _moved(ends: np.ndarray, free: int, by: np.ndarray | int) -> np.ndarray:
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


