"""Quantised models, read into units: the parts that depend on the codes of one integer tensor.

A model is read into a graph of steps, whatever file it comes from; the steps are followed from
every integer tensor as far as they stay elementwise; and what ends in an integer tensor again is
a unit.  This is the one stage that computes in floating point, since the models themselves do.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.errors import ModelError
from lutgen.models import litert
from lutgen.models._unit import Model, Unit

__all__ = ["KERNELS", "Model", "Unit", "read"]

KERNELS = tuple(litert.KERNELS)
"""Whose codes a TFLite model is taken to compute: LiteRT has two sets of kernels."""


def read(path: Path, kernels: str = KERNELS[0]) -> Model:
    """Return the units of the quantised model in a file.

    Args:
        path: an ONNX or TFLite file.
        kernels: one of ``KERNELS``; of no meaning for ONNX.

    Raises:
        ModelError: the file is not a model that can be read, or has no unit.
    """
    kind = path.suffix.lower()
    if kind == ".tflite":
        from lutgen.models import tflite

        return tflite.read(path, kernels)
    if kind == ".onnx":
        from lutgen.models import onnx

        return onnx.read(path)
    raise ModelError(f"{path.name}: must end in .onnx or .tflite, which says how to read it")
