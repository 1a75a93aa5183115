"""Arrays of numbers in NPY files, whose headers are believed only as far as the file reaches."""

from __future__ import annotations

import io
import warnings
from math import prod
from tokenize import TokenError

import numpy as np

MAGIC = b"\x93NUMPY"
"""The bytes that an NPY file begins with."""

_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_HEADER_BYTES = 4096
_LARGEST_ITEM = 8

# What NumPy's reader raises on one or another header that is none; it parses Python's literals.
_NO_HEADER = (
    ValueError, TypeError, SyntaxError, TokenError, RecursionError, MemoryError, OverflowError,
    LookupError, AttributeError,
)


def from_npy(content: bytes) -> np.ndarray:
    """Return the array in the bytes of an NPY file: booleans, integers or floats, no objects.

    Raises:
        ValueError: not such a file, or not exactly as long as its header says.
    """
    shape, order, kind, start = _header(content)
    if kind.kind == "O":
        raise ValueError("the header has a dtype of Python objects; only numbers are read")
    if kind.kind not in "biuf" or kind.itemsize > _LARGEST_ITEM:
        raise ValueError(
            f"the header has dtype {kind}; it must be integers or floats of at most 64 bits"
        )
    # Booleans are integers to NumPy's reader of headers, and then no sizes to NumPy.
    if any(type(size) is not int or size < 0 for size in shape):
        raise ValueError(f"the header has shape {shape}, which no array can have")
    needed, there = prod(shape) * kind.itemsize, len(content) - start
    if needed != there:
        raise ValueError(
            f"the header has shape {shape} and dtype {kind}, which takes {needed} bytes; {there} "
            f"follow it, so the file is {'cut short' if there < needed else 'damaged'}"
        )
    return np.frombuffer(content, kind, offset=start).reshape(shape, order=order)


def _header(content: bytes) -> tuple[tuple[int, ...], str, np.dtype, int]:
    """Return the shape, the order, the kind of number, and where the numbers begin."""
    if not content.startswith(MAGIC):
        raise ValueError("not an NPY file; its first bytes are others")
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
    except ValueError:
        raise ValueError("an NPY file that ends within its header") from None
    if version not in _READERS:
        raise ValueError(f"an NPY file of version {version[0]}.{version[1]}; 1.0 and 2.0 are read")
    try:
        with warnings.catch_warnings():
            # A header that Python 2 wrote is read all the same.
            warnings.simplefilter("ignore")
            shape, by_column, kind = _READERS[version](file, max_header_size=_HEADER_BYTES)
    except _NO_HEADER as problem:
        # What Python says of an expression that is no literal is about Python.
        first = (str(problem).splitlines() or [""])[0][:60]
        told = f" ({first})" if type(problem) is ValueError and "<" not in first else ""
        raise ValueError(
            f"the header of an NPY file cannot be read{told}; save the array anew"
        ) from None
    return shape, "F" if by_column else "C", kind, file.tell()
