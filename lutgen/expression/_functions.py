"""The functions that an expression may call: those of the grammar and those of the catalogue.

At a rational the catalogue's own code is asked.  At an irrational number, inside ``f(g(x))``, it
is the record's formula, read by the same grammar; where that is no formula of this kind, the
values at both ends of the enclosure, as far as the record says that the function is monotone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cached_property, reduce

from lutgen import activations
from lutgen.activations._record import Activation, Parameters
from lutgen.errors import UnknownNameError, UsageError, shown
from lutgen.expression._grammar import ARGUMENT, Reader, operation, parse
from lutgen.expression._tree import Call, Choice, Constant, Input, Irrational, Negative, Node
from lutgen.numerics import elementary
from lutgen.numerics.arithmetic import (
    ZERO,
    NoValueError,
    Real,
    TooLargeError,
    UnsettledError,
    absolute,
    hull,
    lifted,
    maximum,
    minimum,
    sign,
)
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Anchored, Exact, arb, exact, fraction

Function = Callable[..., Real]


def clip(value: Real, low: Real, high: Real) -> Real:
    """Return ``min(max(value, low), high)``."""
    return minimum(maximum(value, low), high)


def largest(*values: Real) -> Real:
    """Return the largest of several values."""
    return reduce(maximum, values)


def smallest(*values: Real) -> Real:
    """Return the smallest of several values."""
    return reduce(minimum, values)


def signum(t: Real) -> Real:
    """Return 1, 0 or -1, the sign of a value."""
    return Exact(sign(t))


GRAMMAR: dict[str, tuple[Function, range]] = {
    "min": (smallest, range(2, 9)),
    "max": (largest, range(2, 9)),
    "clip": (clip, range(3, 4)),
    "sqrt": (elementary.sqrt, range(1, 2)),
    # Not the catalogue's: near 0 this one keeps the distance from 1.
    "exp": (elementary.exp, range(1, 2)),
}
"""Functions that are the grammar's own, and how many arguments they take."""

_FORMULA: dict[str, Function] = {
    **{name: function for name, (function, _) in GRAMMAR.items()},
    "abs": absolute,
    "ln": elementary.log,
    "sin": elementary.sin,
    "cos": elementary.cos,
    "atan": elementary.atan,
    "tanh": elementary.tanh,
    "erf": elementary.erf,
    "sign": signum,
}
"""What the names in the catalogue's formulas mean."""

_SPECIAL = {"erf": "erf(x)"}
"""Formulas of the catalogue that are told in words."""


class UserReader(Reader):
    """The names of a user's expression: x, parameters, and the functions of one input."""

    def call(
        self, name: str, arguments: tuple[Node, ...], parameters: dict[str, Node]
    ) -> Node:
        """Return a function of parts.

        Raises:
            UsageError: there is no such function, or it takes other arguments.
        """
        if name == "pow":
            _check_arguments(name, range(2, 3), arguments, parameters)
            return operation("**", *arguments)
        if name in GRAMMAR:
            function, count = GRAMMAR[name]
            _check_arguments(name, count, arguments, parameters)
            if name == "clip":
                _check_clip(*arguments)
            return Call(name, function, arguments)
        record = _catalogued(name)
        _check_arguments(record.name, range(1, 2), arguments, {})
        given = {key: _number(record, key, part) for key, part in parameters.items()}
        values = record.completed(given, f"{ARGUMENT}: {record.name}")
        return Call(record.name, Catalogued(record, values), arguments, tuple(parameters.items()))

    def is_function(self, name: str) -> bool:
        """Return whether ``call`` knows the name."""
        return name.lower() in names()


class FormulaReader(Reader):
    """The names of a record's formula: its parameters, pi, and elementary functions."""

    def call(
        self, name: str, arguments: tuple[Node, ...], parameters: dict[str, Node]
    ) -> Node:
        """Return a function of parts.

        Raises:
            UsageError: there is no such function.
        """
        if name not in _FORMULA or parameters:
            raise UsageError.about(ARGUMENT, "is not a function of formulas", name)
        return Call(name, _FORMULA[name], arguments)

    def is_function(self, name: str) -> bool:
        """Return whether ``call`` knows the name."""
        return name in _FORMULA

    def _part(self, tree: ast.expr) -> Node:
        if isinstance(tree, ast.IfExp):
            condition = self.comparison(tree.test)
            return Choice(condition, self.part(tree.body), self.part(tree.orelse))
        return super()._part(tree)


def names() -> list[str]:
    """Return every name that an expression may call."""
    aliases = [alias for record in activations.catalogue() for alias in record.aliases]
    return sorted({*GRAMMAR, "where", "pow", *activations.names(), *aliases})


