"""How good a program is: its output on every input code against the exact value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lutgen.activations._record import NONDECREASING
from lutgen.formats import NumberFormat
from lutgen.ideal import FRACTION_BITS, Ideal
from lutgen.program import Program, run
from lutgen.spec import Spec

WORST_CODES = 10


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
class ErrorReport:
    """The error of a program on every input code, never a sample.

    The error of a code is the output minus the exact value clipped to the output range, in LSB of
    the output.  It is known to 2**-37 LSB.

    Attributes:
        spec: the request.
        codes: output codes, int64, shape (2**width,), ascending input codes.
        error_lsb: float64 errors in the same order.
        misrounded: how many codes differ from the correctly rounded table.
        saturated: for how many codes the correctly rounded value lies beyond the output format.
        outside: for how many codes the function has no finite value.
        faithful: whether every error is below 1 LSB.
        storage_bytes: bytes of the tables.
    """

    spec: Spec
    codes: np.ndarray
    error_lsb: np.ndarray
    misrounded: int
    saturated: int
    outside: int
    faithful: bool
    storage_bytes: int

    @classmethod
    def measure(cls, program: Program, ideal: Ideal) -> ErrorReport:
        """Run ``program`` on every code and compare it with ``ideal``."""
        codes = run(program)
        lower, upper = _clipped(ideal.lower, ideal.upper, ideal.spec.output)
        scaled = codes << FRACTION_BITS
        farthest = np.maximum(abs(scaled - lower), abs(scaled - upper)).max()
        return cls(
            spec=ideal.spec,
            codes=codes,
            error_lsb=error_in_lsb(codes, ideal.lower, ideal.upper, ideal.spec.output),
            misrounded=int(np.count_nonzero(codes != ideal.codes)),
            saturated=int(np.count_nonzero(ideal.codes != ideal.rounded)),
            outside=int(np.count_nonzero(ideal.outside)),
            faithful=bool(farthest < 1 << FRACTION_BITS),
            storage_bytes=program.storage_bytes,
        )

    @cached_property
    def max_lsb(self) -> float:
        """Largest absolute error in LSB."""
        return float(np.abs(self.error_lsb).max())

    @cached_property
    def rms_lsb(self) -> float:
        """Root mean square error in LSB, every input code weighing the same."""
        return float(np.sqrt(np.mean(np.square(self.error_lsb))))

    @cached_property
    def bias_lsb(self) -> float:
        """Mean error in LSB."""
        return float(np.mean(self.error_lsb))

    @property
    def max_real(self) -> float:
        """Largest absolute error in real units."""
        return self.max_lsb * float(self.spec.output.scale)

    @cached_property
    def monotonicity_breaks(self) -> int | None:
        """How many steps go against the direction the record promises; None without a promise."""
        spec = self.spec
        promised = None if spec.derivative else spec.activation.fact("monotone", spec.parameters)
        if promised is None:
            return None
        steps = np.diff(self.codes)
        return int(np.count_nonzero(steps < 0 if promised == NONDECREASING else steps > 0))

    @cached_property
    def unused_codes(self) -> int:
        """How many output codes no input code gives."""
        used = np.bincount(self.codes - self.spec.output.min_code)
        return 2**self.spec.output.width - int(np.count_nonzero(used))

    @cached_property
    def worst(self) -> tuple[WorstCode, ...]:
        """The codes with the largest errors, worst first; equal errors in code order."""
        order = np.argsort(-np.abs(self.error_lsb), kind="stable")[:WORST_CODES]
        return tuple(self._worst_code(int(index)) for index in order)

    def _worst_code(self, index: int) -> WorstCode:
        code = self.spec.input.min_code + index
        got, error = int(self.codes[index]), float(self.error_lsb[index])
        output = self.spec.output
        return WorstCode(
            code=code,
            x=float(self.spec.input.decode(code)),
            exact=float(output.scale) * (got - error - output.zero_point),
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
    lower, upper = _clipped(lower, upper, output)
    scaled = codes << FRACTION_BITS
    # Both ends are kept as integers until the last step: no error hides in a float.
    return ((scaled - lower) + (scaled - upper)) / 2.0 ** (FRACTION_BITS + 1)


def _clipped(
    lower: np.ndarray, upper: np.ndarray, output: NumberFormat
) -> tuple[np.ndarray, np.ndarray]:
    edges = output.min_code << FRACTION_BITS, output.max_code << FRACTION_BITS
    return np.clip(lower, *edges), np.clip(upper, *edges)
