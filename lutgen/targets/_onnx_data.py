"""What a model is tested with: inputs, and the outputs that it has to give for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lutgen import sampling
from lutgen.formats import NumberFormat
from lutgen.numerics.literals import nearest_float32
from lutgen.numerics.reals import Exact, Value, arb, ball, exact, fraction, working_precision
from lutgen.solution import Solution
from lutgen.spec import Spec
from lutgen.targets._onnx_ports import CHANNEL, element_type

if TYPE_CHECKING:
    from lutgen.kernels import KernelSpec

LARGEST = np.finfo(np.float32).max

# Balls with this many good bits are as good as exact to a float64.
_GOOD_BITS = 60

Arrays = Mapping[str, np.ndarray]


class DataSet(NamedTuple):
    """One call of a model.

    Attributes:
        inputs: arrays by name, in the order of the graph's inputs; codes, or for ``float`` the
            float32 nearest to what they stand for.
        outputs: the same of the outputs; the program's codes, or for ``float`` the float32 nearest
            to the exact value at the inputs.
    """

    inputs: Arrays
    outputs: Arrays

    @property
    def files(self) -> Iterable[tuple[str, str, np.ndarray]]:
        """The path of every array in the folder of the set, its name, and itself."""
        for side, arrays in (("input", self.inputs), ("output", self.outputs)):
            for number, (name, values) in enumerate(arrays.items()):
                yield f"{side}_{number}.pb", name, values

    @property
    def count(self) -> int:
        """How many elements an output has."""
        return next(iter(self.outputs.values())).size


def data_for(solution: Solution, kind: str) -> tuple[DataSet, ...]:
    """Return what a model of this kind is tested with.

    Of a function of numbers it is one set: every input code in ascending order, or the inputs
    on which a kernel was measured.  Of a function of rows it is a set for each length of row, in
    ascending order, which holds all rows of that length.
    """
    spec = solution.spec
    inputs, outputs = _codes(solution)
    if kind == "float":
        inputs = {
            name: codes if name == CHANNEL else _reals(codes, spec.inputs[name])
            for name, codes in inputs.items()
        }
        outputs = _exact_outputs(solution, inputs)
    if isinstance(spec, Spec):
        return (DataSet(inputs, outputs),)
    return tuple(
        DataSet(_arranged(inputs, places), _arranged(outputs, places))
        for places in solution.report.stimulus.calls()
    )


def _codes(solution: Solution) -> tuple[Arrays, Arrays]:
    """Return the codes of all inputs and outputs, each shape (count,)."""
    spec, report = solution.spec, solution.report
    if isinstance(spec, Spec):
        inputs, outputs = {"x": np.array(spec.input.codes)}, {"y": report.codes}
    else:
        inputs, outputs = report.stimulus.inputs, report.outputs
    return (
        {name: inputs[name].astype(element_type(codes)) for name, codes in spec.inputs.items()},
        {name: outputs[name].astype(element_type(codes)) for name, codes in spec.outputs.items()},
    )


def _arranged(arrays: Arrays, places: np.ndarray) -> Arrays:
    return {name: values[places] for name, values in arrays.items()}


def _reals(codes: np.ndarray, number_format: NumberFormat) -> np.ndarray:
    """Return the float32 nearest to what each code stands for."""
    reals = sampling.real_inputs(number_format)
    nearest = _float32(reals, lambda index: reals[index : index + 1])
    return np.clip(nearest, -LARGEST, LARGEST)[codes.astype(np.int64) - number_format.min_code]


def _exact_outputs(solution: Solution, inputs: Arrays) -> Arrays:
    """Return the float32 nearest to the exact values at the inputs, by output."""
    spec = solution.spec
    columns = [_exact_inputs(values) for values in inputs.values()]
    if isinstance(spec, Spec) or not spec.kernel.takes_rows:
        calls = list(zip(*columns, strict=True))
        places = {
            name: [(call, number) for call in range(len(calls))]
            for number, name in enumerate(spec.outputs)
        }
    else:
        calls = [(columns[0][row],) for row in solution.report.stimulus.rows()]
        elements = [(call, place) for call, (row,) in enumerate(calls) for place in range(len(row))]
        places = dict.fromkeys(spec.outputs, elements)
    function = _function(spec)
    with working_precision(sampling.BASE_PRECISION):
        results = [function(*call) for call in calls]

    def refined(call: int, place: int) -> Iterable[Value]:
        first = calls[call][0]
        x = first[place] if isinstance(first, list) else first
        # A function of its own each time: some keep values of the precision they were first asked.
        return sampling.refined(lambda _: _function(spec)(*calls[call])[place], x)

    return {
        name: _float32(
            [results[call][place] for call, place in where],
            lambda index, where=where: refined(*where[index]),
        )
        for name, where in places.items()
    }


def _exact_inputs(values: np.ndarray) -> list[Exact]:
    distinct, places = np.unique(values, return_inverse=True)
    taken = [exact(Fraction(x)) for x in distinct.tolist()]
    return [taken[place] for place in places.tolist()]


def _function(spec: Spec | KernelSpec) -> Callable[..., Sequence[Value]]:
    """Return the exact function, which gives a value for each output or element."""
    if isinstance(spec, Spec):
        return lambda x: (spec.function(x),)
    return spec.kernel.real(spec)


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
