"""Two tables and an adder: ``y = (coarse[high, middle] + fine[high, low]) >> guard``.

The address is split into high, middle and low bits.  A coarse entry holds the level of a cell,
rounding included; the fine entries say how far the function rises from there, and all cells of a
block, which have their high bits in common, share them.  Where the function turns about the middle
of its cells, one half of the fine table is enough: the other half is its complement.

Chosen for hardware, where an entry is as wide as it has to be: of all splits, guard bits and both
kinds of fine table, the one with the fewest bits is taken.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lutgen.ideal import Tolerance
from lutgen.methods._bipartite_layouts import Pair, smallest
from lutgen.methods._demand import Demand
from lutgen.methods._frames import Frame
from lutgen.methods._window import Window
from lutgen.program import Builder, Program, Table, run
from lutgen.program.ops import Ref
from lutgen.spec import Method


def worth_folding(options: Method) -> bool:
    """Return whether half the tables are worth the steps: yes, they are chosen for size."""
    return True


def approximate(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the program with the fewest bits of tables, or None where none fits the budget.

    Args:
        frame: how the input is folded.
        tolerance: which codes are acceptable.
        options: ``max_bytes`` limits the storage.
    """
    programs = (_of(each, tolerance, options) for each in _signs(frame))
    found = [program for program in programs if program is not None]
    return min(found, key=_storage_bits, default=None)


def check(program: Program, frame: Frame, tolerance: Tolerance) -> None:
    """Run the program on every code.

    Raises:
        AssertionError: a code is not acceptable.
    """
    lo, hi = frame.ideal.tube(tolerance)
    codes = run(program)
    missed = int(np.count_nonzero((codes < lo) | (codes > hi)))
    if missed:
        raise AssertionError(f"{program.name}: {missed} codes miss the tolerance")


def _signs(frame: Frame | Window) -> Iterator[Frame | Window]:
    """Yield the frame; where it has a line, also with the core on the other side of it."""
    yield frame
    if isinstance(frame, Frame) and frame.k and frame.turn is None:
        yield frame._replace(sign=-frame.sign)


def _of(frame: Frame, tolerance: Tolerance, options: Method) -> Program | None:
    """Return the program for one frame, or None."""
    demand = frame.demand(tolerance)
    if demand is None:
        return None
    addressed = _by_address(demand)
    padded = addressed.padded((len(addressed) - 1).bit_length())
    pair = smallest(padded, len(addressed), options.max_bytes)
    if pair is None:
        return None
    program = _program(frame, demand, pair.nearest(padded))
    check(program, frame, tolerance)
    return program


def _storage_bits(program: Program) -> int:
    return sum(table.storage_bits for table in program.tables)


def _by_address(demand: Demand) -> Demand:
    """Return the demand in the order of addresses, which ``_address`` gives."""
    if _is_signed(demand):
        half = len(demand) // 2
        return Demand(0, *(np.roll(values, half) for values in _values(demand)))
    if not _has_neighbour(demand):
        return Demand(0, *_values(demand))
    lo, hi, aim = (values[:-1].copy() for values in _values(demand))
    lo[-1], hi[-1] = max(demand.lo[-2:]), min(demand.hi[-2:])
    return Demand(0, lo, hi, aim)


def _address(program: Builder, u: Ref, demand: Demand) -> Ref:
    """Add the steps from u to the address that is split."""
    if _is_signed(demand):
        width = (len(demand) - 1).bit_length()
        return program.low_bits("pattern", u, width, "The bit pattern, read as unsigned.")
    if demand.lowest:
        lowest = program.const(demand.lowest)
        u = program.sub("position", u, lowest, "Counted from the lowest code.")
    if not _has_neighbour(demand):
        return u
    return program.min(
        "address", u, program.const(len(demand) - 2), "The last is served like its neighbour."
    )


def _values(demand: Demand) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return demand.lo, demand.hi, demand.aim


def _is_signed(demand: Demand) -> bool:
    """Return whether the core sees all codes of a signed format."""
    return demand.lowest < 0 and -2 * demand.lowest == len(demand)


def _has_neighbour(demand: Demand) -> bool:
    """Return whether the last number alone needs another address bit, and can do without it.

    So it is where a signed format is folded: the lowest code has no mirror image.
    """
    size = len(demand) - 1
    alone = size > 1 and size & (size - 1) == 0
    return alone and max(demand.lo[-2:]) <= min(demand.hi[-2:])


def _program(frame: Frame, demand: Demand, pair: Pair) -> Program:
    """Return the program that adds the entries of both tables."""
    spec, guard = frame.ideal.spec, pair.layout.guard
    program = Builder(spec.name)
    x = program.input("x", spec.input)
    address = _address(program, frame.enter(program, x), demand)
    core = _coarse(program, address, pair)
    if pair.fine.width:
        core = program.add("sum", core, _fine(program, address, pair))
    if guard:
        core = program.shift_right("value", core, guard, "The entries hold the rounding.")
    return program.finish(frame.leave(program, x, core), spec.output)


def _coarse(program: Builder, address: Ref, pair: Pair) -> Ref:
    """Add the steps from the address to the coarse entry."""
    layout = pair.layout
    entries = pair.entries.coarse.ravel()[: layout.depths[0]]
    table = Table("coarse", entries, f"Level every {1 << layout.low} codes{_unit(pair)}")
    if layout.low:
        address = program.shift_right(
            "cell", address, layout.low, "The high and middle bits say at which level."
        )
    return program.lookup("coarse", table, address)


def _fine(program: Builder, address: Ref, pair: Pair) -> Ref:
    """Add the steps from the address to what is added to the coarse entry."""
    low = pair.layout.low
    place = program.low_bits("place", address, low, "The low bits say where in the cell.")
    if not pair.layout.mirrored:
        return _fine_entry(program, "fine", address, place, pair)
    half = program.const(1 << (low - 1))
    side = program.sub("side", place, half, "Below the middle of the cell, this is negative.")
    opposite = program.sub("opposite", program.const(-1), side)
    place = program.select("half", side, opposite, side, "Opposite places share one entry.")
    entry = _fine_entry(program, "entry", address, place, pair)
    complement = program.sub("complement", program.const(-1), entry)
    halves = (entry, complement) if pair.falling else (complement, entry)
    return program.select("fine", side, *halves, "The function turns about the middle.")


def _fine_entry(program: Builder, name: str, address: Ref, place: Ref, pair: Pair) -> Ref:
    """Add the steps to the fine entry at a place, which the high bits of the address precede."""
    layout = pair.layout
    bits = layout.middle + layout.low
    entries = pair.entries.fine.ravel()[: layout.depths[1]]
    meaning = f"What all levels of {1 << bits} codes share{_unit(pair)}"
    if program.value(address).high >> bits:
        block = program.shift_right("block", address, bits, "The high bits say which fine entries.")
        row = program.shift_left("row", block, layout.low - layout.mirrored)
        place = program.add("fine_address", row, place)
    table = Table("fine", ~entries if pair.falling else entries, meaning)
    return program.lookup(name, table, place)


def _unit(pair: Pair) -> str:
    """Return the unit of the entries, to follow what they are."""
    return f", times 2^{pair.layout.guard}" if pair.layout.guard else ""
