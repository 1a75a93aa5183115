"""The fixed-point sigmoid and tanh of gemmlowp, which LiteRT's optimised kernels of 16 bits use.

Arguments are in units of 2^-12, results of 2^-15; in between, numbers of 16 bits have another
point each.
"""

from __future__ import annotations

import numpy as np

from lutgen.models.litert.fixed_point import high_product, saturated, shifted_left, shifted_right

Array = np.ndarray

_ONE = 2**15 - 1
_HALF = 2**14

_POWERS = (
    (-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535),
    (3, 720401), (4, 242),
)
"""Exponents k, and exp(-2^k) in units of 2^-31."""


def logistic(x: Array) -> Array:
    """Return the sigmoid."""
    tail = _exp_of_negative(-np.abs(x), 3)
    upper = _one_over_one_plus(tail)
    found = np.where(x > 0, upper, saturated(_ONE - upper))
    return np.where(x == 0, _HALF, found)


def tanh(x: Array) -> Array:
    """Return tanh."""
    # With another place of the point, the same bits are twice the number.
    tail = _exp_of_negative(-np.abs(x), 4)
    found = _one_minus_over_one_plus(tail)
    return np.where(x == 0, 0, np.where(x < 0, -found, found))


def _product(a: Array, b: Array | int) -> Array:
    return high_product(a, b, 16)


def _short(constant: int) -> int:
    """Return a constant of 32 bits with 16."""
    return int(shifted_right(np.array(constant), 16))


def _exp_of_negative(x: Array, before: int) -> Array:
    """Return exp of numbers with so many bits before the point, which are not positive.

    It is that of a rest of at least -1/4, times powers for the other bits.
    """
    after = 15 - before
    quarter = 1 << (after - 2)
    rest = (x & (quarter - 1)) - quarter
    found = _exp_near_zero(shifted_left(rest, before))
    remainder = rest - x
    for exponent, constant in _POWERS:
        if before > exponent:
            hit = remainder & (1 << (after + exponent))
            found = np.where(hit != 0, _product(found, _short(constant)), found)
    return np.where(x == 0, _ONE, found)


def _exp_near_zero(x: Array) -> Array:
    """Return exp on [-1/4, 0), by its series around -1/8."""
    at = x + 2**12
    square = _product(at, at)
    cube, fourth = _product(square, at), _product(square, square)
    quarter = shifted_right(fourth, 2)
    rest = shifted_right(_product(quarter + cube, _short(715827883)) + square, 1)
    middle = _short(1895147668)
    return saturated(middle + _product(middle + 0 * at, at + rest))


def _reciprocal(x: Array) -> Array:
    """Return 2 / (1 + x) for x on [0, 1], with 2 bits before the point, by Newton's steps."""
    total = x + _ONE
    half = (total + np.where(total >= 0, 1, -1)) // 2
    one = 2**13
    found = _short(1515870810) + _product(half, _short(-1010580540))
    for _ in range(3):
        rest = one - _product(half, found)
        found = found + shifted_left(_product(found, rest), 2)
    return found


def _one_over_one_plus(x: Array) -> Array:
    return shifted_left(_reciprocal(x), 1)


def _one_minus_over_one_plus(x: Array) -> Array:
    return shifted_left(_reciprocal(x) - 2**13, 2)
