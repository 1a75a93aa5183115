"""How good a program is: its output on every input code against the exact value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lutgen.accuracy.measured import Measured
from lutgen.activations._record import NONDECREASING
from lutgen.formats import NumberFormat
from lutgen.ideal import FRACTION_BITS, Ideal
from lutgen.program import Program, run
from lutgen.spec import Spec

WORST_CODES = 10

# tanh reaches 1, which is half a code beyond the highest that still rounds to it, and no further.
_NOTABLE_OVERSHOOT_LSB = 1.5


class WorstCode(NamedTuple):
    """One of the input codes with the largest error.

    Attributes:
        code: the input code.
        x: its real value.
        exact: the exact real value of the function there, clipped to the output range.
        got: the output code.
        error_lsb: got minus exact, in LSB.
    """

    code: int
    x: float
    exact: float
    got: int
    error_lsb: float


@dataclass(frozen=True, eq=False)
class ErrorReport(Measured):
    """The error of a program on every input code, never a sample.

    The error of a code is the output minus the exact value clipped to the output range, in LSB of
    the output.  It is known to 2**-37 LSB.

    Attributes:
        spec: the request.
        codes: output codes, int64, shape (2**width,), ascending input codes.
        error_lsb: float64 errors in the same order.
        misrounded: how many codes differ from the correctly rounded table.
        saturating: bool, where the correctly rounded value lies beyond the output format.
        undefined: bool, where the function has no finite value.
        overshoot_lsb: how far finite exact values lie beyond the output format at most, in LSB;
            2**20 and more where it is further than anybody asks.
        faithful: whether every error is below 1 LSB.
        storage_bytes: bytes of the tables.
    """

    spec: Spec
    codes: np.ndarray
    error_lsb: np.ndarray
    misrounded: int
    saturating: np.ndarray
    undefined: np.ndarray
    overshoot_lsb: float
    faithful: bool
    storage_bytes: int

    @classmethod
    def measure(cls, program: Program, ideal: Ideal) -> ErrorReport:
        """Run ``program`` on every code and compare it with ``ideal``."""
        return cls.of_codes(run(program), ideal, program.storage_bytes)

    @classmethod
    def of_codes(cls, codes: np.ndarray, ideal: Ideal, storage_bytes: int) -> ErrorReport:
        """Compare output codes, however they were made, with ``ideal``.

        Args:
            codes: int64, shape (2**width,), ascending input codes.
            ideal: the exact values.
            storage_bytes: bytes of the tables behind the codes.
        """
        lower, upper = clipped(ideal.lower, ideal.upper, ideal.spec.output)
        beyond = np.maximum(ideal.upper - upper, lower - ideal.lower)[~ideal.outside]
        scaled = codes << FRACTION_BITS
        farthest = np.maximum(abs(scaled - lower), abs(scaled - upper)).max()
        return cls(
            spec=ideal.spec,
            codes=codes,
            error_lsb=error_in_lsb(codes, ideal.lower, ideal.upper, ideal.spec.output),
            misrounded=int(np.count_nonzero(codes != ideal.codes)),
            saturating=ideal.codes != ideal.rounded,
            undefined=ideal.outside,
            overshoot_lsb=int(beyond.max(initial=0)) / 2.0**FRACTION_BITS,
            faithful=bool(farthest < 1 << FRACTION_BITS),
            storage_bytes=storage_bytes,
        )

    @cached_property
    def saturated(self) -> int:
        """For how many codes the correctly rounded value lies beyond the output format."""
        return int(np.count_nonzero(self.saturating))

    @property
    def overflows(self) -> bool:
        """Whether a value lies further beyond the output format than rounding would take it."""
        return self.overshoot_lsb > _NOTABLE_OVERSHOOT_LSB

    @cached_property
    def outside(self) -> int:
        """For how many codes the function has no finite value."""
        return int(np.count_nonzero(self.undefined))

    @property
    def promised_direction(self) -> str | None:
        """The direction in which the record says that the function goes; None without a promise."""
        spec = self.spec
        return None if spec.derivative else spec.activation.fact("monotone", spec.parameters)

    def steps_against(self, direction: str) -> np.ndarray:
        """Return the indices of the codes whose output goes against a direction, ascending."""
        steps = np.diff(self.codes)
        return np.flatnonzero(steps < 0 if direction == NONDECREASING else steps > 0) + 1

    @cached_property
    def monotonicity_breaks(self) -> int | None:
        """How many steps go against the direction the record promises; None without a promise."""
        promised = self.promised_direction
        return None if promised is None else len(self.steps_against(promised))

    @cached_property
    def used(self) -> np.ndarray:
        """Which output codes some input code gives: bool, ascending output codes."""
        output = self.spec.output
        return np.bincount(self.codes - output.min_code, minlength=2**output.width) > 0

    @cached_property
    def unused_codes(self) -> int:
        """How many output codes no input code gives."""
        return int(np.count_nonzero(~self.used))

    @cached_property
    def worst(self) -> tuple[WorstCode, ...]:
        """The codes with the largest errors, worst first; equal errors in code order."""
        order = np.argsort(-np.abs(self.error_lsb), kind="stable")[:WORST_CODES]
        return tuple(self.at(int(index)) for index in order)

    def _repr_html_(self) -> str:
        """Return the report as a notebook shows it."""
        from lutgen.accuracy.notebook import report_html

        return report_html(self)

    def _repr_markdown_(self) -> str:
        """Return the report as a notebook without HTML shows it."""
        from lutgen.accuracy.notebook import report_markdown

        return report_markdown(self)

    def real(self, code: int) -> float:
        """Return the real number that an output code stands for."""
        return float(self.spec.output.decode(code))

    @cached_property
    def reals(self) -> np.ndarray:
        """The real numbers that the output codes stand for: float64."""
        return self._decoded(self.codes)

    @cached_property
    def exact_reals(self) -> np.ndarray:
        """The exact values clipped to the output range, in real units: float64."""
        return self._decoded(self.codes - self.error_lsb)

    def usage(self, columns: int) -> np.ndarray:
        """Return which part of the output codes is used, for columns of equally many of them."""
        return self.used.reshape(min(columns, len(self.used)), -1).mean(axis=1)

    def _decoded(self, codes: np.ndarray) -> np.ndarray:
        output = self.spec.output
        return float(output.scale) * (codes - output.zero_point)

    def at(self, index: int) -> WorstCode:
        """Return what there is to say of one code, counted from the lowest."""
        code = self.spec.input.min_code + index
        got, error = int(self.codes[index]), float(self.error_lsb[index])
        return WorstCode(
            code=code,
            x=float(self.spec.input.decode(code)),
            exact=float(self.exact_reals[index]),
            got=got,
            error_lsb=error,
        )


def error_in_lsb(
    codes: np.ndarray, lower: np.ndarray, upper: np.ndarray, output: NumberFormat
) -> np.ndarray:
    """Return the error of output codes in LSB, float64.

    Args:
        codes: int64 output codes.
        lower: integers at or below the exact values, as those of ``Ideal``.
        upper: integers at or above them.
        output: format that the exact values are clipped to.
    """
    lower, upper = clipped(lower, upper, output)
    scaled = codes << FRACTION_BITS
    # Both ends are kept as integers until the last step: no error hides in a float.
    return ((scaled - lower) + (scaled - upper)) / 2.0 ** (FRACTION_BITS + 1)


def clipped(
    lower: np.ndarray, upper: np.ndarray, output: NumberFormat
) -> tuple[np.ndarray, np.ndarray]:
    """Return integers around exact values, clipped to the range of the output codes."""
    edges = output.min_code << FRACTION_BITS, output.max_code << FRACTION_BITS
    return np.clip(lower, *edges), np.clip(upper, *edges)
