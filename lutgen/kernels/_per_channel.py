"""Activations with parameters of their own in every channel: one table of parameters.

A function of straight pieces keeps a slope, an intercept and a breakpoint for each channel; any
other keeps a table of codes for each channel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lutgen.activations._record import Activation
from lutgen.covering import extremes
from lutgen.errors import BudgetError
from lutgen.ideal import Ideal
from lutgen.kernels._lines import ROUNDING_ERROR
from lutgen.kernels._record import Built, Kernel, Port, Reals
from lutgen.kernels._spec import KernelSpec
from lutgen.kernels._steps import centred, farthest, fixed_point, rounded, saturated
from lutgen.numerics.literals import Number
from lutgen.program import Builder, Table, ops
from lutgen.spec import Spec

SUFFIX = "_per_channel"
GUARD_BITS = 8
MOST_ENTRIES = 2**20
"""Entries of the tables of all channels together."""


class Piece(NamedTuple):
    """A straight piece: ``slope * x + intercept`` from ``start`` on.

    Attributes:
        start: the real input where it begins; of no meaning for the first.
        slope: its slope.
        intercept: its value at 0.
    """

    start: Fraction
    slope: Fraction
    intercept: Fraction


def _two_slopes(alpha: Fraction) -> tuple[Piece, ...]:
    return (Piece(Fraction(0), alpha, Fraction(0)), Piece(Fraction(0), Fraction(1), Fraction(0)))


def _three_lines(tl: Fraction, al: Fraction, tr: Fraction, ar: Fraction) -> tuple[Piece, ...]:
    return (
        Piece(tl, al, tl - al * tl),
        Piece(tl, Fraction(1), Fraction(0)),
        Piece(tr, ar, tr - ar * tr),
    )


PIECES: Mapping[str, Callable[..., tuple[Piece, ...]]] = {
    "leaky_relu": _two_slopes,
    "prelu": _two_slopes,
    "rrelu": lambda lower, upper: _two_slopes((lower + upper) / 2),
    "srelu": _three_lines,
}
"""The pieces of the activations that are continuous and straight in pieces."""


def per_channel(activation: Activation) -> Kernel:
    """Return the kernel that takes the channel beside the number."""
    return Kernel(
        name=f"{activation.name}{SUFFIX}",
        summary=f"{activation.name} with parameters of its own in every channel.",
        formula=activation.formula,
        source=activation.source,
        arity="1 of a channel",
        ports=_ports,
        real=lambda spec: _real(activation, spec),
        extremes=lambda spec: _extremes(activation, spec),
        build=lambda spec: _build(activation, spec),
        needs_channels=True,
        has_curve=True,
    )


def _ports(spec: KernelSpec) -> tuple[Port, ...]:
    bits = 8 if spec.channels.count <= 256 else 16
    channel = Port("channel", "in2", "0 for the first channel", per_call=True, unsigned=True,
                   bits=bits)
    return Port("x"), channel


def _real(activation: Activation, spec: KernelSpec) -> Reals:
    functions = [activation.bind(each) for each in spec.channels.sets]
    return lambda x, channel: (functions[int(channel.p)](x),)


def _extremes(activation: Activation, spec: KernelSpec) -> tuple[Fraction, Fraction]:
    codes = spec.input
    ends = codes.decode(codes.min_code), codes.decode(codes.max_code)
    found = [
        extremes(activation.bind(dict(each)), codes, ends)
        for each in {tuple(each.items()) for each in spec.channels.sets}
    ]
    return min(low for low, _ in found), max(high for _, high in found)


def _build(activation: Activation, spec: KernelSpec) -> Built:
    b = Builder(spec.name)
    x, channel = (b.input(name, codes) for name, codes in spec.inputs.items())
    last = b.const(spec.channels.count - 1)
    channel = b.min("channel_kept", channel, last, "Channels that are none count as the last.")
    wanted = spec.method.name
    if wanted != "lut" and activation.name in PIECES:
        found = _straight(b, spec, PIECES[activation.name], x, channel)
        entries = spec.channels.count * 2**spec.input.width
        if wanted != "auto" or found.program.storage_bytes < entries:
            return found
    return _tables(activation, spec)


def _tables(activation: Activation, spec: KernelSpec) -> Built:
    """Return the program that looks codes up in a table for each channel."""
    width, count = spec.input.width, spec.channels.count
    if count << width > MOST_ENTRIES:
        raise BudgetError(
            f"{spec.name}: a table for each of {count} channels has more than {MOST_ENTRIES} "
            "entries; use fewer channels or bits"
        )
    b = Builder(spec.name)
    x, channel = (b.input(name, codes) for name, codes in spec.inputs.items())
    channel = b.min("channel_kept", channel, b.const(count - 1),
                    "Channels that are none count as the last.")
    found: dict[tuple[tuple[str, Number], ...], np.ndarray] = {}
    rows = []
    for each in spec.channels.sets:
        key = tuple(each.items())
        if key not in found:
            single = Spec(spec.name, activation, each, False, spec.input, spec.output,
                          spec.rounding)
            found[key] = np.roll(Ideal.of(single).codes, spec.input.min_code)
        rows.append(found[key])
    pattern = b.low_bits("pattern", x, width, "The bits of x, read as unsigned.")
    start = b.shift_left("start", channel, width, "Where the channel's table begins.")
    table = Table(
        "lut", np.concatenate(rows), f"{activation.name} at every code of x, channel by channel"
    )
    program = b.finish(b.lookup("y", table, b.add("address", start, pattern)), spec.output)
    return Built(program, ROUNDING_ERROR[spec.rounding])


def _straight(
    b: Builder,
    spec: KernelSpec,
    pieces_of: Callable[..., tuple[Piece, ...]],
    x: ops.Ref,
    channel: ops.Ref,
) -> Built:
    """Return the program of straight pieces, whose constants are looked up by the channel."""
    codes, output = spec.input, spec.output
    channels = [
        pieces_of(**{name: number.value for name, number in each.items()})
        for each in spec.channels.sets
    ]
    shift = (farthest(codes) + 1).bit_length() + GUARD_BITS
    gain = codes.scale / output.scale

    def constant(name: str, what: str, numbers: list[int]) -> ops.Ref:
        if len(set(numbers)) == 1:
            return b.const(numbers[0])
        return b.lookup(name, Table(f"{name}s", np.array(numbers), f"{what} of each channel"),
                        channel)

    slope = intercept = None
    for place, pieces in enumerate(zip(*channels, strict=True)):
        label = f"{place + 1}" if place else ""
        this_slope = constant(
            f"slope{label}", f"slope of piece {place + 1}",
            [fixed_point(piece.slope * gain, shift) for piece in pieces],
        )
        this_intercept = constant(
            f"intercept{label}", f"intercept of piece {place + 1}",
            [fixed_point(piece.intercept / output.scale, shift) for piece in pieces],
        )
        if place == 0:
            slope, intercept = this_slope, this_intercept
            continue
        starts = constant(
            f"start{label}", f"first code of piece {place + 1}",
            [
                min(max((piece.start / codes.scale).__ceil__() + codes.zero_point,
                        codes.min_code), codes.max_code + 1)
                for piece in pieces
            ],
        )
        side = b.sub(f"side{label}", x, starts, f"Negative before piece {place + 1}.")
        slope = b.select(f"slope_to{label}", side, slope, this_slope)
        intercept = b.select(f"intercept_to{label}", side, intercept, this_intercept)
    line = b.add(
        "line", b.mul("product", centred(b, "x", x, codes), slope), intercept,
        "In fractions of an output code.",
    )
    code = rounded(b, "code", line, shift, spec.rounding, output.zero_point)
    error = Fraction(farthest(codes) + 1, 2 ** (shift + 1))
    program = b.finish(saturated(b, code, output), output, segments=len(channels[0]))
    return Built(replace(program, method="pwl"), ROUNDING_ERROR[spec.rounding] + error)
