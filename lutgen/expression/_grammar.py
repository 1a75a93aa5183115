"""From text to tree: Python's parser, and a list of what may be in its tree.  Nothing is run.

The text is bounded before it is parsed: its length, its characters and its nesting; and the tree
while it is read: its nodes and its powers.  A kind of node that is not on the list is refused.
"""

from __future__ import annotations

import ast
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping

from lutgen.errors import UnknownNameError, UsageError, shown
from lutgen.expression._tree import (
    Choice,
    Comparison,
    Constant,
    Negative,
    Node,
    Operation,
)
from lutgen.numerics.arithmetic import UnsettledError
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Exact, ball, exact

MAX_LENGTH = 1000
"""Characters of an expression, spaces not counted."""

MAX_NODES = 250
MAX_DEPTH = 100
MAX_POWER = 1024
"""Largest size of an exponent that does not depend on x."""

ARGUMENT = "--expr"

_HINTS = {
    "^": "the power is **",
    "[": "there are no lists",
    "'": "there are no texts",
    '"': "there are no texts",
    "%": "divide with /",
    "&": "nest where(...) for and",
    "|": "nest where(...) for or",
    "#": "there are no comments",
}
_SYMBOLS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}
_INSTEAD = {
    ast.IfExp: "write where(condition, a, b)",
    ast.Compare: "a comparison is the first argument of where(...)",
    ast.BoolOp: "nest where(...), or write a < x < b",
    ast.Not: "turn the comparison around",
    ast.FloorDiv: "divide with /",
    ast.Attribute: "there are no attributes",
    ast.Tuple: "a comma belongs between the arguments of a function",
}


