"""Exact values of every code from the oracles, and errors counted without lutgen.

A ``Spec`` is read here as data only: formats, rounding, parameters.  Values are Fractions in
output codes; an irrational one is cut off at ``2**-CUT_BITS`` of an output code, far below what
any check here tells apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from mpmath import mp

from lutgen.formats import NumberFormat
from lutgen.spec import Spec
from tests.activations.expected import expected_table
from tests.activations.oracles import exact_at, number_at, parameters_of

CUT_BITS = 96
CLOSE = Fraction(1, 2**60)
"""Two figures nearer than this are the same figure."""
RESOLUTION = Fraction(1, 2**16)
"""A smallest error is asked to be found to this many LSB."""


class Count(NamedTuple):
    """What an exhaustive comparison finds.

    Attributes:
        largest: the largest absolute error in LSB.
        worst: the input codes that have it.
        mean: mean error in LSB.
        mean_square: mean squared error in LSB^2.
        misrounded: how many codes differ from the correctly rounded table.
    """

    largest: Fraction
    worst: frozenset[int]
    mean: Fraction
    mean_square: Fraction
    misrounded: int


def exact_values(spec: Spec) -> list[Fraction]:
    """Return the exact value of every input code, in output codes, clipped to their range."""
    output = spec.output
    ends = Fraction(output.min_code), Fraction(output.max_code)
    key = tuple((name, number.value) for name, number in spec.parameters.items())
    return [
        min(max(value + output.zero_point, ends[0]), ends[1])
        for value in _in_steps(
            spec.activation.name, key, spec.input, spec.derivative, output.scale
        )
    ]


def count_errors(spec: Spec, codes: Iterable[int]) -> Count:
    """Compare output codes, in ascending order of the input code, with the exact values."""
    codes = [int(code) for code in codes]
    exact = exact_values(spec)
    # Whole numbers of 2**-CUT_BITS keep it quick; the largest errors are taken exactly.
    scaled = [
        (code << CUT_BITS) - (value.numerator << CUT_BITS) // value.denominator
        for code, value in zip(codes, exact, strict=True)
    ]
    near = max(map(abs, scaled)) - int(CLOSE * 2**CUT_BITS)
    worst = [index for index, error in enumerate(scaled) if abs(error) >= near]
    return Count(
        largest=max(abs(codes[index] - exact[index]) for index in worst),
        worst=frozenset(spec.input.codes[index] for index in worst),
        mean=Fraction(sum(scaled), len(scaled) * 2**CUT_BITS),
        mean_square=Fraction(sum(e * e for e in scaled), len(scaled) * 2 ** (2 * CUT_BITS)),
        misrounded=int(np.count_nonzero(rounded_table(spec) != np.array(codes))),
    )


def rounded_table(spec: Spec, rounding: str | None = None) -> np.ndarray:
    """Return the correctly rounded output code of every input code."""
    return expected_table(
        spec.activation.name,
        {name: number.value for name, number in spec.parameters.items()},
        spec.input.scale, spec.input.zero_point, spec.input.codes,
        spec.output.scale, spec.output.zero_point, spec.output.min_code, spec.output.max_code,
        rounding or spec.rounding, spec.derivative,
    )


def tube(spec: Spec, limit: Fraction, *, strict: bool = False) -> tuple[list[int], list[int]]:
    """Return the least and the greatest code whose error keeps a limit, for every input code."""
    low, high = spec.output.min_code, spec.output.max_code
    exact = exact_values(spec)
    if strict:
        lo = [math.floor(t - limit) + 1 for t in exact]
        hi = [math.ceil(t + limit) - 1 for t in exact]
    else:
        lo = [math.ceil(t - limit) for t in exact]
        hi = [math.floor(t + limit) for t in exact]
    return [max(low, end) for end in lo], [min(high, end) for end in hi]


@lru_cache(maxsize=256)
def _in_steps(
    name: str,
    key: tuple[tuple[str, Fraction], ...],
    codes: NumberFormat,
    derivative: bool,
    step: Fraction,
) -> list[Fraction]:
    """Return the value at every code divided by the step, infinite ones kept far outside."""
    parameters = parameters_of(name, dict(key))
    found = []
    for code in codes.codes:
        x = codes.scale * (code - codes.zero_point)
        value = exact_at(name, x, parameters, derivative=derivative)
        if value is None:
            value = number_at(name, x, parameters, CUT_BITS + 32, derivative=derivative)
        found.append(_divided(value, step))
    return found


def _divided(value: Fraction | mp.mpf, step: Fraction) -> Fraction:
    """Return ``value / step``: exact for a fraction, else cut off; kept within +-2**30."""
    if isinstance(value, Fraction):
        return value / step
    far = 2**30
    with mp.workprec(CUT_BITS + 96):
        steps = value * step.denominator / step.numerator
        if abs(steps) >= far:
            return Fraction(far if steps > 0 else -far)
        return Fraction(int(mp.floor(mp.ldexp(steps, CUT_BITS))), 2**CUT_BITS)


def tie_windows(spec: Spec) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes with an error of at most 1/2 LSB, deciding ties without any cut.

    Only a rational value can be a tie; others have one nearest code, however close to a
    boundary they are.
    """
    name = spec.activation.name
    parameters = {key: number.value for key, number in spec.parameters.items()}
    upper = rounded_table(spec, "half-up")
    lower = upper.copy()
    for index, code in enumerate(spec.input.codes):
        x = spec.input.decode(code)
        value = exact_at(name, x, parameters_of(name, parameters), derivative=spec.derivative)
        if isinstance(value, Fraction) and (2 * value / spec.output.scale) % 2 == 1:
            beyond = value / spec.output.scale + spec.output.zero_point
            if spec.output.min_code < beyond < spec.output.max_code:
                lower[index] -= 1
    return lower, upper


