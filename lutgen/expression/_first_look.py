"""An expression in rationals and plain balls: quick, and silent where those do not tell.

Nearly every value of nearly every expression is known well enough this way.  What may be special,
a number that hugs a rational, a comparison that is not decided, an input without a value, is left
to the tree, which loses nothing exact and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import pairwise

from lutgen.expression._functions import Catalogued, clip, largest, signum, smallest
from lutgen.expression._tree import (
    COMPARISONS,
    Call,
    Choice,
    Comparison,
    Constant,
    Input,
    Irrational,
    Negative,
    Node,
    Operation,
)
from lutgen.numerics import elementary
from lutgen.numerics.arithmetic import Real, UnsettledError, absolute, raise_to
from lutgen.numerics.reals import Exact, arb, ball, square_root, working_precision
from lutgen.sampling import BASE_PRECISION

Quick = Exact | arb

_BITS = BASE_PRECISION + 64
"""Bits of a look: those that are wanted, and what may cancel on the way."""

_LONGEST = 512
"""Bits of a power beyond which it is a ball."""

_LARGEST_POWER = 1024

# What lies so near to a number of 64 fraction bits may be that number, or hug it.
_GRID = 2**64
_MANY = 2**30

# Past every format; the tree has one number for all beyond.
_FAR = 2**1000


class NotToldError(ArithmeticError):
    """Balls do not tell; the tree has to."""


def first_look(tree: Node) -> Callable[[Exact], Exact | arb | None]:
    """Return the function that looks at an input; None is its answer where the tree has to tell."""
    try:
        with working_precision(_BITS):
            value = _compiled(tree)
    except ArithmeticError:
        return lambda x: None

    def look(x: Exact) -> Exact | arb | None:
        try:
            with working_precision(_BITS):
                return _told(value(x))
        except ArithmeticError:
            return None

    return look


def _told(value: Quick) -> Exact | arb | None:
    """Return a value, once it is known as well as any later step asks."""
    if isinstance(value, Exact):
        return value
    if not value.is_finite() or value.rel_accuracy_bits() < BASE_PRECISION:
        return None
    if value.is_exact():
        is_short = value == 0 or (abs(value) < _GRID and abs(value) * _GRID > 1)
        return value.fmpq() if is_short else None
    if abs(value) > _MANY:
        return value if abs(value) < _FAR else None
    return None if (value * _GRID).contains_integer() else value


def _compiled(node: Node) -> Callable[[Quick], Quick]:
    """Return a part as a function.

    Raises:
        NotToldError: it has a function without a formula.
    """
    if not isinstance(node, Input | Constant | Irrational) and node.constant:
        found = _compiled_anew(node)(Exact(0))
        return lambda x: found
    return _compiled_anew(node)


def _compiled_anew(node: Node) -> Callable[[Quick], Quick]:
    match node:
        case Input():
            return lambda x: x
        case Constant(_, value):
            return lambda x: value
        case Irrational(_, value):
            number = ball(value())
            return lambda x: number
        case Negative(part):
            turned = _compiled(part)
            return lambda x: -turned(x)
        case Operation(symbol, left, right):
            return _operation(symbol, _compiled(left), _compiled(right))
        case Call(_, function, arguments):
            return _call(function, [_compiled(part) for part in arguments])
        case Choice(condition, chosen, otherwise):
            holds, here, there = _comparison(condition), _compiled(chosen), _compiled(otherwise)
            return lambda x: here(x) if holds(x) else there(x)
    raise TypeError(type(node))


def _operation(
    symbol: str, left: Callable[[Quick], Quick], right: Callable[[Quick], Quick]
) -> Callable[[Quick], Quick]:
    match symbol:
        case "+":
            return lambda x: left(x) + right(x)
        case "-":
            return lambda x: left(x) - right(x)
        case "*":
            return lambda x: left(x) * right(x)
        case "/":
            return lambda x: left(x) / right(x)
    return lambda x: _power(left(x), right(x))


def _call(
    function: Callable[..., object], arguments: list[Callable[[Quick], Quick]]
) -> Callable[[Quick], Quick]:
    if isinstance(function, Catalogued):
        if function.formula is None:
            raise NotToldError
        known = _compiled(function.formula)
    else:
        known = BALLS[function]
    if len(arguments) == 1:
        (argument,) = arguments
        return lambda x: known(argument(x))
    return lambda x: known(*[argument(x) for argument in arguments])


def _comparison(condition: Comparison) -> Callable[[Quick], bool]:
    parts = [_compiled(part) for part in condition.parts]
    tests = [COMPARISONS[symbol] for symbol in condition.symbols]

    def holds(x: Quick) -> bool:
        values = [part(x) for part in parts]
        return all(
            test(_sign(left - right))
            for test, (left, right) in zip(tests, pairwise(values), strict=True)
        )

    return holds


def _sign(value: Quick) -> int:
    if value > 0:
        return 1
    if value < 0:
        return -1
    if value == 0:
        return 0
    raise NotToldError


def _power(base: Quick, exponent: Quick) -> Quick:
    if isinstance(exponent, Exact) and exponent.q == 1 and abs(exponent.p) <= _LARGEST_POWER:
        bits = base.p.bit_length() + base.q.bit_length() if isinstance(base, Exact) else _LONGEST
        if bits * abs(exponent.p) > _LONGEST:
            base = arb(base)
        return base ** int(exponent.p)
    if isinstance(base, Exact) and isinstance(exponent, Exact):
        try:
            found = raise_to(base, exponent)
        except UnsettledError:
            raise NotToldError from None
        return found if isinstance(found, Exact) else found.ball()
    if not base > 0:
        raise NotToldError
    return (exponent * arb(base).log()).exp()


def _largest(*values: Quick) -> Quick:
    return reduce(lambda a, b: a if _sign(a - b) >= 0 else b, values)


def _smallest(*values: Quick) -> Quick:
    return reduce(lambda a, b: a if _sign(a - b) <= 0 else b, values)


def _unless(
    special: int, rational: int, function: Callable[[arb], arb]
) -> Callable[[Quick], Quick]:
    """Return a function that is rational at one number, and nowhere else that matters."""
    value = Exact(rational)

    def found(t: Quick) -> Quick:
        if isinstance(t, Exact):
            if t == special:
                return value
            t = arb(t)
        return function(t)

    return found


BALLS: dict[Callable[..., Real], Callable[..., Quick]] = {
    elementary.exp: _unless(0, 1, arb.exp),
    elementary.log: _unless(1, 0, arb.log),
    elementary.sin: _unless(0, 0, arb.sin),
    elementary.cos: _unless(0, 1, arb.cos),
    elementary.atan: _unless(0, 0, arb.atan),
    elementary.tanh: _unless(0, 0, arb.tanh),
    elementary.erf: _unless(0, 0, arb.erf),
    elementary.sqrt: lambda t: square_root(t) if _sign(t) >= 0 else arb("nan"),
    absolute: lambda t: t if _sign(t) >= 0 else -t,
    signum: lambda t: Exact(_sign(t)),
    clip: lambda v, low, high: _smallest(_largest(v, low), high),
    largest: _largest,
    smallest: _smallest,
}
"""What the functions of the grammar are of rationals and balls."""
