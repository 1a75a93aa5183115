"""Which activation of the catalogue a slice of a model is, found by comparing values.

The slice's own real function has no rounding between its steps.  It is first compared without
saturation either, far beyond the root's range, which tells alike functions apart.  Quantisers fold
clips into the ranges of their codes, so a slice that is nothing by then is compared once more with
saturation, on the root's codes; such a name is a near one.  Where not even an operator is left of
the function, the saturation of its straight line has to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np

from lutgen import activations
from lutgen.activations._record import Activation, Parameter
from lutgen.errors import UsageError
from lutgen.formats import NumberFormat
from lutgen.models._graph import CLIPPED, REAL, Array, decoded
from lutgen.models._slices import Slice
from lutgen.numerics.literals import Number, nearest_float32
from lutgen.numerics.reals import Exact, Value, ball, exact

LINEAR = "linear"

_NEAR = 2e-6
"""Relative difference that float32 constants make, such as 0.7978845 for sqrt(2 / pi)."""

_EQUAL = 1e-9
"""Relative difference that is the computation's own."""

_NEAR_CODES, _NEAR_STEPS = 2, 4096
"""Where clips hide in quantisers, a difference of so many output codes, and of the output range
divided by so many, is near: a clip may end at what was seen when the model was quantised.
"""

_BENT = 1 / 16
"""Share of the codes that saturation has to change, and to leave, before a straight line is more
than that.
"""

_MAX_VALUES, _MAX_FREE = 8, 2
"""How many constants of a slice are tried as parameters, and of how many parameters at once."""


class Found(NamedTuple):
    """What a slice was found to be.

    Attributes:
        activation: name in the catalogue; None where none fits.
        parameters: ``name=value`` texts.
        near: whether it is so only up to what intermediate saturation adds.
    """

    activation: str | None
    parameters: tuple[str, ...] = ()
    near: bool = False


def find(part: Slice) -> Found:
    """Return the activation that a slice is; ``linear`` where it is a mere rescale."""
    if part.curved:
        found = _nearest(part, _beyond_the_range(part), activations.catalogue())
        if found is not None:
            return found
    clipped = _on_the_codes(part)
    line = part.evaluate(clipped.x, REAL)
    hidden = clipped.bends(np.clip(line, *clipped.limits))
    if not part.curved and not hidden and not (part.operators and clipped.bends(line)):
        return Found(LINEAR)
    found = _nearest(part, clipped, [r for r in activations.catalogue() if r.name != LINEAR])
    if found is not None:
        return found._replace(near=True)
    # What a format alone cuts off is no activation, however much it is.
    return Found(None if part.curved or hidden else LINEAR)


class _Sampled(NamedTuple):
    """Values of a slice at some real inputs, in an order in which few tell most.

    Attributes:
        x: the inputs, float64.
        y: the values, finite.
        slack: how far from each an activation may be.
        limits: what its values are clipped to.
    """

    x: Array
    y: Array
    slack: Array
    limits: tuple[float, float] = (-np.inf, np.inf)

    def difference(self, function: Callable[[Exact], Value]) -> float | None:
        """Return the largest difference by slack; None where it is above 1, or there is none."""
        largest = 0.0
        for x, y, slack in zip(self.x.tolist(), self.y, self.slack, strict=True):
            value = float(ball(function(exact(Fraction(x)))).mid())
            difference = abs(np.clip(value, *self.limits) - y) / slack
            if not difference <= 1:
                return None
            largest = max(largest, difference)
        return largest if len(self.x) else None

    def bends(self, line: Array) -> bool:
        """Return whether saturation makes something else of a straight line, and leaves some of it.

        Args:
            line: at the inputs.
        """
        return _BENT < np.mean(np.abs(line - self.y) > self.slack) < 1 - _BENT


def _nearest(
    part: Slice, sampled: _Sampled, records: Iterable[Activation]
) -> Found | None:
    """Return the activation that fits, the plainest of several; None where none does."""
    fitting = []
    operators = [step.operator for step in part.operators]
    pool = _constants(part)
    for record in records:
        named = len(operators) == 1 and f"ONNX {operators[0]}-" in record.source
        for texts in _assignments(record, pool):
            try:
                parameters = record.parse_parameters(texts)
            except UsageError:
                continue
            difference = sampled.difference(record.bind(parameters))
            if difference is not None:
                plainness = (
                    record.name != LINEAR,
                    not named,
                    len(record.parameters),
                    difference > _EQUAL / _NEAR,
                    sum(not _is_default(p, parameters[p.name]) for p in record.parameters),
                    len(record.name),
                    record.name,
                )
                fitting.append((plainness, Found(record.name, texts)))
    return min(fitting)[1] if fitting else None


def _assignments(record: Activation, pool: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield ``name=value`` texts: the defaults, then the slice's constants in their places."""
    yield ()
    names = [parameter.name for parameter in record.parameters]
    if 0 < len(names) <= _MAX_FREE:
        for values in product([None, *pool], repeat=len(names)):
            pairs = zip(names, values, strict=True)
            if any(values):
                yield tuple(f"{name}={value}" for name, value in pairs if value)


def _constants(part: Slice) -> list[str]:
    """Return the numbers in a slice's operators as exact literals."""
    attributes = [
        value
        for step in part.steps
        for value in step.attributes.values()
        if isinstance(value, float)
    ]
    scalars = [value.item() for value in part.scalars.values() if value.dtype.kind == "f"]
    values = dict.fromkeys(v for v in [*attributes, *scalars] if np.isfinite(v))
    return [literal(value) for value in list(values)[:_MAX_VALUES]]


def literal(value: float) -> str:
    """Return a literal: ``0.01f`` of a float32, ``6`` of a whole number; exact for both."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    short = np.float32(value)
    return f"{short!s}f" if float(short) == value else repr(float(value))


def _is_default(parameter: Parameter, number: Number) -> bool:
    """Return whether a value is the parameter's default, or the float32 nearest to it."""
    default = Number.parse(parameter.default, parameter.name).value
    sign = -1 if default < 0 else 1
    return number.value in (default, sign * nearest_float32(abs(default)))


def _beyond_the_range(part: Slice) -> _Sampled:
    """Return the values without rounding and saturation, on the root's range and around 0."""
    around = np.linspace(-7.9375, 8.0625, 33)
    x = _spread(np.concatenate([around, np.linspace(*_ends(part.input), 31)]))
    y = part.evaluate(x, REAL)
    finite = np.isfinite(y)
    return _Sampled(x[finite], y[finite], _NEAR * (1 + np.abs(y[finite])))


def _on_the_codes(part: Slice) -> _Sampled:
    """Return the values with saturation but without rounding, at some of the root's codes."""
    codes = np.linspace(part.input.min_code, part.input.max_code, 65).round()
    x = _spread(decoded(codes, part.input))
    y = part.evaluate(x, CLIPPED)
    finite = np.isfinite(y)
    low, high = _ends(part.output)
    near = _NEAR_CODES * float(part.output.scale) + (high - low) / _NEAR_STEPS
    slack = np.full(np.count_nonzero(finite), near)
    return _Sampled(x[finite], y[finite], slack, (low, high))


def _ends(codes: NumberFormat) -> tuple[float, float]:
    """Return the lowest and the highest real of a format."""
    return float(codes.decode(codes.min_code)), float(codes.decode(codes.max_code))


def _spread(x: Array) -> Array:
    """Return the inputs in an order in which the first few lie far apart."""
    return np.concatenate([x[start::7] for start in range(7)])
