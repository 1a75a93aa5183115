"""Addresses of equal pieces: the high bits of the number that a core works on."""

from __future__ import annotations

import numpy as np

from lutgen.methods._demand import Demand
from lutgen.program import Builder
from lutgen.program.ops import Ref


def piece_starts(demand: Demand, bits: int) -> range:
    """Return the first index of every piece of ``2**bits`` codes, ascending from 0."""
    return range(0, len(demand), 1 << bits)


def piece_address(program: Builder, u: Ref, demand: Demand, bits: int) -> Ref:
    """Add the steps from u to the address of its piece.

    A core that sees signed codes is addressed by the high bits of their pattern, read as
    unsigned: no bias has to be added.
    """
    if demand.lowest < 0:
        width = (-2 * demand.lowest - 1).bit_length()
        u = program.low_bits("pattern", u, width, "The bit pattern, read as unsigned.")
    if bits == 0:
        return u
    return program.shift_right("piece", u, bits, "The high bits say which piece.")


def address_order(demand: Demand, values: np.ndarray) -> np.ndarray:
    """Return one value per piece, given in ascending order of u, in the order of addresses."""
    return np.roll(values, -(len(values) // 2)) if demand.lowest < 0 else values
