"""Which equal pieces are hardest to serve: a search that looks at them first fails at once.

Only an order of work follows from it, never a decision.
"""

from __future__ import annotations

import numpy as np

from lutgen.methods._demand import FREE_HIGH, FREE_LOW, Demand


def hardest_first(demand: Demand, bits: int, order: int) -> list[int]:
    """Return the numbers of the pieces of ``2**bits`` codes, the least polynomial first.

    Args:
        demand: what the core has to give; the pieces divide it.
        bits: size of a piece.
        order: of the differences that vanish where a piece is easy: 2 for lines.
    """
    step = max(1, (1 << bits) // (2 * order))
    saturated = (demand.lo == FREE_LOW) | (demand.hi == FREE_HIGH)
    # Where saturation is free the exact value says nothing.
    places = np.where(saturated, 0, demand.aim)[::step]
    bends = np.abs(np.diff(places, n=order))
    for shift in range(order + 1):
        bends[saturated[::step][shift : shift + len(bends)]] = 0
    pieces = (np.arange(len(bends)) * step + order * step // 2) >> bits
    worst = np.zeros(len(demand) >> bits, np.int64)
    np.maximum.at(worst, pieces, bends)
    return np.argsort(-worst, kind="stable").tolist()
