"""The tensors of one subgraph of a TFLite model: names, formats, and constants of one element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lutgen.errors import ModelError, shown
from lutgen.formats import NumberFormat
from lutgen.models import _proto
from lutgen.models._formats import codes_format
from lutgen.models.litert import Tensor


@dataclass(frozen=True)
class Tensors:
    """Tensors by their place in the subgraph.

    Attributes:
        model: the flatbuffer's root.
        entries: the flatbuffer's tensors.
        names: of each.
    """

    model: object
    entries: list[object]
    names: list[str]

    @classmethod
    def of(cls, model: object, place: int) -> Tensors:
        """Return the tensors of a subgraph.

        A tensor without a name, or with that of another one, has its place added to it.
        """
        subgraph = model.Subgraphs(place)
        entries = [subgraph.Tensors(i) for i in bounded(subgraph.TensorsLength())]
        names: list[str] = []
        taken: set[str] = set()
        for number, tensor in enumerate(entries):
            name = (tensor.Name() or b"").decode("utf-8", "replace")
            if not name or name in taken or place:
                name = f"{name}:{place}:{number}"
            taken.add(name)
            names.append(name)
        return cls(model, entries, names)

    def read(self, place: int, where: str) -> Tensor | None:
        """Return a tensor of codes; None of other types, and of constants of several elements.

        Args:
            place: which one.
            where: the operator that reads or makes it, for messages.

        Raises:
            ModelError: its quantisation is missing, per channel or not finite.
        """
        tensor, name = self.entries[place], self.names[place]
        kind = _type(tensor)
        buffer = self.model.Buffers(tensor.Buffer())
        size = 0 if buffer is None else buffer.DataLength()
        if kind is None or size not in (0, kind[0] // 8):
            return None
        codes = None
        if size:
            data = bytes(buffer.Data(i) for i in range(size))
            codes = np.array([int.from_bytes(data, "little", signed=kind[1])])
        return Tensor(name, _format(tensor, f"{where}: tensor {shown(name)}"), codes)


def bounded(count: int) -> range:
    """Return the places of so many things, which the file claims to have.

    Raises:
        ModelError: no model has as many.
    """
    if count > _proto.MAX_NODES:
        raise ModelError(f"claims to have {count} parts; at most {_proto.MAX_NODES} are read")
    return range(count)


def _format(tensor: object, where: str) -> NumberFormat:
    """Return the format of a tensor's codes."""
    found = tensor.Quantization()
    count = 0 if found is None else found.ScaleLength()
    if count == 0:
        raise ModelError(f"{where}: has no scale")
    if count > 1:
        raise ModelError(f"{where}: is quantised per channel; activations must be per tensor")
    width, signed = _type(tensor)
    zero_point = int(found.ZeroPoint(0)) if found.ZeroPointLength() else 0
    try:
        return codes_format(width, float(found.Scale(0)), zero_point, signed=signed)
    except ModelError as problem:
        raise ModelError(f"{where}: {problem}") from None


def _type(tensor: object) -> tuple[int, bool] | None:
    """Return width and sign of a tensor of codes; None of any other."""
    import tflite

    kinds = tflite.TensorType
    return {kinds.INT8: (8, True), kinds.UINT8: (8, False), kinds.INT16: (16, True)}.get(
        tensor.Type()
    )
