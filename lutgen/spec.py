"""The frozen request: everything that decides the bytes of the result, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from lutgen import activations, samples
from lutgen.activations._record import Activation
from lutgen.errors import UsageError, wrong_part
from lutgen.formats import MAX_WIDTH, MIN_WIDTH, NumberFormat, affine
from lutgen.names import check_identifier
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import Exact, Value
from lutgen.samples import Samples

METHODS = ("lut", "interp", "uniform", "pwl", "steps", "quadratic", "bipartite", "auto")
FAITHFUL_WORD = "faithful"
FOLDS = ("auto", "on", "off", "residual", "complement", "window")
BREAKPOINTS = ("free", "dyadic")
ROUNDINGS = ("half-even", "half-away", "half-up", "floor")


class Method(NamedTuple):
    """How the function is approximated.

    Attributes:
        name: a module of ``lutgen.methods``; None until it is chosen.
        segments: how many segments or pieces, for ``pwl``, ``uniform``, ``interp``; None leaves
            it to the tolerance.
        aligned: breakpoints of ``pwl`` are multiples of ``2**aligned`` codes.
        breakpoints: where those of ``pwl`` may lie: ``free``, or ``dyadic``: equal pieces within
            each power-of-two region of the distance from 0, on either side.
        fold: ``auto``, ``on`` or ``off``: store one half of a symmetric function; ``residual``
            stores the difference to relu without folding, ``complement`` folds by ``~x``,
            ``window`` stores only where the function is not straight.
        max_error: largest error in LSB, or ``faithful``; None takes the method's default.
        exact: every code equal to the correctly rounded table.
        max_bytes: storage budget.
    """

    name: str | None = "lut"
    segments: int | None = None
    aligned: int | None = None
    breakpoints: str = BREAKPOINTS[0]
    fold: str = "auto"
    max_error: str | None = None
    exact: bool = False
    max_bytes: int | None = None

    @property
    def bounded(self) -> bool:
        """Whether an error or a size is asked for, which the cheapest or best program keeps."""
        return self.max_error is not None or self.max_bytes is not None

    def checked(self) -> Method:
        """Return the method, once its options are known to make sense.

        Raises:
            UsageError: an option is out of range, or contradicts another.
        """
        for option, value, known in (
            ("--method", self.name, METHODS),
            ("--fold", self.fold, FOLDS),
            ("--breakpoints", self.breakpoints, BREAKPOINTS),
        ):
            if value not in known:
                raise UsageError.about(option, f"must be one of {', '.join(known)}", value)
        _check_limits(self)
        return self

    def document(self) -> dict[str, object]:
        """Return what was chosen as JSON: the name, and every option that is not its default."""
        chosen = self._asdict()
        return {
            key: value
            for key, value in chosen.items()
            if key == "name" or value != self._field_defaults[key]
        }


@dataclass(frozen=True)
class Spec:
    """One table, asked for in full.

    Attributes:
        name: identifier and file stem, such as ``gelu_s8``.
        activation: the real function.
        parameters: every parameter's value, in the record's order.
        derivative: whether the derivative is tabulated instead of the function.
        input: format of the input codes.
        output: format of the output codes.
        rounding: how an exact value becomes a code; applied before the zero point is added.
        method: how the function is approximated.
        description: the user's own words; may be empty.
        samples: the points that the activation joins; None for one of the catalogue.
        expression: the expression that the activation is; None for one of the catalogue.
    """

    name: str
    activation: Activation
    parameters: Mapping[str, Number]
    derivative: bool
    input: NumberFormat
    output: NumberFormat
    rounding: str = "half-even"
    method: Method = field(default_factory=Method)
    description: str = ""
    samples: Samples | None = None
    expression: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    @property
    def inputs(self) -> dict[str, NumberFormat]:
        """Format of each input by name: the one input, ``x``."""
        return {"x": self.input}

    @property
    def outputs(self) -> dict[str, NumberFormat]:
        """Format of each output by name: the one output, ``y``."""
        return {"y": self.output}

    @cached_property
    def function(self) -> Callable[[Exact], Value]:
        """The real function of one exact input, parameters filled in."""
        return self.activation.bind(self.parameters, derivative=self.derivative)

    @cached_property
    def definition(self) -> str:
        """What is sampled, in one line: ``gelu(x) = ...``, ``d/dx elu(x; alpha=1), ...``."""
        record = self.activation
        values = ", ".join(f"{name} = {number.text}" for name, number in self.parameters.items())
        text = f"{record.name}(x) = {record.formula}" + (f" with {values}" if values else "")
        return f"d/dx of {text}" if self.derivative else text

    def document(self) -> dict[str, object]:
        """Return the spec as the JSON object that ``from_document`` reads."""
        return {
            "name": self.name,
            "activation": self.activation.name,
            **({"samples": self.samples.sha256} if self.samples else {}),
            **({"expression": self.expression} if self.expression else {}),
            "definition": self.definition,
            "derivative": self.derivative,
            "parameters": {key: number.text for key, number in self.parameters.items()},
            "input": format_document(self.input),
            "output": format_document(self.output),
            "rounding": self.rounding,
            "method": self.method.document(),
            "description": self.description,
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the request, in hexadecimal."""
        return digest_of(self.document())

    @classmethod
    def from_document(cls, document: Mapping[str, object], folder: Path = Path()) -> Spec:
        """Return the spec that ``document`` describes.

        Args:
            document: what ``document()`` returns.
            folder: where the file of samples is, if it has some.

        Raises:
            UsageError: a key is missing or has a value that no spec can have, or the samples are
                not those it was made of.
        """
        try:
            name = str(document["name"])
            check_identifier("name", name)
            sides = [format_from(document["input"], "in"), format_from(document["output"], "out")]
            given = _samples_from(document, folder / f"{name}{samples.SUFFIX}")
            assignments = [f"{key}={text}" for key, text in dict(document["parameters"]).items()]
            text = document.get("expression")
            if given:
                activation = given.activation(*sides)
            elif text is not None:
                activation = expressed(str(text), assignments)
            else:
                activation = activations.get(str(document["activation"]))
            parameters = activation.parse_parameters(assignments)
            return cls(
                name=name,
                activation=activation,
                parameters=parameters,
                derivative=bool(document["derivative"]),
                input=sides[0],
                output=sides[1],
                rounding=check_rounding(str(document["rounding"])),
                method=method_from(document["method"]),
                description=str(document["description"]),
                samples=given,
                expression=None if text is None else activation.formula,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            reason = wrong_part(problem)
            raise UsageError(f"not a lutgen spec ({reason}); build it again") from None


def _check_limits(method: Method) -> None:
    """Refuse sizes and errors that no program can have."""
    limits = (
        ("--segments", method.segments, 1, 65536),
        ("--aligned", method.aligned, 0, MAX_WIDTH),
        ("--max-bytes", method.max_bytes, 0, 2**32),
    )
    for option, value, low, high in limits:
        if value is not None and not low <= value <= high:
            raise UsageError.about(option, f"must be {low} to {high}", value)
    if method.segments is not None and method.name not in ("uniform", "interp", "pwl", "quadratic"):
        raise UsageError.about(
            "--segments", "needs --method interp, uniform, pwl or quadratic", method.name
        )
    if method.aligned is not None and method.name != "pwl":
        raise UsageError.about("--aligned", "needs --method pwl", method.name)
    if method.breakpoints != BREAKPOINTS[0]:
        if method.name != "pwl":
            raise UsageError.about("--breakpoints", "needs --method pwl", method.name)
        if method.aligned is not None:
            raise UsageError("--breakpoints and --aligned both fix the grid; give one of them")
    if method.exact and method.max_error is not None:
        raise UsageError("--exact and --max-error both fix the error; give one of them")
    pieces = method.segments if method.name in ("uniform", "interp", "quadratic") else None
    if pieces is not None and pieces & (pieces - 1):
        raise UsageError.about("--segments", f"must be a power of two for {method.name}", pieces)
    if method.max_error is not None and method.max_error != FAITHFUL_WORD:
        limit = Number.parse(method.max_error, "--max-error")
        if limit.value < Fraction(1, 2):
            raise UsageError.about(
                "--max-error", "must be at least 0.5 LSB, which rounding alone costs",
                limit.text, "or faithful",
            )
        if limit.value > 2**16:
            raise UsageError.about("--max-error", "must be at most 65536 LSB", limit.text)


def check_rounding(rounding: str) -> str:
    """Return the name of a rounding, once it is known to be one.

    Raises:
        UsageError: it is none.
    """
    if rounding not in ROUNDINGS:
        raise UsageError.about("--rounding", f"must be one of {', '.join(ROUNDINGS)}", rounding)
    return rounding


def digest_of(document: Mapping[str, object]) -> str:
    """Return the SHA-256 of the canonical JSON of a document, in hexadecimal."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()


def format_document(number_format: NumberFormat) -> dict[str, object]:
    """Return a number format as JSON: the scale as an exact rational and as written."""
    return {
        "bits": number_format.width,
        "signed": number_format.signed,
        "scale": str(number_format.scale),
        "scale_text": number_format.scale_text,
        "zero_point": number_format.zero_point,
    }


def expressed(text: str, assignments: Iterable[str]) -> Activation:
    """Return the activation that an expression is, with the texts that define its parameters.

    Raises:
        UsageError: it is no expression.
    """
    # Loaded here: a table of the catalogue needs no parser.
    from lutgen.expression import activation

    return activation(text, assignments)


def format_from(document: Mapping[str, object], side: str) -> NumberFormat:
    """Return the number format in JSON, checked like one that is typed.

    Args:
        document: what ``format_document`` returns; the scale as written may be left out.
        side: ``in`` or ``out``, for the messages.

    Raises:
        UsageError: a value that no format can have.
    """
    width, text = int(document["bits"]), str(document.get("scale_text") or document["scale"])
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise UsageError.about(f"--{side}-bits", f"must be {MIN_WIDTH} to {MAX_WIDTH}", width)
    return affine(
        width,
        signed=bool(document["signed"]),
        scale=Number.parse(text, f"--{side}-scale"),
        zero_point=int(document["zero_point"]),
        side=side,
    )


def _samples_from(document: Mapping[str, object], path: Path) -> Samples | None:
    """Return the samples that a spec's JSON names by their hash, None where it names none."""
    if "samples" not in document:
        return None
    found = Samples.read(path)
    if found.sha256 != document["samples"]:
        raise UsageError(f"{path}: changed since the table was built; build it again")
    return found


def method_from(document: Mapping[str, object]) -> Method:
    """Return the method in a spec's JSON, checked like one that is typed."""
    method = Method(**{"name": None, **document})
    kinds = {
        "segments": int, "aligned": int, "max_bytes": int, "exact": bool, "max_error": str,
    }
    for key, kind in kinds.items():
        value = getattr(method, key)
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"method {key}")
    return method.checked()
