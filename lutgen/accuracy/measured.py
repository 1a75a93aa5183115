"""What every report has, of a function of one number or of several."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Measured(Protocol):
    """Errors of outputs; see ``ErrorReport`` for what the figures mean."""

    codes: np.ndarray
    error_lsb: np.ndarray
    max_lsb: float
    rms_lsb: float
    bias_lsb: float
    max_real: float
    misrounded: int
    faithful: bool
    storage_bytes: int
    worst: tuple[object, ...]
