"""Whole tables from the oracles: correctly rounded output codes, computed without lutgen.

Most codes are decided by a fixed-point number with 128 bits after the point.  A code within
``2**-64`` of a rounding boundary is looked at again: exactly where the value is rational, by
the oracle's limit where the value hugs the boundary, else with up to 20,000 bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache

import numpy as np
from mpmath import mp

from tests.activations.oracles import ORACLES, exact_at, number_at, parameters_of

ROUNDINGS = ("half-even", "half-away", "half-up", "floor")

_BITS = 128
_WINDOW_BITS = 64
_PRECISIONS = (512, 2048, 8192, 20000)
_HUGE = 2000

Parameters = Mapping[str, Fraction | str | int]
Key = tuple[tuple[str, Fraction], ...]
# An exact fraction, +-infinity as an mpf, or an int: the value times 2**_BITS, within one window.
Sample = Fraction | mp.mpf | int


class UndecidedError(AssertionError):
    """No precision told a value from a rounding boundary; the oracle misses a fact."""


def expected_code(
    name: str,
    parameters: Parameters,
    x: Fraction,
    scale: Fraction,
    zero_point: int,
    low: int,
    high: int,
    rounding: str = "half-even",
    derivative: bool = False,
) -> int:
    """Return the code of ``name`` at ``x``: round, then add the zero point, then saturate.

    Args:
        name: a canonical name.
        parameters: fractions or literals by name; the catalogue's defaults for the rest.
        x: the real input.
        scale: real value of one LSB of the output.
        zero_point: output code that stands for 0.
        low: lowest output code.
        high: highest output code.
        rounding: one of ``ROUNDINGS``.
        derivative: of the derivative, by the conventions of the oracles at kinks.

    Raises:
        UndecidedError: the value cannot be told from a rounding boundary.
    """
    key = _key(name, parameters)
    sample = _sample(name, key, Fraction(x), derivative)
    return _code(name, key, Fraction(x), derivative, sample, scale, zero_point, low, high, rounding)


def expected_table(
    name: str,
    parameters: Parameters,
    input_scale: Fraction,
    input_zero_point: int,
    input_codes: Iterable[int],
    output_scale: Fraction,
    output_zero_point: int,
    low: int,
    high: int,
    rounding: str = "half-even",
    derivative: bool = False,
) -> np.ndarray:
    """Return the output code of every input code, int64, in the order given.

    The values are kept, so that another output format for the same inputs is quick.

    Raises:
        UndecidedError: a value cannot be told from a rounding boundary.
    """
    key = _key(name, parameters)
    codes = input_codes if isinstance(input_codes, range) else tuple(map(int, input_codes))
    samples = _samples(name, key, input_scale, input_zero_point, codes, derivative)
    out = (output_scale, output_zero_point, low, high, rounding)
    found = (
        _code(name, key, input_scale * (code - input_zero_point), derivative, sample, *out)
        for code, sample in zip(codes, samples, strict=True)
    )
    return np.fromiter(found, np.int64, count=len(codes))


def _key(name: str, parameters: Parameters) -> Key:
    return tuple(parameters_of(name, parameters).items())


@lru_cache(maxsize=256)
def _samples(
    name: str,
    key: Key,
    scale: Fraction,
    zero_point: int,
    codes: range | tuple[int, ...],
    derivative: bool,
) -> list[Sample]:
    return [_sample(name, key, scale * (code - zero_point), derivative) for code in codes]


def _sample(name: str, key: Key, x: Fraction, derivative: bool) -> Sample:
    parameters = dict(key)
    found = exact_at(name, x, parameters, derivative=derivative)
    if found is not None:
        return found
    number = number_at(name, x, parameters, _BITS, derivative=derivative)
    size = mp.mag(number) if number else 0
    if size > _HUGE:
        return number * mp.inf
    if size > 32:
        number = number_at(name, x, parameters, _BITS + 2 * size, derivative=derivative)
    with mp.workprec(_BITS + 64 + max(size, 0)):
        return int(mp.floor(mp.ldexp(number, _BITS)))


def _code(
    name: str,
    key: Key,
    x: Fraction,
    derivative: bool,
    sample: Sample,
    scale: Fraction,
    zero_point: int,
    low: int,
    high: int,
    rounding: str,
) -> int:
    if isinstance(sample, mp.mpf):
        return high if sample > 0 else low
    if isinstance(sample, Fraction):
        rounded = round_exactly(sample / scale, rounding)
    else:
        halves = 0 if rounding == "floor" else 1
        rounded = _floor(name, key, x, derivative, sample, scale, halves)
    return max(low, min(high, rounded + zero_point))


def round_exactly(value: Fraction, rounding: str) -> int:
    """Return ``value`` rounded to a whole number, ties by the rule."""
    below = value.numerator // value.denominator
    rest = value - below
    if rounding == "floor" or rest == 0 or rest < Fraction(1, 2):
        return below
    if rest > Fraction(1, 2):
        return below + 1
    return below + {"half-even": below % 2, "half-away": below >= 0, "half-up": 1}[rounding]


def _floor(
    name: str, key: Key, x: Fraction, derivative: bool, sample: int, scale: Fraction, halves: int
) -> int:
    """Return ``floor(value / scale + halves / 2)`` of an irrational value, which has no ties."""
    one = 2 * scale.numerator << _BITS
    whole, rest = divmod(
        2 * sample * scale.denominator + (halves * scale.numerator << _BITS), one
    )
    window = 2 * scale.denominator << (_BITS - _WINDOW_BITS)
    if one < 4 * window:
        raise UndecidedError(f"an output scale of {scale} is finer than the samples")
    if window < rest < one - window:
        return whole
    nearest = whole + (2 * rest > one)
    boundary = (nearest - Fraction(halves, 2)) * scale
    return nearest - (_side(name, dict(key), x, derivative, boundary) < 0)


def _side(
    name: str, parameters: dict[str, Fraction], x: Fraction, derivative: bool, boundary: Fraction
) -> int:
    """Return the sign of ``value - boundary``."""
    hug = ORACLES[name].hug(x, **parameters)[derivative] if x else None
    if hug is not None and hug[0] == boundary:
        return hug[1]
    for bits in _PRECISIONS:
        number = number_at(name, x, parameters, bits, derivative=derivative)
        with mp.workprec(2 * bits):
            rest = number - mp.mpf(boundary.numerator) / boundary.denominator
            if abs(rest) > mp.ldexp(1, -bits // 2):
                return 1 if rest > 0 else -1
    what = "derivative" if derivative else "value"
    raise UndecidedError(f"{name}: {what} at x = {x} cannot be told from {boundary}")
