"""Softmax of a row: each exponential over the sum of all."""

from __future__ import annotations

from fractions import Fraction

from lutgen.kernels._lines import ROUNDING_ERROR
from lutgen.kernels._record import Built, Kernel, Port, fixed
from lutgen.kernels._softmax import (
    DIRECT_WIDTH,
    Weights,
    entries_of,
    softmax_of,
    tail_bits,
    weights,
)
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import fixed_point, rounded, saturated
from lutgen.program import Builder, Program, Table, ops

SLACK_BITS = 9
"""The rounded tails of a row add at most 2^-9 LSB."""

SHARE_BITS = 16
"""Bits of a weight, of the short sum, and with one less of the reciprocal, where products are to
fit 32 bits."""

TALLEST_SHORT = 2**9
"""Output codes per 1.0 up to which products of 32 bits are exact enough."""


def build(spec: KernelSpec) -> Built:
    """Return the program: three passes, with one division for a row."""
    b = Builder(spec.name)
    return of_elements(b, spec, b.input("x", spec.input))


def of_elements(b: Builder, spec: KernelSpec, elements: ops.Ref) -> Built:
    """Return the softmax program of elements, which are codes or their negatives."""
    output, in_codes = spec.output, 1 / spec.output.scale
    if spec.input.width <= DIRECT_WIDTH and in_codes <= TALLEST_SHORT:
        product, shift, error = _in_32_bits(b, spec, elements)
    else:
        product, shift, error = _in_64_bits(b, spec, elements)
    # Moved up by a whole turn of the codes and back, it is never negative before the shift.
    turn = 2**output.width if output.zero_point < 0 else 0
    code = rounded(b, "code", product, shift, spec.rounding, output.zero_point + turn)
    if turn:
        code = b.sub("moved_back", code, b.const(turn))
    program: Program = b.finish(saturated(b, code, output), output)
    return Built(program, ROUNDING_ERROR[spec.rounding] + error)


def _in_32_bits(
    b: Builder, spec: KernelSpec, elements: ops.Ref
) -> tuple[ops.Ref, int, Fraction]:
    """Add the share of an element; also the shift to output codes, and the error in LSB."""
    in_codes = 1 / spec.output.scale
    found = weights(b, spec, elements, max(tail_bits(spec, SLACK_BITS), SHARE_BITS))
    one = 2**SHARE_BITS - 1
    share = Table(
        "shares", entries_of(spec.input, Fraction(one)),
        f"exp of minus each distance below the largest, times {one}",
    )
    shift = (2 ** (2 * SHARE_BITS - 1) / in_codes).__floor__().bit_length() - 1
    numerator = fixed_point(Fraction(2**SHARE_BITS, one) * in_codes, shift)
    short = _shortened(b, found)
    reciprocal = _quotient(b, numerator, short)
    error = in_codes * (
        Fraction(1, 2 * one) + Fraction(1, 2 ** (SHARE_BITS + 1)) + _tail(spec, found)
    ) + Fraction(one, 2 ** (shift + 1))
    highest = spec.output.max_code - spec.output.zero_point
    if highest < in_codes <= highest + 1:
        # A share that would reach the code beyond the highest is cut in the reciprocal, once for
        # the row.  All others in such a row are about half an LSB together, so that the cut, of
        # one part in 500, and every other error of theirs is far less than ``error``.
        limit = (((highest + 1) << shift) - (1 << (shift - 1)) - 1) // one
        reciprocal = b.min("kept", reciprocal, b.const(limit), "So that 1 is the highest code.")
    return b.mul("product", b.lookup("share", share, found.distance), reciprocal), shift, error


def _shortened(b: Builder, found: Weights) -> ops.Ref:
    """Add the sum with ``SHARE_BITS`` bits after the point, so that 32 bits hold the quotient."""
    dropped = found.bits - SHARE_BITS
    if dropped == 0:
        return found.total
    biased = b.add("sum_biased", found.total, b.const(1 << (dropped - 1)))
    return b.shift_right("short_sum", biased, dropped)


def _quotient(b: Builder, numerator: int, divisor: ops.Ref) -> ops.Ref:
    """Add a constant over a value, rounded to the nearest number."""
    half = b.shift_right("half_sum", divisor, 1)
    dividend = b.add("dividend", half, b.const(numerator))
    return b.divide("reciprocal", dividend, divisor, "One division for the row.")


def _tail(spec: KernelSpec, found: Weights) -> Fraction:
    """Return the relative error of the sum, and of the largest weight in it."""
    return found.error * spec.settings.max_n / 2**found.bits


def _in_64_bits(
    b: Builder, spec: KernelSpec, elements: ops.Ref
) -> tuple[ops.Ref, int, Fraction]:
    """Add the share of an element; also the shift to output codes, and the error in LSB."""
    in_codes = 1 / spec.output.scale
    found = weights(b, spec, elements, min(tail_bits(spec, SLACK_BITS), 40))
    shift = (2**62 / in_codes).__floor__().bit_length() - 2
    reciprocal = _quotient(b, fixed_point(in_codes, shift), found.total)
    own = found.error / 2**found.bits
    error = in_codes * (own + _tail(spec, found)) + Fraction(2**found.bits, 2 ** (shift + 1))
    return b.mul("product", found.element, reciprocal), shift, error


RECORD = Kernel(
    name="softmax",
    summary="Softmax of a row.",
    formula="exp(x[i] - max(x)) / sum(exp(x - max(x)))",
    source="Bridle 1990; ONNX Softmax-13 over the last axis",
    arity="row",
    ports=fixed(Port("x", meaning="the logits of a row")),
    real=lambda spec: softmax_of,
    extremes=lambda spec: (Fraction(0), Fraction(1)),
    build=build,
    takes_rows=True,
    settings=("max_n",),
    note="Outputs are rounded one by one, so a row of codes need not sum to exactly 1.",
)
