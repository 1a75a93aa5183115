"""What a user typed, and how the rest is filled in: the step from options to a Spec.

The command line and the manifest both end here, so a default is written once.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from lutgen import activations
from lutgen.activations._record import Activation
from lutgen.covering import covering_format
from lutgen.errors import UsageError
from lutgen.formats import (
    GRIDS,
    MAX_WIDTH,
    MIN_WIDTH,
    NumberFormat,
    affine,
    from_range,
    q_format,
)
from lutgen.names import check_identifier
from lutgen.numerics.literals import MAX_LITERAL_LENGTH, Number
from lutgen.samples import Samples
from lutgen.spec import ROUNDINGS, Method, Spec, check_rounding, expressed

DEFAULT_WIDTH = 8
MOST_STEPS = 2**24
"""Parts of an expression over all input codes that are computed: some seconds' work."""

MOST_INPUTS = 4
"""Inputs that options describe: ``--in-scale``, ``--in2-scale``, ..."""


class Side(NamedTuple):
    """What is asked of the input or of the output format; None leaves it open.

    Attributes:
        name: ``in`` or ``out``; the options are ``--in-bits`` and so on.
        bits: width of the codes.
        unsigned: unsigned codes.
        q: Q notation, such as ``Q4.4``.
        scale: literal of the scale.
        zero_point: literal of the zero point.
    """

    name: str
    bits: int | None = None
    unsigned: bool = False
    q: str | None = None
    scale: str | None = None
    zero_point: str | None = None

    @classmethod
    def asking_for(cls, name: str, codes: NumberFormat) -> Side:
        """Return the options that ask for exactly this format."""
        return cls(
            name,
            bits=codes.width,
            unsigned=not codes.signed,
            scale=codes.scale_text,
            zero_point=str(codes.zero_point),
        )

    def width(self, bits: int) -> int:
        """Return the width asked for, or ``bits`` where none is."""
        return bits if self.bits is None else self.bits

    def explicit_format(self, bits: int) -> NumberFormat | None:
        """Return the format these options fix, or None where they leave the scale open.

        Args:
            bits: width where this side gives none.

        Raises:
            UsageError: options that contradict each other, or values out of range.
        """
        width = self.width(bits)
        if not MIN_WIDTH <= width <= MAX_WIDTH:
            raise UsageError.about(
                f"--{self.name}-bits", f"must be {MIN_WIDTH} to {MAX_WIDTH}", width
            )
        if self.q is not None:
            for option, given in (("scale", self.scale), ("zp", self.zero_point)):
                if given is not None:
                    raise UsageError(
                        f"--{self.name}-format and --{self.name}-{option} both fix the "
                        f"{self.name}put format; give one of them"
                    )
            found = q_format(self.q, self.name)
            if self.bits is not None and found.width != self.bits:
                raise UsageError.about(
                    f"--{self.name}-format", f"must have the {self.bits} bits asked for", self.q
                )
            if self.unsigned and found.signed:
                raise UsageError.about(
                    f"--{self.name}-format", "must be UQ notation for unsigned codes", self.q
                )
            return found
        if self.scale is None:
            if self.zero_point is not None:
                raise UsageError(
                    f"--{self.name}-zp needs --{self.name}-scale; without it both are derived"
                )
            return None
        return affine(
            width,
            signed=not self.unsigned,
            scale=Number.parse(self.scale, f"--{self.name}-scale"),
            zero_point=whole_number(
                "0" if self.zero_point is None else self.zero_point, f"--{self.name}-zp"
            ),
            side=self.name,
        )


class Settled(NamedTuple):
    """What a request fixes by itself.

    Attributes:
        name: identifier and file stem.
        record: the real function.
        parameters: every parameter's value.
        method: how it is approximated.
        input: format of the input codes.
        covered: real input range that the output has to cover.
        output: format of the output codes; None where the function's values decide.
    """

    name: str
    record: Activation
    parameters: dict[str, Number]
    method: Method
    input: NumberFormat
    covered: tuple[Fraction, Fraction]
    output: NumberFormat | None


