"""A window of the input: codes outside it need no storage, the function is straight there.

``y = left`` below the window, ``core(u)`` in it, and above it ``right`` or the line
``k * (x - zero_point)``.  The window has a power of two of codes, so u is the low bits of a sum;
where its start is a multiple of its size, they are those of the input code itself.

Where the output's sign is the input's, the core holds what is above the lowest code instead, and
needs no sign bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lutgen.ideal import FRACTION_BITS, Ideal, Tolerance
from lutgen.methods._demand import AIM_BITS, Demand
from lutgen.program import Builder
from lutgen.program.ops import Ref

_STEEPEST = 64
"""Output codes per input code that a line above a window has at most."""


class Window(NamedTuple):
    """A frame whose core sees only the codes of a window.

    Attributes:
        ideal: what the exact function demands.
        start: the lowest code of the window.
        bits: it has ``2**bits`` codes.
        left: output code below it.
        right: output code above it; None where a line continues.
        k: output codes per input code of that line.
        base: what is taken from the output codes of negative input codes before they are stored.
    """

    ideal: Ideal
    start: int
    bits: int
    left: int
    right: int | None
    k: int = 0
    base: int = 0

    fold = "window"

    @property
    def stop(self) -> int:
        """The code after the window."""
        return self.start + (1 << self.bits)

    def demand(self, tolerance: Tolerance) -> Demand:
        """Return what the core has to give."""
        first = self.start - self.ideal.spec.input.min_code
        run = slice(first, first + (1 << self.bits))
        lo, hi = (ends[run] for ends in self.ideal.tube(tolerance))
        exact = (self.ideal.lower + self.ideal.upper)[run] >> (FRACTION_BITS + 1 - AIM_BITS)
        added = np.where(np.arange(self.start, self.stop) < 0, self.base, 0)
        aim = exact - (added << AIM_BITS) + (1 << (AIM_BITS - 1))
        return Demand(0, lo - added, hi - added, aim)

    def demands(self, tolerance: Tolerance) -> Iterator[Demand]:
        """Yield the demand, which needs no final clamp."""
        yield self.demand(tolerance)

    def enter(self, program: Builder, x: Ref) -> Ref:
        """Add the steps from the input code to the place in the window."""
        return program.low_bits("u", self._position(program, x), self.bits, "Place in the window.")

    def leave(self, program: Builder, x: Ref, core: Ref) -> Ref:
        """Add the steps from the core's value to the output code."""
        codes = self.ideal.spec.input
        y = core
        if self.start > codes.min_code:
            # Both tests are of the position where there is one, else of the code itself.
            low = 0 if self._is_moved else self.start
            below = self._position(program, x)
            if low:
                below = program.sub("below", below, program.const(low))
            left = program.const(self.left - self.base)
            y = program.select("low_end", below, left, y, "Constant below the window.")
        if self.stop <= codes.max_code:
            high = (1 << self.bits) - 1 if self._is_moved else self.stop - 1
            above = program.sub("above", program.const(high), self._position(program, x))
            y = program.select("high_end", above, self._right(program, x), y,
                               "Straight above the window.")
        if self.base:
            base = program.select("base", x, program.const(self.base), program.const(0))
            y = program.add("signed", base, y, "The sign is that of x.")
        output = self.ideal.spec.output
        value = program.value(y)
        if value.low < output.min_code or value.high > output.max_code:
            y = program.clamp("y", y, output.min_code, output.max_code, "Saturate.")
        return y

    @property
    def _is_moved(self) -> bool:
        return self.start % (1 << self.bits) != 0

    def _position(self, program: Builder, x: Ref) -> Ref:
        """Return the step that counts from the window's start; x where its low bits do that."""
        if not self._is_moved:
            return x
        return program.once("position", lambda: program.sub(
            "position", x, program.const(self.start), "Counted from the window's start."
        ))

    def _right(self, program: Builder, x: Ref) -> Ref:
        if self.right is not None:
            return program.const(self.right)
        spec = self.ideal.spec
        line = x
        if spec.input.zero_point:
            line = program.sub("distance", x, program.const(spec.input.zero_point))
        if self.k != 1:
            line = program.mul("line", line, program.const(self.k))
        if spec.output.zero_point:
            line = program.add("centred", line, program.const(spec.output.zero_point))
        return line


def windows(ideal: Ideal) -> Iterator[Window]:
    """Yield the smallest window of a spec, if it is smaller than the input."""
    codes, source = ideal.codes, ideal.spec.input
    low_run = int(np.argmax(codes != codes[0])) if np.any(codes != codes[0]) else len(codes)
    k, high_run = _straight_end(ideal)
    # At least one code is in the window, so that there is something to look up.
    first = min(low_run, len(codes) - 1)
    last = max(len(codes) - high_run, first + 1)
    bits = (last - first - 1).bit_length()
    size = 1 << bits
    if size >= len(codes):
        return
    lowest, highest = max(last - size, 0), min(first, len(codes) - size)
    starts = range(source.min_code + lowest, source.min_code + highest + 1)
    # The more zeros the start ends in, the shorter the sum: none for a multiple of the size.
    start = max(starts, key=lambda code: (min(_zeros(code), bits), -abs(code)))
    right = None if k else int(codes[-1])
    base = 0 if k else _base(ideal, start, start + size)
    yield Window(ideal, start, bits, int(codes[0]), right, k, base)


def _straight_end(ideal: Ideal) -> tuple[int, int]:
    """Return the slope of the straight part at the high end, and how many codes it has.

    The slope is 0 for a constant; else the line passes through the zero points.
    """
    codes, spec = ideal.codes, ideal.spec
    rises = np.unique(np.diff(codes)).tolist()
    d = np.arange(spec.input.min_code, spec.input.max_code + 1) - spec.input.zero_point
    runs = []
    for k in (0, *(rise for rise in rises if 0 < rise <= _STEEPEST)):
        line = k * d + spec.output.zero_point if k else np.full_like(codes, codes[-1])
        line = np.clip(line, spec.output.min_code, spec.output.max_code)
        differs = np.flatnonzero(codes != line)
        runs.append((k, len(codes) - 1 - int(differs[-1]) if differs.size else len(codes)))
    return max(runs, key=lambda run: (run[1], -run[0]))


def _base(ideal: Ideal, start: int, stop: int) -> int:
    """Return the lowest code, where adding it to negative input codes alone saves a sign bit."""
    output, codes = ideal.spec.output, ideal.codes
    if not output.signed or not start < 0 < stop:
        return 0
    negative = np.arange(ideal.spec.input.min_code, ideal.spec.input.max_code + 1) < 0
    rest = codes - np.where(negative, output.min_code, 0)
    return output.min_code if rest.min() >= 0 and rest.max() <= output.max_code else 0


def _zeros(code: int) -> int:
    """Return how many zero bits a number ends in; many for 0."""
    return (code & -code).bit_length() - 1 if code else 64
