"""What kernels share whose coefficients or statistics come with the data."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np

from lutgen import activations, methods
from lutgen.formats import NumberFormat
from lutgen.ideal import Ideal
from lutgen.kernels._lines import ROUNDING_ERROR
from lutgen.kernels._record import Built
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import centred, farthest, fixed_point, rounded, saturated, shift_for
from lutgen.kernels._tables import fixed_values
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Exact, Value, square_root
from lutgen.program import Builder, Table, ops
from lutgen.spec import Method, Spec

GUARD_BITS = 8
"""Constants of a sum are held this far below an output LSB."""

WAY_BITS = 12
"""Bits between two knots of a mantissa."""

ROOT_BITS = 20
"""Bits after the point of a root or a reciprocal."""

EPS_BITS, MOST_EPS_BITS = 14, 20
"""Bits of eps as a whole number, and the most bits that a variance is widened by for it."""

GATE_BITS = 22
"""Bits of a gate: where the variance is small, its last bits become output codes."""

GAIN_BITS = 16
"""Bits of the last multiplier."""


def finished(
    b: Builder, spec: KernelSpec, value: ops.Ref, shift: int, error: Fraction | None
) -> Built:
    """Return the program of a value in fractions of an output code, rounded and saturated.

    Args:
        b: where the steps are added.
        spec: the request.
        value: the result times ``2**shift``, in output codes above the zero point.
        shift: as above.
        error: of the value, in LSB; None where none is proved.
    """
    code = rounded(b, "code", value, shift, spec.rounding, spec.output.zero_point)
    program = b.finish(saturated(b, code, spec.output), spec.output)
    return Built(program, None if error is None else ROUNDING_ERROR[spec.rounding] + error)


def guard_shift(*formats: NumberFormat) -> int:
    """Return the shift at which a product with codes of these formats keeps the guard bits."""
    reach = 1
    for codes in formats:
        reach *= farthest(codes) + 1
    return reach.bit_length() + GUARD_BITS


class Mantissa:
    """A whole number above 0 as ``(1 + mantissa) * base**octave``, by a table lookup each.

    Attributes:
        octave: how often the base goes into the number.
        knot: the mantissa's place among the knots.
        way: the place between two knots, ``WAY_BITS`` bits.
        octaves: how many octaves there are.
        knots: the numbers that the knots stand for, from 1 on, one more than there are places.
    """

    def __init__(
        self, b: Builder, name: str, value: ops.Ref, base_bits: int, knot_bits: int
    ) -> None:
        high = b.value(value).high
        self.octaves = (high.bit_length() - 1) // base_bits + 1
        powers = tuple(1 << (base_bits * place) for place in range(1, self.octaves))
        self.octave = b.segment(f"{name}_octave", value, powers, f"Powers of {1 << base_bits}.")
        top = base_bits * (self.octaves - 1)
        lifts = np.array([1 << (top - base_bits * place) for place in range(self.octaves)])
        lift = b.lookup(
            f"{name}_lift", Table(f"{name}_lifts", lifts, "powers of two, to the top octave"),
            self.octave,
        )
        lifted = b.mul(f"{name}_lifted", value, lift)
        spare = knot_bits + WAY_BITS - top
        if spare > 0:
            lifted, top = b.shift_left(f"{name}_widened", lifted, spare), top + spare
        place = b.shift_right(f"{name}_place", lifted, top - knot_bits)
        count = 1 << (knot_bits + base_bits)
        # The leading one is not below this; the bits above it are those of the base.
        place = b.clamp(f"{name}_place_kept", place, 1 << knot_bits, count - 1)
        self.knot = b.sub(f"{name}_knot", place, b.const(1 << knot_bits))
        rest = b.shift_right(f"{name}_rest", lifted, top - knot_bits - WAY_BITS)
        self.way = b.low_bits(f"{name}_way", rest, WAY_BITS, "How far it is to the next knot.")
        self.knots = [
            Fraction(number, 1 << knot_bits) for number in range(1 << knot_bits, count + 1)
        ]

    def between_knots(self, b: Builder, name: str, function: object, bits: int) -> ops.Ref:
        """Add ``function`` of the number over its octave, with ``bits`` bits after the point."""
        values = fixed_values(function, self.knots, Fraction(2) ** bits)
        base = b.lookup(
            f"{name}_base", Table(f"{name}_bases", values[:-1], f"{name} at the knots"), self.knot
        )
        step = b.lookup(
            f"{name}_step", Table(f"{name}_steps", np.diff(values), "from each knot to the next"),
            self.knot,
        )
        way = b.shift_right(f"{name}_on", b.mul(f"{name}_part", step, self.way), WAY_BITS)
        return b.add(name, base, way)

    def power(self, b: Builder, name: str, base_bits: int, *, rising: bool) -> ops.Ref:
        """Add ``2**(base_bits * octave)``, or what is left of it to the top octave."""
        places = range(self.octaves)
        exponents = [base_bits * (place if rising else self.octaves - 1 - place)
                     for place in places]
        table = Table(f"{name}s", np.array([1 << e for e in exponents]), "powers of two")
        return b.lookup(name, table, self.octave)


def reciprocal_root(x: Exact) -> Value:
    """Return ``1 / sqrt(x)`` of a rational above 0."""
    return 1 / square_root(x)


def reciprocal(x: Exact) -> Value:
    """Return ``1 / x``."""
    return 1 / x


def knot_bits(output: NumberFormat) -> int:
    """Return how many bits of a mantissa find its knot, so that lines between them do not show."""
    return 6 if output.width <= 8 else 8


def fine_swish(spec: KernelSpec, b: Builder, x: ops.Ref, slope: Number) -> tuple[ops.Ref, int]:
    """Add ``x * sigmoid(slope * x)`` much finer than an output code; also its fraction bits.

    It is 0 at 0, and has few more bits than the gate, so that products with it fit 64 bits.
    """
    codes = spec.inputs["x"]
    found = Spec(
        spec.name, activations.get("learnable_sigmoid"),
        {"alpha": slope, "beta": Number.of(0)}, False, codes,
        NumberFormat(GATE_BITS, False, Fraction(1, 2 ** (GATE_BITS - 1))),
        method=Method("lut") if codes.width <= 8 else Method("auto", max_error="1"),
    )
    gate = b.inline(methods.approximate(Ideal.of(found)), {"x": x}, "gate_")
    gated = b.mul("gated", centred(b, "x", x, codes), gate)
    spare = farthest(codes).bit_length() - 4
    if spare > 0:
        biased = b.add("gated_biased", gated, b.const(1 << (spare - 1)))
        gated = b.shift_right("gated_short", biased, spare)
    return gated, GATE_BITS - 1 - max(spare, 0)


def scaled_and_shifted(b: Builder, spec: KernelSpec, value: ops.Ref, unit: Fraction) -> Built:
    """Return the program of ``gamma * unit * value + beta``, for a kernel with these parameters."""
    gamma, beta = spec.parameters["gamma"].value, spec.parameters["beta"].value
    gain = abs(gamma) * unit / spec.output.scale
    width = max(-b.value(value).low, b.value(value).high).bit_length()
    excess = max(0, width + GAIN_BITS - 62)
    if excess:
        value, gain = b.shift_right("short", value, excess), gain * 2**excess
    shift = shift_for(gain, GAIN_BITS) if gain else 1
    multiplier = fixed_point(gain, shift) * (-1 if gamma < 0 else 1)
    product = b.mul("scaled", value, b.const(multiplier))
    if shift > 2 * GUARD_BITS:
        drop = shift - 2 * GUARD_BITS
        product, shift = b.shift_right("scaled_short", product, drop), shift - drop
    offset = fixed_point(beta / spec.output.scale, max(shift, 0))
    if shift < 0:
        product, shift = b.shift_left("scaled_up", product, -shift), 0
    if offset:
        product = b.add("shifted", product, b.const(offset))
    return finished(b, spec, product, shift, None)


def normed_extremes(spec: KernelSpec) -> tuple[Fraction, Fraction]:
    """Return the range of normalised values: nearly all lie within 4 deviations of 0."""
    gamma, beta = spec.parameters["gamma"].value, spec.parameters["beta"].value
    return beta - 4 * abs(gamma), beta + 4 * abs(gamma)


def root_of(value: Fraction) -> Fraction:
    """Return the square root of a rational, cut to 60 bits after the point."""
    return Fraction(isqrt((value * Fraction(4) ** 60).__floor__()), 2**60)


class Statistic:
    """A variance plus eps as a whole number: ``unit * number``.

    Attributes:
        number: the value, at least 1.
        unit: what 1 stands for.
    """

    def __init__(
        self, b: Builder, code: ops.Ref, codes: NumberFormat, eps: Fraction
    ) -> None:
        # So fine that eps is exact enough where the variance is 0.
        bits = min(max(GUARD_BITS, shift_for(eps / codes.scale, EPS_BITS)), MOST_EPS_BITS)
        self.unit = codes.scale / 2**bits
        above = b.sub("variance_above_zero", code, b.const(codes.zero_point))
        kept = b.max("variance_kept", above, b.const(0), "A variance is not negative.")
        moved = b.shift_left("variance_widened", kept, bits)
        added = b.add("variance_eps", moved, b.const(fixed_point(eps / self.unit, 0)))
        self.number = b.max("spread", added, b.const(1), "The variance plus eps.")
