"""TanhExp, the input times the tanh of its exponential."""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from lutgen.activations._gate import logistic
from lutgen.activations._record import Activation
from lutgen.numerics.reals import Anchored, Exact, Value

# Beyond this input the tail exp(-2 exp(x)) is out of reach; it is enclosed instead.  For
# x > 32 let w = exp(x) > 2**46.  Since 2x < 4 x w < exp(w), both 2 x exp(-2w), which exceeds
# the distance of the value from x, and 4 x w exp(-2w), which exceeds that of the derivative
# from 1, are below exp(-w) < exp(-2**46).
_FAR = 32
_TINY = arb(0, arb(-(2**46)).exp())


def value(x: Exact) -> Value:
    """Return ``x * tanh(w)``, ``w = exp(x)``; for positive x as ``x`` minus a proved-positive tail.

    The tail is ``2x / (exp(2w) + 1)``, positive by its form, also where the ball cannot show it.
    """
    if x <= 0:
        return x * arb(x).exp().tanh() if x != 0 else x
    tail = 2 * x * logistic(2 * arb(x).exp())[0] if x <= _FAR else _TINY
    return Anchored(x, -tail, -1)


def derivative(x: Exact) -> Value:
    """Return ``tanh(w) + x w sech(w)**2``, ``w = exp(x)``; it tends to 1 from above and to 0.

    With ``s = sigmoid(-2w)`` it is ``1 + 2s (2 x w (1 - s) - 1)`` for positive x.  From x = 1
    on, ``2 x w (1 - s) > x w > 1``, so the side of 1 is known.
    """
    if x > _FAR:
        return Anchored(Exact(1), _TINY, 1)
    w = arb(x).exp()
    if x <= 0:
        tanh = w.tanh()
        return tanh + x * w * (1 - tanh * tanh)
    closed, opened = logistic(2 * w)
    return Anchored(Exact(1), 2 * closed * (2 * x * w * opened - 1), 1 if x >= 1 else 0)


RECORD = Activation(
    name="tanhexp",
    value=value,
    derivative=derivative,
    summary="TanhExp: the input times the tanh of its exponential.",
    formula="x * tanh(exp(x))",
    source="Liu and Di 2020, arXiv:2003.09855",
    note="Nears x doubly exponentially: from x = 2.95 on the gap is below 2^-53 * x.",
    bounds=(Fraction("-0.353286"), None),
)
