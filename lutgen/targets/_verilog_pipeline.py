"""Where a module is cut into stages: what the widths and operators say about its delays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from lutgen.errors import UsageError
from lutgen.program import Program, Table
from lutgen.targets import MAX_LATENCY
from lutgen.targets._verilog_netlist import ALONE, Netlist, Place
from lutgen.targets._verilog_signals import LUT_DELAY, Signal, Signals

# Picoseconds; the way to the next cell included.
REGISTER_DELAY, SETUP = 1300, 500
ROM_DELAY, ROM_DEPTH, JOIN_DELAY = 2900, 512, 1600
"""A block RAM is this slow and this deep; deeper tables join several, far apart on the chip."""

TARGET_PERIOD = 6600
"""Picoseconds between registers that a pipeline of natural depth is cut for."""

DIGITS = (None, 4, 2)
"""Bits of a multiplier's digit, in order of preference; None is a product in one piece."""

BLOCK_DEPTH = 64
"""A table of at least so many entries is read on a clock edge, as block RAM is."""

_SMALLEST_BLOCK = 16


class Pipeline(NamedTuple):
    """A module's signals and when they are computed.

    Attributes:
        netlist: the signals.
        latency: clocks from the inputs to the results; 0 is combinational.
        stages: stage of every signal, counted in registers from the inputs.
        clocked: the signals that a clock edge reads from a table; their stage is that of the
            address, and they are there one stage later.
        period: picoseconds of the slowest stage.
    """

    netlist: Netlist
    latency: int
    stages: tuple[int, ...]
    clocked: frozenset[int]
    period: int

    def ready(self, number: int) -> int:
        """Return the first stage in which a signal can be read."""
        return self.stages[number] + (number in self.clocked)


@lru_cache(maxsize=8)
def pipeline(
    program: Program, latency: int | None, rom: str = "auto", multiplier: str = "auto",
    place: Place = ALONE,
) -> Pipeline:
    """Return the program cut into stages.

    Args:
        program: what to cut.
        latency: clocks from the inputs to the results; None takes the fewest with which every
            stage is as fast as ``TARGET_PERIOD``, or as fast as it gets.
        rom: ``auto``, ``block`` or ``distributed``.
        multiplier: ``whole`` keeps products in one piece; ``auto`` cuts them where that pays.
        place: where it stands in its module.

    Raises:
        UsageError: block RAM takes more clocks than the latency asked for.
    """
    digits = DIGITS if multiplier == "auto" else (None,)
    netlists = [Netlist(program, digit, place) for digit in digits]
    return _with_fewer_registers(_fastest(netlists, latency, rom))


def _fastest(netlists: Sequence[Netlist], latency: int | None, rom: str) -> Pipeline:
    """Return the cut of one of several netlists, as ``pipeline`` wants it.

    Raises:
        UsageError: block RAM takes more clocks than the latency asked for.
    """
    if latency == 0:
        return _cut(netlists[0], 0, "distributed")
    if latency is not None:
        found = [cut for cut in (_cut(n, latency, rom) for n in netlists) if cut is not None]
        if not found and rom == "auto":
            found = [_cut(netlist, latency, "distributed") for netlist in netlists]
        if not found:
            raise UsageError.about("--latency", "must leave a clock for each block RAM", latency)
        return min(found, key=lambda cut: cut.period)
    best: Pipeline | None = None
    for netlist in netlists:
        for clocks in range(1, MAX_LATENCY + 1):
            cut = _cut(netlist, clocks, rom)
            if cut is None:
                continue
            if best is None or cut.period < best.period:
                best = cut
            if cut.period <= TARGET_PERIOD:
                return cut
            if cut.period <= _slowest(netlist.signals, cut.clocked):
                break
    return best


def _cut(netlist: Netlist, latency: int, rom: str) -> Pipeline | None:
    """Return the cut into so many stages with the shortest period; None where there is none."""
    signals = netlist.signals
    clocked = frozenset(
        number for number, signal in enumerate(signals)
        if signal.table is not None and _is_clocked(signal.table, rom) and latency
    )
    low, high = 0, sum(signal.delay for signal in signals) + 20 * ROM_DELAY
    best = _stages(netlist, clocked, latency, high)
    if best is None:
        return None
    while high - low > 100:
        middle = (low + high) // 2
        found = _stages(netlist, clocked, latency, middle)
        if found is None:
            low = middle
        else:
            best, high = found, middle
    return Pipeline(netlist, latency, best, clocked, high + SETUP)