class Catalogued:
    """A function of the catalogue at any real.

    Attributes:
        record: what is known of it.
        parameters: the value of each parameter.
    """

    def __init__(self, record: Activation, parameters: Parameters) -> None:
        self.record, self.parameters = record, parameters
        self._at_rational = record.bind(parameters)

    def __call__(self, t: Real) -> Real:
        """Return the value.

        Raises:
            NoValueError: there is none.
            UndecidedError: the working precision does not tell.
            UsageError: the function can be had at rational numbers alone.
        """
        if isinstance(t, Exact):
            return self._lifted(t)
        try:
            return self.elsewhere(t)
        except UnsettledError as problem:
            # A part of the formula is none of the user's expression.
            problem.part = ""
            raise

    @cached_property
    def formula(self) -> Node | None:
        """The tree of the record's formula; None where it is told in words."""
        return _formula(self.record, self.parameters)

    @cached_property
    def elsewhere(self) -> Callable[[Anchored], Real]:
        """The function at irrational numbers: its formula, or its values at both ends.

        Raises:
            UsageError: there is neither.
        """
        if self.formula is not None:
            return self.formula.at
        if self.record.fact("monotone", self.parameters) is None:
            name = self.record.name
            raise UsageError(
                f"{ARGUMENT}: {name} takes rational arguments only, such as {name}(x/2)"
            )
        return self._between_ends

    def _lifted(self, t: Exact) -> Real:
        try:
            return lifted(self._at_rational(t))
        except NoValueError:
            raise NoValueError(f"{self.record.name} needs {self.record.domain}") from None

    def _between_ends(self, t: Anchored) -> Real:
        """Return what a monotone function can be inside the enclosure of ``t``."""
        enclosure = t.ball()
        low, high = _end(enclosure.lower(), up=False), _end(enclosure.upper(), up=True)
        return hull(self._lifted(low), self._lifted(high))


def _formula(record: Activation, parameters: Parameters) -> Node | None:
    """Return the tree of a record's formula; None where it is told in words."""
    known: dict[str, Node] = {
        "x": Input(),
        "pi": Irrational("pi", lambda: lifted(arb.pi())),
        **{name: Constant(name, exact(number.value)) for name, number in parameters.items()},
    }
    try:
        return parse(_SPECIAL.get(record.name, record.formula), FormulaReader(known))
    except UsageError:
        return None


def _end(end: arb, *, up: bool) -> Exact:
    """Return one end of an enclosure as a rational, moved outward where it is tiny.

    Raises:
        TooLargeError: it is too large to be written out.
    """
    if not abs(end) < _LARGE:
        raise TooLargeError
    if abs(end) > _SMALL:
        return end.fmpq()
    if up:
        return _TINY if end > 0 else ZERO
    return -_TINY if end < 0 else ZERO


_TINY = Exact(1, 2**1024)
_LARGE, _SMALL = arb(2) ** 1024, arb(2) ** -1024


def _catalogued(name: str) -> Activation:
    """Return the record of a function of one input.

    Raises:
        UnknownNameError: there is none; the message suggests the nearest names.
    """
    try:
        record = activations.get(name)
    except UnknownNameError:
        problem = UnknownNameError.among("function", name, names())
        raise UnknownNameError(f"{ARGUMENT}: {problem}") from None
    if record.arity != 1:
        raise UsageError(f"{ARGUMENT}: {record.name} has {record.arity} inputs; one is needed")
    return record


def _number(record: Activation, name: str, part: Node) -> Number:
    """Return what a parameter was given.

    Raises:
        UsageError: there is no such parameter, or it cannot have this value.
    """
    known = {parameter.name: parameter for parameter in record.parameters}
    argument = f"{ARGUMENT}: {name} of {record.name}"
    if name not in known:
        has = f"it has {', '.join(known)}" if known else "it has no parameters"
        raise UsageError(f"{ARGUMENT}: {record.name} has no parameter {shown(name)}; {has}")
    try:
        value = part.at(ZERO) if part.constant else None
    except UnsettledError:
        value = None
    if not isinstance(value, Exact):
        raise UsageError.about(argument, "must be a rational number without x", part.text)
    return known[name].checked(Number(fraction(value), part.text), argument)


def _check_arguments(
    name: str, allowed: range, arguments: tuple[Node, ...], parameters: Mapping[str, Node]
) -> None:
    """Refuse another number of arguments than a function takes, and unknown parameters."""
    if len(arguments) not in allowed:
        some = f"{allowed[0]} to {allowed[-1]}" if len(allowed) > 1 else str(allowed[0])
        more = "" if allowed[-1] > 1 else "; parameters are given by name"
        raise UsageError(
            f"{ARGUMENT}: {name} takes {some} argument{'s' * (allowed[-1] > 1)}, "
            f"got {len(arguments)}{more}"
        )
    if parameters:
        first = next(iter(parameters))
        raise UsageError(f"{ARGUMENT}: {name} has no parameter {shown(first)}")


def _check_clip(value: Node, low: Node, high: Node) -> None:
    """Refuse limits that are known to be the wrong way around."""
    if isinstance(low, Constant | Negative) and isinstance(high, Constant | Negative):
        ends = [end.at(ZERO) for end in (low, high)]
        if all(isinstance(end, Exact) for end in ends) and ends[0] > ends[1]:
            raise UsageError.about(
                ARGUMENT, "clip(v, lo, hi) needs lo at most hi", f"{low.text}, {high.text}"
            )
