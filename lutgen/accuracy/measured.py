"""What every report has, of a function of one number or of several."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from lutgen.spec import Spec


class Measured:
    """Outputs and their errors: each the output less the exact value, in LSB.

    Attributes:
        spec: the request; of a kernel, its own kind.
        codes: output codes, int64.
        error_lsb: float64 errors in the same order.
        misrounded: how many outputs are not the code nearest to the exact value.
        faithful: whether every error is below 1 LSB.
        storage_bytes: bytes of the tables.
        worst: the inputs with the largest errors, worst first.
    """

    spec: Spec
    codes: np.ndarray
    error_lsb: np.ndarray
    misrounded: int
    faithful: bool
    storage_bytes: int
    worst: tuple[object, ...]

    @cached_property
    def max_lsb(self) -> float:
        """Largest absolute error in LSB."""
        return float(np.abs(self.error_lsb).max())

    @cached_property
    def rms_lsb(self) -> float:
        """Root mean square error in LSB, every output weighing the same."""
        return float(np.sqrt(np.mean(np.square(self.error_lsb))))

    @cached_property
    def bias_lsb(self) -> float:
        """Mean error in LSB."""
        return float(np.mean(self.error_lsb))

    @property
    def max_real(self) -> float:
        """Largest absolute error in real units; of several outputs, of the first."""
        return self.max_lsb * float(self.spec.output.scale)
