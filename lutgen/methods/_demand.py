"""What a core has to give: the acceptable values at every number that it sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FREE_LOW = -(2**40)
"""The acceptable values have no lower end: the program's final clamp makes saturation free."""

FREE_HIGH = 2**40
"""The acceptable values have no upper end."""

CODE_LIMIT = 2**23
"""Acceptable values that are not free stay below this in magnitude."""

AIM_BITS = 8
"""Fraction bits of ``aim``, the places that lines should pass near to."""


@dataclass(frozen=True, eq=False)
class Demand:
    """What a core has to give.

    Attributes:
        lowest: the smallest u.
        lo: least acceptable value for u = lowest, lowest + 1, ...: int64, or ``FREE_LOW``.
        hi: greatest acceptable value, or ``FREE_HIGH``.
        aim: the exact value plus one half, in 2**-AIM_BITS output codes: where a line that is
            floored should pass.
    """

    lowest: int
    lo: np.ndarray
    hi: np.ndarray
    aim: np.ndarray

    def __len__(self) -> int:
        return len(self.lo)

    def held(self, low: int, high: int) -> Demand:
        """Return the demand with free ends held at a format's, so that no clamp is needed."""
        lo = np.where(self.lo == FREE_LOW, low, self.lo)
        hi = np.where(self.hi == FREE_HIGH, high, self.hi)
        return Demand(self.lowest, lo, hi, np.clip(self.aim, low << AIM_BITS, high + 1 << AIM_BITS))

    def padded(self, bits: int) -> Demand:
        """Return the demand with free codes added, up to a multiple of ``2**bits`` codes."""
        more = -len(self) % (1 << bits)
        return Demand(
            self.lowest,
            np.concatenate([self.lo, np.full(more, FREE_LOW)]),
            np.concatenate([self.hi, np.full(more, FREE_HIGH)]),
            np.concatenate([self.aim, np.full(more, self.aim[-1])]),
        )
