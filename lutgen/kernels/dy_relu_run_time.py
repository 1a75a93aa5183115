"""Dynamic ReLU of Chen et al. with coefficients that come with the data: the higher line."""

from __future__ import annotations

from fractions import Fraction

from lutgen import activations
from lutgen.kernels._record import Built, Kernel, Port, fixed
from lutgen.kernels._run_time import finished, guard_shift
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import centred, farthest, fixed_point
from lutgen.program import Builder

_FIXED = activations.get("dy_relu")


def build(spec: KernelSpec) -> Built:
    """Return the program: two lines in fractions of an output code, and the higher one."""
    b = Builder(spec.name)
    above = {
        name: centred(b, name, b.input(name, codes), codes) for name, codes in spec.inputs.items()
    }
    x_codes, slope_codes, offset_codes = (spec.inputs[name] for name in ("x", "a1", "b1"))
    shift = guard_shift(x_codes, slope_codes)
    product_unit = x_codes.scale * slope_codes.scale / spec.output.scale
    factors = fixed_point(product_unit, shift), fixed_point(
        offset_codes.scale / spec.output.scale, shift
    )
    # Powers of two that both have are left out of the sum.
    while factors[0] % 2 == 0 and factors[1] % 2 == 0 and shift > 0:
        factors, shift = (factors[0] // 2, factors[1] // 2), shift - 1
    lines = []
    for number in (1, 2):
        product = b.mul(f"product{number}", above["x"], above[f"a{number}"])
        risen = b.mul(f"risen{number}", product, b.const(factors[0]))
        offset = b.mul(f"offset{number}", above[f"b{number}"], b.const(factors[1]))
        lines.append(b.add(f"line{number}", risen, offset))
    error = _relative(product_unit, factors[0], shift) * (
        farthest(x_codes) * farthest(slope_codes)
    ) + _relative(offset_codes.scale / spec.output.scale, factors[1], shift) * (
        farthest(offset_codes)
    )
    return finished(b, spec, b.max("highest", *lines), shift, error)


def _relative(factor: Fraction, number: int, shift: int) -> Fraction:
    """Return the error of an integer factor, in output LSB."""
    return abs(Fraction(number, 2**shift) - factor)


def _extremes(spec: KernelSpec) -> tuple[Fraction, Fraction]:
    x = spec.inputs["x"]
    low, high = x.decode(x.min_code), x.decode(x.max_code)
    # The coefficients are near 1 and 0 in practice; their formats hold more.
    return low, high


RECORD = Kernel(
    name="dy_relu_run_time",
    summary="dy_relu with slopes and offsets that come with the data.",
    formula=_FIXED.formula,
    source=_FIXED.source,
    arity="5",
    ports=fixed(
        Port("x"),
        Port("a1", "in2", "slope of the first line", (-4, 4), per_call=True, bits=16),
        Port("b1", "in3", "value of the first line at 0", (-4, 4), per_call=True, bits=16),
        Port("a2", "in2", "slope of the second line", (-4, 4), per_call=True, bits=16),
        Port("b2", "in3", "value of the second line at 0", (-4, 4), per_call=True, bits=16),
    ),
    real=lambda spec: lambda x, a1, b1, a2, b2: (max(a1 * x + b1, a2 * x + b2),),
    extremes=_extremes,
    build=build,
)
