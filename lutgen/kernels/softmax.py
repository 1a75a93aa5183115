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

SLACK_BITS = 10
"""The rounded tails of a row add at most 2^-10 LSB."""

SHARE_BITS = 16
"""Bits after the point of a share, where products are to fit 32 bits."""

SUM_BITS = 17
"""Bits after the point of the sum that the reciprocal is taken of there."""

TALLEST_SHORT = 2**9
"""Output codes per 1.0 up to which products of 32 bits are exact enough."""


def build(spec: KernelSpec) -> Built:
    """Return the program: three passes, with one or two divisions for a row."""
    b = Builder(spec.name)
    return of_elements(b, spec, b.input("x", spec.input))


def of_elements(b: Builder, spec: KernelSpec, elements: ops.Ref) -> Built:
    """Return the softmax program of elements, which are codes or their negatives."""
    output, in_codes = spec.output, 1 / spec.output.scale
    # Moved up by a whole turn of the codes and back, a code is never negative before the shift.
    turn = 2**output.width if output.zero_point < 0 else 0
    is_short = spec.input.width <= DIRECT_WIDTH and in_codes <= TALLEST_SHORT
    of_width = _in_32_bits if is_short else _in_64_bits
    code, error = of_width(b, spec, elements, output.zero_point + turn)
    if turn:
        code = b.sub("moved_back", code, b.const(turn))
    program: Program = b.finish(saturated(b, code, output), output)
    return Built(program, ROUNDING_ERROR[spec.rounding] + error)


def _in_32_bits(
    b: Builder, spec: KernelSpec, elements: ops.Ref, base: int
) -> tuple[ops.Ref, Fraction]:
    """Add the output code of an element plus ``base``; also its error in LSB before rounding.

    What rounds and adds the base is divided by the reciprocal once for the row, so that it is
    added to the share: one product then gives the code.
    """
    in_codes, longest = 1 / spec.output.scale, spec.settings.max_n
    found = weights(b, spec, elements, max(tail_bits(spec, SLACK_BITS), SUM_BITS))
    one = 2**SHARE_BITS
    shift = min(
        (2**31 / in_codes).__floor__().bit_length() - 1,
        32 - (base + in_codes.__ceil__()).bit_length(),
    )
    dropped = found.bits - SUM_BITS
    total = b.shift_right("short_sum", found.total, dropped) if dropped else found.total
    # The dropped bits are worth half a unit of the short sum on average.
    numerator = fixed_point(
        in_codes / one * (1 - Fraction(1, 2 ** (SUM_BITS + 1))), shift + SUM_BITS
    )
    reciprocal = b.divide("reciprocal", b.const(numerator), total, "The largest element's share.")
    # The remainders of both divisions only ever lessen a code; half of that is given back.
    half = 0 if spec.rounding == "floor" else 1 << (shift - 1)
    lost = fixed_point(in_codes / one, shift) + one
    constant = (base << shift) + half + lost // 2
    highest = spec.output.max_code - spec.output.zero_point
    if highest < in_codes <= highest + 1:
        # A share that would reach the code beyond the highest is cut in the reciprocal, once for
        # the row.  All others in such a row are about half an LSB together, so that the cut, of
        # one part in 500, and every other error of theirs is far less than the error of 1.
        limit = (((base + highest + 1) << shift) - 1 - constant) // one
        reciprocal = b.min("kept", reciprocal, b.const(limit), "So that 1 is the highest code.")
    share = b.lookup("share", _shares(spec), found.distance)
    tail = found.error * (longest - 1) / 2**dropped
    error = (
        in_codes * (Fraction(1, 2) + tail) / (2**SUM_BITS - 2 - tail)
        + in_codes / one + Fraction(one + 4, 2 ** (shift + 1))
    )
    if spec.rounding == "half-even" or b.value(reciprocal).low == 0:
        product = b.mul("product", share, reciprocal)
        shifted = b.add("shifted", product, b.const(lost // 2))
        return rounded(b, "code", shifted, shift, spec.rounding, base), error
    offset = b.divide(
        "offset", b.const(constant), reciprocal, "Rounds, and adds the zero point, as a share."
    )
    product = b.mul("product", b.add("moved", share, offset), reciprocal)
    return b.shift_right("code", product, shift), error


def _shares(spec: KernelSpec) -> Table:
    factor = Fraction(2) ** SHARE_BITS
    return Table(
        "shares", entries_of(spec.input, factor),
        f"exp of minus each distance below the largest, times 2^{SHARE_BITS}",
    )


def _quotient(b: Builder, numerator: int, divisor: ops.Ref) -> ops.Ref:
    """Add a constant over a value, rounded to the nearest number."""
    half = b.shift_right("half_sum", divisor, 1)
    dividend = b.add("dividend", half, b.const(numerator))
    return b.divide("reciprocal", dividend, divisor, "One division for the row.")


def _tail(spec: KernelSpec, found: Weights) -> Fraction:
    """Return the relative error of the sum, and of the largest weight in it."""
    return found.error * spec.settings.max_n / 2**found.bits


def _in_64_bits(
    b: Builder, spec: KernelSpec, elements: ops.Ref, base: int
) -> tuple[ops.Ref, Fraction]:
    """Add the output code of an element plus ``base``; also its error in LSB before rounding."""
    in_codes = 1 / spec.output.scale
    found = weights(b, spec, elements, min(tail_bits(spec, SLACK_BITS), 40))
    # What is shifted stays below 2^62, the base that is added to it included.
    shift = min(
        (2**62 / in_codes).__floor__().bit_length() - 2,
        62 - (base + in_codes.__ceil__()).bit_length(),
    )
    reciprocal = _quotient(b, fixed_point(in_codes, shift), found.total)
    own = found.error / 2**found.bits
    error = in_codes * (own + _tail(spec, found)) + Fraction(2) ** (found.bits - shift - 1)
    product = b.mul("product", found.element, reciprocal)
    return rounded(b, "code", product, shift, spec.rounding, base), error


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
