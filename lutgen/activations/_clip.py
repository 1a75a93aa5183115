"""The clip of a real to an interval, and its slope; the hard activations are made of it."""

from __future__ import annotations

from lutgen.numerics.reals import Exact


def clip(x: Exact, low: Exact | int, high: Exact | int) -> Exact:
    """Return the number of [low, high] that is nearest to ``x``."""
    return min(max(x, Exact(low)), Exact(high))


def clip_slope(x: Exact, low: Exact | int, high: Exact | int) -> Exact:
    """Return 1 strictly between the ends, else 0: at both ends the flat side decides."""
    return Exact(1) if low < x < high else Exact(0)
