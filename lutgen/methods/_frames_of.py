"""Which frames a spec has, for each answer to ``--fold``.

A fold follows from the law ``f(-x) = sign f(x) + offset + slope x`` of the record.  A residual
needs no law: any function that a line through the zero point comes near to for large positive x
has one, and that line is decided from the exact values.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lutgen.activations._record import Symmetry
from lutgen.ideal import EXACT, FRACTION_BITS, Ideal
from lutgen.methods._demand import CODE_LIMIT
from lutgen.methods._frames import Frame
from lutgen.methods._window import Window, windows
from lutgen.program.table import bits_of


def frames_of(ideal: Ideal, fold: str) -> list[Frame] | list[Window]:
    """Return the frames that ``--fold`` allows: for ``auto`` the plain one, then the law's."""
    plain = Frame("none", ideal)
    match fold:
        case "off":
            return [plain]
        case "on":
            return [*_folded(ideal)]
        case "residual":
            return [*_residual(ideal)]
        case "complement":
            return [*_complement(ideal)]
        case "window":
            return [*windows(ideal)]
    return [plain, *_folded(ideal)]


def _folded(ideal: Ideal) -> Iterator[Frame]:
    """Yield the fold about the zero point that the record's law suggests, if there is one."""
    law = _law(ideal)
    if law is None:
        return
    if law.sign > 0:
        k = _line_of(law, ideal)
        if k is not None:
            # An even fold subtracts the line from codes that hold the zero point still.
            yield Frame("even", ideal, mirror=0, k=k)
    elif law.slope == 0:
        output = ideal.spec.output
        centre = law.offset / output.scale / 2 + output.zero_point
        # Where it lies far outside the format, all codes saturate and no half is like the other.
        if centre == int(centre) and abs(centre) < CODE_LIMIT:
            yield Frame("odd", ideal, mirror=0, turn=0, centre=int(centre))


class _Rest(NamedTuple):
    """What a line leaves to be stored.

    Attributes:
        k: output codes of the line per positive input code.
        low: the least entry, or 0 where that is above.
        high: the greatest entry, or 0 where that is below.
    """

    k: int
    low: int
    high: int

    @classmethod
    def of(cls, ideal: Ideal, k: int) -> _Rest:
        """Return what is left of the rounded codes; where they saturate, as little as will do."""
        demand = Frame("residual", ideal, centre=ideal.spec.output.zero_point, k=k).demand(EXACT)
        entries = np.clip(0, demand.lo, demand.hi)
        return cls(k, min(0, int(entries.min())), max(0, int(entries.max())))

    @property
    def sign(self) -> int:
        """-1 where no entry is above 0: subtracted, it needs no sign bit."""
        return -1 if self.low < self.high == 0 else 1

    @property
    def bits(self) -> int:
        """Bits of an entry."""
        return bits_of(0, -self.low) if self.sign < 0 else bits_of(self.low, self.high)


def _residual(ideal: Ideal) -> Iterator[Frame]:
    """Yield the difference to a line, where its entries are narrower than the output codes."""
    ks = range(1, _steepest(ideal) + 1)
    # All entries fall as k grows.  So they are narrowest next to where the least one leaves 0,
    # where the ends balance, or where the greatest one reaches 0.
    turns = (
        bisect_left(ks, True, key=lambda k, turned=turned: turned(_Rest.of(ideal, k)))
        for turned in (
            lambda rest: rest.low < 0, lambda rest: rest.low + rest.high < 0,
            lambda rest: rest.high == 0,
        )
    )
    rests = [_Rest.of(ideal, k) for turn in turns for k in ks[max(turn - 1, 0) : turn + 1]]
    best = min(rests, key=lambda rest: (rest.bits, rest.high - rest.low))
    if best.bits < bits_of(int(ideal.codes.min()), int(ideal.codes.max())):
        centre = ideal.spec.output.zero_point
        yield Frame("residual", ideal, centre=centre, k=best.k, sign=best.sign)


def _complement(ideal: Ideal) -> Iterator[Frame]:
    """Yield the folds in which ``d`` and ``-1 - d`` share an entry, the likeliest first."""
    law = _law(ideal)
    if law is None:
        return
    if law.sign > 0:
        k = _line_of(law, ideal)
        if k is not None:
            # Without a line there is nothing to subtract a core's value from.
            sign = _Rest.of(ideal, k).sign if k else 1
            centre = ideal.spec.output.zero_point
            yield Frame("complement", ideal, mirror=-1, centre=centre, k=k, sign=sign)
    elif law.slope == 0:
        for total in _totals(ideal):
            centre = (total + 1) // 2
            yield Frame("complement", ideal, mirror=-1, turn=total - 2 * centre, centre=centre)


def _law(ideal: Ideal) -> Symmetry | None:
    """Return the law of a function that has codes on both sides of the zero point."""
    spec = ideal.spec
    if spec.derivative or not spec.input.min_code < spec.input.zero_point < spec.input.max_code:
        return None
    law = spec.activation.fact("symmetry", spec.parameters)
    return law if isinstance(law, Symmetry) else None


def _line_of(law: Symmetry, ideal: Ideal) -> int | None:
    """Return the output codes per input code that make a function even, if a whole number."""
    k = -law.slope * ideal.spec.input.scale / ideal.spec.output.scale
    return int(k) if law.offset == 0 and k.denominator == 1 and abs(k) <= _steepest(ideal) else None


def _steepest(ideal: Ideal) -> int:
    """Return the greatest k whose line stays within the numbers that windows may have."""
    codes = ideal.spec.input
    furthest = max(codes.max_code - codes.zero_point, codes.zero_point - codes.min_code)
    return (CODE_LIMIT // 2 - 1) // furthest


def _totals(ideal: Ideal) -> tuple[int, int]:
    """Return the two whole numbers next to what ``d`` and ``-1 - d`` should give together.

    What they do give changes with d by as much as the function does from one code to the next.
    Where one of them saturates, it may be any number up to there, or down to there.
    """
    codes, output = ideal.spec.input, ideal.spec.output
    zero = codes.zero_point - codes.min_code
    half = min(zero, len(ideal.codes) - zero)

    def paired(values: np.ndarray) -> np.ndarray:
        return np.stack([values[zero : zero + half], values[zero - half : zero][::-1]])

    exact = (ideal.lower + ideal.upper) >> 1
    ends = output.min_code << FRACTION_BITS, output.max_code << FRACTION_BITS
    sums, pairs = paired(np.clip(exact, *ends)).sum(axis=0), paired(ideal.codes)
    floors = sums[(pairs != output.min_code).all(axis=0)]
    ceilings = sums[(pairs != output.max_code).all(axis=0)]
    # Both ends, or the only one: the middle of them is the likeliest to serve all pairs.
    bounds = [int(floors.max())] if floors.size else []
    bounds += [int(ceilings.min())] if ceilings.size else []
    doubled = bounds[0] + bounds[-1] if bounds else 0
    below = doubled >> (FRACTION_BITS + 1)
    nearest = (doubled + (1 << FRACTION_BITS)) >> (FRACTION_BITS + 1)
    return nearest, 2 * below + 1 - nearest