class Request(NamedTuple):
    """One table as a user asks for it: texts, and None for what is left open.

    Attributes:
        function: name or alias of an activation; of no meaning where there are samples or an
            expression.
        parameters: ``name=value`` texts.
        derivative: tabulate the derivative.
        bits: width of input and output codes.
        input: what is asked of the input format.
        output: what is asked of the output format.
        range: ``LO,HI``, the real input range to cover.
        grid: how a range becomes a scale.
        rounding: how an exact value becomes a code.
        method: how the function is approximated.
        name: identifier and file stem.
        description: the user's own words.
        samples: points to join instead of an activation of the catalogue.
        expression: an expression in x instead of an activation of the catalogue.
    """

    function: str
    parameters: tuple[str, ...] = ()
    derivative: bool = False
    bits: int = DEFAULT_WIDTH
    input: Side = Side("in")
    output: Side = Side("out")
    range: str | None = None
    grid: str = "pow2"
    rounding: str = ROUNDINGS[0]
    method: Method = Method(None)
    name: str | None = None
    description: str = ""
    samples: Samples | None = None
    expression: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is said about formats."""
        sides = (self.input, self.output, self.bits, self.range)
        return sides == (Side("in"), Side("out"), DEFAULT_WIDTH, None)

    def in_formats(self, inputs: NumberFormat, outputs: NumberFormat) -> Request:
        """Return the request for a table of these formats."""
        return self._replace(
            input=Side.asking_for("in", inputs),
            output=Side.asking_for("out", outputs),
            range=None,
        )

    def resolve(self) -> Spec:
        """Fill in everything that is left open.

        Raises:
            UsageError: the request makes no sense.
        """
        settled = self.settle()
        record = settled.record
        function = record.bind(settled.parameters, derivative=self.derivative)
        output_format = settled.output or covering_format(
            function, settled.input, settled.covered,
            width=self.output.width(self.bits), signed=not self.output.unsigned,
        )
        return Spec(
            name=settled.name,
            activation=record,
            parameters=settled.parameters,
            derivative=self.derivative,
            input=settled.input,
            output=output_format,
            rounding=self.rounding,
            method=settled.method,
            description=self.description,
            samples=self.samples,
            expression=None if self.expression is None else record.formula,
        )

    def settle(self) -> Settled:
        """Return all that is known without a look at the function's values.

        Raises:
            UsageError: the request makes no sense.
        """
        record = self._record()
        parameters = record.parse_parameters(self.parameters)
        check_rounding(self.rounding)
        check_grid(self.grid)
        method = self._method()
        if not MIN_WIDTH <= self.bits <= MAX_WIDTH:
            raise UsageError.about("--bits", f"must be {MIN_WIDTH} to {MAX_WIDTH}", self.bits)
        if self.name is not None:
            check_identifier("--name", self.name)
        given_output = self.output.explicit_format(self.bits)
        input_format, covered = self._input_format(record)
        most_parts = MOST_STEPS >> input_format.width
        if record.parts > most_parts:
            raise UsageError(
                f"--expr: has {record.parts} parts, those of its functions' formulas counted; with "
                f"{input_format.width} bits of input at most {most_parts} are computed (shorten "
                "it, or take fewer --in-bits)"
            )
        if method.segments is not None and method.segments > 2**input_format.width:
            raise UsageError.about(
                "--segments", f"must be at most the {2**input_format.width} input codes",
                method.segments,
            )
        # Where the scale is left open, the width and the sign are known all the same.
        output = given_output or NumberFormat(
            self.output.width(self.bits), not self.output.unsigned, Fraction(1)
        )
        stem = f"{record.name}{'_grad' if self.derivative else ''}"
        name = self.name or f"{stem}_{_types(input_format, output)}"
        return Settled(name, record, parameters, method, input_format, covered, given_output)

    def _record(self) -> Activation:
        """Return the activation: of the catalogue, an expression, or the one through samples."""
        if self.expression is not None:
            if self.name is None:
                raise UsageError("--expr needs --name, which its files are called by")
            return expressed(self.expression, self.parameters)
        if self.samples is None:
            return activations.get(self.function)
        if self.name is None:
            raise UsageError("--table needs --name, which its files are called by")
        sides = [side.explicit_format(self.bits) for side in (self.input, self.output)]
        if self.samples.in_codes and None in sides:
            raise UsageError(
                "--table holds codes, which mean nothing without --in-scale and --out-scale"
            )
        return self.samples.activation(*sides)

    def _method(self) -> Method:
        """Return the method, chosen where it is left open: a table for 8 bits, else the cheapest.

        Raises:
            UsageError: its options make no sense.
        """
        method = self.method
        if method.name is None:
            width = self.input.width(self.bits)
            if self.input.q is not None:
                width = q_format(self.input.q, "in").width
            method = method._replace(name="auto" if width > 8 or method.bounded else "lut")
        return method.checked()

    def _input_format(self, record: Activation) -> tuple[NumberFormat, tuple[Fraction, Fraction]]:
        """Return the input format and the real range that the output has to cover."""
        found = self.input.explicit_format(self.bits)
        if found is not None:
            if self.range is not None:
                option = "format" if self.input.q else "scale"
                raise UsageError(
                    f"--range and --in-{option} both fix the input format; give one of them"
                )
            return found, (found.decode(found.min_code), found.decode(found.max_code))
        low, high = self._range(record)
        width = self.input.width(self.bits)
        found = from_range(low, high, width, signed=not self.input.unsigned, grid=self.grid)
        return found, (low.value, high.value)

    def _range(self, record: Activation) -> tuple[Number, Number]:
        """Return the range asked for, else the record's, cut at 0 for unsigned codes."""
        if self.range is None:
            low, high = map(Number.of, record.default_range)
            if self.input.unsigned and self.grid != "affine" and low.value < 0 < high.value:
                low = Number.of(0)
            return low, high
        return range_ends(self.range)


def _types(input_format: NumberFormat, output_format: NumberFormat) -> str:
    """Return ``s8``, or ``s8_s16`` where the sides differ."""
    sides = [input_format.suffix, output_format.suffix]
    return "_".join(dict.fromkeys(sides))


def range_ends(text: str) -> tuple[Number, Number]:
    """Return both ends of ``LO,HI``.

    Raises:
        UsageError: it is not of this form.
    """
    ends = text.split(",")
    if len(ends) != 2 or not all(map(str.strip, ends)) or len(text) > 2 * MAX_LITERAL_LENGTH:
        raise UsageError.about("--range", "must be LO,HI", text, "try --range=-8,8")
    low, high = (Number.parse(end, "--range") for end in ends)
    return low, high


def whole_number(text: str, argument: str) -> int:
    """Return the integer that ``text`` is.

    Raises:
        UsageError: it is none.
    """
    if len(text) > MAX_LITERAL_LENGTH or not re.fullmatch(r"[+-]?[0-9]+", text.strip(), re.ASCII):
        raise UsageError.about(argument, "must be a whole number", text)
    return int(text)


def check_grid(grid: str) -> None:
    """Refuse a grid that is none.

    Raises:
        UsageError: it is none.
    """
    if grid not in GRIDS:
        raise UsageError.about("--grid", f"must be one of {', '.join(GRIDS)}", grid)
