"""The exact value of a function at every input code, and at one code as closely as asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from lutgen.errors import OutsideDomainError, UndecidableRoundingError
from lutgen.formats import NumberFormat
from lutgen.numerics.reals import (
    MINUS_INFINITY,
    PLUS_INFINITY,
    Anchored,
    Exact,
    Value,
    arb,
    exact,
    working_precision,
)

BASE_PRECISION = 96
"""Bits of the first evaluation: a code of up to 24 bits, 38 fraction bits, and 34 bits to spare."""

MAX_PRECISION = 2**16
"""Bits beyond which a value is given up as undecidable."""

BEYOND = 2**64
"""A bound far outside every code; larger values need not be told apart."""

Function = Callable[[Exact], Value]


def real_inputs(codes: NumberFormat) -> list[Exact]:
    """Return the real number each code of the format stands for, in ascending code order."""
    scale = exact(codes.scale)
    return [scale * (code - codes.zero_point) for code in codes.codes]


# The output format is chosen from the same values that are rounded afterwards.
@lru_cache(maxsize=2)
def values(function: Function, codes: NumberFormat) -> list[Value]:
    """Return ``function`` at every code of the format, balls at the base precision.

    Raises:
        OutsideDomainError: it has no value at a code; the message names the first one.
    """
    found = []
    with working_precision(BASE_PRECISION):
        try:
            for x in real_inputs(codes):
                found.append(function(x))
        except OutsideDomainError as problem:
            raise problem.at_code(codes.codes[len(found)]) from None
    return found


def refined(function: Function, x: Exact) -> Iterator[Value]:
    """Yield ``function(x)`` with ever more bits, each at the matching working precision.

    Raises:
        UndecidableRoundingError: more than ``MAX_PRECISION`` bits were asked for.
    """
    bits = BASE_PRECISION
    while bits <= MAX_PRECISION:
        with working_precision(bits):
            yield function(x)
        bits *= 2
    raise UndecidableRoundingError(
        f"the value at x = {x} cannot be told from a rounding boundary with {MAX_PRECISION} bits; "
        "write --expr so that it is rational there, or choose another --out-scale, --rounding or "
        "--max-error, or an input format without this value"
    )


def floor(value: Value) -> int | None:
    """Return the largest integer at most ``value``; None where the precision does not tell.

    Everything past ``BEYOND``, infinite values included, counts as that.
    """
    if isinstance(value, Exact):
        return int(value.floor())
    if isinstance(value, Anchored):
        below = value.anchor.floor()
        side = value.sign_of_offset()
        # On a whole anchor the side alone decides, however small the offset.
        if value.anchor == below and side and abs(value.offset) < 1:
            return int(below) - (side < 0)
        return floor(value.ball())
    # Compare before converting: a finite value may have more digits than memory holds.
    if value > BEYOND or value < -BEYOND:
        return BEYOND if value > 0 else -BEYOND
    found = value.floor().unique_fmpz() if value.is_finite() else None
    return None if found is None else int(found)


def is_infinite(value: Value) -> bool:
    """Return whether the value is an infinite limit: a pole, or outside the domain."""
    return isinstance(value, arb) and value in (PLUS_INFINITY, MINUS_INFINITY)