def reaches(lo: Iterable[int], hi: Iterable[int], ends: tuple[int, int]) -> np.ndarray:
    """Return for every code where the longest run from it ends that one real line serves.

    Tries every pair of codes instead of any hull.  A line takes values from ``lo`` to
    ``hi + 1``, the latter excluded; a window that touches an end of the output format is open
    there, since the final clamp makes saturation free.

    Args:
        lo: least acceptable codes.
        hi: greatest acceptable codes.
        ends: lowest and highest output code.
    """
    low, high = np.array(lo, float), np.array(hi, float) + 1
    low[low <= ends[0]] = -np.inf
    high[high > ends[1]] = np.inf
    size = len(low)
    at = np.arange(size)
    # Quotients of small integers: float64 tells different ones apart, equal ones are equal.
    run = np.where(at[None, :] > at[:, None], at[None, :] - at[:, None], 1).astype(float)
    later = at[None, :] > at[:, None]
    with np.errstate(invalid="ignore"):
        least = np.where(later, (low[None, :] - high[:, None]) / run, -np.inf)
        greatest = np.where(later, (high[None, :] - low[:, None]) / run, np.inf)
    stops = np.empty(size, np.int64)
    below, above = np.full(size, -np.inf), np.full(size, np.inf)
    for start in range(size - 1, -1, -1):
        below, above = np.maximum(below, least[start]), np.minimum(above, greatest[start])
        bad = np.maximum.accumulate(below[start:]) >= np.minimum.accumulate(above[start:])
        stops[start] = start + int(np.argmax(bad)) if bad.any() else size
    return stops


def fewest_pieces(stops: np.ndarray, cell: int = 1) -> int | None:
    """Return the least number of runs that cover all codes, by trying every split.

    Args:
        stops: where the longest run from every code ends.
        cell: runs begin at multiples of this.
    """
    size = len(stops)
    best: list[float] = [0.0] + [math.inf] * size
    for stop in range(1, size + 1):
        if stop % cell == 0 or stop == size:
            best[stop] = 1 + min(
                (best[start] for start in range(0, stop, cell) if stops[start] >= stop),
                default=math.inf,
            )
    return None if math.isinf(best[size]) else int(best[size])


def least_error(spec: Spec, works: Callable[[list[int], list[int]], bool]) -> Fraction:
    """Return the smallest error that something can be done with, out of all that exist.

    Args:
        spec: the request.
        works: tells whether it can be done inside a tube, given as lowest and highest codes.
    """
    output = spec.output
    exact = exact_values(spec)
    levels = sorted(
        {abs(code - t) for t in exact for code in range(output.min_code, output.max_code + 1)}
    )
    smallest = max(min(t - math.floor(t), math.ceil(t) - t) for t in exact)
    low, high = levels.index(smallest), len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        if works(*tube(spec, levels[middle])):
            high = middle
        else:
            low = middle + 1
    return levels[low]
