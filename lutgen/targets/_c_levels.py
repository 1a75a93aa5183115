"""When a value can be computed: once for all elements, or for each; and after which reductions."""

from __future__ import annotations

from collections.abc import Collection

from lutgen.program import Program, ops
from lutgen.program.live import is_constant, live_operands, live_values


class Levels:
    """Where the live values of a program belong.

    Attributes:
        once: the values that are one number for all elements.
        of: how many passes over the elements come before a value, by value.
    """

    def __init__(self, program: Program, once_inputs: Collection[str]) -> None:
        """Sort the values.

        Args:
            program: whose values they are.
            once_inputs: names of the inputs that are one number for all elements.
        """
        self.once: set[ops.Ref] = set()
        self.of: dict[ops.Ref, int] = {}
        for ref in sorted(live_values(program)):
            value = program.values[ref]
            if is_constant(value):
                continue
            operands = [
                o for o in live_operands(program, value.op) if not is_constant(program.values[o])
            ]
            self.of[ref] = max((self.of[o] for o in operands), default=0)
            if isinstance(value.op, ops.Reduction):
                self.of[ref] += 1
                self.once.add(ref)
            elif isinstance(value.op, ops.Input):
                if value.name in once_inputs:
                    self.once.add(ref)
            elif all(o in self.once for o in operands):
                self.once.add(ref)
