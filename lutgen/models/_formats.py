"""The format of a tensor of codes, from the scale and the zero point that a model has for it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lutgen.errors import ModelError, UsageError
from lutgen.formats import NumberFormat, affine
from lutgen.models._naming import literal
from lutgen.numerics.literals import Number


def codes_format(width: int, scale: float, zero_point: int, *, signed: bool) -> NumberFormat:
    """Return a format whose scale is a float32.

    Raises:
        ModelError: no format has such a scale or zero point.
    """
    if not np.isfinite(scale) or scale <= 0 or float(np.float32(scale)) != scale:
        raise ModelError(f"scale is {scale}; it must be a positive finite float32")
    try:
        number = Number(Fraction(scale), literal(scale))
        return affine(width, signed=signed, scale=number, zero_point=zero_point, side="in")
    except UsageError:
        kind = f"{'int' if signed else 'uint'}{width}"
        raise ModelError(
            f"scale is {scale} and zero point is {zero_point}; scales go from 2^-126 to 2^127, and "
            f"zero points are codes of {kind}"
        ) from None
