"""What LiteRT computes for TFLite operators on integer tensors, bit for bit, without LiteRT.

Each kernel follows its C++ source.  The two sets are those between which LiteRT chooses; they
differ in few operators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lutgen.models.litert import optimized, reference, xnnpack
from lutgen.models.litert.operator import Operator, Tensor
from lutgen.models.litert.reference import Kernel

__all__ = ["KERNELS", "Operator", "Tensor", "run"]


class Kernels(NamedTuple):
    """A set of kernels.

    Attributes:
        label: what it is, for people.
        sources: each returns the kernel of an operator, or None; the first that has one is asked.
    """

    label: str
    sources: tuple[Callable[[Operator], Kernel | None], ...]


KERNELS = {
    "reference": Kernels("LiteRT's reference kernels", (reference.kernel,)),
    "xnnpack": Kernels(
        "LiteRT's kernels of processors, XNNPACK's where it has them",
        (xnnpack.kernel, optimized.kernel, reference.kernel),
    ),
}
"""Microcontrollers have the first set; the other is what LiteRT takes by itself elsewhere."""


def run(operator: Operator, codes: Sequence[np.ndarray], kernels: str) -> np.ndarray | None:
    """Return the output codes of an operator, int64; None where no kernel is known for it.

    Args:
        operator: what to compute.
        codes: of its inputs, int64; those of constants have one element.
        kernels: one of ``KERNELS``.
    """
    sources = KERNELS[kernels].sources
    found = next(filter(None, (kernel_of(operator) for kernel_of in sources)), None)
    if found is None:
        return None
    differences = [
        values - tensor.format.zero_point
        for values, tensor in zip(codes, operator.inputs, strict=True)
    ]
    return found(operator, *differences)
