"""The parameters of the emitted functions: what they are called, and of what type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from lutgen.formats import NumberFormat
from lutgen.names import C_KEYWORDS
from lutgen.program import Program, ops
from lutgen.solution import Solution
from lutgen.spec import Spec
from lutgen.targets._c_types import CType, code_type

if TYPE_CHECKING:
    from lutgen.kernels import KernelSpec

COUNTERS = ("i", "whole", "row", "rows", "n")
"""Names that the functions of arrays give to counts."""

ARRAYS = ("in", "out")
"""Names of the arrays where there is one of a kind."""

SAME_ARRAY = "The arrays may be the same one, but must not overlap otherwise."


def reserved(program: Program) -> tuple[str, ...]:
    """Return the names that values of a program of several inputs or of rows must not have."""
    outputs = tuple(output.name for output in program.outputs)
    return (*C_KEYWORDS, *COUNTERS, *ARRAYS, *(outputs if len(outputs) > 1 else ()))


class Input(NamedTuple):
    """An input of the program.

    Attributes:
        ref: its value.
        port: its name in the program.
        name: what C calls it.
        format: of its codes.
        type: of a code.
        array: what the functions of arrays call it; empty where it is one number for all elements.
    """

    ref: ops.Ref
    port: str
    name: str
    format: NumberFormat
    type: CType
    array: str

    @property
    def reduces(self) -> bool:
        """Whether its type has bits above those of a code, which do not count."""
        return self.format.width < self.type.bits

    @property
    def parameter(self) -> str:
        """What it is called as a parameter of the functions of arrays."""
        return self.array or (f"{self.name}_code" if self.reduces else self.name)

    @property
    def declared(self) -> str:
        """Its declaration as such a parameter."""
        return f"const {self.type} *{self.array}" if self.array else f"{self.type} {self.parameter}"


class Output(NamedTuple):
    """An output of the program.

    Attributes:
        ref: its value.
        name: its own.
        type: of a code.
        array: what the functions of arrays call it.
    """

    ref: ops.Ref
    name: str
    type: CType
    array: str


class Interface(NamedTuple):
    """What goes into the functions of a program and what comes out.

    Attributes:
        stem: name of the first function, and what the others' names begin with.
        inputs: in order.
        outputs: in order.
        joined: the inputs of a gated unit in the order in which a joined row has them; empty where
            there are no such rows.
    """

    stem: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    joined: tuple[Input, ...] = ()

    @classmethod
    def of(cls, solution: Solution, names: Mapping[ops.Ref, str]) -> Interface:
        """Return the interface of a solution's program, whose values have these names."""
        spec, program = solution.spec, solution.program
        once = set() if isinstance(spec, Spec) else {p.name for p in spec.ports if p.per_call}
        is_single = len(program.inputs) - len(once) == 1
        inputs = []
        for ref, value in enumerate(program.values):
            if isinstance(value.op, ops.Input):
                array = "" if value.name in once else "in" if is_single else names[ref]
                codes = value.op.format
                inputs.append(Input(ref, value.name, names[ref], codes, code_type(codes), array))
        is_single = len(program.outputs) == 1
        outputs = tuple(
            Output(o.ref, o.name, code_type(o.format), "out" if is_single else o.name)
            for o in program.outputs
        )
        return cls(spec.name, tuple(inputs), outputs, _joined(spec, inputs))

    @property
    def arrays(self) -> tuple[Input, ...]:
        """The inputs that differ from element to element."""
        return tuple(each for each in self.inputs if each.array)

    @property
    def once(self) -> tuple[Input, ...]:
        """The inputs that are one number for all elements."""
        return tuple(each for each in self.inputs if not each.array)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a parameter has in some function."""
        found = [*COUNTERS, *ARRAYS]
        for each in (*self.inputs, *self.outputs):
            found += [each.name, each.array]
        found += [each.parameter for each in self.inputs]
        return tuple(dict.fromkeys(name for name in found if name))

    @property
    def overlap(self) -> str:
        """The sentence that says which arrays may be the same."""
        if any(i.type == o.type for i in self.arrays for o in self.outputs):
            if len(self.arrays) == len(self.outputs) == 1:
                return SAME_ARRAY
            return (
                "An output may be the array of an input of its type, but arrays must not overlap "
                "otherwise."
            )
        return "The arrays must not overlap."

    def array_parameters(self, *counts: str) -> str:
        """Return the parameters of a function of arrays.

        Args:
            counts: names of the numbers of elements, after the arrays.
        """
        return ", ".join([
            *(each.declared for each in self.inputs),
            *(f"{each.type} *{each.array}" for each in self.outputs),
            *(f"size_t {count}" for count in counts),
        ])


def _joined(spec: Spec | KernelSpec, inputs: list[Input]) -> tuple[Input, ...]:
    """Return the inputs of a gated unit in the order of a joined row, if they fit into one."""
    if isinstance(spec, Spec) or "gate" not in spec.kernel.settings:
        return ()
    through, gate = inputs
    if through.format != gate.format:
        return ()
    return (through, gate) if spec.settings.gate == "second" else (gate, through)
