"""The ports of a module: those of the program's inputs and outputs, under names Verilog takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from lutgen.errors import UsageError
from lutgen.formats import NumberFormat
from lutgen.names import VERILOG_KEYWORDS
from lutgen.program import Program

CONTROL = ("clk", "en")
"""Ports beside those of the program."""

Signals: TypeAlias = tuple[tuple[str, str], ...]
"""What stands before the names of ports in declarations, and the names."""

BYTE = 8


class Port(NamedTuple):
    """An input or output of a module.

    Attributes:
        name: identifier in the module.
        source: the input's or output's name in the program.
        format: of its codes.
    """

    name: str
    source: str
    format: NumberFormat

    @property
    def width(self) -> int:
        """Bits of the port."""
        return self.format.width

    @property
    def type(self) -> str:
        """What stands before the name in a declaration."""
        return port_type(self.format.width, self.format.signed)


class Lane(NamedTuple):
    """Where a port's code lies in the data of a stream.

    Attributes:
        port: whose code.
        low: the lowest bit.
        padded: bits of whole bytes that the code takes.
    """

    port: Port
    low: int
    padded: int

    @property
    def high(self) -> int:
        """The highest bit of the code itself."""
        return self.low + self.port.width - 1


def input_ports(program: Program) -> tuple[Port, ...]:
    """Return the ports of the inputs, in order."""
    return tuple(
        Port(_legal(name, "in"), name, codes) for name, codes in program.inputs.items()
    )


def output_ports(program: Program) -> tuple[Port, ...]:
    """Return the ports of the outputs, in order."""
    return tuple(
        Port(_legal(output.name, "out"), output.name, output.format)
        for output in program.outputs
    )


def lanes(ports: Iterable[Port]) -> tuple[Lane, ...]:
    """Return where codes lie that are side by side, each in whole bytes, the first one lowest."""
    found: list[Lane] = []
    low = 0
    for port in ports:
        found.append(Lane(port, low, -(-port.width // BYTE) * BYTE))
        low += found[-1].padded
    return tuple(found)


def lanes_width(found: Iterable[Lane]) -> int:
    """Return the bits of all lanes together."""
    return sum(lane.padded for lane in found)


def port_type(width: int, signed: bool) -> str:
    """Return ``signed [7:0] `` and the like; nothing for a single unsigned bit."""
    mark = "signed " if signed else ""
    return f"{mark}[{width - 1}:0] " if width > 1 else mark


def check_name(name: str, ports: Iterable[str]) -> None:
    """Refuse a name that a module cannot have.

    Raises:
        UsageError: it is one of the module's ports, or a keyword, or Verilator's.
    """
    if name in ports or name.lower() in VERILOG_KEYWORDS:
        raise UsageError.about(
            "--name", "is the name of a port in Verilog", name, "choose a longer name"
        )
    if name.lower().startswith("verilator"):
        raise UsageError.about(
            "--name", "begins a comment that Verilator obeys", name, "choose another name"
        )


def _legal(name: str, side: str) -> str:
    """Return a name that is no keyword and no other port's."""
    return f"{name}_{side}" if name in VERILOG_KEYWORDS or name in CONTROL else name
