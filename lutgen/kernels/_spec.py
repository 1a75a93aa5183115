"""The frozen request for a kernel: everything that decides the bytes of the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from lutgen.errors import UsageError, wrong_part
from lutgen.formats import NumberFormat
from lutgen.kernels._channels import Channels
from lutgen.kernels._record import Kernel, Port, Reals
from lutgen.names import check_identifier
from lutgen.numerics.literals import Number
from lutgen.request import MOST_INPUTS
from lutgen.spec import (
    Method,
    check_rounding,
    digest_of,
    format_document,
    format_from,
    method_from,
)

GATES = ("first", "second")
LONGEST_ROW = 65536
MIN_GATE_BITS, MAX_GATE_BITS = 8, 23

MEANINGS = {
    "gate": "which half of a joined row is the gate: first or second",
    "gate_bits": f"bits of the gate's values, {MIN_GATE_BITS} to {MAX_GATE_BITS}; as many as the "
    "error needs where left open",
    "max_n": f"the longest row, up to {LONGEST_ROW}",
    "inputs": f"how many inputs, 2 to {MOST_INPUTS}",
}
"""What the settings are, for ``lutgen show``."""


class Settings(NamedTuple):
    """What only some kernels are asked.

    Attributes:
        gate: which half of a joined row is the gate.
        gate_bits: bits of the gate's values; None chooses them by the bound.
        max_n: the longest row.
        inputs: how many inputs maxout has.
    """

    gate: str = GATES[1]
    gate_bits: int | None = None
    max_n: int = 1024
    inputs: int = 2

    def checked(self) -> Settings:
        """Return the settings, once they are known to make sense.

        Raises:
            UsageError: one is out of range.
        """
        if self.gate not in GATES:
            raise UsageError.about("--gate", f"must be one of {', '.join(GATES)}", self.gate)
        for option, value, low, high in (
            ("--gate-bits", self.gate_bits, MIN_GATE_BITS, MAX_GATE_BITS),
            ("--max-n", self.max_n, 1, LONGEST_ROW),
            ("--inputs", self.inputs, 2, MOST_INPUTS),
        ):
            if value is not None and not (isinstance(value, int) and low <= value <= high):
                raise UsageError.about(option, f"must be {low} to {high}", value)
        return self

    def document(self) -> dict[str, object]:
        """Return the settings that are not their defaults, as JSON."""
        return {
            key: value
            for key, value in self._asdict().items()
            if value != self._field_defaults[key]
        }


@dataclass(frozen=True)
class KernelSpec:
    """One kernel, asked for in full.

    Attributes:
        name: identifier and file stem, such as ``glu_s8``.
        kernel: the function.
        parameters: every parameter's value, in the record's order.
        inputs: format of each input by name, in order.
        outputs: format of each output by name, in order.
        rounding: how an exact value becomes a code; applied before the zero point is added.
        method: how tables inside the kernel are approximated.
        settings: what only some kernels are asked.
        channels: the parameters of each channel; None where there is one set.
        description: the user's own words; may be empty.
    """

    name: str
    kernel: Kernel
    parameters: Mapping[str, Number]
    inputs: Mapping[str, NumberFormat]
    outputs: Mapping[str, NumberFormat]
    rounding: str = "half-up"
    method: Method = field(default_factory=lambda: Method("auto"))
    settings: Settings = field(default_factory=Settings)
    channels: Channels | None = None
    description: str = ""

    def __post_init__(self) -> None:
        for name in ("parameters", "inputs", "outputs"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def activation(self) -> Kernel:
        """The function, under the name that every spec has it by."""
        return self.kernel

    @property
    def derivative(self) -> bool:
        """Kernels are never derivatives."""
        return False

    @property
    def expression(self) -> None:
        """Kernels are never expressions."""
        return None

    @property
    def input(self) -> NumberFormat:
        """Format of the first input."""
        return next(iter(self.inputs.values()))

    @property
    def output(self) -> NumberFormat:
        """Format of the first output."""
        return next(iter(self.outputs.values()))

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        """The inputs."""
        return self.kernel.ports(self)

    @cached_property
    def real(self) -> Reals:
        """The exact function, parameters filled in."""
        return self.kernel.real(self)

    @cached_property
    def definition(self) -> str:
        """What is computed, in one line."""
        names = ", ".join(port.name for port in self.ports)
        values = ", ".join(f"{name} = {number.text}" for name, number in self.parameters.items())
        text = f"{self.kernel.name}({names}) = {self.kernel.formula}"
        if "gate" in self.kernel.settings:
            text += f"; the gate is the {self.settings.gate} half of a joined row"
        if "max_n" in self.kernel.settings:
            text += f"; rows of at most {self.settings.max_n}"
        if self.channels is not None:
            return f"{text} in each of {self.channels.count} channels"
        return text + (f" with {values}" if values else "")

    def document(self) -> dict[str, object]:
        """Return the spec as the JSON object that ``from_document`` reads."""
        return {
            "name": self.name,
            "kernel": self.kernel.name,
            "definition": self.definition,
            "parameters": {key: number.text for key, number in self.parameters.items()},
            "inputs": {key: format_document(codes) for key, codes in self.inputs.items()},
            "outputs": {key: format_document(codes) for key, codes in self.outputs.items()},
            "rounding": self.rounding,
            "method": self.method.document(),
            "settings": self.settings.document(),
            **({"channels": self.channels.document()} if self.channels else {}),
            "description": self.description,
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the request, in hexadecimal."""
        return digest_of(self.document())

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> KernelSpec:
        """Return the spec that ``document`` describes.

        Raises:
            UsageError: a key is missing or has a value that no spec can have.
        """
        from lutgen import kernels

        try:
            name = str(document["name"])
            check_identifier("name", name)
            kernel = kernels.get(str(document["kernel"]))
            given = dict(document["parameters"])
            return cls(
                name=name,
                kernel=kernel,
                parameters=kernel.parse_parameters(f"{key}={text}" for key, text in given.items()),
                inputs=_formats_from(document["inputs"], "in"),
                outputs=_formats_from(document["outputs"], "out"),
                rounding=check_rounding(str(document["rounding"])),
                method=method_from(document["method"]),
                settings=Settings(**dict(document["settings"])).checked(),
                channels=(
                    Channels.from_document(document["channels"]) if "channels" in document else None
                ),
                description=str(document["description"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            reason = wrong_part(problem)
            raise UsageError(f"not a lutgen spec ({reason}); build it again") from None


def _formats_from(document: object, side: str) -> dict[str, NumberFormat]:
    return {str(key): format_from(value, side) for key, value in dict(document).items()}
