"""What is known of one kernel: a function of several numbers, or of a row of them.

Kernels stand beside the activations, which take one number: ``a * gate(b)`` takes two, softmax a
row.  A kernel is asked for by a ``KernelSpec`` and answered by the same programs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from lutgen.activations._record import Parameter, parse_parameters
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Value
from lutgen.program import Program

if TYPE_CHECKING:
    from lutgen.kernels._spec import KernelSpec

Reals = Callable[..., tuple[Value, ...]]
"""The exact function: of one exact real for every input it returns one value for every output;
of a row, a list of exact reals, a value for every element."""


class Port(NamedTuple):
    """One input of a kernel.

    Attributes:
        name: of the parameter, port or graph input.
        side: ``in``, ``in2``, ...: the options ``--in2-scale`` and so on describe its format.
        meaning: what it is, for ``lutgen show``.
        default_range: real range that it covers where the user gives none.
        per_call: it is one number for a whole array, such as a channel or a statistic.
        unsigned: its codes are unsigned unless a format says otherwise.
        bits: width of its codes; None follows ``--bits``.
    """

    name: str
    side: str = "in"
    meaning: str = ""
    default_range: tuple[int, int] = (-8, 8)
    per_call: bool = False
    unsigned: bool = False
    bits: int | None = None


class Built(NamedTuple):
    """A program and what is proved of it.

    Attributes:
        program: the bit-true definition.
        bound_lsb: an error in output LSB that no input passes; None where none is proved.
    """

    program: Program
    bound_lsb: Fraction | None = None


@dataclass(frozen=True, eq=False)
class Kernel:
    """One function of several numbers and how it is built.

    Attributes:
        name: canonical name.
        summary: one line.
        formula: the definition in plain ASCII.
        source: where the definition comes from.
        arity: ``2`` inputs, ``row``, ``k``, for ``lutgen list``.
        ports: returns the inputs for a request's settings.
        real: returns the exact function of a spec.
        extremes: returns rational bounds of the values of a spec whose outputs are still open.
        build: returns the program of a spec.
        outputs: names of the outputs.
        needs_channels: whether every channel has parameters of its own.
        takes_rows: whether the input is a row rather than a number.
        has_curve: whether there is something in it for ``--method`` to approximate.
        settings: names of the ``Settings`` that it understands.
        parameters: in the order in which they are shown.
        constraint: text and predicate that several parameters must keep together.
        note: where other definitions differ; may be empty.
    """

    name: str
    summary: str
    formula: str
    source: str
    arity: str
    ports: Callable[[KernelSpec], tuple[Port, ...]]
    real: Callable[[KernelSpec], Reals]
    extremes: Callable[[KernelSpec], tuple[Fraction, Fraction]]
    build: Callable[[KernelSpec], Built]
    outputs: tuple[str, ...] = ("y",)
    needs_channels: bool = False
    takes_rows: bool = False
    has_curve: bool = False
    settings: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    constraint: tuple[str, Callable[..., bool]] | None = None
    note: str = ""

    def parse_parameters(self, assignments: Iterable[str]) -> dict[str, Number]:
        """Return every parameter's value, defaults included, from ``name=value`` texts.

        Raises:
            UsageError: as that of an activation.
        """
        return parse_parameters(self.name, self.parameters, self.constraint, assignments)


def fixed(*ports: Port) -> Callable[[Mapping[str, object]], tuple[Port, ...]]:
    """Return the ``ports`` of a kernel whose inputs no setting changes."""
    return lambda spec: ports
