"""Arrays of numbers in NPY files, whose headers are believed only as far as the file reaches."""

from __future__ import annotations

import io
from math import prod

import numpy as np

_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_HEADER_BYTES = 4096


def from_npy(content: bytes) -> np.ndarray:
    """Return the array in the bytes of an NPY file: booleans, integers or floats, no objects.

    Raises:
        ValueError: not such a file, or not exactly as long as its header says.
    """
    file = io.BytesIO(content)
    try:
        reader = _READERS[np.lib.format.read_magic(file)]
        shape, column_order, kind = reader(file, max_header_size=_HEADER_BYTES)
    except (KeyError, TypeError, SyntaxError, RecursionError) as problem:
        raise ValueError(f"not an NPY file ({type(problem).__name__})") from None
    start = file.tell()
    if kind.kind not in "biuf" or min(shape, default=1) < 0:
        raise ValueError("must hold plain numbers")
    if prod(shape) * kind.itemsize != len(content) - start:
        raise ValueError("is not as long as its header says")
    order = "F" if column_order else "C"
    return np.frombuffer(content, kind, offset=start).reshape(shape, order=order)
