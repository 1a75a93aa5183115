"""An expression as a tree: what each part is at an input, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lutgen.numerics.arithmetic import (
    Real,
    UnsettledError,
    add,
    divide,
    multiply,
    raise_to,
    sign,
    subtract,
)
from lutgen.numerics.reals import Exact

SUM, PRODUCT, SIGNED, POWER, ATOM = range(5)
"""How tightly a part holds together; where one is too loose, it is written in parentheses."""


class Input(NamedTuple):
    """The variable ``x``."""

    level = ATOM
    constant = False
    text = "x"

    def at(self, x: Exact) -> Real:
        """Return the value."""
        return x


class Constant(NamedTuple):
    """A number, or a parameter by its name.

    Attributes:
        text: as it was written.
        value: the rational.
    """

    text: str
    value: Real

    level = ATOM
    constant = True

    def at(self, x: Exact) -> Real:
        """Return the value."""
        return self.value


class Irrational(NamedTuple):
    """A constant that is computed as closely as the working precision allows.

    Attributes:
        text: its name.
        value: the function that computes it.
    """

    text: str
    value: Callable[[], Real]

    level = ATOM
    constant = True

    def at(self, x: Exact) -> Real:
        """Return the value."""
        return self.value()


class Negative(NamedTuple):
    """A part with its sign turned.

    Attributes:
        part: the part.
    """

    part: Node

    level = SIGNED

    @property
    def constant(self) -> bool:
        """Whether x does not occur."""
        return self.part.constant

    @property
    def text(self) -> str:
        """The expression in its normal form."""
        return f"-{_inside(self.part, SIGNED)}"

    def at(self, x: Exact) -> Real:
        """Return the value."""
        return -self.part.at(x)


class _Operator(NamedTuple):
    """What a symbol means and how it binds.

    Attributes:
        compute: the operation.
        level: how tightly the whole holds.
        left: how tightly the left operand has to.
        right: how tightly the right operand has to.
        form: the text between the operands.
    """

    compute: Callable[[Real, Real], Real]
    level: int
    left: int
    right: int
    form: str


OPERATORS = {
    "+": _Operator(add, SUM, SUM, PRODUCT, " + "),
    "-": _Operator(subtract, SUM, SUM, PRODUCT, " - "),
    "*": _Operator(multiply, PRODUCT, PRODUCT, SIGNED, " * "),
    "/": _Operator(divide, PRODUCT, PRODUCT, SIGNED, " / "),
    "**": _Operator(raise_to, POWER, ATOM, SIGNED, "**"),
}


class Operation(NamedTuple):
    """Two parts joined by an operator.

    Attributes:
        symbol: one of ``OPERATORS``.
        left: the first operand.
        right: the second operand.
    """

    symbol: str
    left: Node
    right: Node

    @property
    def level(self) -> int:
        """How tightly it holds together."""
        return OPERATORS[self.symbol].level

    @property
    def constant(self) -> bool:
        """Whether x does not occur."""
        return self.left.constant and self.right.constant

    @property
    def text(self) -> str:
        """The expression in its normal form."""
        operator = OPERATORS[self.symbol]
        left, right = _inside(self.left, operator.left), _inside(self.right, operator.right)
        return f"{left}{operator.form}{right}"

    def at(self, x: Exact) -> Real:
        """Return the value."""
        left, right = self.left.at(x), self.right.at(x)
        try:
            return OPERATORS[self.symbol].compute(left, right)
        except UnsettledError as problem:
            problem.part = problem.part or self.text
            raise


class Call(NamedTuple):
    """A function of one or several parts.

    Attributes:
        name: of the function.
        function: what it computes.
        arguments: the parts.
        parameters: names and parts of what was given by name.
    """

    name: str
    function: Callable[..., Real]
    arguments: tuple[Node, ...]
    parameters: tuple[tuple[str, Node], ...] = ()

    level = ATOM

    @property
    def constant(self) -> bool:
        """Whether x does not occur."""
        return all(argument.constant for argument in self.arguments)

    @property
    def text(self) -> str:
        """The expression in its normal form."""
        given = [argument.text for argument in self.arguments]
        given += [f"{name}={part.text}" for name, part in self.parameters]
        return f"{self.name}({', '.join(given)})"

    def at(self, x: Exact) -> Real:
        """Return the value."""
        arguments = [argument.at(x) for argument in self.arguments]
        try:
            return self.function(*arguments)
        except UnsettledError as problem:
            problem.part = problem.part or self.text
            raise


COMPARISONS: dict[str, Callable[[int], bool]] = {
    "<": lambda side: side < 0,
    "<=": lambda side: side <= 0,
    ">": lambda side: side > 0,
    ">=": lambda side: side >= 0,
    "==": lambda side: side == 0,
    "!=": lambda side: side != 0,
}
"""What a comparison says of the sign of the difference."""


class Comparison(NamedTuple):
    """Parts compared each with the next: ``-1 < x <= 1``.

    Attributes:
        parts: at least two.
        symbols: one fewer.
    """

    parts: tuple[Node, ...]
    symbols: tuple[str, ...]

    @property
    def constant(self) -> bool:
        """Whether x does not occur."""
        return all(part.constant for part in self.parts)

    @property
    def text(self) -> str:
        """The comparison in its normal form."""
        pairs = zip(self.symbols, self.parts[1:], strict=True)
        return " ".join([self.parts[0].text, *(f"{symbol} {part.text}" for symbol, part in pairs)])

    def holds(self, x: Exact) -> bool:
        """Return whether every pair compares so."""
        left = self.parts[0].at(x)
        for symbol, part in zip(self.symbols, self.parts[1:], strict=True):
            right = part.at(x)
            try:
                side = sign(subtract(left, right))
            except UnsettledError as problem:
                problem.part = problem.part or self.text
                raise
            if not COMPARISONS[symbol](side):
                return False
            left = right
        return True


class Choice(NamedTuple):
    """One of two parts, as a comparison decides; the other one is not looked at.

    Attributes:
        condition: the comparison.
        chosen: the part where it holds.
        otherwise: the part where it does not.
    """

    condition: Comparison
    chosen: Node
    otherwise: Node

    level = ATOM

    @property
    def constant(self) -> bool:
        """Whether x does not occur."""
        return self.condition.constant and self.chosen.constant and self.otherwise.constant

    @property
    def text(self) -> str:
        """The expression in its normal form."""
        return f"where({self.condition.text}, {self.chosen.text}, {self.otherwise.text})"

    def at(self, x: Exact) -> Real:
        """Return the value."""
        return (self.chosen if self.condition.holds(x) else self.otherwise).at(x)


Node = Input | Constant | Irrational | Negative | Operation | Call | Choice


def parts_of(node: Node | Comparison) -> int:
    """Return how many parts there are, those of the formulas of its functions included."""
    match node:
        case Negative(part):
            inside = (part,)
        case Operation(_, left, right):
            inside = (left, right)
        case Call(_, function, arguments):
            formula = getattr(function, "formula", None)
            inside = arguments if formula is None else (*arguments, formula)
        case Choice(condition, chosen, otherwise):
            inside = (condition, chosen, otherwise)
        case Comparison(parts):
            inside = parts
        case _:
            inside = ()
    return 1 + sum(map(parts_of, inside))


def _inside(part: Node, level: int) -> str:
    """Return a part as an operand that has to hold together at least so tightly."""
    return part.text if part.level >= level else f"({part.text})"
