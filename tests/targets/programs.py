"""Programs for the targets' tests: built by hand, and at random from all operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np

from lutgen import pipeline
from lutgen.accuracy import ErrorReport
from lutgen.formats import NumberFormat
from lutgen.ideal import Ideal
from lutgen.program import Builder, Program, Table
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method


def code(width: int, *, signed: bool = True) -> NumberFormat:
    """Return a format of which only the codes matter."""
    return NumberFormat(width, signed, Fraction(1, 2 ** (width - 1)))


S8, U8, S16, U16, S6, U6 = (
    code(width, signed=signed) for width in (8, 16, 6) for signed in (True, False)
)
S12, U12 = code(12), code(12, signed=False)


def solution(function: str, **request: object) -> Solution:
    """Return the solution of a request; a table unless it names another method."""
    return _solved(Request(function, **{"method": Method("lut"), **request}))


@cache
def _solved(request: Request) -> Solution:
    return pipeline.solve(request.resolve())


def sides(input_bits: int, output_bits: int, **kinds: bool) -> dict[str, object]:
    """Return the parts of a request that ask for these widths; ``input_unsigned`` and so on."""
    return {
        "input": Side("in", bits=input_bits, unsigned=kinds.get("input_unsigned", False)),
        "output": Side("out", bits=output_bits, unsigned=kinds.get("output_unsigned", False)),
    }


def wrapped(program: Program) -> Solution:
    """Return a program as the solution of some spec of its name and formats."""
    (number_format,) = program.inputs.values()
    ideal = _some_ideal(number_format, program.output_format)
    spec = replace(ideal.spec, name=program.name)
    report = ErrorReport.measure(program, replace(ideal, spec=spec))
    return Solution(spec, program, report)


@cache
def _some_ideal(input_format: NumberFormat, output_format: NumberFormat) -> Ideal:
    spec = Request("softsign", bits=4).resolve()
    return Ideal.of(replace(spec, input=input_format, output=output_format))


def fitted(b: Builder, ref: int, output: NumberFormat) -> Program:
    """Return the finished program whose result is ``ref`` clamped to the output format."""
    return b.finish(b.clamp("y", ref, output.min_code, output.max_code, "Saturate."), output)


def uniform_segments(input_format: NumberFormat = S16) -> Program:
    """Return equal segments: slope and intercept by the top bits, a product, a shift."""
    b = Builder(f"uniform_{input_format.suffix}")
    x = b.input("x", input_format)
    width, segments = input_format.width, 16
    position = np.arange(segments)
    pattern = b.low_bits("pattern", x, width, "The bits of x, read as unsigned.")
    segment = b.shift_right("segment", pattern, width - 4, "The top bits select the segment.")
    slope = b.lookup("slope", Table("slopes", 3000 * (position % 5) - 7000, "Slopes."), segment)
    constants = 1234567 * (position % 7) - 4000000
    intercept = b.lookup("intercept", Table("intercepts", constants, "Intercepts."), segment)
    product = b.mul("product", slope, x)
    total = b.add("total", product, intercept)
    return fitted(b, b.shift_right("scaled", total, 13), input_format)


def searched_segments(count: int, input_format: NumberFormat, name: str) -> Program:
    """Return a count of ``count`` uneven breakpoints, some of them beyond the codes."""
    b = Builder(name)
    x = b.input("x", input_format)
    low, high = input_format.min_code, input_format.max_code
    inner = {low + (high - low) * k * k // (count * count) for k in range(count)}
    segment = b.segment("segment", x, tuple(sorted(inner | {low - 5, high + 9})))
    return fitted(b, segment, S16 if count > 127 else S8)


def wide_arithmetic() -> Program:
    """Return a product beyond 32 bits, shifted back."""
    b = Builder("wide")
    x = b.input("x", S16)
    cube = b.mul("cube", b.mul("square", x, x), x)
    scaled = b.mul("scaled", cube, b.const(-7001))
    biased = b.add("biased", scaled, b.const(1 << 43))
    return fitted(b, b.shift_right("y_scaled", biased, 45), S16)


def shifted_product() -> Program:
    """Return a product shifted so far that the sign fills half of the result."""
    b = Builder("shifted")
    x = b.input("x", S16)
    return b.finish(b.shift_right("y", b.mul("product", x, b.const(20000)), 20), S16)


def by_hand() -> list[Program]:
    """Return programs at the corners of C's arithmetic."""
    found = [
        uniform_segments(S16), uniform_segments(S12), uniform_segments(U8), wide_arithmetic(),
        *(searched_segments(n, S8, f"search{n}_s8") for n in (1, 4, 5, 31)),
        *(searched_segments(n, U16, f"search{n}_u16") for n in (3, 6, 200)),
    ]
    for position, (name, build) in enumerate(CORNERS.items()):
        # Two of the formats for each: all would take a minute to compile.
        for input_format in ((S16, U16), (S6, U16), (S16, U8))[position % 3]:
            b = Builder(f"{name}_{input_format.suffix}")
            x = b.input("x", input_format)
            result = build(b, x)
            found.append(fitted(b, result, S16))
    return found


def _wide_table(b: Builder, x: int) -> int:
    values = np.array([2**40, -(2**50), 7, 2**62])
    wide = b.lookup("wide", Table("wide", values, "Entries of 64 bits."), b.low_bits("a", x, 2))
    return b.shift_right("z", wide, 48)


