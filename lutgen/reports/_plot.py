"""Where things lie in a plot: axes, ticks and paths, for SVG of any size.

A plot has no size of its own: places along its axes are percentages, and curves live in a box of
``WIDTH`` by ``HEIGHT`` units that is stretched over it, with lines that keep their width.  So
text stays readable on a phone.  This is layout; the figures come from ``accuracy``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 4096, 1000

_STEPS = (1, 2, 2.5, 5, 10)
_SLACK = 0.004


class Tick(NamedTuple):
    """A labelled place on an axis.

    Attributes:
        at: percent of the axis, from the left or from the top.
        label: what stands there.
    """

    at: str
    label: str


class Axis(NamedTuple):
    """A range of numbers along a plot.

    Attributes:
        low: the number at its left or lower end.
        high: the number at its other end.
    """

    low: float
    high: float

    def fraction(self, number: float) -> float:
        """Return how far along the axis a number is, kept within it."""
        return min(max((number - self.low) / (self.high - self.low), 0.0), 1.0)

    def right(self, number: float) -> str:
        """Return a place on a horizontal axis, in percent from the left."""
        return f"{100 * self.fraction(number):.2f}"

    def down(self, number: float) -> str:
        """Return a place on a vertical axis, in percent from the top."""
        return f"{100 * (1 - self.fraction(number)):.2f}"

    def y(self, number: float) -> int:
        """Return a place on a vertical axis in the units of curves."""
        return round(HEIGHT * (1 - self.fraction(number)))

    def ticks(self, about: int) -> list[float]:
        """Return round numbers along the axis, about as many as asked for."""
        rough = (self.high - self.low) / about
        unit = 10.0 ** floor(log10(rough))
        step = next(s for s in _STEPS if s * unit >= rough * 0.999) * unit
        # A format ends one code short of a round number more often than not; that one is meant.
        slack = _SLACK * (self.high - self.low) / step
        first, last = ceil(self.low / step - slack), floor(self.high / step + slack)
        return [number * step for number in range(first, last + 1)]


def labels(numbers: Sequence[float]) -> list[str]:
    """Return ticks as text, all with as many decimals as the finest needs."""
    if any(abs(number) >= 1e6 for number in numbers) or all(abs(n) < 1e-4 for n in numbers):
        return [f"{number:.3g}" for number in numbers]
    decimals = next(
        d for d in range(10) if all(abs(round(n, d) - n) <= 1e-9 * max(1, abs(n)) for n in numbers)
    )
    # A tick at 0 may have come out as a tiny number.
    return [f"{number if round(number, decimals) else 0:.{decimals}f}" for number in numbers]


def padded(low: float, high: float, share: float = 0.06) -> Axis:
    """Return an axis around a range, with some air at both ends."""
    air = (high - low) * share or abs(high) * share or 1.0
    return Axis(low - air, high + air)


def column_centre(number: int, columns: int) -> float:
    """Return the place of a column's middle, from 0 to 1."""
    return (number + 0.5) / columns


def line(points: Iterable[tuple[float, int]]) -> str:
    """Return a path through points: place from 0 to 1, and height in the units of curves."""
    return _relative([(round(WIDTH * place), y) for place, y in points])


def staircase(heights: Sequence[int]) -> str:
    """Return a path that holds each height over its column."""
    columns = len(heights)
    parts, at = [f"M0 {heights[0]}"], heights[0]
    for number, y in enumerate(heights):
        if y != at:
            parts.append(f"H{round(WIDTH * number / columns)}V{y}")
            at = y
    return "".join([*parts, f"H{WIDTH}"])


def band(lows: Sequence[int], highs: Sequence[int]) -> str:
    """Return the area between two heights of each column."""
    columns = len(lows)
    places = [round(WIDTH * column_centre(number, columns)) for number in range(columns)]
    upper, lower = (list(zip(places, side, strict=True)) for side in (highs, lows))
    return _relative([*upper, *reversed(lower)]) + "z"


def bars(values: Sequence[int], baseline: int) -> str:
    """Return an area from the baseline to each column's height, with air between columns."""
    columns = len(values)
    edges = [round(WIDTH * number / columns) for number in range(columns + 1)]
    air = (edges[1] - edges[0]) // 12
    return "".join(
        f"M{left + air} {baseline}V{y}H{right - air}V{baseline}z"
        for left, right, y in zip(edges, edges[1:], values, strict=False)
        if y != baseline
    )


def hairlines(places: Iterable[float], top: int, bottom: int) -> str:
    """Return vertical lines at places from 0 to 1, between two heights."""
    return "".join(f"M{round(WIDTH * place)} {top}V{bottom}" for place in places)


def dots(points: Iterable[tuple[float, int]]) -> str:
    """Return a path whose round line caps are dots."""
    return "".join(f"M{round(WIDTH * place)} {y}h0" for place, y in points)


def _relative(points: Sequence[tuple[int, int]]) -> str:
    """Return a path through points, each written as a step from the one before."""
    (x, y), *rest = points
    parts = [f"M{x} {y}"]
    for nx, ny in rest:
        if (nx, ny) == (x, y):
            continue
        dx, dy = nx - x, ny - y
        parts.append(f"h{dx}" if not dy else f"v{dy}" if not dx else f"l{dx} {dy}")
        x, y = nx, ny
    return "".join(parts)
