"""Quotients as a row of subtractions, one for each bit, which a pipeline can cut."""

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
    literal,
)


def add_quotient(signals: Signals, target: Signal, dividend: int, divisor: int) -> int:
    """Add ``floor(dividend / divisor)`` and return its number.

    The division restores: from the highest bit on, the divisor is taken from what is left
    wherever it fits.

    Args:
        signals: what to add to.
        target: name, interval and comment of the quotient.
        dividend: a signal that is not negative.
        divisor: a signal above 0.
    """
    places = target.width
    highest = signals[divisor].high
    signs: list[str | Bits] = []
    # The quotient has ``places`` bits, so that what lies above them is less than the divisor.
    rest = _above(signals, target, dividend, places, highest)
    for place in reversed(range(places)):
        bit = Bits(dividend, place, place) if place < signals[dividend].width else "1'd0"
        both: Formula = ("{", signals.whole(rest), f",{GLUE}", bit, "}")
        high = 2 * signals[rest].high + 1
        tried = Signal(f"{target.name}_tried{place}", 0, high, both if high > 1 else (bit,), 0)
        signals.append(tried)
        trial = len(signals) - 1
        left = Signal(f"{target.name}_less{place}", -highest, tried.high, (), 0)
        width = left.width
        signals.append(left._replace(
            formula=(*signals.pattern(trial, width), " - ", *signals.pattern(divisor, width)),
            delay=adder_delay(width),
        ))
        less = len(signals) - 1
        signs += [", !" if signs else "{!", signals.sign(less)]
        if place:
            kept = Signal(f"{target.name}_rest{place}", 0, min(highest - 1, tried.high), (), 0)
            formula: Formula = (
                signals.sign(less), " ? ", *signals.pattern(trial, kept.width), " : ",
                *signals.pattern(less, kept.width),
            )
            signals.append(kept._replace(formula=formula, delay=LUT_DELAY))
            rest = len(signals) - 1
    signals.append(target._replace(formula=(*signs, "}"), delay=0))
    return len(signals) - 1


def _above(signals: Signals, target: Signal, dividend: int, places: int, divisor: int) -> int:
    """Add what lies above the low bits of the dividend; less than the divisor."""
    own = signals[dividend]
    high = min(own.high >> places, divisor - 1)
    width = bits_of(0, high)
    formula: Formula = (literal(0, width),)
    if own.width > places and high:
        formula = (Bits(dividend, places + width - 1, places),)
    signals.append(Signal(f"{target.name}_rest{places}", 0, high, formula, 0))
    return len(signals) - 1
