"""What the exact function demands of every input code.

The exact value t of a code is the real function's value in output codes, zero point included,
before saturation.  Everything asked of it, rounding and tolerance tubes alike, is a floor or
ceiling of ``t + shift`` with a rational shift.  Most codes are answered at once from integer
bounds; the few that lie near a boundary are evaluated again with growing precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lutgen import sampling
from lutgen.numerics.reals import Anchored, Exact, Value, arb, ball, exact
from lutgen.spec import Spec

FRACTION_BITS = 38
"""Bits after the point of the integer bounds: 1 LSB is ``2**FRACTION_BITS``."""

FAR = 2**23
"""Exact values beyond this many output codes are kept at it; far outside every format."""

_UNIT = 2**FRACTION_BITS
_LIMIT = FAR * _UNIT


class Tolerance(NamedTuple):
    """Which output codes are acceptable for an exact value.

    Attributes:
        limit: largest error in LSB, at least 1/2; None asks for the correctly rounded code.
        strict: whether the error has to stay below the limit.
    """

    limit: Fraction | None
    strict: bool = False

    @property
    def text(self) -> str:
        """The tolerance in words, for messages."""
        if self.limit is None:
            return "every code correctly rounded"
        # Loaded here: only messages need it.
        from decimal import Decimal

        limit = Decimal(self.limit.numerator) / Decimal(self.limit.denominator)
        return f"{'below' if self.strict else 'at most'} {limit:.6g} LSB"


EXACT = Tolerance(None)
FAITHFUL = Tolerance(Fraction(1), strict=True)
NEAREST = Tolerance(Fraction(1, 2))


@dataclass(frozen=True, eq=False)
class Ideal:
    """The exact values of one spec, for all codes at once.

    Attributes:
        spec: the request.
        lower: int64, shape (2**width,), ascending input codes: the largest known integer with
            ``lower <= t * 2**FRACTION_BITS``.
        upper: the smallest known integer with ``t * 2**FRACTION_BITS <= upper``; equal to
            ``lower`` where t is known to be exactly that number, else above it by 1 or 2.
        outside: bool, where the function has no finite value (a pole, or outside its domain).
    """

    spec: Spec
    lower: np.ndarray
    upper: np.ndarray
    outside: np.ndarray

    @classmethod
    def of(cls, spec: Spec) -> Ideal:
        """Evaluate ``spec`` at every input code.

        Raises:
            UndecidableRoundingError: a value cannot be enclosed.
        """
        if spec.samples is not None and spec.samples.is_table(spec.input) and not spec.derivative:
            # The values are the codes that were given, and need no arithmetic to be found.
            exactly = np.array(spec.samples.y, dtype=np.int64) * _UNIT
            return cls._frozen(spec, exactly, exactly, np.zeros(len(exactly), dtype=bool))
        inputs = sampling.real_inputs(spec.input)
        values = sampling.values(spec.function, spec.input)
        factor, shift = exact(_UNIT / spec.output.scale), exact(spec.output.zero_point * _UNIT)
        with sampling.working_precision(sampling.BASE_PRECISION):
            pairs = [enclosing_integers(value * factor + shift) for value in values]
        for index, pair in enumerate(pairs):
            if pair is None:
                for value in sampling.refined(spec.function, inputs[index]):
                    pairs[index] = enclosing_integers(value * factor + shift)
                    if pairs[index] is not None:
                        break
        lower, upper = np.array(pairs, dtype=np.int64).T.copy()
        outside = np.array([sampling.is_infinite(value) for value in values])
        return cls._frozen(spec, lower, upper, outside)

    @classmethod
    def _frozen(cls, spec: Spec, *arrays: np.ndarray) -> Ideal:
        for array in arrays:
            array.setflags(write=False)
        return cls(spec, *arrays)

    def floor(self, shift: Fraction | int = 0) -> np.ndarray:
        """Return ``floor(t + shift)`` of every code: int64, shape (2**width,), exact.

        Raises:
            UndecidableRoundingError: ``t + shift`` cannot be told from a whole number.
        """
        return self._floor(+1, Fraction(shift))

    def ceil(self, shift: Fraction | int = 0) -> np.ndarray:
        """Return ``ceil(t + shift)`` of every code: int64, shape (2**width,), exact.

        Raises:
            UndecidableRoundingError: ``t + shift`` cannot be told from a whole number.
        """
        return -self._floor(-1, -Fraction(shift))

    def tube(self, tolerance: Tolerance) -> tuple[np.ndarray, np.ndarray]:
        """Return the lowest and highest acceptable output code of each input code.

        The exact value is first clipped to the range of the output format, since no code lies
        beyond it.

        Returns:
            Two int64 arrays, shape (2**width,), ascending input codes.
        """
        # Under half-up the code nearest to the exact value is the correctly rounded one.
        nearest = tolerance == NEAREST and self.spec.rounding == "half-up"
        if tolerance.limit is None or nearest:
            return self.codes, self.codes
        low, high = self.spec.output.min_code, self.spec.output.max_code
        if tolerance.strict:
            ends = self.floor(-tolerance.limit) + 1, self.ceil(tolerance.limit) - 1
            reach = tolerance.limit.__ceil__() - 1
        else:
            ends = self.ceil(-tolerance.limit), self.floor(tolerance.limit)
            reach = tolerance.limit.__floor__()
        # A value beyond the format counts as its end, so codes near the end serve it too.
        return (
            np.clip(np.minimum(ends[0], high - reach), low, high),
            np.clip(np.maximum(ends[1], low + reach), low, high),
        )

    @cached_property
    def rounded(self) -> np.ndarray:
        """The correctly rounded codes before saturation: int64, shape (2**width,)."""
        rule, zero_point = self.spec.rounding, self.spec.output.zero_point
        if rule == "floor":
            return self.floor()
        upward = self.floor(Fraction(1, 2))
        if rule == "half-up":
            return upward
        downward = self.ceil(Fraction(-1, 2))
        # The two differ exactly at ties.  Parity and sign are those of the code before the zero
        # point is added: round first, then add.
        if rule == "half-even":
            prefer_upward = (upward - zero_point) % 2 == 0
        else:
            prefer_upward = upward > zero_point
        return np.where(prefer_upward, upward, downward)

    @cached_property
    def codes(self) -> np.ndarray:
        """The correctly rounded, saturated output codes: int64, shape (2**width,)."""
        return np.clip(self.rounded, self.spec.output.min_code, self.spec.output.max_code)

    def _floor(self, sign: int, shift: Fraction) -> np.ndarray:
        """Return ``floor(sign * t + shift)`` of every code."""
        scaled = shift * _UNIT
        low, high = (self.lower, self.upper) if sign > 0 else (-self.upper, -self.lower)
        below = (low + scaled.__floor__()) >> FRACTION_BITS
        above = (high + scaled.__ceil__()) >> FRACTION_BITS
        for index in np.flatnonzero(below != above):
            below[index] = self._floor_at(int(index), sign, shift)
        return below

    def _floor_at(self, index: int, sign: int, shift: Fraction) -> int:
        """Return ``floor(sign * t + shift)`` of one code, with as many bits as it takes."""
        output = self.spec.output
        factor = exact(sign / output.scale)
        shift_by = exact(sign * output.zero_point + shift)
        x = exact(self.spec.input.decode(self.spec.input.min_code + index))
        for value in sampling.refined(self.spec.function, x):
            # What nears 0 by more than any precision shows keeps its sign beside the shift.
            near_zero = Anchored(Exact(0), value) if isinstance(value, arb) else value
            found = sampling.floor(near_zero * factor + shift_by)
            if found is not None:
                return max(-FAR, min(FAR, found))
        raise AssertionError("refined() ends by raising")


def enclosing_integers(scaled: Value) -> tuple[int, int] | None:
    """Return integers around a value, at most 2 apart; None if its ball is wider than that.

    Values beyond ``FAR`` codes are kept at it.
    """
    if isinstance(scaled, Exact):
        return _kept(int(scaled.floor())), _kept(int(scaled.ceil()))
    enclosure = ball(scaled)
    # Compare before converting: a finite value may have more digits than memory holds.
    if abs(enclosure) > _LIMIT:
        return (_LIMIT, _LIMIT) if enclosure > 0 else (-_LIMIT, -_LIMIT)
    whole = enclosure.floor().unique_fmpz()
    if whole is not None:
        return int(whole), int(whole) + 1
    if not enclosure.is_finite() or enclosure.rad() > 1:
        return None
    low = _kept(int(enclosure.lower().floor().unique_fmpz()))
    high = _kept(int(enclosure.upper().ceil().unique_fmpz()))
    return (low, high) if high - low <= 2 else None


def _kept(bound: int) -> int:
    """Return ``bound``, or the limit where it lies beyond."""
    return max(-_LIMIT, min(_LIMIT, bound))
