"""LiteRT's LOGISTIC and TANH of 16 bits: straight lines between values of one sigmoid table."""

from __future__ import annotations

from functools import cache

import numpy as np

from lutgen.models.litert.operator import Operator

Array = np.ndarray

_ENTRIES, _PER_UNIT = 256, 24
"""Entries of the table, and how many lie between x and x + 1."""


@cache
def _table() -> Array:
    """Return the sigmoid in units of 2^-16, each entry bent towards the middle of its interval."""
    x = np.arange(_ENTRIES + 1) / _PER_UNIT
    value, middle = (1 / (1 + np.exp(-at)) for at in (x, x + 0.5 / _PER_UNIT))
    bent = value[:-1] + (middle[:-1] - (value[:-1] + value[1:]) / 2) / 2
    found = np.floor(bent * 2**16 + 0.5).astype(np.int64)
    found[-1] = 2**16 - 1
    return found


def power_of_two(operator: Operator) -> int | None:
    """Return the shift of an input scale that is a power of two these kernels know, else None."""
    fraction, exponent = np.frexp(operator.inputs[0].scale)
    shift = int(exponent) - 1 + 12
    known = (0, 1) if operator.code == "TANH" else (0,)
    return shift if fraction == 0.5 and shift in known else None


def logistic(operator: Operator, x: Array) -> Array:
    """Return the output codes of LOGISTIC."""
    x = _scaled(operator, x)
    found = _between(np.abs(x), 9, 0x7FFF << 10)
    found = np.where(x >= 0, found + (1 << 9), (1 << 25) - found + (1 << 9) - 1)
    return found >> 10


def tanh(operator: Operator, x: Array) -> Array:
    """Return the output codes of TANH, which is 2 sigmoid(2x) - 1."""
    x = _scaled(operator, x)
    found = _between(np.abs(x), 8, 0xFFFF << 8)
    half = 1 << 23
    found = np.where(x >= 0, found - half + (1 << 7), half - found + (1 << 7) - 1)
    return found >> 8


def _between(distance: Array, bits: int, most: int) -> Array:
    """Return the sigmoid at distances from 0, of which so many low bits lie between entries."""
    place = distance >> bits
    at = np.minimum(place, _ENTRIES - 2)
    low, high = _table()[at], _table()[at + 1]
    rest = distance & (2**bits - 1)
    return np.where(place >= _ENTRIES - 1, most, (low << bits) + rest * (high - low))


def _scaled(operator: Operator, x: Array) -> Array:
    """Return inputs in units of 1/12288."""
    shift = power_of_two(operator)
    if shift is not None:
        return x * (3 << shift)
    multiplier, shift = float(operator.inputs[0].scale) * 4096 * 3, 0
    while multiplier <= 32767 / 2 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    return x * int(multiplier) + (1 << shift >> 1) >> shift
