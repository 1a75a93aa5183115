"""A TFLite operator on integer tensors, with all that its kernel needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lutgen.formats import NumberFormat


class Tensor(NamedTuple):
    """An input or the output of an operator.

    Attributes:
        name: which tensor it is.
        format: of its codes.
        codes: those of a constant, int64, shape (1,); None where the model makes them.
    """

    name: str
    format: NumberFormat
    codes: np.ndarray | None = None

    @property
    def scale(self) -> np.float32:
        """The scale, which a file keeps as float32."""
        return np.float32(float(self.format.scale))


class Operator(NamedTuple):
    """An operator.

    Attributes:
        code: its name in TFLite.
        inputs: in order.
        output: the tensor that it makes.
        options: its own, such as ``alpha``; ``min`` and ``max`` of its clip.
    """

    code: str
    inputs: tuple[Tensor, ...]
    output: Tensor
    options: Mapping[str, object]

    @property
    def bits(self) -> int:
        """Width of the first input's codes."""
        return self.inputs[0].format.width

    @property
    def ratio(self) -> np.float32:
        """The factor from the first input's codes to output codes."""
        return self.inputs[0].scale / self.output.scale

    @property
    def exact_ratio(self) -> float:
        """The same, not rounded to float32."""
        return float(self.inputs[0].scale) / float(self.output.scale)

    @property
    def product_ratio(self) -> np.float32:
        """The factor from products of both inputs' codes to output codes."""
        first, second = self.inputs
        return first.scale * second.scale / self.output.scale

    def finished(self, values: np.ndarray) -> np.ndarray:
        """Return the output codes of integers that lack the zero point, saturated and clipped."""
        codes = self.output.format
        low, high = codes.min_code, codes.max_code
        if "min" in self.options:
            low = max(low, self._code(self.options["min"]))
        if "max" in self.options:
            high = min(high, self._code(self.options["max"]))
        return np.clip(values + codes.zero_point, low, high)

    def _code(self, real: float) -> int:
        """Return the code of a clip's end, rounded half away from zero before it saturates."""
        ratio = float(np.float32(real) / self.output.scale)
        return int(np.trunc(ratio + np.copysign(0.5, ratio))) + self.output.format.zero_point
