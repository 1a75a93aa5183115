"""Concatenated rectified linear unit: relu of the input and relu of its negative."""

from __future__ import annotations

from fractions import Fraction

from lutgen.kernels._lines import factor_of, scaled_line
from lutgen.kernels._record import Built, Kernel, Port, fixed
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import centred
from lutgen.numerics.reals import Exact
from lutgen.program import Builder, Output

OUTPUTS = ("positive", "negative")


def build(spec: KernelSpec) -> Built:
    """Return the program: two requantisations of the distance from the zero point."""
    b = Builder(spec.name)
    x = b.input("x", spec.input)
    above = centred(b, "x", x, spec.input)
    below = b.sub("below", b.const(spec.input.zero_point), x)
    outputs, bound = [], Fraction(0)
    for name, part in zip(OUTPUTS, (above, below), strict=True):
        kept = b.max(f"{name}_part", part, b.const(0))
        codes = spec.outputs[name]
        line = scaled_line(b, name, kept, factor_of(spec.input, codes), codes, spec.rounding)
        outputs.append(Output(name, line.ref, codes))
        bound = max(bound, line.bound_lsb)
    return Built(b.finish_all(outputs), bound)


def extremes(spec: KernelSpec) -> tuple[Fraction, Fraction]:
    """Return 0 and the largest distance of a code from 0."""
    ends = spec.input.decode(spec.input.min_code), spec.input.decode(spec.input.max_code)
    return Fraction(0), max(map(abs, ends))


RECORD = Kernel(
    name="crelu",
    summary="Concatenated rectified linear unit: relu of x and of -x, two outputs.",
    formula="max(x, 0), max(-x, 0)",
    source="Shang et al. 2016, arXiv:1603.05201",
    arity="1, 2 outputs",
    ports=fixed(Port("x")),
    real=lambda spec: lambda x: (max(x, Exact(0)), max(-x, Exact(0))),
    extremes=extremes,
    build=build,
    outputs=OUTPUTS,
    note="crelu_pos and crelu_neg are its halves as tables.",
)
