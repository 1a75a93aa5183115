"""The body of a C function that computes some values of a program."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from lutgen.formats import NumberFormat
from lutgen.program import ops
from lutgen.program.live import is_constant
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_types import CType, converted
from lutgen.targets._literals import block_comment


class Result(NamedTuple):
    """A value that leaves a function.

    Attributes:
        ref: the value.
        start: how it leaves, such as ``return ``.
        type: as what.
    """

    ref: ops.Ref
    start: str
    type: CType


class Body:
    """The statements that compute some values from inputs, and from others that are given.

    Attributes:
        lines: the statements, comments included.
        parameters: names of the parameters of the inputs that it takes, by value.
        needed: the values that it names, given ones and constants aside.
        used: the given values that it names.
    """

    def __init__(
        self,
        expressions: Expressions,
        results: Sequence[Result],
        given: Collection[ops.Ref] = (),
        kept: Collection[ops.Ref] = (),
    ) -> None:
        """Write the statements.

        Args:
            expressions: how each value is computed.
            results: what leaves the function.
            given: values that are parameters.
            kept: inputs that are parameters even where nothing depends on them.
        """
        self.lines: list[str] = []
        self.parameters: dict[ops.Ref, str] = {}
        self._expressions, self._results = expressions, results
        self.needed, self.used = reached_values(expressions, [r.ref for r in results], given)
        left = list(results)
        for ref, value in enumerate(expressions.program.values):
            if isinstance(value.op, ops.Input):
                if ref in self.needed or ref in kept:
                    self._receive(ref, value.op.format)
            elif ref in self.needed:
                self._compute(ref, left)
        for ref, start, c_type in left:
            self.lines.append(f"{start}{converted(expressions.text(ref), c_type)};")

    def _compute(self, ref: ops.Ref, left: list[Result]) -> None:
        """Write the statement of a value: into a local, or where it leaves if that is all."""
        here = [result for result in left if result.ref == ref]
        if len(here) == 1 and not self._users(ref):
            left.remove(here[0])
            self.lines += self._expressions.statement(ref, here[0].start, here[0].type)
        else:
            self.lines += self._expressions.local(ref)

    def _receive(self, ref: ops.Ref, number_format: NumberFormat) -> None:
        """Take an input, cut to its format where its type has more bits than the codes."""
        name, width = self._expressions.names[ref], number_format.width
        c_type = self._expressions.type_of(ref)
        self.parameters[ref] = name
        if ref not in self.needed:
            self.lines.append(f"(void){name};")
        elif width < c_type.bits and not self._only_low_bits(ref, width):
            self.parameters[ref] = f"{name}_code"
            self.lines += cut(f"{name}_code", name, c_type, number_format)

    def _users(self, ref: ops.Ref) -> list[ops.Ref]:
        return [user for user in self.needed if ref in self._expressions.operands(user)]

    def _only_low_bits(self, source: ops.Ref, width: int) -> bool:
        """Return whether every use of a value takes at most its ``width`` low bits."""
        if source in [result.ref for result in self._results]:
            return False
        users = [self._expressions.program.values[ref].op for ref in self._users(source)]
        return all(isinstance(op, ops.LowBits) and op.bits <= width for op in users)


def cut(code: str, name: str, c_type: CType, number_format: NumberFormat) -> list[str]:
    """Return the lines that cut a parameter called ``code`` to its format."""
    width = number_format.width
    low = f"{code} & {2**width - 1}"
    if number_format.signed:
        sign = 2 ** (width - 1)
        comment = f"Only the low {width} bits count; the highest of them is the sign."
        low = f"(({low}) ^ {sign}) - {sign}"
    else:
        comment = f"Only the low {width} bits count."
    return [*block_comment(comment), f"const {c_type} {name} = ({c_type})({low});"]


def reached_values(
    expressions: Expressions, roots: Sequence[ops.Ref], given: Collection[ops.Ref]
) -> tuple[frozenset[ops.Ref], frozenset[ops.Ref]]:
    """Return the values that are named on the way to the roots: those to compute, those given."""
    values = expressions.program.values
    needed: set[ops.Ref] = set()
    used: set[ops.Ref] = set()
    pending = [ref for ref in roots if not is_constant(values[ref])]
    while pending:
        ref = pending.pop()
        if ref in given:
            used.add(ref)
        elif ref not in needed:
            needed.add(ref)
            pending += expressions.operands(ref)
    return frozenset(needed), frozenset(used)
