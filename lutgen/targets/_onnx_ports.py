"""The inputs and outputs of an ONNX graph: their names, element types and axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lutgen.formats import NumberFormat
from lutgen.spec import Spec
from lutgen.targets._c_types import code_type

if TYPE_CHECKING:
    from lutgen.kernels import KernelSpec

ALL, SINGLE, ROWS = "N", "M", "rows, N"
"""Axes: of the elements; of one number for all elements, or one for each; of rows of elements."""

CHANNEL = "channel"
"""The input that counts: it stands for no real number, whatever the kind of the model."""


class Port(NamedTuple):
    """An input or an output of a graph.

    Attributes:
        name: what the model calls it.
        element: ONNX's name of its element type.
        axes: the names of its axes.
    """

    name: str
    element: str
    axes: str

    @property
    def is_single(self) -> bool:
        """Whether it may be one number where the others have many."""
        return self.axes == SINGLE

    @property
    def text(self) -> str:
        """The port in ONNX's text form."""
        return f"{self.element}[{self.axes}] {self.name}"


class Ports(NamedTuple):
    """The ports of a graph; what it gives has as many elements as its widest input."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return tuple(port.name for port in (*self.inputs, *self.outputs))

    @property
    def widest(self) -> str:
        """The first input that has an element for each of an output."""
        return next(port.name for port in self.inputs if not port.is_single)


def element_type(number_format: NumberFormat) -> str:
    """Return the type of a format's codes: 8 bits for up to 8, else 16."""
    return np.dtype(code_type(number_format).numpy).name


def ports_of(spec: Spec | KernelSpec, kind: str) -> Ports:
    """Return the ports of a kind of model: codes, or real numbers for ``float``."""
    singles: Iterable[str] = ()
    every = ALL
    if not isinstance(spec, Spec):
        singles = {port.name for port in spec.ports if port.per_call}
        every = ROWS if spec.kernel.takes_rows else ALL

    def port(name: str, codes: NumberFormat) -> Port:
        is_real = kind == "float" and name != CHANNEL
        element = "float" if is_real else element_type(codes)
        return Port(name, element, SINGLE if name in singles else every)

    return Ports(
        tuple(port(*each) for each in spec.inputs.items()),
        tuple(port(*each) for each in spec.outputs.items()),
    )
