"""The article's dynamic ReLU with a context that comes with the data."""

from __future__ import annotations

from fractions import Fraction

from lutgen import activations
from lutgen.errors import BudgetError
from lutgen.kernels._record import Built, Kernel, Port, fixed
from lutgen.kernels._run_time import finished, guard_shift
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import centred, fixed_point
from lutgen.kernels._tables import fixed_values
from lutgen.numerics.reals import Exact, Value, exact
from lutgen.program import Builder, Table

_FIXED = activations.get("dynamic_relu")
WIDEST_CONTEXT = 10
"""Bits of a context; its slope and intercept are a table each."""


def build(spec: KernelSpec) -> Built:
    """Return the program: below 0 a slope and an intercept that the context finds.

    Raises:
        BudgetError: the context has too many codes.
    """
    x_codes, context_codes = spec.inputs["x"], spec.inputs["context"]
    if context_codes.width > WIDEST_CONTEXT:
        raise BudgetError(
            f"{spec.name}: a context of {context_codes.width} bits needs tables too large; give "
            f"--in2-bits {WIDEST_CONTEXT} or fewer"
        )
    b = Builder(spec.name)
    x, context = (b.input(name, codes) for name, codes in spec.inputs.items())
    above = centred(b, "x", x, x_codes)
    pattern = b.low_bits("pattern", context, context_codes.width, "Its bits, read as unsigned.")
    shift, output = guard_shift(x_codes), spec.output
    gain = x_codes.scale / output.scale
    order = [context_codes.decode(code) for code in sorted(
        context_codes.codes, key=lambda code: code % 2**context_codes.width
    )]
    slopes = fixed_values(lambda c: _slope(spec, c), order, gain * 2**shift)
    intercepts = fixed_values(lambda c: _intercept(spec, c), order, 2**shift / output.scale)
    slope = b.lookup("slope", Table("slopes", slopes, "slope below 0 for each context"), pattern)
    intercept = b.lookup(
        "intercept", Table("intercepts", intercepts, "value near 0 from below, for each context"),
        pattern,
    )
    right = b.const(fixed_point(gain, shift))
    slope = b.select("slope_here", above, slope, right, "From 0 on the slope is 1.")
    intercept = b.select("intercept_here", above, intercept, b.const(0))
    line = b.add("line", b.mul("product", above, slope), intercept)
    return finished(b, spec, line, shift, Fraction(1, 2**9))


def _parameters(spec: KernelSpec) -> dict[str, Exact]:
    return {name: exact(number.value) for name, number in spec.parameters.items()}


def _intercept(spec: KernelSpec, context: Exact) -> Value:
    """Return the value at 0 of the line below 0."""
    given = {**_parameters(spec), "a_min": Exact(0), "a_max": Exact(0)}
    return _FIXED.value(Exact(-1), context=context, **given)


def _slope(spec: KernelSpec, context: Exact) -> Value:
    return _FIXED.derivative(Exact(-1), context=context, **_parameters(spec))


def _extremes(spec: KernelSpec) -> tuple[Fraction, Fraction]:
    codes, values = spec.inputs["x"], {k: v.value for k, v in spec.parameters.items()}
    low, high = codes.decode(codes.min_code), codes.decode(codes.max_code)
    reach = abs(values["b_scale"])
    slopes = values["a_min"], values["a_max"]
    return min(low * slope for slope in slopes) - reach, max(
        high, reach, *(low * slope + reach for slope in slopes)
    )


RECORD = Kernel(
    name="dynamic_relu_run_time",
    summary="dynamic_relu with a context that comes with the data.",
    formula=_FIXED.formula,
    source=_FIXED.source,
    arity="2",
    ports=fixed(
        Port("x"),
        Port("context", "in2", "selects the line below 0", (-8, 8), per_call=True, bits=8),
    ),
    real=lambda spec: lambda x, context: (
        _FIXED.value(x, context=context, **_parameters(spec)),
    ),
    extremes=_extremes,
    build=build,
    parameters=tuple(p for p in _FIXED.parameters if p.name != "context"),
)
