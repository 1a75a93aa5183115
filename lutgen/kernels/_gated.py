"""Gated units: ``y = a * gate(b)``, rounded once.

The gate is held as integers so much finer than an output code that their rounding hardly shows,
in units that make the product a power of two times the output: no requantisation multiplies.
Where the gate is a line or relu there is nothing to approximate, and the product of the two
inputs is scaled by one constant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from lutgen import activations, methods
from lutgen.accuracy import ErrorReport
from lutgen.covering import extremes
from lutgen.formats import NumberFormat
from lutgen.ideal import Ideal
from lutgen.kernels._lines import ROUNDING_ERROR, Multiplier, reach
from lutgen.kernels._record import Built, Kernel, Port, Reals, fixed
from lutgen.kernels._spec import MAX_GATE_BITS, KernelSpec
from lutgen.kernels._steps import centred, farthest, rounded, saturated, shift_for
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Exact, Value
from lutgen.program import Builder, Program, ops
from lutgen.spec import Spec

LEAST_BITS = {8: 16, 16: 18}
"""Bits of a gate's values that are tried first, by the largest width of an output's codes."""

SLACK = {8: Fraction(1, 100), 16: Fraction(1, 25)}
"""Error in LSB that the gate may add to the rounding of the output, by the same widths."""

LEAST_TABLE, LEAST_CURVE = Fraction(1, 2), Fraction(5, 8)
"""Error in gate LSB that a table, or a program of few segments, needs to be allowed."""

LINES = ("linear", "relu")
"""Gates that need no table."""


def gated_unit(name: str, gate: str, source: str, **more: object) -> Kernel:
    """Return the kernel ``a * gate(b)``, where the gate is an activation."""
    record = activations.get(gate)
    formula = "a * b" if gate == "linear" else f"a * {gate}(b), {gate}(x) = {record.formula}"
    return Kernel(
        name=name,
        summary=f"Gated unit: a times {'b' if gate == 'linear' else f'{gate}(b)'}.",
        formula=formula,
        source=source,
        arity="2",
        ports=fixed(
            Port("a", "in", "what is let through"), Port("b", "in2", "what opens the gate")
        ),
        real=lambda spec: _real(record.bind(spec.parameters)),
        extremes=lambda spec: _extremes(spec, gate),
        build=lambda spec: _build(spec, gate),
        has_curve=gate not in LINES,
        settings=("gate",) if gate in LINES else ("gate", "gate_bits"),
        parameters=record.parameters,
        constraint=record.constraint,
        **more,
    )


def _real(gate: Callable[[Exact], Value]) -> Reals:
    opened: dict[Exact, Value] = {}

    def value(a: Exact, b: Exact) -> tuple[Value]:
        if b not in opened:
            opened[b] = gate(b)
        return (opened[b] * a,)

    return value


def _gate_range(spec: KernelSpec, gate: str) -> tuple[Fraction, Fraction]:
    codes = spec.inputs["b"]
    ends = codes.decode(codes.min_code), codes.decode(codes.max_code)
    return extremes(activations.get(gate).bind(spec.parameters), codes, ends)


def _extremes(spec: KernelSpec, gate: str) -> tuple[Fraction, Fraction]:
    codes = spec.inputs["a"]
    products = [
        codes.decode(code) * opened
        for code in (codes.min_code, codes.max_code)
        for opened in _gate_range(spec, gate)
    ]
    return min(products), max(products)


def _build(spec: KernelSpec, gate: str) -> Built:
    b = Builder(spec.name)
    a_code, b_code = (b.input(name, codes) for name, codes in spec.inputs.items())
    let_through = centred(b, "a", a_code, spec.inputs["a"])
    if gate in LINES:
        product, shift, error = _of_a_line(b, spec, let_through, b_code, gate)
        method = "lut"
    else:
        found = _fine_gate(spec, gate)
        opened = b.inline(found.program, {"x": b_code}, "gate_")
        product = b.mul("product", let_through, opened)
        shift, error = found.shift, found.error * farthest(spec.inputs["a"])
        method = found.program.method
    output = spec.output
    y = rounded(b, "rounded", product, shift, spec.rounding, output.zero_point)
    program = b.finish(saturated(b, y, output), output)
    return Built(replace(program, method=method), ROUNDING_ERROR[spec.rounding] + error)


def _of_a_line(
    b: Builder, spec: KernelSpec, let_through: ops.Ref, b_code: ops.Ref, gate: str
) -> tuple[ops.Ref, int, Fraction]:
    """Add the product of both inputs, scaled; also its shift and its error in LSB."""
    opened = centred(b, "b", b_code, spec.inputs["b"])
    if gate == "relu":
        opened = b.max("opened", opened, b.const(0), "The gate is open above 0 only.")
    product = b.mul("product", let_through, opened)
    factor = spec.inputs["a"].scale * spec.inputs["b"].scale / spec.output.scale
    multiplier = Multiplier.of(factor, SLACK[_class(spec.output)] / reach(spec.output))
    if multiplier.number != 1:
        product = b.mul(
            "scaled", product, b.const(multiplier.number), "In fractions of an output code."
        )
    return product, multiplier.shift, reach(spec.output) * multiplier.error


class _FineGate(NamedTuple):
    """A gate in units of ``output scale / a's scale / 2**shift``.

    Attributes:
        program: computes it from b.
        shift: by which the product with a is shifted to output codes.
        error: of the gate, in output LSB per unit of a.
    """

    program: Program
    shift: int
    error: Fraction


def _fine_gate(spec: KernelSpec, gate: str) -> _FineGate:
    """Return the gate, of as many bits as the error of the output needs.

    Raises:
        BudgetError: no method keeps the error.
    """
    low, high = _gate_range(spec, gate)
    ratio, signed = spec.inputs["a"].scale / spec.output.scale, low < 0
    tallest = max(-low, high) * ratio
    is_table = spec.method.name == "lut"
    given = spec.settings.gate_bits
    slack, least = _slack(spec), LEAST_TABLE if is_table else LEAST_CURVE
    for bits in (given,) if given else range(LEAST_BITS[_class(spec.output)], MAX_GATE_BITS + 1):
        # Exact values are held to 22 bits and a sign.
        magnitude = min(bits - signed, MAX_GATE_BITS - 1)
        shift = shift_for(tallest, magnitude) if tallest else 0
        unit = Fraction(1) / Fraction(2) ** shift
        allowed = slack / (farthest(spec.inputs["a"]) * unit)
        if allowed >= least:
            break
    method = spec.method._replace(exact=False, max_error=None)
    if not is_table and method.segments is None:
        method = method._replace(max_error=_text(max(allowed, least)))
    codes = NumberFormat(magnitude + signed, signed, unit / ratio)
    ideal = Ideal.of(Spec(
        name=spec.name,
        activation=activations.get(gate),
        parameters=spec.parameters,
        derivative=False,
        input=spec.inputs["b"],
        output=codes,
        method=method.checked(),
    ))
    program = methods.approximate(ideal)
    error = Fraction(ErrorReport.measure(program, ideal).max_lsb) + Fraction(1, 2**36)
    return _FineGate(program, shift, error * unit)


def _slack(spec: KernelSpec) -> Fraction:
    """Return how much error in LSB the gate may add to that of rounding the output."""
    asked = spec.method.max_error
    if asked is None or asked == "faithful":
        return SLACK[_class(spec.output)]
    limit = Number.parse(asked, "--max-error").value
    return max(limit - ROUNDING_ERROR[spec.rounding], Fraction(1, 2**10))


def _text(limit: Fraction) -> str:
    """Return an error limit as a literal, rounded down; at most what any table keeps."""
    return str(Fraction((min(limit, 2**15) * 2**10).__floor__(), 2**10))


def _class(codes: NumberFormat) -> int:
    """Return 8 for codes of at most 8 bits, else 16."""
    return 8 if codes.width <= 8 else 16
