"""What a user typed for a kernel, and how the rest is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from lutgen.covering import format_around
from lutgen.errors import UsageError
from lutgen.formats import MAX_WIDTH, MIN_WIDTH, NumberFormat, from_range
from lutgen.kernels._channels import Channels
from lutgen.kernels._record import Kernel, Port
from lutgen.kernels._spec import KernelSpec, Settings
from lutgen.names import check_identifier
from lutgen.numerics.literals import Number
from lutgen.request import DEFAULT_WIDTH, Side, check_grid, range_ends
from lutgen.spec import Method, check_rounding


class KernelRequest(NamedTuple):
    """One kernel as a user asks for it: texts, and None for what is left open.

    Attributes:
        kernel: the function.
        parameters: ``name=value`` texts.
        bits: width of input and output codes.
        inputs: what is asked of the inputs, by side: ``in``, ``in2``, ...; a side that is missing
            is like ``in`` where that is given and the port has no format of its own.
        output: what is asked of the outputs.
        range: ``LO,HI``, the real range that inputs cover where no scale is given.
        grid: how a range becomes a scale.
        rounding: how an exact value becomes a code; None takes half-up.
        method: how tables inside are approximated.
        settings: what only some kernels are asked, by name; None leaves one open.
        channels: the parameters of each channel.
        name: identifier and file stem.
        description: the user's own words.
    """

    kernel: Kernel
    parameters: tuple[str, ...] = ()
    bits: int = DEFAULT_WIDTH
    inputs: Mapping[str, Side] = {}
    output: Side = Side("out")
    range: str | None = None
    grid: str = "pow2"
    rounding: str | None = None
    method: Method = Method(None)
    settings: Mapping[str, object] = {}
    channels: Channels | None = None
    name: str | None = None
    description: str = ""

    def resolve(self) -> KernelSpec:
        """Fill in everything that is left open.

        Raises:
            UsageError: the request makes no sense.
        """
        if not MIN_WIDTH <= self.bits <= MAX_WIDTH:
            raise UsageError.about("--bits", f"must be {MIN_WIDTH} to {MAX_WIDTH}", self.bits)
        if self.name is not None:
            check_identifier("--name", self.name)
        check_grid(self.grid)
        spec = KernelSpec(
            name=self.name or self.kernel.name,
            kernel=self.kernel,
            parameters=self.kernel.parse_parameters(self.parameters),
            inputs={},
            outputs={},
            rounding=check_rounding(
                KernelSpec.rounding if self.rounding is None else self.rounding
            ),
            settings=self._settings(),
            channels=self.channels,
            description=self.description,
        )
        ports = spec.ports
        self._check_sides(ports)
        inputs = {port.name: self._input(port) for port in ports}
        widest = max(codes.width for codes in inputs.values())
        spec = replace(spec, inputs=inputs, method=self._method(widest))
        output = self.output.explicit_format(self.bits)
        if output is None:
            width = self.output.width(self.bits)
            output = format_around(
                *self.kernel.extremes(spec), width=width, signed=not self.output.unsigned
            )
        spec = replace(spec, outputs=dict.fromkeys(self.kernel.outputs, output))
        return spec if self.name else replace(spec, name=f"{self.kernel.name}_{_types(spec)}")

    def _settings(self) -> Settings:
        given = {key: value for key, value in self.settings.items() if value is not None}
        for key in given:
            if key not in self.kernel.settings:
                raise UsageError(
                    f"--{key.replace('_', '-')}: {self.kernel.name} has no use for it; leave it out"
                )
        return Settings(**given).checked()

    def _check_sides(self, ports: tuple[Port, ...]) -> None:
        known = {port.side for port in ports}
        for name, side in self.inputs.items():
            if name not in known and side != Side(name):
                raise UsageError(
                    f"--{name}-...: {self.kernel.name} has only {len(known)} kinds of inputs; "
                    "leave these options out"
                )

    def _input(self, port: Port) -> NumberFormat:
        """Return the format of one input."""
        first, own = self.inputs.get("in", Side("in")), self.inputs.get(port.side, Side(port.side))
        is_alike = port.bits is None and port.default_range == Port("").default_range
        if is_alike and own == Side(port.side):
            own = first
        unsigned = own.unsigned or (port.unsigned and own == Side(port.side))
        bits = own.width(port.bits or self.bits)
        found = own._replace(unsigned=unsigned).explicit_format(port.bits or self.bits)
        if found is not None:
            if self.range is not None and own.name == "in":
                raise UsageError(
                    "--range and --in-scale or --in-format both fix the input format; give one of "
                    "them"
                )
            return found
        if port.per_call and port.unsigned and port.name == "channel":
            return NumberFormat(bits, False, Number.of(1).value)
        low, high = (
            range_ends(self.range) if self.range is not None and is_alike
            else map(Number.of, port.default_range)
        )
        if unsigned and self.grid != "affine" and low.value < 0 < high.value:
            low = Number.of(0)
        return from_range(low, high, bits, signed=not unsigned, grid=self.grid)

    def _method(self, widest: int) -> Method:
        """Return the method; where it is left open, tables for narrow inputs.

        Tables for every channel are weighed against the parameters of each.
        """
        method = self.method
        if method.exact:
            raise UsageError("--exact: kernels are rounded once, not tabulated; give --max-error")
        if not self.kernel.has_curve:
            _check_no_curve(self.kernel.name, method)
        if method.name is None:
            is_open = widest > 8 or self.kernel.needs_channels
            method = method._replace(name="auto" if is_open else "lut")
        return method.checked()


def _check_no_curve(name: str, method: Method) -> None:
    """Refuse what would change nothing in a kernel whose steps do not depend on a method."""
    given = {
        "--method": method.name not in (None, "lut", "auto"),
        "--segments": method.segments is not None,
        "--aligned": method.aligned is not None,
        "--breakpoints": method.breakpoints != Method(None).breakpoints,
        "--fold": method.fold != Method(None).fold,
    }
    for option, is_given in given.items():
        if is_given:
            raise UsageError(
                f"{option}: {name} has one program, which no method changes; leave it out"
            )


def _types(spec: KernelSpec) -> str:
    """Return ``s8``, or ``s8_s16`` where inputs and outputs differ."""
    varying = [
        codes for port, codes in zip(spec.ports, spec.inputs.values(), strict=True)
        if not port.per_call
    ]
    return "_".join(dict.fromkeys(codes.suffix for codes in (*varying, spec.output)))
