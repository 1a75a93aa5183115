"""One ROM: integers in address order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SHOWN_VALUES = 16


class TooWideError(ValueError):
    """A number of the program needs more than 64 bits: there is no such program."""


def bits_of(low: int, high: int) -> int:
    """Return the bits that hold ``low .. high``: at least 1; two's complement if low < 0."""
    if low >= 0:
        return max(high.bit_length(), 1)
    # Where all are negative, -1 decides as little as 0.
    return max(max(high, 0).bit_length(), (~low).bit_length()) + 1


@dataclass(frozen=True, eq=False)
class Table:
    """The constants behind a ``Lookup``.

    Attributes:
        name: what it holds: ``lut``, ``slopes``; targets put the program's name before it.
        values: int64, shape (depth,), address order, read-only.
        meaning: one line for the comment above the emitted array.
    """

    name: str
    values: np.ndarray
    meaning: str

    def __post_init__(self) -> None:
        try:
            values = np.array(self.values, dtype=np.int64)
        except OverflowError:
            raise TooWideError(f"table {self.name} needs more than 64 bits") from None
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def depth(self) -> int:
        """Number of entries."""
        return len(self.values)

    @property
    def low(self) -> int:
        """The smallest entry."""
        return int(self.values.min())

    @property
    def high(self) -> int:
        """The largest entry."""
        return int(self.values.max())

    @property
    def width(self) -> int:
        """Bits per entry as stored in hardware: of an unsigned number unless one is negative."""
        return bits_of(self.low, self.high)

    @property
    def storage_bits(self) -> int:
        """Bits of the whole table in hardware."""
        return self.depth * self.width

    @property
    def entry_bytes(self) -> int:
        """Bytes per entry as stored in software: 1, 2, 4 or 8."""
        return next(size for size in (1, 2, 4, 8) if self.width <= 8 * size)

    @property
    def storage_bytes(self) -> int:
        """Bytes of the whole table."""
        return self.depth * self.entry_bytes

    def _repr_html_(self) -> str:
        """Return the table as a notebook shows it."""
        from html import escape

        shown = self.values[:_SHOWN_VALUES].tolist()
        more = ", ..." if self.depth > len(shown) else ""
        rows = (
            ("meaning", self.meaning),
            ("entries", f"{self.depth} of {self.width} bits, from {self.low} to {self.high}"),
            ("storage", f"{self.storage_bytes} bytes"),
            ("values", ", ".join(map(str, shown)) + more),
        )
        cells = "".join(
            f"<tr><th>{label}</th><td>{escape(text)}</td></tr>" for label, text in rows
        )
        return f"<table><caption>{escape(self.name)}</caption>{cells}</table>"
