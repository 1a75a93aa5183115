"""Products of a factor and a gate that opens from 0 to 1, such as ``x * sigmoid(x)``.

Every gate here obeys ``gate(-t) = 1 - gate(t)``.  So a function, or its derivative, that is
``limit + rest`` where the gate opens is ``-rest`` where it closes, with ``rest`` computed from
the closed part of the gate alone.  That part vanishes, and its digits survive.
"""

from __future__ import annotations

from flint import arb

from lutgen.numerics.reals import Anchored, Exact, Value


def gated(limit: Exact, rest: arb, opens: bool) -> Value:
    """Return ``limit + rest`` on the side where the gate opens, else ``-rest``."""
    return Anchored(limit, rest) if opens else -rest


def logistic(t: Exact | arb) -> tuple[arb, arb]:
    """Return ``sigmoid(-|t|)`` and ``sigmoid(|t|)``, which sum to 1.

    The exponential never overflows, and neither part is had by subtraction from 1.
    """
    small = arb(-abs(t)).exp()
    opened = 1 / (1 + small)
    return small * opened, opened
