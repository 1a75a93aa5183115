"""Logarithm of the softmax of a row."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lutgen.kernels._lines import ROUNDING_ERROR
from lutgen.kernels._record import Built, Kernel, Port, fixed
from lutgen.kernels._softmax import Weights, log_softmax_of, tail_bits, weights
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import fixed_point, rounded, saturated
from lutgen.kernels._tables import fixed_values
from lutgen.numerics.reals import Exact, Value, arb
from lutgen.program import Builder, Table, ops

SLACK_BITS = 9
"""The rounded tails of a row add at most 2^-9 LSB."""

INDEX_BITS, FRACTION_BITS = 7, 16
"""Bits of the sum's mantissa that find a knot of the logarithm, and those between two knots."""


def natural_log(x: Exact) -> Value:
    """Return the logarithm of a rational above 0."""
    return Exact(0) if x == 1 else arb(x).log()


def build(spec: KernelSpec) -> Built:
    """Return the program: three passes; the logarithm is taken once for a row."""
    b = Builder(spec.name)
    x, output = b.input("x", spec.input), spec.output
    found = weights(b, spec, x, min(max(tail_bits(spec, SLACK_BITS), 24), 40))
    farthest = spec.input.max_code - spec.input.min_code
    shift, in_codes = farthest.bit_length() + SLACK_BITS, 1 / output.scale
    log_total = _log(b, spec, found, in_codes * 2**shift)
    step = fixed_point(spec.input.scale * in_codes, shift)
    below = b.mul("below", found.distance, b.const(step), "In fractions of an output code.")
    fallen = b.add("fallen", below, log_total)
    code = rounded(
        b, "code", b.sub("negated", b.const(0), fallen), shift, spec.rounding, output.zero_point
    )
    tail = found.error * spec.settings.max_n / 2**found.bits
    knots = in_codes / Fraction(2) ** (2 * INDEX_BITS + 3)
    error = in_codes * tail + knots + Fraction(farthest + 4 + spec.settings.max_n.bit_length(),
                                               2 ** (shift + 1))
    return Built(
        b.finish(saturated(b, code, output), output), ROUNDING_ERROR[spec.rounding] + error
    )


def _log(b: Builder, spec: KernelSpec, found: Weights, factor: Fraction) -> ops.Ref:
    """Add the logarithm of the sum, times a factor: a knot, the way to the next, and octaves."""
    octaves = spec.settings.max_n.bit_length()
    top = found.bits + octaves
    powers = tuple(1 << (found.bits + 1 + octave) for octave in range(octaves))
    octave = b.segment("octave", found.total, powers, "The sum lies in [2^octave, 2^(octave+1)).")
    lifts = Table(
        "lifts", np.array([1 << (octaves - place) for place in range(octaves + 1)]),
        "powers of two that lift the sum to the top octave",
    )
    mantissa = b.mul("mantissa", found.total, b.lookup("lift", lifts, octave))
    knots = [Fraction(2**INDEX_BITS + place, 2**INDEX_BITS) for place in range(2**INDEX_BITS + 1)]
    logs = fixed_values(natural_log, knots, factor)
    high = b.shift_right("mantissa_high", mantissa, top - INDEX_BITS)
    knot = b.low_bits("knot", high, INDEX_BITS, "Without the leading one.")
    low = b.shift_right("mantissa_low", mantissa, top - INDEX_BITS - FRACTION_BITS)
    fraction = b.low_bits("fraction", low, FRACTION_BITS, "How far it is to the next knot.")
    base = b.lookup("log_base", Table("logs", logs[:-1], "logarithm at each knot"), knot)
    step = b.lookup("log_step", Table("steps", np.diff(logs), "from each knot to the next"), knot)
    way = b.shift_right("way", b.mul("way_scaled", step, fraction), FRACTION_BITS)
    (two,) = fixed_values(natural_log, [Fraction(2)], factor).tolist()
    whole = b.mul("octaves_log", octave, b.const(two))
    return b.add("log_sum", b.add("log_mantissa", base, way), whole)


RECORD = Kernel(
    name="log_softmax",
    summary="Logarithm of the softmax of a row.",
    formula="x[i] - max(x) - log(sum(exp(x - max(x))))",
    source="ONNX LogSoftmax-13 over the last axis",
    arity="row",
    ports=fixed(Port("x", meaning="the logits of a row")),
    real=lambda spec: log_softmax_of,
    extremes=lambda spec: (
        -(spec.input.scale * (spec.input.max_code - spec.input.min_code))
        - Fraction(spec.settings.max_n.bit_length() * 45427, 65536),
        Fraction(0),
    ),
    build=build,
    takes_rows=True,
    settings=("max_n",),
)