def _stages(
    netlist: Netlist, clocked: frozenset[int], latency: int, period: int
) -> tuple[int, ...] | None:
    """Return the earliest stage of every signal, or None where they need too many.

    Args:
        netlist: the signals.
        clocked: which of them are read on a clock edge.
        latency: registers between the inputs and the results.
        period: picoseconds of a stage without the registers' setup time.
    """
    stages: list[int] = []
    arrivals: list[int] = []
    for number, signal in enumerate(netlist.signals):
        stage = max((stages[o] + (o in clocked) for o in signal.operands), default=0)
        arrival = _arrival(netlist.signals, clocked, stages, arrivals, number, stage)
        if arrival > period and latency:
            stage += 1
            arrival = _arrival(netlist.signals, clocked, stages, arrivals, number, stage)
        there = _read_time(signal) if number in clocked else arrival
        if max(arrival, there) > period:
            return None
        stages.append(stage)
        arrivals.append(there)
    ends = (*(result.number for result in netlist.results), *netlist.taps.values())
    return tuple(stages) if all(stages[end] < max(latency, 1) for end in ends) else None


def _arrival(
    signals: Signals, clocked: frozenset[int], stages: Sequence[int], arrivals: Sequence[int],
    number: int, stage: int,
) -> int:
    """Return when a signal is there in a stage: picoseconds after the clock edge.

    For one that is read on a clock edge it is when its address is there.
    """
    starts = [
        arrivals[o] if stages[o] + (o in clocked) == stage else REGISTER_DELAY
        for o in signals[number].operands
    ]
    delay = 0 if number in clocked else signals[number].delay
    return max(starts, default=REGISTER_DELAY) + delay


def _with_fewer_registers(cut: Pipeline) -> Pipeline:
    """Return the cut with each signal moved later where that saves bits of registers."""
    netlist, latency, stages, clocked, period = cut
    signals, period = netlist.signals, period - SETUP
    best, least = list(stages), _register_bits(netlist, clocked, latency, stages)
    users: list[list[int]] = [[] for _ in signals]
    for number, signal in enumerate(signals):
        for operand in signal.operands:
            users[operand].append(number)
    for number in reversed(range(len(signals))):
        if number in netlist.inputs:
            continue
        latest = min((best[u] - (number in clocked) for u in users[number]), default=latency - 1)
        for stage in range(best[number] + 1, latest + 1):
            moved = [*best[:number], stage, *best[number + 1 :]]
            bits = _register_bits(netlist, clocked, latency, moved)
            if bits < least and _keeps(signals, clocked, moved, period):
                best, least = moved, bits
    return cut._replace(stages=tuple(best))


def _register_bits(
    netlist: Netlist, clocked: frozenset[int], latency: int, stages: Sequence[int]
) -> int:
    """Return the bits of all registers but those that block RAM has itself."""
    last = [stage + (n in clocked) for n, stage in enumerate(stages)]
    ready = tuple(last)
    for number, signal in enumerate(netlist.signals):
        for operand in signal.operands:
            last[operand] = max(last[operand], stages[number])
    for result in netlist.results:
        last[result.number] = max(last[result.number], latency)
    return sum(
        signal.width * (last[number] - ready[number])
        for number, signal in enumerate(netlist.signals) if number not in netlist.steady
    )


def _keeps(
    signals: Signals, clocked: frozenset[int], stages: Sequence[int], period: int
) -> bool:
    """Return whether every stage is as fast as the period."""
    arrivals: list[int] = []
    for number, signal in enumerate(signals):
        arrival = _arrival(signals, clocked, stages, arrivals, number, stages[number])
        if arrival > period:
            return False
        arrivals.append(_read_time(signal) if number in clocked else arrival)
    return True


def _read_time(signal: Signal) -> int:
    """Return when a clocked table's entry is there: picoseconds after the clock edge."""
    joined = -(-signal.table.depth // ROM_DEPTH)
    return ROM_DELAY + JOIN_DELAY * (joined - 1).bit_length()


def _is_clocked(table: Table, rom: str) -> bool:
    if rom == "distributed":
        return False
    return table.depth >= (_SMALLEST_BLOCK if rom == "block" else BLOCK_DEPTH)


def _slowest(signals: Signals, clocked: frozenset[int]) -> int:
    """Return a period that no cut can better: that of the slowest operation alone."""
    times = [
        _read_time(signal) if number in clocked else REGISTER_DELAY + signal.delay
        for number, signal in enumerate(signals)
    ]
    return max(*times, REGISTER_DELAY + LUT_DELAY) + SETUP + 100
