"""Random expressions, each with its meaning said a second time: in fractions, or in mpmath.

Nothing here imports lutgen.  A meaning is a function of x; where there is no value it raises
``ZeroDivisionError``, and where its own precision is at an end, ``UnclearError``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from hypothesis import strategies as st
from mpmath import mp, mpf

from tests.activations.oracles import ORACLES, parameters_of

DIGITS = 400

Meaning = Callable[[Fraction], Fraction]
Pair = tuple[str, Meaning]


class UnclearError(Exception):
    """The oracle would need more digits, or numbers without end."""


def _number(text: str) -> Pair:
    value = Fraction(int(text, 16)) if text.startswith("0x") else Fraction(text)
    return text, lambda x: value


_LITERALS = ("0", "1", "2", "3", "0.5", ".25", "1.702", "1e-2", "2.50e1", "0x1F", "7.")
LEAVES = st.one_of(st.just(("x", lambda x: x)), st.sampled_from(_LITERALS).map(_number))


def _sum(parts: tuple[Pair, str, Pair]) -> Pair:
    (left, f), symbol, (right, g) = parts
    meaning = {
        "+": lambda x: f(x) + g(x), "-": lambda x: f(x) - g(x), "*": lambda x: f(x) * g(x),
        "/": lambda x: _quotient(f(x), g(x)),
    }[symbol]
    return f"({left}) {symbol} ({right})", meaning


def _quotient(a: Fraction, b: Fraction) -> Fraction:
    if b == 0:
        raise ZeroDivisionError
    _check(b)
    return a / b


def _check(value: object) -> None:
    """Refuse a number that is nearly 0: whether it is 0 is not to be seen in digits."""
    if isinstance(value, mpf) and value != 0 and abs(value) < mpf(10) ** (-DIGITS // 2):
        raise UnclearError
    if isinstance(value, mpf) and abs(value) > mpf(10) ** 5000:
        raise UnclearError


def _negative(part: Pair) -> Pair:
    text, f = part
    return f"-({text})", lambda x: -f(x)


def _power(parts: tuple[Pair, int]) -> Pair:
    (text, f), exponent = parts

    def meaning(x: Fraction) -> Fraction:
        base = f(x)
        if exponent < 0:
            _quotient(1, base)
        return base**exponent

    return f"({text})**{exponent}", meaning


def _extreme(parts: tuple[str, Pair, Pair, Pair]) -> Pair:
    name, *three = parts
    choose = {"max": max, "min": min}[name]
    texts = ", ".join(text for text, _ in three)
    return f"{name}({texts})", lambda x: choose(f(x) for _, f in three)


def _clip(parts: tuple[Pair, int, int]) -> Pair:
    (text, f), low, above = parts
    ends = Fraction(low, 2), Fraction(low + above, 2)
    shown = ", ".join(f"{float(end)}" for end in ends)
    return f"clip({text}, {shown})", lambda x: min(max(f(x), _like(x, ends[0])), _like(x, ends[1]))


def _like(x: object, value: Fraction) -> object:
    """Return a fraction as the type that x has."""
    return mpf(value.numerator) / value.denominator if isinstance(x, mpf) else value


def _absolute(part: Pair) -> Pair:
    text, f = part
    return f"abs({text})", lambda x: abs(f(x))


def _choice(parts: tuple[str, Pair, Pair, Pair, Pair]) -> Pair:
    symbol, (left, f), (right, g), (chosen, h), (otherwise, k) = parts
    holds = {
        "<": lambda d: d < 0, "<=": lambda d: d <= 0, ">": lambda d: d > 0,
        ">=": lambda d: d >= 0, "==": lambda d: d == 0, "!=": lambda d: d != 0,
    }[symbol]

    def meaning(x: Fraction) -> Fraction:
        difference = f(x) - g(x)
        _check(difference)
        if isinstance(difference, mpf) and difference == 0:
            raise UnclearError
        return h(x) if holds(difference) else k(x)

    return f"where({left} {symbol} {right}, {chosen}, {otherwise})", meaning


def _rational(parts: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(
        st.tuples(parts, st.sampled_from("+-*/"), parts).map(_sum),
        parts.map(_negative),
        st.tuples(parts, st.sampled_from([-2, -1, 0, 1, 2, 3, 5])).map(_power),
        st.tuples(st.sampled_from(["max", "min"]), parts, parts, parts).map(_extreme),
        st.tuples(parts, st.integers(-4, 4), st.integers(0, 6)).map(_clip),
        parts.map(_absolute),
        st.tuples(
            st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), parts, parts, parts, parts
        ).map(_choice),
    )


RATIONAL = st.recursive(LEAVES, _rational, max_leaves=12)
"""Expressions whose value is rational: the oracle counts in fractions."""


def _log(value: mpf) -> mpf:
    _check(value)
    if value <= 0:
        raise ZeroDivisionError
    return mp.log(value)


def _sqrt(value: mpf) -> mpf:
    _check(value)
    if value < 0:
        raise ZeroDivisionError
    return mp.sqrt(value)


def _exp(value: mpf) -> mpf:
    if abs(value) > 10**4:
        raise UnclearError
    return mp.exp(value)


FUNCTIONS = {"log": _log, "sqrt": _sqrt, "exp": _exp}

# These have another value where the catalogue's takes a limit, or none but at rationals.
_APART = ("log", "exp", "reciprocal", "rsqrt", "quant_relu", "dynamic_relu")
CATALOGUE = sorted(set(ORACLES) - set(_APART))


def _function(parts: tuple[str, Pair]) -> Pair:
    name, (text, f) = parts
    return f"{name}({text})", lambda x: FUNCTIONS[name](f(x) + mpf(0))


def _catalogued(parts: tuple[str, Pair]) -> Pair:
    name, (text, f) = parts
    return f"{name}({text})", lambda x: at(name, f(x) + mpf(0))


def at(name: str, t: mpf) -> mpf:
    """Return a function of the catalogue, by its oracle."""
    _check(t)
    if abs(t) > 10**3:
        raise UnclearError
    if name == "quant_relu":
        # Its oracle counts in fractions; no step is as near as this one.
        near = Fraction(int(mp.floor(t * 2**500)), 2**500)
        return _like(t, ORACLES[name].value(near, **parameters_of(name)))
    values = {key: _like(t, value) for key, value in parameters_of(name).items()}
    return ORACLES[name].value(t, **values)


def _real(parts: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(
        _rational(parts),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), parts).map(_function),
        st.tuples(st.sampled_from(CATALOGUE), parts).map(_catalogued),
    )


REAL = st.recursive(LEAVES, _real, max_leaves=8)
"""Expressions with the functions: the oracle counts in ``mpf`` of ``DIGITS`` digits."""

INPUTS = st.one_of(
    st.integers(-128, 127).map(lambda code: Fraction(code, 16)),
    st.fractions(-9, 9, max_denominator=1000),
    st.integers(-60, 3).map(lambda exponent: Fraction(2) ** exponent),
)
