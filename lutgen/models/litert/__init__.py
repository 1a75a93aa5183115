"""What LiteRT computes for TFLite operators on integer tensors, bit for bit, without LiteRT.

Each kernel follows its C++ source.  The two sets are those between which LiteRT chooses; they
differ in few operators.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lutgen.models.litert import optimized, reference, xnnpack
from lutgen.models.litert.operator import Operator, Tensor

__all__ = ["KERNELS", "Operator", "Tensor", "run"]

KERNELS = {
    "reference": (reference.kernel,),
    "xnnpack": (xnnpack.kernel, optimized.kernel, reference.kernel),
}
"""Sets of kernels, each with what looks for a kernel, in order.

The first is that of microcontrollers; the other is what LiteRT takes by itself on processors.
"""


def run(operator: Operator, codes: Sequence[np.ndarray], kernels: str) -> np.ndarray | None:
    """Return the output codes of an operator, int64; None where no kernel is known for it.

    Args:
        operator: what to compute.
        codes: of its inputs, int64; those of constants have one element.
        kernels: one of ``KERNELS``.
    """
    found = next(filter(None, (look(operator) for look in KERNELS[kernels])), None)
    if found is None:
        return None
    differences = [
        values - tensor.format.zero_point
        for values, tensor in zip(codes, operator.inputs, strict=True)
    ]
    return found(operator, *differences)
