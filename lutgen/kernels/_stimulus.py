"""The inputs on which a kernel is measured and replayed: all of them where that is feasible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lutgen.formats import NumberFormat
from lutgen.kernels._spec import KernelSpec

EXHAUSTIVE_BITS = 16
SAMPLES = 2**EXHAUSTIVE_BITS
ROW_ELEMENTS = 2**15
"""How many elements the rows have together, about."""


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Codes for every input.

    Attributes:
        inputs: int64 by name, all of one shape (count,); rows one after the other.
        lengths: of the rows; empty where the inputs are no rows.
        text: what they are, such as ``all 65536 pairs``.
        is_exhaustive: whether they are all that there are.
    """

    inputs: Mapping[str, np.ndarray]
    lengths: tuple[int, ...]
    text: str
    is_exhaustive: bool

    @property
    def count(self) -> int:
        """How many elements there are."""
        return len(next(iter(self.inputs.values())))

    def calls(self) -> list[np.ndarray]:
        """Return where the elements of each call are, that several rows may share.

        Returns:
            Places of shape (count,) for numbers; of rows, for each length in ascending order, the
            places of all rows of that length, shape (rows, length).
        """
        if not self.lengths:
            return [np.arange(self.count)]
        rows = np.split(np.arange(self.count), np.cumsum(self.lengths)[:-1])
        return [
            np.stack([row for row in rows if len(row) == length])
            for length in sorted(set(self.lengths))
        ]

    def rows(self) -> Iterator[slice]:
        """Yield where each row is."""
        start = 0
        for length in self.lengths:
            yield slice(start, start + length)
            start += length


def stimulus(spec: KernelSpec) -> Stimulus:
    """Return the inputs for a spec: the same ones wherever and whenever they are made."""
    if spec.kernel.takes_rows:
        return _rows(spec)
    formats = _within_channels(spec)
    if sum((f.max_code - f.min_code).bit_length() for f in formats.values()) <= EXHAUSTIVE_BITS:
        grids = np.meshgrid(
            *(np.arange(f.min_code, f.max_code + 1) for f in formats.values()), indexing="ij"
        )
        inputs = {name: grid.ravel() for name, grid in zip(formats, grids, strict=True)}
        count = len(grids[0].ravel())
        return Stimulus(inputs, (), f"all {count} inputs", True)
    inputs = {
        name: np.concatenate([corners, noise])
        for (name, codes), corners, noise in zip(
            formats.items(), _corners(formats), _noise(formats, SAMPLES), strict=True
        )
    }
    inputs = {name: codes[:SAMPLES] for name, codes in inputs.items()}
    return Stimulus(inputs, (), f"{SAMPLES} inputs, corners among them", False)


def _within_channels(spec: KernelSpec) -> dict[str, NumberFormat]:
    """Return the inputs' formats, that of a channel cut to the channels there are."""
    if spec.channels is None:
        return dict(spec.inputs)
    return {
        name: _Counted(spec.channels.count) if name == "channel" else codes
        for name, codes in spec.inputs.items()
    }


class _Counted:
    """The codes of a channel: 0 to one below their count."""

    def __init__(self, count: int) -> None:
        self.min_code, self.max_code, self.zero_point = 0, count - 1, 0


def _corners(formats: Mapping[str, NumberFormat]) -> list[np.ndarray]:
    """Return every combination of the codes at the ends and around the zero point."""
    ends = []
    for codes in formats.values():
        near = {codes.zero_point + step for step in (-1, 0, 1)}
        found = {codes.min_code, codes.min_code + 1, codes.max_code - 1, codes.max_code, *near}
        ends.append(sorted(code for code in found if codes.min_code <= code <= codes.max_code))
    if len(formats) > 4:
        ends = [[first, last] for first, *_, last in ends]
    return [grid.ravel() for grid in np.meshgrid(*ends, indexing="ij")]


def _noise(formats: Mapping[str, NumberFormat], count: int) -> list[np.ndarray]:
    """Return codes without a pattern, all equally likely."""
    return [
        _spread(_mixed(np.arange(count) + number * count), codes)
        for number, codes in enumerate(formats.values())
    ]


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return numbers that look random: the finaliser of MurmurHash3, uint64."""
    found = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        found ^= found >> np.uint64(33)
        found *= np.uint64(factor)
    return found ^ (found >> np.uint64(33))


def _spread(numbers: np.ndarray, codes: NumberFormat) -> np.ndarray:
    """Return a code for each number."""
    count = np.uint64(codes.max_code - codes.min_code + 1)
    return codes.min_code + (numbers % count).astype(np.int64)


def _rows(spec: KernelSpec) -> Stimulus:
    """Return rows of many lengths: equal, one high, extreme, near the top, ramps, random."""
    ((name, codes),) = spec.inputs.items()
    low, high, longest = codes.min_code, codes.max_code, spec.settings.max_n
    lengths = sorted({n for n in (1, 2, 3, 7, 10, 16, 63, 64, 100, longest) if n <= longest})
    rows: list[np.ndarray] = []
    for n in lengths:
        place = np.arange(n)
        rows += [np.full(n, code) for code in (low, codes.zero_point, high)]
        for top in (n - 1, 0):
            # One high element over equal ones at every distance at which they still count.
            rows += [
                np.where(place == top, high, max(low, high - distance))
                for distance in (1, 2, *range(5, high - low + 1, max(1, (high - low) // 24)))
            ][:: 1 if n <= 16 else 3]
        rows += [np.where(place % 2 == 0, low, high), low + place % (high - low + 1)]
        for number in range(6):
            noise = _mixed(place + 1000003 * (number + 7 * n))
            spread = _spread(noise, codes)
            near = high - (spread - low) // 2 ** (number * codes.width // 6)
            rows += [spread, near]
    kept, total = [], 0
    for row in sorted(rows, key=len):
        if total + len(row) <= ROW_ELEMENTS or (len(row) == longest and total < 2 * ROW_ELEMENTS):
            kept.append(row)
            total += len(row)
    text = f"{len(kept)} rows of up to {longest}: equal, one high, extreme, ramps, random"
    return Stimulus({name: np.concatenate(kept)}, tuple(map(len, kept)), text, False)
