"""An expression in x as an activation: text, to a tree of allowed parts, to exact values.

Rationals are computed exactly; what is irrational is enclosed with as many bits as every sign,
comparison and quotient on the way needs.  An input without a value is an error, and so is one
where no precision decides.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator
from functools import cache

from lutgen.activations._record import Activation, Parameter
from lutgen.errors import OutsideDomainError, UndecidableRoundingError, UsageError, shown
from lutgen.expression._first_look import first_look
from lutgen.expression._functions import UserReader, names
from lutgen.expression._grammar import ARGUMENT, MAX_LENGTH, parse
from lutgen.expression._symmetry import law_of
from lutgen.expression._tree import Constant, Input, Node, parts_of
from lutgen.numerics.arithmetic import (
    NoValueError,
    Real,
    TooLargeError,
    UndecidedError,
    known_sign,
)
from lutgen.numerics.reals import (
    Exact,
    Value,
    ball,
    bits_in_use,
    exact,
    fraction,
    working_precision,
)
from lutgen.sampling import BASE_PRECISION, MAX_PRECISION

NAME = "expression"
MAX_PARAMETERS = 64
_NAME = 32

# A value is known well enough to choose a format by with so many good bits, or when it is so
# small that no format shows it, or when so much was spent on it.
_GOOD_BITS = 64
_ENOUGH = 1024
_NOTHING = Exact(1, 2**256)

# Past every format; numbers with more digits than memory holds come out as this one.
_HUGE = Exact(2**1024)


def activation(text: str, assignments: Iterable[str] = ()) -> Activation:
    """Return the activation that an expression in x says.

    Args:
        text: the expression, such as ``x*sigmoid(a*x)``.
        assignments: ``name=value`` texts that define its parameters.

    Raises:
        UsageError: it is not an expression, or it and the parameters do not go together.
    """
    parameters = tuple(_parameters(assignments))
    defined: dict[str, Node] = {
        parameter.name: Constant(parameter.name, exact(parameter.parse(parameter.default).value))
        for parameter in parameters
    }
    reader = UserReader({"x": Input(), **defined})
    tree = parse(text, reader)
    formula = tree.text
    if len(formula.replace(" ", "")) > MAX_LENGTH:
        raise UsageError.about(ARGUMENT, f"must have at most {MAX_LENGTH} characters", formula)
    for name in defined:
        if name not in reader.used:
            raise UsageError(f"--param: {shown(name)} does not occur in the expression")
    look = first_look(tree)

    def value(x: Exact, **values: Exact) -> Value:
        # What more bits are asked for was not decided by a look.
        found = look(x) if bits_in_use() <= BASE_PRECISION else None
        return _settled(tree, x) if found is None else found

    return Activation(
        name=NAME,
        value=value,
        derivative=_no_derivative,
        summary="An expression of one's own.",
        formula=formula,
        source="the command line or the manifest",
        parameters=parameters,
        symmetry=cache(lambda **values: law_of(lambda x: _settled(tree, x))),
        domain="where every part has a value",
        parts=parts_of(tree),
    )


def _parameters(assignments: Iterable[str]) -> Iterator[Parameter]:
    """Yield the parameters that ``name=value`` texts define.

    Raises:
        UsageError: a text without ``=``, a name that is none or is taken, or no number.
    """
    known: set[str] = set()
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise UsageError.about("--param", "must be name=value", assignment)
        if not re.fullmatch(r"[A-Za-z](_?[A-Za-z0-9])*", name, re.ASCII) or len(name) > _NAME:
            raise UsageError.about(
                "--param", f"a name has letters, digits and at most {_NAME} characters", name
            )
        if name == "x" or keyword.iskeyword(name) or name.lower() in names():
            raise UsageError.about("--param", "must be another name; this one is taken", name)
        if name in known:
            raise UsageError(f"--param: {shown(name)} is given twice; give it once")
        if len(known) == MAX_PARAMETERS:
            raise UsageError(f"--param: an expression has at most {MAX_PARAMETERS} parameters")
        known.add(name)
        parameter = Parameter(name, text.strip())
        parameter.parse(text)
        yield parameter


def _settled(tree: Node, x: Exact) -> Value:
    """Return the value at ``x``, with as many bits as it takes to know it.

    Raises:
        OutsideDomainError: there is none.
        UndecidableRoundingError: no precision told something that the value depends on.
    """
    bits = bits_in_use()
    while True:
        try:
            with working_precision(bits):
                found = tree.at(x)
                if bits >= _ENOUGH or _is_good(found):
                    return _within_reach(found)
        except UndecidedError as problem:
            if bits >= (_ENOUGH if isinstance(problem, TooLargeError) else MAX_PRECISION):
                raise UndecidableRoundingError(_undecided(problem, x)) from None
        except NoValueError as problem:
            part = problem.part or tree.text
            raise OutsideDomainError(part, str(problem), fraction(x)) from None
        bits = min(2 * bits, MAX_PRECISION)


def _is_good(value: Real) -> bool:
    """Return whether a value is known well enough to choose a format by."""
    if isinstance(value, Exact):
        return True
    enclosure = ball(value)
    return enclosure.rel_accuracy_bits() >= _GOOD_BITS or abs(enclosure) < _NOTHING


def _within_reach(value: Real) -> Real:
    """Return a value, or a number past every format where it lies there."""
    side = known_sign(value)
    return side * _HUGE if side and abs(ball(value)) > _HUGE else value


def _undecided(problem: UndecidedError, x: Exact) -> str:
    what = f"--expr: {shown(problem.part)} at x = {shown(x)[1:-1]}"
    if isinstance(problem, TooLargeError):
        return f"{what} is too large to be computed; bound it with clip or min"
    return (
        f"{what} cannot be decided with {MAX_PRECISION} bits ({problem}); write it so that it is "
        "rational there, or choose an input format without this value"
    )


def _no_derivative(x: Exact, **values: Exact) -> Value:
    raise UsageError(
        "--derivative does not go with --expr; write the derivative as an expression"
    )
