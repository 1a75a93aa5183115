"""Fixed-point arithmetic as LiteRT and gemmlowp define it, on int64 arrays.

A real factor becomes a 31-bit integer and a shift.  Products keep their high half, doubled and
rounded, and a shift to the right rounds once more, half away from zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Array = np.ndarray
Shift = Callable[[Array, int], Array]


class Factor(NamedTuple):
    """A real factor.

    Attributes:
        mantissa: in units of 2^-31; 0, or at least 2^30 in size.
        shift: to the left, after the product.
    """

    mantissa: int
    shift: int

    @classmethod
    def of(cls, real: float) -> Factor:
        """Return a factor as LiteRT stores it (``QuantizeMultiplier``)."""
        fraction, shift = math.frexp(abs(real))
        mantissa = int(fraction * 2**31 + 0.5)
        if mantissa == 2**31:
            mantissa, shift = mantissa // 2, shift + 1
        if shift < -31:
            return cls(0, 0)
        return cls(-mantissa if real < 0 else mantissa, shift)

    @property
    def short(self) -> int:
        """The mantissa in units of 2^-15."""
        return min(self.mantissa + 2**15 >> 16, 2**15 - 1)

    def times(self, values: Array, shift_right: Shift | None = None) -> Array:
        """Return int32 values times this factor (``MultiplyByQuantizedMultiplier``).

        Args:
            values: what to multiply.
            shift_right: how the last shift rounds; ``shifted_right`` by default.
        """
        left, right = max(self.shift, 0), max(-self.shift, 0)
        product = high_product(_wrapped(values << min(left, 31)), self.mantissa, 32)
        return (shift_right or shifted_right)(product, right)


def high_product(a: Array, b: Array | int, bits: int) -> Array:
    """Return the high half of twice a product of integers of so many bits, rounded.

    (``SaturatingRoundingDoublingHighMul``)
    """
    product = a * b
    nudge = np.where(product >= 0, 2 ** (bits - 2), 1 - 2 ** (bits - 2))
    return np.minimum(towards_zero(product + nudge, bits - 1), 2 ** (bits - 1) - 1)


def towards_zero(values: Array, shift: int) -> Array:
    """Return values divided by a power of two as C divides."""
    return np.where(values >= 0, values >> shift, -(-values >> shift))


def shifted_right(values: Array, shift: int) -> Array:
    """Return values divided by a power of two, half away from zero (``RoundingDivideByPOT``)."""
    mask = 2**shift - 1
    return (values >> shift) + ((values & mask) > (mask >> 1) + (values < 0))


def shifted_right_up(values: Array, shift: int) -> Array:
    """Return values divided by a power of two, half up, as vector units shift."""
    return values + (2**shift >> 1) >> shift


def shifted_left(values: Array, shift: int) -> Array:
    """Return values times a power of two, saturated to 16 bits."""
    return saturated(values << shift)


def saturated(values: Array) -> Array:
    """Return values saturated to 16 bits."""
    return np.clip(values, -(2**15), 2**15 - 1)


def _wrapped(values: Array) -> Array:
    """Return values as an int32 of C holds them."""
    return (values + 2**31 & 2**32 - 1) - 2**31