def parse(text: str, reader: Reader) -> Node:
    """Return the tree of an expression.

    Args:
        text: what the user typed.
        reader: what the names mean.

    Raises:
        UsageError: the text is not an expression, or too long, too deep or too large.
    """
    line = re.sub(r"[ \t\r\n]", " ", text).strip()
    _check_text(line)
    try:
        with warnings.catch_warnings():
            # Python has its own opinions of numbers that end where a name begins, and the like.
            warnings.simplefilter("ignore")
            tree = ast.parse(line, mode="eval")
    except SyntaxError as problem:
        place = shown(line[max((problem.offset or 1) - 1, 0) :]).replace('""', "its end")
        reason = shown(problem.msg, 60)[1:-1]
        raise UsageError(
            f"{ARGUMENT}: not an expression at {place}: {reason} (write such as x*sigmoid(1.702*x))"
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise UsageError.about(ARGUMENT, "must be an expression in x", line) from None
    return reader.read(tree.body, line)


class Reader(ABC):
    """What the names of an expression mean, and the walk over its tree.

    Attributes:
        names: the variables and constants.
        used: those of them that occur.
    """

    def __init__(self, names: Mapping[str, Node]) -> None:
        self.names = names
        self.used: set[str] = set()
        self._nodes = 0
        self._depth = 0
        self._source = ""

    def read(self, tree: ast.expr, source: str) -> Node:
        """Return the tree of what was parsed from ``source``.

        Raises:
            UsageError: something in it is not allowed.
        """
        self._source = source
        return self.part(tree)

    @abstractmethod
    def call(
        self, name: str, arguments: tuple[Node, ...], parameters: dict[str, Node]
    ) -> Node:
        """Return a function of parts.

        Raises:
            UsageError: there is no such function, or it takes other arguments.
        """

    @abstractmethod
    def is_function(self, name: str) -> bool:
        """Return whether ``call`` knows the name."""

    def part(self, tree: ast.expr) -> Node:
        """Return one part, counted.

        Raises:
            UsageError: it is not allowed, or there are too many.
        """
        self._nodes += 1
        self._depth += 1
        if self._nodes > MAX_NODES:
            raise UsageError(f"{ARGUMENT}: must have at most {MAX_NODES} parts; shorten it")
        if self._depth > MAX_DEPTH:
            raise UsageError(f"{ARGUMENT}: must be at most {MAX_DEPTH} parts deep; shorten it")
        found = self._part(tree)
        self._depth -= 1
        return found

    def _part(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Constant(int() | float() as number) if not isinstance(number, bool):
                return self._literal(self.source(tree))
            case ast.Name(name):
                return self._name(name)
            case ast.UnaryOp(ast.USub(), part):
                return Negative(self.part(part))
            case ast.UnaryOp(ast.UAdd(), part):
                return self.part(part)
            case ast.BinOp(left, operator, right) if type(operator) in _SYMBOLS:
                return operation(_SYMBOLS[type(operator)], self.part(left), self.part(right))
            case ast.Call(ast.Name(name), arguments, keywords):
                if name == "where":
                    return self._choice(tree)
                if name in self.names:
                    raise UsageError(f"{ARGUMENT}: {name} is not a function; write {name} * (...)")
                parts = tuple(self.part(argument) for argument in arguments)
                return self.call(name, parts, self._parameters(keywords))
        raise self.refused(tree)

    def refused(self, tree: ast.expr) -> UsageError:
        """Return the error about a part that is not on the list."""
        kind = type(getattr(tree, "op", tree))
        if kind not in _INSTEAD:
            kind = type(tree)
        hint = f" ({_INSTEAD[kind]})" if kind in _INSTEAD else ""
        return UsageError(f"{ARGUMENT}: {shown(self.source(tree))} is not allowed{hint}")

    def source(self, tree: ast.expr) -> str:
        """Return the text of a part; the source is one line of ASCII."""
        return self._source[tree.col_offset : tree.end_col_offset]

    def comparison(self, tree: ast.expr) -> Comparison:
        """Return a comparison, of two parts or a chain of them.

        Raises:
            UsageError: it is none.
        """
        if not isinstance(tree, ast.Compare):
            raise UsageError(
                f"{ARGUMENT}: the first argument of where must be a comparison, such as x < 0, "
                f"got {shown(self.source(tree))}"
            )
        if any(type(operator) not in _SYMBOLS for operator in tree.ops):
            raise UsageError(f"{ARGUMENT}: {shown(self.source(tree))} is not allowed")
        parts = tuple(self.part(part) for part in (tree.left, *tree.comparators))
        return Comparison(parts, tuple(_SYMBOLS[type(operator)] for operator in tree.ops))

    def _choice(self, tree: ast.Call) -> Node:
        if len(tree.args) != 3 or tree.keywords:
            raise UsageError(f"{ARGUMENT}: where takes three arguments: where(x < 0, a, b)")
        condition, chosen, otherwise = tree.args
        return Choice(self.comparison(condition), self.part(chosen), self.part(otherwise))

    def _parameters(self, keywords: list[ast.keyword]) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for keyword in keywords:
            if keyword.arg is None:
                raise UsageError(f"{ARGUMENT}: ** is a power; it needs a number before it")
            if keyword.arg in found:
                raise UsageError(f"{ARGUMENT}: {shown(keyword.arg)} is given twice; give it once")
            found[keyword.arg] = self.part(keyword.value)
        return found

    def _literal(self, text: str) -> Node:
        try:
            return Constant(text, exact(Number.parse(text, ARGUMENT).value))
        except UsageError:
            raise UsageError.about(
                ARGUMENT, "must hold numbers such as 3, 0.01 or 1e-3", text, "1/255 is a division"
            ) from None

    def _name(self, name: str) -> Node:
        if name in self.names:
            self.used.add(name)
            return self.names[name]
        if self.is_function(name):
            raise UsageError(f"{ARGUMENT}: {name} is a function; write {name}(x)")
        raise UnknownNameError(
            f"{ARGUMENT}: unknown name {shown(name)}; the input is x, and "
            f"--param {name[:20]}=VALUE defines a number"
        )


def operation(symbol: str, left: Node, right: Node) -> Operation:
    """Return two parts joined by an operator.

    Raises:
        UsageError: a power that does not depend on x is too large.
    """
    if symbol == "**" and right.constant:
        try:
            size = abs(ball(right.at(Exact(0))))
        except UnsettledError:
            size = None
        if size is None or not size <= MAX_POWER:
            raise UsageError.about(
                ARGUMENT, f"a power must be a number of at most {MAX_POWER} in size", right.text
            )
    return Operation(symbol, left, right)


def _check_text(line: str) -> None:
    """Refuse what must not reach the parser: long, foreign or deeply nested texts."""
    if not line:
        raise UsageError(f"{ARGUMENT}: is empty; write an expression in x, such as x*sigmoid(x)")
    if len(line.replace(" ", "")) > MAX_LENGTH or len(line) > 4 * MAX_LENGTH:
        raise UsageError.about(ARGUMENT, f"must have at most {MAX_LENGTH} characters", line)
    odd = re.search(r"[^A-Za-z0-9_ .,()+\-*/<>=!]", line)
    if odd:
        name = shown(odd[0]) if " " < odd[0] <= "~" else f"U+{ord(odd[0]):04X}"
        hint = f" ({_HINTS[odd[0]]})" if odd[0] in _HINTS else ""
        raise UsageError(f"{ARGUMENT}: the character {name} is not allowed{hint}")
    depth = 0
    for character in line:
        depth += (character == "(") - (character == ")")
        if depth > MAX_DEPTH:
            raise UsageError(f"{ARGUMENT}: must have at most {MAX_DEPTH} nested parentheses")
