"""Where an error comes from: output rounding, approximation and arithmetic.

With t the exact value clipped to the output range, y the program's output code, and a what the
program's formula gives in exact arithmetic with the coefficients it stores, before any rounding,

| part | is | and is 0 where |
|---|---|---|
| approximation | a - t | the formula is the function itself |
| output rounding | round(a) - a | a is a whole code; at most 1/2 LSB under rounding to nearest |
| arithmetic | y - round(a) | rounding inside the program changes no output code |

so that the three add up to the error ``y - t`` on every code.  ``round`` is the program's last
shift, applied to exact numbers.

Some codes are not rounded by the program at all: it reads them from a table, or the last shift
drops nothing on a whole piece.  They were rounded when the table was made, so there the formula's
value is ``a = t + (y - r)``, r being the correctly rounded code.  A table of the correctly rounded
codes has output rounding alone, and one whose entries are other codes differs by its
approximation.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lutgen.accuracy.report import clipped
from lutgen.ideal import FRACTION_BITS, Ideal
from lutgen.program import Program
from lutgen.program.pieces import piece_starts
from lutgen.program.unrounded import unrounded

_BITS = FRACTION_BITS + 1


class Part(NamedTuple):
    """One part of the error.

    Attributes:
        errors: what it adds on every input code, in LSB: float64.
    """

    errors: np.ndarray

    @property
    def max_lsb(self) -> float:
        """The largest size of what it adds, in LSB."""
        return float(np.abs(self.errors).max())

    @property
    def rms_lsb(self) -> float:
        """Root mean square of what it adds, in LSB."""
        return float(np.sqrt(np.mean(np.square(self.errors))))

    @property
    def bias_lsb(self) -> float:
        """Mean of what it adds, in LSB."""
        return float(np.mean(self.errors))

    @property
    def codes(self) -> int:
        """On how many input codes it adds anything."""
        return int(np.count_nonzero(self.errors))


class Split(NamedTuple):
    """The parts of the error; on every code they add up to it.

    Attributes:
        approximation: the formula, evaluated exactly, less the exact value.
        rounding: what rounding that to an output code adds.
        arithmetic: what rounding inside the program adds.
    """

    approximation: Part
    rounding: Part
    arithmetic: Part

    @classmethod
    def of(cls, program: Program, ideal: Ideal, codes: np.ndarray) -> Split:
        """Return the split of a program's error.

        Args:
            program: of one input.
            ideal: what the exact function demands.
            codes: the program's output codes.
        """
        spec = ideal.spec
        # Where the exact value is floored the lines do not hold one half to round by.
        floored = spec.rounding == "floor" and spec.method.exact
        constant = Fraction(0 if floored else 1, 2)
        found = unrounded(program, constant, _BITS)
        exact = sum(clipped(ideal.lower, ideal.upper, spec.output))
        read = exact + ((codes - ideal.codes) << _BITS)
        rounds = found.rounds & _fractional(program, found.values, constant)
        formula = np.where(rounds, found.values, read)
        once = np.where(rounds, found.once, codes)
        parts = formula - exact, (once << _BITS) - formula, (codes - once) << _BITS
        return cls(*(Part(part.astype(np.float64) / 2.0**_BITS) for part in parts))


def _fractional(program: Program, values: np.ndarray, constant: Fraction) -> np.ndarray:
    """Return which codes lie in a piece where the last shift drops anything.

    Args:
        program: says where the pieces are.
        values: what its formula gives, times ``2**_BITS``, the constant taken off.
        constant: the rounding constant, in output codes.
    """
    dropped = (values + int(constant * 2**_BITS)) % 2**_BITS != 0
    starts = piece_starts(program)
    sizes = np.diff(np.append(starts, len(values)))
    return np.repeat(np.logical_or.reduceat(dropped.astype(bool), starts), sizes)
