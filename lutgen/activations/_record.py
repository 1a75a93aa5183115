"""What is known of one activation: its value, its derivative, and facts that tests check.

Facts may depend on the parameters; such a fact is given as a function of them, with the
parameters' names as its arguments: ``bounds=lambda alpha: (-alpha, None)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from lutgen.errors import UsageError, shown
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Exact, Value, exact

Function = Callable[..., Value]
Parameters = Mapping[str, Number]


class Domain(NamedTuple):
    """The values a parameter may take.

    Attributes:
        text: completes the sentence "must be ...".
        contains: tells whether a rational is allowed.
    """

    text: str
    contains: Callable[[Fraction], bool]


ANY = Domain("a number", lambda value: True)
POSITIVE = Domain("greater than 0", lambda value: value > 0)
NOT_NEGATIVE = Domain("at least 0", lambda value: value >= 0)
NOT_ZERO = Domain("different from 0", lambda value: value != 0)
UNIT_INTERVAL = Domain("between 0 and 1", lambda value: 0 <= value <= 1)
COUNT = Domain("a whole number from 1 to 65536", lambda v: v.denominator == 1 and 1 <= v <= 65536)

# Numbers outside this band have no use in a network, and would make precision explode.
_LARGEST, _SMALLEST = Fraction(2) ** 64, Fraction(1, 2**128)


class Parameter(NamedTuple):
    """One parameter of an activation.

    Attributes:
        name: as typed in ``--param name=value``.
        default: exact literal, such as ``0.01`` or ``1/3``.
        domain: the values it may take.
        meaning: what it does, for ``lutgen show``.
    """

    name: str
    default: str
    domain: Domain = ANY
    meaning: str = ""

    def parse(self, text: str) -> Number:
        """Return the value of ``text``.

        Raises:
            UsageError: not a number, or outside the domain.
        """
        argument = f"--param {self.name}"
        return self.checked(Number.parse(text, argument), argument)

    def checked(self, number: Number, argument: str) -> Number:
        """Return a value of the parameter, once it is known to be one.

        Raises:
            UsageError: it is outside the domain, or of a size that has no use.
        """
        if number.value and not _SMALLEST <= abs(number.value) <= _LARGEST:
            raise UsageError.about(
                argument, "must be 0 or between 2^-128 and 2^64 in size", number.text
            )
        if not self.domain.contains(number.value):
            raise UsageError.about(argument, f"must be {self.domain.text}", number.text)
        return number


class Symmetry(NamedTuple):
    """The law ``f(-x) = sign * f(x) + offset + slope * x``.

    Attributes:
        sign: +1 or -1.
        offset: real constant.
        slope: real factor of x.
    """

    sign: int
    offset: Fraction = Fraction(0)
    slope: Fraction = Fraction(0)

    @property
    def text(self) -> str:
        """The law as a formula."""
        terms = "f(x)" if self.sign > 0 else "-f(x)"
        if self.offset:
            terms = f"{self.offset} - f(x)" if self.sign < 0 else f"{terms} + {self.offset}"
        if self.slope:
            size = "" if abs(self.slope) == 1 else f"{abs(self.slope)} "
            terms += f" {'-' if self.slope < 0 else '+'} {size}x"
        return f"f(-x) = {terms}"


ODD = Symmetry(-1)
EVEN = Symmetry(+1)
COMPLEMENT = Symmetry(-1, offset=Fraction(1))
RELU_LIKE = Symmetry(+1, slope=Fraction(-1))

NONDECREASING = "nondecreasing"
NONINCREASING = "nonincreasing"

Bounds = tuple[Fraction | None, Fraction | None]


@dataclass(frozen=True, eq=False)
class Activation:
    """One real function and the facts other stages rely on.

    Attributes:
        name: canonical name, which is also the name of its file.
        value: ``value(x, **parameters)``: the exact or enclosed value at a rational ``x``.
        derivative: the same for the derivative by ``x``.
        summary: one line.
        formula: the definition in plain ASCII, with the parameters' names.
        source: where the definition comes from.
        note: where other definitions differ, and which one this is; may be empty.
        aliases: other names under which it is found.
        parameters: in the order in which they are shown.
        constraint: text and predicate that several parameters must keep together.
        symmetry: a ``Symmetry``, or None.
        monotone: ``NONDECREASING``, ``NONINCREASING`` or None, over the whole domain.
        bounds: closed lower and upper bounds of the values; None where there is none.
        kinks: real inputs where the function or its derivative jumps.
        kink_rule: the derivative at a kink, in words.
        domain: where the function has a value; outside it, the nearest limit is used.
        default_range: real input range that a table covers where the user gives none.
        arity: how many inputs.
        parts: how many parts of an expression make up a value.
    """

    name: str
    value: Function
    derivative: Function
    summary: str
    formula: str
    source: str
    note: str = ""
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    constraint: tuple[str, Callable[..., bool]] | None = None
    symmetry: Symmetry | Callable[..., Symmetry | None] | None = None
    monotone: str | Callable[..., str | None] | None = None
    bounds: Bounds | Callable[..., Bounds] = (None, None)
    kinks: tuple[Fraction | int, ...] | Callable[..., tuple[Fraction | int, ...]] = ()
    kink_rule: str = ""
    domain: str = "all real x"
    default_range: tuple[int, int] = (-8, 8)
    arity: int = 1
    parts: int = 1

    def parse_parameters(self, assignments: Iterable[str]) -> dict[str, Number]:
        """Return every parameter's value, defaults included, from ``name=value`` texts.

        Raises:
            UsageError: a text without ``=``, an unknown or repeated name, a value outside its
                domain, or values that break the constraint.
        """
        return parse_parameters(self.name, self.parameters, self.constraint, assignments)

    def completed(self, given: Parameters, argument: str) -> dict[str, Number]:
        """Return every parameter's value, in order: the given one, else the default.

        Args:
            given: values of some parameters, in their domains.
            argument: what they were given for, for the message.

        Raises:
            UsageError: the values break the constraint.
        """
        return completed(self.name, self.parameters, self.constraint, given, argument)

    def fact(self, name: str, parameters: Parameters) -> object:
        """Return the fact ``name`` (symmetry, monotone, bounds or kinks) for these parameters."""
        claim = getattr(self, name)
        if callable(claim):
            return claim(**{key: number.value for key, number in parameters.items()})
        return claim

    def bind(self, parameters: Parameters, *, derivative: bool = False) -> Callable[[Exact], Value]:
        """Return the function of ``x`` alone, or its derivative, with the parameters filled in."""
        function = self.derivative if derivative else self.value
        return _bound(function, tuple((name, number.value) for name, number in parameters.items()))


def parse_parameters(
    owner: str,
    parameters: Iterable[Parameter],
    constraint: tuple[str, Callable[..., bool]] | None,
    assignments: Iterable[str],
) -> dict[str, Number]:
    """Return the value of each of ``owner``'s parameters from ``name=value`` texts.

    Raises:
        UsageError: as ``Activation.parse_parameters``.
    """
    known = {parameter.name: parameter for parameter in parameters}
    given: dict[str, Number] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError.about("--param", "must be name=value", assignment)
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has no parameters"
            raise UsageError(f"--param: {owner} has no parameter {shown(name)}; {has}")
        if name in given:
            raise UsageError(f"--param: {shown(name)} is given twice; give it once")
        given[name] = known[name].parse(text)
    return completed(owner, parameters, constraint, given, "--param")


def completed(
    owner: str,
    parameters: Iterable[Parameter],
    constraint: tuple[str, Callable[..., bool]] | None,
    given: Parameters,
    argument: str,
) -> dict[str, Number]:
    """Return every one of ``owner``'s parameters, in order: the given value, else the default.

    Raises:
        UsageError: as ``Activation.completed``.
    """
    values = {
        parameter.name: given.get(parameter.name) or parameter.parse(parameter.default)
        for parameter in parameters
    }
    if constraint is not None:
        text, holds = constraint
        if not holds(**{name: number.value for name, number in values.items()}):
            got = ", ".join(f"{name}={number.text}" for name, number in values.items())
            raise UsageError.about(argument, f"{owner} needs {text}", got)
    return values


# The same function object for the same request, so that its sampled values can be found again.
@lru_cache(maxsize=64)
def _bound(function: Function, parameters: tuple[tuple[str, Fraction], ...]) -> Function:
    """Return ``function`` with its parameters filled in."""
    if not parameters:
        return function
    values = {name: exact(number) for name, number in parameters}
    return lambda x: function(x, **values)
