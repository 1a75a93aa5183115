"""Maxout of several inputs: the highest of k numbers, which may have formats of their own."""

from __future__ import annotations

from fractions import Fraction

from lutgen.kernels._lines import ROUNDING_ERROR, scaled_line
from lutgen.kernels._record import Built, Kernel, Port
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import centred, farthest, fixed_point, rounded, saturated
from lutgen.program import Builder, ops

GUARD_BITS = 8
"""Inputs of different scales are compared and rounded this far below an output LSB."""


def ports(spec: KernelSpec) -> tuple[Port, ...]:
    """Return inputs ``x1``, ``x2``, ..., as many as the spec asks for."""
    return tuple(
        Port(f"x{number}", "in" if number == 1 else f"in{number}")
        for number in range(1, spec.settings.inputs + 1)
    )


def build(spec: KernelSpec) -> Built:
    """Return the program: the integer maximum, then one rounding."""
    b = Builder(spec.name)
    codes = {name: b.input(name, f) for name, f in spec.inputs.items()}
    above = {name: centred(b, name, ref, spec.inputs[name]) for name, ref in codes.items()}
    scales = {f.scale for f in spec.inputs.values()}
    if len(scales) == 1:
        highest = _highest(b, list(above.values()))
        factor = scales.pop() / spec.output.scale
        line = scaled_line(b, "y", highest, factor, spec.output, spec.rounding)
        return Built(b.finish(line.ref, spec.output), line.bound_lsb)
    reach = max(map(farthest, spec.inputs.values()))
    shift = reach.bit_length() + GUARD_BITS
    factors = {
        name: fixed_point(f.scale / spec.output.scale, shift) for name, f in spec.inputs.items()
    }
    lines = [
        b.mul(f"{name}_scaled", ref, b.const(factors[name]), "In fractions of an output code.")
        for name, ref in above.items()
    ]
    code = rounded(
        b, "code", _highest(b, lines), shift, spec.rounding, spec.output.zero_point
    )
    error = reach * Fraction(2) ** -(shift + 1)
    program = b.finish(saturated(b, code, spec.output), spec.output)
    return Built(program, ROUNDING_ERROR[spec.rounding] + error)


def _highest(b: Builder, refs: list[ops.Ref]) -> ops.Ref:
    highest = refs[0]
    for ref in refs[1:]:
        highest = b.max("highest", highest, ref)
    return highest


def extremes(spec: KernelSpec) -> tuple[Fraction, Fraction]:
    """Return the highest of the lowest inputs, and the highest of the highest."""
    return (
        max(f.decode(f.min_code) for f in spec.inputs.values()),
        max(f.decode(f.max_code) for f in spec.inputs.values()),
    )


RECORD = Kernel(
    name="maxout_inputs",
    summary="Maxout of k inputs; maxout with --inputs K.",
    formula="max over all inputs",
    source="Goodfellow et al. 2013, arXiv:1302.4389",
    arity="k",
    ports=ports,
    real=lambda spec: lambda *xs: (max(xs),),
    extremes=extremes,
    build=build,
    settings=("inputs",),
)
