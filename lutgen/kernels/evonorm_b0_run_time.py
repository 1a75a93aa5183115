"""EvoNorm B0 with the variance of the instance as an input."""

from __future__ import annotations

from fractions import Fraction

from lutgen import activations
from lutgen.kernels._record import Built, Kernel, Port, Reals, fixed
from lutgen.kernels._run_time import (
    ROOT_BITS,
    Mantissa,
    Statistic,
    knot_bits,
    normed_extremes,
    reciprocal,
    root_of,
    scaled_and_shifted,
)
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import centred, fixed_point
from lutgen.numerics.reals import Exact, Value, exact, square_root
from lutgen.program import Builder

_FIXED = activations.get("evonorm_b0")

SPARE_BITS = 8
"""Bits of a root that its divisor does without."""


def build(spec: KernelSpec) -> Built:
    """Return the program: an integer root, the larger divisor, its reciprocal, a product."""
    b = Builder(spec.name)
    x, code = (b.input(name, codes) for name, codes in spec.inputs.items())
    values = {name: number.value for name, number in spec.parameters.items()}
    above = centred(b, "x", x, spec.inputs["x"])
    statistic = Statistic(b, code, spec.inputs["variance"], values["eps"])
    spread = Mantissa(b, "spread", statistic.number, 2, knot_bits(spec.output))
    root = b.mul(
        "root", spread.between_knots(b, "root_mantissa", square_root, ROOT_BITS),
        spread.power(b, "root_lift", 1, rising=True),
    )
    unit = root_of(statistic.unit) * Fraction(2) ** (SPARE_BITS - ROOT_BITS)
    deviation = b.shift_right("deviation", root, SPARE_BITS, "Root of the variance plus eps.")
    step = fixed_point(values["v"] * spec.inputs["x"].scale / unit, 0)
    moved = b.add("instance", deviation, b.mul("moved", above, b.const(step)))
    batch = fixed_point(root_of(values["var_batch"] + values["eps"]) / unit, 0)
    divisor = b.max("divisor", moved, b.const(max(batch, 1)), "The larger of both divisors.")
    mantissa = Mantissa(b, "divisor", divisor, 1, knot_bits(spec.output))
    inverse = mantissa.between_knots(b, "inverse", reciprocal, ROOT_BITS)
    lift = mantissa.power(b, "inverse_lift", 1, rising=False)
    quotient = b.mul("quotient", b.mul("quotient_mantissa", above, inverse), lift)
    bits = ROOT_BITS + mantissa.octaves - 1
    return scaled_and_shifted(
        b, spec, quotient, spec.inputs["x"].scale / unit / Fraction(2) ** bits
    )


def _real(spec: KernelSpec) -> Reals:
    values = {name: exact(number.value) for name, number in spec.parameters.items()}

    def value(x: Exact, variance: Exact) -> tuple[Value]:
        return (_FIXED.value(x, var_inst=max(variance, Exact(0)), **values),)

    return value


RECORD = Kernel(
    name="evonorm_b0_run_time",
    summary="evonorm_b0 with the variance of the instance as an input.",
    formula=_FIXED.formula.replace("var_inst", "variance"),
    source=_FIXED.source,
    arity="2",
    ports=fixed(
        Port("x"),
        Port("variance", "in2", "of the instance", (0, 16), per_call=True, unsigned=True, bits=16),
    ),
    real=_real,
    extremes=normed_extremes,
    build=build,
    parameters=tuple(p for p in _FIXED.parameters if p.name != "var_inst"),
)
