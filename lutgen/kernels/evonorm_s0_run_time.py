"""EvoNorm S0 with the variance of the group as an input."""

from __future__ import annotations

from fractions import Fraction

from lutgen import activations
from lutgen.kernels._record import Built, Kernel, Port, Reals, fixed
from lutgen.kernels._run_time import (
    ROOT_BITS,
    Mantissa,
    Statistic,
    fine_swish,
    knot_bits,
    normed_extremes,
    reciprocal_root,
    root_of,
    scaled_and_shifted,
)
from lutgen.kernels._spec import KernelSpec
from lutgen.numerics.reals import Exact, Value, exact
from lutgen.program import Builder

_FIXED = activations.get("evonorm_s0")

def build(spec: KernelSpec) -> Built:
    """Return the program: swish of x, an integer reciprocal root, and their product."""
    b = Builder(spec.name)
    x, code = (b.input(name, codes) for name, codes in spec.inputs.items())
    gated, gated_bits = fine_swish(spec, b, x, spec.parameters["v"])
    statistic = Statistic(b, code, spec.inputs["variance"], spec.parameters["eps"].value)
    mantissa = Mantissa(b, "spread", statistic.number, 2, knot_bits(spec.output))
    root = mantissa.between_knots(b, "root", reciprocal_root, ROOT_BITS)
    lift = mantissa.power(b, "root_lift", 1, rising=False)
    normed = b.mul("normed", b.mul("normed_mantissa", gated, root), lift)
    bits = gated_bits + ROOT_BITS + mantissa.octaves - 1
    unit = spec.inputs["x"].scale * root_of(1 / statistic.unit) / Fraction(2) ** bits
    return scaled_and_shifted(b, spec, normed, unit)


def _real(spec: KernelSpec) -> Reals:
    values = {name: exact(number.value) for name, number in spec.parameters.items()}

    def value(x: Exact, variance: Exact) -> tuple[Value]:
        return (_FIXED.value(x, var_group=max(variance, Exact(0)), **values),)

    return value


RECORD = Kernel(
    name="evonorm_s0_run_time",
    summary="evonorm_s0 with the variance of the group as an input.",
    formula=_FIXED.formula.replace("var_group", "variance"),
    source=_FIXED.source,
    arity="2",
    ports=fixed(
        Port("x"),
        Port("variance", "in2", "of the group", (0, 16), per_call=True, unsigned=True, bits=16),
    ),
    real=_real,
    extremes=normed_extremes,
    build=build,
    parameters=tuple(p for p in _FIXED.parameters if p.name != "var_group"),
)
