"""Exponentials of a row, normalised: what softmax, softmin and log_softmax share.

With d the distance of an element below the largest of its row, ``exp(-s d)`` is one table, so
nothing overflows and the largest element has the weight 1.  The sum of the weights is kept with
so many bits that the tails of all other elements, rounded away, do not show.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lutgen.formats import NumberFormat
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._tables import fixed_values
from lutgen.numerics.reals import Exact, Value, arb
from lutgen.program import Builder, Table, ops

DIRECT_WIDTH = 10
"""Widest input whose weights are one table; above it, the product of two."""

PAIR_BITS = 31
"""Bits after the point of the two tables, and of their product."""


class Weights(NamedTuple):
    """The exponentials of a row.

    Attributes:
        distance: how far an element lies below the largest, in codes.
        element: the weight of an element.
        total: the sum over the row, at least the weight of the largest, which is 1.
        bits: after the point of both.
        error: of a weight, in units of its last bit.
    """

    distance: ops.Ref
    element: ops.Ref
    total: ops.Ref
    bits: int
    error: Fraction


def exponential(scale: Fraction) -> object:
    """Return ``exp(-d)`` of a real distance d."""
    return lambda d: (-arb(d)).exp() if d != 0 else Exact(1)


def distances(codes: NumberFormat) -> list[Fraction]:
    """Return every real distance that two codes can have, ascending."""
    return [codes.scale * d for d in range(codes.max_code - codes.min_code + 1)]


def weights(b: Builder, spec: KernelSpec, x: ops.Ref, bits: int) -> Weights:
    """Add the weights of a row and their sum.

    Args:
        b: where the steps are added.
        spec: the request.
        x: the elements.
        bits: after the point of a weight, where one table holds them.
    """
    codes = spec.input
    peak = b.reduce_max("peak", x, "The largest element.")
    distance = b.sub("distance", peak, x)
    if codes.width <= DIRECT_WIDTH:
        entries = fixed_values(exponential(codes.scale), distances(codes), Fraction(2) ** bits)
        table = Table(
            "weights", entries, f"exp of minus each distance below the largest, times 2^{bits}"
        )
        element, error = b.lookup("weight", table, distance), Fraction(1, 2)
    else:
        bits = PAIR_BITS
        element, error = _pair(b, codes, distance), Fraction(2)
    total = b.reduce_sum("sum", element, spec.settings.max_n, "The weights of the whole row.")
    return Weights(distance, element, total, bits, error)


def _pair(b: Builder, codes: NumberFormat, distance: ops.Ref) -> ops.Ref:
    """Add the weight as the product of one for the high bits and one for the low bits."""
    every, low_bits = distances(codes), codes.width // 2
    coarse = fixed_values(
        exponential(codes.scale), every[:: 1 << low_bits], Fraction(2) ** PAIR_BITS
    )
    fine = fixed_values(
        exponential(codes.scale), every[: 1 << low_bits], Fraction(2) ** PAIR_BITS
    )
    high = b.shift_right("coarse_distance", distance, low_bits)
    low = b.low_bits("fine_distance", distance, low_bits)
    what = f"times 2^{PAIR_BITS}"
    product = b.mul(
        "product",
        b.lookup("coarse", Table("coarse", coarse, f"exp of minus the high bits, {what}"), high),
        b.lookup("fine", Table("fine", fine, f"exp of minus the low bits, {what}"), low),
    )
    biased = b.add("product_biased", product, b.const(1 << (PAIR_BITS - 1)))
    return b.shift_right("weight", biased, PAIR_BITS)


def softmax_of(row: list[Value]) -> tuple[Value, ...]:
    """Return the softmax of exact reals."""
    peak = max(row)
    powers = {x: (arb(x) - arb(peak)).exp() for x in set(row)}
    total = sum((powers[x] for x in row), arb(0))
    return tuple(powers[x] / total for x in row)


def log_softmax_of(row: list[Value]) -> tuple[Value, ...]:
    """Return the logarithm of the softmax of exact reals."""
    peak = max(row)
    powers = {x: (arb(x) - arb(peak)).exp() for x in set(row)}
    log_total = sum((powers[x] for x in row), arb(0)).log()
    return tuple(arb(x - peak) - log_total for x in row)


def tail_bits(spec: KernelSpec, slack_bits: int) -> int:
    """Return the bits of a weight by which the rounded tails add at most ``2**-slack_bits`` LSB.

    Args:
        spec: the request.
        slack_bits: as above.
    """
    lsb_of_one = max(1, (1 / spec.output.scale).__ceil__())
    return (lsb_of_one - 1).bit_length() + (spec.settings.max_n - 1).bit_length() + slack_bits - 1


def entries_of(codes: NumberFormat, factor: Fraction) -> np.ndarray:
    """Return ``exp(-s d) * factor`` for every distance, rounded."""
    return fixed_values(exponential(codes.scale), distances(codes), factor)
