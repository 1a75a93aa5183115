"""Products: in one piece for DSP blocks, or as sums of digits that a pipeline can cut."""

from __future__ import annotations

from lutgen.program.table import bits_of
from lutgen.targets._verilog_signals import (
    GLUE,
    LUT_DELAY,
    Bits,
    Formula,
    Signal,
    Signals,
    adder_delay,
)


def product_delay(rows: int, width: int) -> int:
    """Return the picoseconds of a product whose multiplier has ``rows`` bits, made of logic."""
    if rows <= 1:
        return LUT_DELAY
    # Carry-save adders make two rows of three until two are left, which an adder takes.
    levels = 0
    while rows > 2:
        rows, levels = rows - rows // 3, levels + 1
    return levels * LUT_DELAY + adder_delay(width)


def add_product(
    signals: Signals, target: Signal, a: int, b: int, digit: int | None
) -> int:
    """Add the product of two signals and return its number.

    Args:
        signals: what to add to.
        target: name, interval and comment of the product.
        a: a factor.
        b: the other one.
        digit: bits of the narrower factor that are multiplied at once; None takes all.
    """
    if signals[a].width < signals[b].width:
        a, b = b, a
    rows = signals[b].width
    if digit is None or rows <= digit:
        formula = _times(signals, target.width, a, b)
        delay = product_delay(rows, target.width)
        signals.append(target._replace(formula=formula, delay=delay))
        return len(signals) - 1
    parts = []
    for place in range(0, rows, digit):
        size = min(digit, rows - place)
        low, high = _digit_interval(signals[b], place, size)
        ends = [end * other for end in (low, high) for other in (signals[a].low, signals[a].high)]
        part = Signal(f"{target.name}_digit{place // digit}", min(ends), max(ends), (), 0)
        formula = _rows(signals, part.width, a, b, size, place)
        signals.append(part._replace(formula=formula, delay=product_delay(size, part.width)))
        parts.append((len(signals) - 1, place))
    return _summed(signals, target, parts)


def _times(signals: Signals, width: int, a: int, b: int) -> Formula:
    """Return the whole product."""
    signed = signals[a].signed or signals[b].signed
    first, second = (signals.number(factor, width, signed=signed) for factor in (a, b))
    return (*first, " * ", *second)


def _rows(signals: Signals, width: int, a: int, b: int, size: int, place: int) -> Formula:
    """Return the product of a and ``size`` bits of b from ``place`` on, as a sum of its rows.

    The rows are spelled out, or tools would spend a DSP block on each digit.
    """
    own = signals[b]
    formula: list[str | Bits] = []
    for row in range(min(size, width)):
        bit = Bits(b, place + row, place + row)
        is_sign = own.signed and place + row == own.width - 1
        if row or is_sign:
            formula.append(" - " if is_sign and row else "-" if is_sign else " + ")
        shifted = signals.pattern(a, width - row)
        if row:
            shifted = ("{", *shifted, f",{GLUE}{row}'d0}}")
        formula += [f"({{{width}{{", bit, "}} & ", *shifted, ")"]
    return tuple(formula)


def _digit_interval(factor: Signal, place: int, size: int) -> tuple[int, int]:
    """Return the interval of some bits of a factor; the highest ones carry its sign."""
    if place + size == factor.width:
        return factor.low >> place, factor.high >> place
    return 0, (1 << size) - 1


def _summed(signals: Signals, target: Signal, parts: list[tuple[int, int]]) -> int:
    """Add the sum of parts, each with its place, as a tree; the last is the target."""
    round_number = 0
    while len(parts) > 1:
        round_number += 1
        joined = []
        for position in range(0, len(parts) - 1, 2):
            (first, place), (second, next_place) = parts[position], parts[position + 1]
            shift = next_place - place
            name = f"{target.name}_sum{round_number}"
            if len(parts) > 2:
                made = Signal(
                    f"{name}_{position // 2}",
                    signals[first].low + (signals[second].low << shift),
                    signals[first].high + (signals[second].high << shift), (), 0,
                )
            else:
                made = target
            width = bits_of(made.low, made.high)
            formula = (
                *signals.pattern(first, width), " + {",
                *signals.pattern(second, width - shift), f",{GLUE}{shift}'d0}}",
            )
            signals.append(made._replace(formula=formula, delay=adder_delay(width)))
            joined.append((len(signals) - 1, place))
        parts = joined + parts[len(joined) * 2 :]
    return parts[0][0]
