"""How good a kernel's program is: its outputs against the exact values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lutgen import sampling
from lutgen.accuracy import WORST_CODES, error_in_lsb
from lutgen.accuracy.measured import Measured
from lutgen.errors import UndecidableRoundingError
from lutgen.formats import NumberFormat
from lutgen.ideal import FRACTION_BITS, enclosing_integers
from lutgen.kernels._record import Built
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._stimulus import Stimulus, stimulus
from lutgen.numerics.reals import Value, exact
from lutgen.program import evaluate_all

_NEAREST = 0.5 + 2.0**-30
"""An error of at most this is a half, as closely as the exact value is known."""


class WorstInput(NamedTuple):
    """One of the inputs with the largest errors.

    Attributes:
        code: the input codes, by name; of a row, those of the element and its place.
        exact: the exact real value there, clipped to the output range.
        got: the output code.
        error_lsb: got minus exact, in LSB.
    """

    code: str
    exact: float
    got: int
    error_lsb: float


@dataclass(frozen=True, eq=False)
class KernelReport(Measured):
    """The error of a program on its stimulus, and what is proved for all inputs.

    The error is that of ``ErrorReport``.

    Attributes:
        spec: the request.
        stimulus: the inputs.
        outputs: output codes by name, int64, in the order of the inputs.
        error_lsb: float64 errors of all outputs, one output after the other.
        saturated: how many exact values lie beyond the output codes by half an LSB or more.
        bound_lsb: an error that no input passes; None where none is proved.
        storage_bytes: bytes of the tables.

    What only a function of one number has, ``ErrorReport`` has as well: no code is outside the
    domain, monotonicity is not promised, unused codes are not counted.
    """

    spec: KernelSpec
    stimulus: Stimulus
    outputs: Mapping[str, np.ndarray]
    error_lsb: np.ndarray
    saturated: int
    bound_lsb: Fraction | None
    storage_bytes: int

    @classmethod
    def measure(cls, built: Built, spec: KernelSpec) -> KernelReport:
        """Run a program on its stimulus and compare it with the exact values."""
        given = stimulus(spec)
        outputs = run(built, given)
        bounds = _exact(spec, given)
        errors, saturated = [], 0
        for (name, codes), (lower, upper) in zip(spec.outputs.items(), bounds, strict=True):
            errors.append(error_in_lsb(outputs[name], lower, upper, codes))
            saturated += _beyond(lower, upper, codes)
        return cls(
            spec, given, outputs, np.concatenate(errors), saturated, built.bound_lsb,
            built.program.storage_bytes,
        )

    outside = 0
    monotonicity_breaks = None
    unused_codes = None

    @property
    def codes(self) -> np.ndarray:
        """The codes of all outputs, one output after the other."""
        return np.concatenate(list(self.outputs.values()))

    @cached_property
    def misrounded(self) -> int:
        """How many outputs are not the code nearest to the exact value."""
        return int(np.count_nonzero(np.abs(self.error_lsb) > _NEAREST))

    @property
    def certain_lsb(self) -> tuple[Fraction, str]:
        """An error that is known of all inputs, where they were measured or it is proved.

        Returns:
            The error in LSB, and how it is known: ``measured`` or ``proved``.
        """
        if self.bound_lsb is None or self.stimulus.is_exhaustive:
            # A float's error is none of the program's.
            return Fraction(self.max_lsb).limit_denominator(2**20), "measured"
        return self.bound_lsb, "proved"

    @property
    def faithful(self) -> bool:
        """Whether every error is below 1 LSB."""
        return self.max_lsb < 1

    @cached_property
    def worst(self) -> tuple[WorstInput, ...]:
        """The inputs with the largest errors, worst first; equal errors in input order."""
        order = np.argsort(-np.abs(self.error_lsb), kind="stable")[:WORST_CODES]
        return tuple(self._worst_input(int(place)) for place in order)

    def _worst_input(self, place: int) -> WorstInput:
        got, error = int(self.codes[place]), float(self.error_lsb[place])
        number, element = divmod(place, self.stimulus.count)
        codes = tuple(self.spec.outputs.values())[number]
        texts = [f"{name} {given[element]}" for name, given in self.stimulus.inputs.items()]
        for index, row in enumerate(self.stimulus.rows()):
            if row.start <= element < row.stop:
                texts.append(f"element {element - row.start} of row {index}")
        return WorstInput(
            ", ".join(texts), float(codes.scale) * (got - error - codes.zero_point), got, error
        )


def run(built: Built, given: Stimulus) -> dict[str, np.ndarray]:
    """Return the output codes of a program by name, in the order of the inputs."""
    if not given.lengths:
        found = evaluate_all(built.program, given.inputs)
        return {name: np.array(codes) for name, codes in found.items()}
    rows = [
        evaluate_all(built.program, {name: codes[row] for name, codes in given.inputs.items()})
        for row in given.rows()
    ]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _exact(spec: KernelSpec, given: Stimulus) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return integers around the exact values of each output, as those of ``Ideal``."""
    reals = {
        name: [exact(codes.scale * (code - codes.zero_point)) for code in range(
            int(given.inputs[name].min()), int(given.inputs[name].max()) + 1
        )]
        for name, codes in spec.inputs.items()
    }
    taken = [
        [reals[name][code - low] for code in codes.tolist()]
        for name, codes in given.inputs.items()
        for low in [int(codes.min())]
    ]
    with sampling.working_precision(sampling.BASE_PRECISION):
        if given.lengths:
            values = [(value,) for row in given.rows() for value in spec.real(taken[0][row])]
        else:
            values = [spec.real(*each) for each in zip(*taken, strict=True)]
        return [
            _enclosed([value[number] for value in values], codes)
            for number, codes in enumerate(spec.outputs.values())
        ]


def _enclosed(values: list[Value], codes: NumberFormat) -> tuple[np.ndarray, np.ndarray]:
    factor = exact(2**FRACTION_BITS / codes.scale)
    shift = exact(codes.zero_point * 2**FRACTION_BITS)
    pairs = [enclosing_integers(value * factor + shift) for value in values]
    if None in pairs:
        raise UndecidableRoundingError(
            "an exact value of the kernel cannot be enclosed; choose scales nearer to 1"
        )
    lower, upper = np.array(pairs, dtype=np.int64).T.copy()
    return lower, upper


def _beyond(lower: np.ndarray, upper: np.ndarray, codes: NumberFormat) -> int:
    """Return how many values round to a code beyond the format."""
    half = 1 << (FRACTION_BITS - 1)
    above = lower >= (codes.max_code << FRACTION_BITS) + half
    below = upper < (codes.min_code << FRACTION_BITS) - half
    return int(np.count_nonzero(above | below))
