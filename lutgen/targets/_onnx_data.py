"""What a model is tested with: an input for every code, and the output it has to give."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lutgen import sampling
from lutgen.numerics.literals import nearest_float32
from lutgen.numerics.reals import Exact, Value, arb, ball, exact, fraction, working_precision
from lutgen.solution import Solution
from lutgen.targets._onnx_integers import element_type

LARGEST = np.finfo(np.float32).max

# Balls with this many good bits are as good as exact to a float64.
_GOOD_BITS = 60


class Data(NamedTuple):
    """Inputs and outputs, in ascending order of the input codes.

    Attributes:
        x: shape (2**width,); codes, or for ``float`` the float32 nearest to what they stand for.
        y: shape (2**width,); the program's codes, or for ``float`` the float32 nearest to the
            exact value at x.
    """

    x: np.ndarray
    y: np.ndarray


def data_for(solution: Solution, kind: str) -> Data:
    """Return what a model of this kind is tested with."""
    source, target = solution.spec.input, solution.spec.output
    if kind != "float":
        codes = np.array(source.codes, element_type(source))
        return Data(codes, solution.report.codes.astype(element_type(target)))
    reals, function = sampling.real_inputs(source), solution.spec.function
    inputs = _float32(reals, lambda index: reals[index : index + 1])
    inputs = np.clip(inputs, -LARGEST, LARGEST)
    taken = [exact(Fraction(x)) for x in inputs.tolist()]
    with working_precision(sampling.BASE_PRECISION):
        values = [function(x) for x in taken]
    return Data(inputs, _float32(values, lambda index: sampling.refined(function, taken[index])))


def _float32(
    values: Sequence[Value], refined: Callable[[int], Iterable[Value]]
) -> np.ndarray:
    """Return the float32 nearest to each value, correctly rounded.

    Args:
        values: as a first evaluation gives them.
        refined: yields the value of an index with ever more bits.
    """
    near = np.array([_float64(value) for value in values])
    # The exact value lies between the neighbours of the float64; they mostly agree.
    with np.errstate(over="ignore"):
        below = np.nextafter(np.nextafter(near, -np.inf), -np.inf).astype(np.float32)
        above = np.nextafter(np.nextafter(near, np.inf), np.inf).astype(np.float32)
        found = near.astype(np.float32)
        for index in np.flatnonzero(below != above):
            found[index] = _settled(refined(int(index)))
    return found


def _float64(value: Value) -> float:
    """Return a float64 next to the value; NaN where the value is not known well enough."""
    if isinstance(value, Exact):
        # Python divides integers correctly rounded.
        return int(value.p) / int(value.q)
    if sampling.is_infinite(value):
        return math.inf if value > 0 else -math.inf
    enclosure = ball(value)
    return float(enclosure) if enclosure.rel_accuracy_bits() > _GOOD_BITS else math.nan


def _settled(values: Iterable[Value]) -> float:
    """Return the float32 nearest to a value that comes with ever more bits."""
    for value in values:
        if isinstance(value, Exact):
            return float(_nearest(fraction(value)))
        enclosure = ball(value)
        # Compare before converting: such a number may have more digits than memory holds.
        if abs(enclosure) < 2.0**-150:
            return 0.0
        if abs(enclosure) > 2.0**129:
            return math.inf if enclosure > 0 else -math.inf
        low, high = (_nearest(_dyadic(end)) for end in (enclosure.lower(), enclosure.upper()))
        if low == high:
            return float(low)
    raise AssertionError("the refinement ends by raising")


def _dyadic(number: arb) -> Fraction:
    mantissa, exponent = number.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _nearest(value: Fraction) -> Fraction:
    nearest = nearest_float32(abs(value))
    return -nearest if value < 0 else nearest