CORNERS: dict[str, Callable[[Builder, int], int]] = {
    "identity": lambda b, x: x,
    "constant": lambda b, x: b.const(-32768),
    "const_minus": lambda b, x: b.sub("z", b.const(-32768), x),
    "minus_minimum": lambda b, x: b.add("z", x, b.const(-32768)),
    "minus_negative": lambda b, x: b.sub("z", x, b.const(-5)),
    "times_negative": lambda b, x: b.mul("z", x, b.const(-3)),
    "square": lambda b, x: b.shift_right("z", b.mul("s", x, x), 9),
    "unsigned32": lambda b, x: b.shift_right(
        "z", b.add("u", b.low_bits("p", x, 16), b.const(2**31 + 2**30)), 20
    ),
    "far_shift": lambda b, x: b.shift_right("z", x, 20),
    "farthest_shift": lambda b, x: b.shift_right("z", x, 70),
    "left_shift": lambda b, x: b.shift_right("z", b.shift_left("l", x, 20), 21),
    "left_edge": lambda b, x: b.shift_right(
        "z", b.shift_left("l", b.shift_right("s", x, 16), 63), 60
    ),
    "low_bits_9": lambda b, x: b.low_bits("z", x, 9),
    "low_bits_20": lambda b, x: b.shift_right("z", b.low_bits("l", x, 20), 6),
    "low_bits_32": lambda b, x: b.shift_right("z", b.low_bits("l", x, 32), 18),
    "low_bits_40": lambda b, x: b.shift_right("z", b.low_bits("l", x, 40), 26),
    "narrow_clamp": lambda b, x: b.clamp("z", x, -3, 9),
    "clamp_to_one": lambda b, x: b.clamp("z", x, 70000, 70001),
    "mixed_min": lambda b, x: b.min("z", b.low_bits("p", x, 16), x),
    "mixed_max": lambda b, x: b.max("z", x, b.low_bits("p", x, 16)),
    "max_negative": lambda b, x: b.max("z", b.low_bits("p", x, 16), b.const(-7)),
    "relu": lambda b, x: b.max("z", x, b.const(0)),
    "select": lambda b, x: b.select("z", b.sub("d", x, b.const(3)), b.low_bits("p", x, 16), x),
    "select_never": lambda b, x: b.select("z", b.low_bits("p", x, 7), b.mul("m", x, x), x),
    "same_names": lambda b, x: b.add("t", b.add("t", x, b.const(1)), b.add("t", x, b.const(2))),
    "unused": lambda b, x: (b.mul("unused", x, x), x)[1],
    "wide_table": _wide_table,
}


def at_random(seed: int) -> Program:
    """Return a program of some twenty random operations."""
    rng = np.random.default_rng(seed)
    formats = (S8, U8, S6, U6)
    b = Builder(f"random{seed}")
    number_format = formats[seed % len(formats)]
    refs = [b.input("x", number_format)]
    grow(b, rng, refs, 20)
    total = refs[-1]
    return fitted(b, b.low_bits("low", total, 8), (S8, U8, S16, U16)[seed % 3])


Step = Callable[[str], int]


def grow(
    b: Builder,
    rng: np.random.Generator,
    refs: list[int],
    count: int,
    more: Callable[[Callable[[], int]], tuple[Step, ...]] = lambda pick: (),
    start: int = 0,
) -> None:
    """Add random operations on the last few values, and some on the first.

    Args:
        b: where they are added.
        rng: what chooses them.
        refs: the values so far; the new ones are appended.
        count: how many operations are tried.
        more: returns operations beside the usual ones.
        start: number of the first.
    """
    def pick() -> int:
        if rng.random() < 0.2:
            return b.const(int(rng.choice([-32768, -7, 0, 1, 5, 255, 40000, -(2**31), 2**33])))
        return int(rng.choice(refs[-6:] + refs[:1]))

    def shift() -> int:
        return int(rng.integers(0, 24))

    steps: tuple[Step, ...] = (
        lambda name: b.add(name, pick(), pick()),
        lambda name: b.sub(name, pick(), pick()),
        lambda name: b.mul(name, pick(), pick()),
        lambda name: b.min(name, pick(), pick()),
        lambda name: b.max(name, pick(), pick()),
        lambda name: b.shift_left(name, pick(), shift()),
        lambda name: b.shift_right(name, pick(), shift()),
        lambda name: b.low_bits(name, pick(), 1 + shift()),
        lambda name: b.clamp(name, pick(), *sorted(rng.integers(-99999, 99999, 2).tolist())),
        lambda name: b.select(name, pick(), pick(), pick()),
        lambda name: b.segment(
            name, pick(), tuple(np.unique(rng.integers(-300, 300, rng.integers(1, 12))).tolist())
        ),
        *more(pick),
    )
    for step in range(start, start + count):
        kind = int(rng.integers(0, len(steps)))
        try:
            ref = steps[kind](f"v{step}")
        except ValueError:
            # Beyond 64 bits: this operation is left out.
            continue
        refs.append(ref)
        if kind in (7, 10) and rng.random() < 0.7:
            address = b.low_bits(f"a{step}", ref, 3)
            values = rng.integers(-(2 ** rng.integers(1, 40)), 2 ** rng.integers(1, 40), 8)
            refs.append(b.lookup(f"t{step}", Table(f"table{step}", values, "Random."), address))
