"""Kernels for the targets' tests: of the catalogue, built by hand, and at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from lutgen import activations, pipeline
from lutgen.formats import NumberFormat
from lutgen.kernels import (
    Built,
    Channels,
    Kernel,
    KernelReport,
    KernelRequest,
    KernelSpec,
    Port,
    Settings,
    get,
    names,
    of_channels,
)
from lutgen.kernels._report import run
from lutgen.kernels._stimulus import Stimulus, stimulus
from lutgen.program import Builder, Output, Program, Table
from lutgen.request import Side
from lutgen.solution import Solution
from lutgen.spec import Method
from tests.targets.programs import S6, S8, S12, S16, U6, U8, U12, U16, code, grow

LONGEST = 40
"""Of the rows of programs by hand and at random."""


def solved(kernel: str, **request: object) -> Solution:
    """Return the solution of a request for a kernel of the catalogue."""
    return _plain(kernel) if not request else pipeline.solve(_spec(get(kernel), request))


@cache
def _plain(kernel: str) -> Solution:
    return pipeline.solve(_spec(get(kernel), {}))


def _spec(kernel: Kernel, request: dict[str, object]) -> KernelSpec:
    return KernelRequest(kernel, **request).resolve()


def built(kernel: Kernel | str, **request: object) -> Solution:
    """Return what ``solved`` does but for the error, which takes long and which no replay needs."""
    spec = _spec(get(kernel) if isinstance(kernel, str) else kernel, request)
    return _unmeasured(spec, spec.kernel.build(spec).program, stimulus(spec))


def _unmeasured(spec: KernelSpec, program: Program, given: Stimulus) -> Solution:
    outputs = run(Built(program), given)
    error = np.zeros(sum(map(len, outputs.values())))
    return Solution(
        spec, program, KernelReport(spec, given, outputs, error, 0, None, program.storage_bytes)
    )


@cache
def catalogue(bits: int) -> tuple[Solution, ...]:
    """Return every kernel at a width, and some activations with parameters per channel."""
    found = [built(name, bits=bits) for name in names()]
    found += [
        built(
            of_channels(name), bits=bits, channels=channels(name, **columns), method=Method(method),
            name=f"{name}_{method}_{bits}",
        )
        for name, method, columns in (
            ("prelu", None, {"alpha": ["0.25", "-1/3", "0.01"]}),
            ("srelu", None, {"tr": ["1", "2"], "ar": ["0.5", "0.1"]}),
            *([("elu", "lut", {"alpha": ["1", "0.5", "2"]})] if bits == 8 else []),
        )
    ]
    return tuple(found)


def channels(name: str, **columns: list[str]) -> Channels:
    """Return parameters per channel; those that are not given have their defaults."""
    activation = activations.get(name)
    rows = zip(*columns.values(), strict=True)
    sets = [activation.parse_parameters(
        f"{key}={text}" for key, text in zip(columns, row, strict=True)
    ) for row in rows]
    return Channels(activation, tuple(sets))


@cache
def odd_formats() -> tuple[Solution, ...]:
    """Return kernels whose codes have 2 to 16 bits, signed and not, with any zero points."""
    return tuple(_odd_formats())


def _odd_formats() -> Iterator[Solution]:
    narrow = {"in": Side("in", bits=6), "in2": Side("in2", bits=5, unsigned=True)}
    yield built("glu", inputs=narrow, name="glu_odd")
    yield built("geglu", inputs={"in": Side("in", bits=7)}, output=Side("out", bits=3),
                 settings={"gate": "first"}, name="geglu_gate_first")
    affine = {"in": Side("in", scale="0.047f", zero_point="-3"),
              "in2": Side("in2", scale="1/33", zero_point="100", unsigned=True)}
    yield built("swiglu", inputs=affine, output=Side("out", scale="0.1", zero_point="5"),
                 name="swiglu_affine")
    yield built("reglu", bits=2, name="reglu_two")
    yield built("bilinear", inputs={"in": Side("in", bits=12), "in2": Side("in2", bits=4)},
                 output=Side("out", bits=16, unsigned=True), name="bilinear_mixed")
    yield built("crelu", inputs={"in": Side("in", bits=9)}, output=Side("out", bits=6),
                 name="crelu_odd")
    yield built("maxout_inputs", settings={"inputs": 3}, bits=5, name="maxout_five",
                 inputs={"in2": Side("in2", scale="0.3", zero_point="1")})
    yield built("softmax", inputs={"in": Side("in", bits=6)}, output=Side("out", bits=5),
                 settings={"max_n": 100}, name="softmax_odd")
    yield built("softmax", inputs={"in": Side("in", unsigned=True)},
                 output=Side("out", scale="1/255", zero_point="0", unsigned=True),
                 name="softmax_unsigned")
    yield built("softmax", inputs={"in": Side("in", bits=8)}, output=Side("out", bits=16),
                 settings={"max_n": 7}, name="softmax_wider")
    yield built("softmax", rounding="half-even", settings={"max_n": 64}, name="softmax_even")
    yield built("softmax", inputs={"in": Side("in", bits=2)}, output=Side("out", bits=2),
                 settings={"max_n": 1}, name="softmax_one")
    yield built("softmin", inputs={"in": Side("in", bits=10)}, output=Side("out", bits=9),
                 settings={"max_n": 300}, name="softmin_ten")
    yield built("log_softmax", inputs={"in": Side("in", bits=12)}, settings={"max_n": 200},
                 name="log_softmax_twelve")


# Programs of no kernel


def wrapped(program: Program, once: tuple[str, ...] = (), count: int = 2000) -> Solution:
    """Return a program as the solution of some kernel with its inputs.

    Args:
        program: what is wrapped.
        once: names of the inputs that are one number for a whole array.
        count: how many inputs it is tried on.
    """
    ports = tuple(
        Port(name, f"in{place + 1 if place else ''}", per_call=name in once)
        for place, name in enumerate(program.inputs)
    )
    kernel = Kernel(
        name="some_kernel", summary="", formula="?", source="", arity="", ports=lambda spec: ports,
        real=lambda spec: None, extremes=lambda spec: None, build=lambda spec: None,
        outputs=tuple(output.name for output in program.outputs), takes_rows=program.takes_rows,
        settings=("max_n",) if program.takes_rows else (),
    )
    spec = KernelSpec(
        name=program.name, kernel=kernel, parameters={}, inputs=program.inputs,
        outputs={output.name: output.format for output in program.outputs},
        settings=Settings(max_n=LONGEST) if program.takes_rows else Settings(),
    )
    return _unmeasured(spec, program, _stimulus(program, once, count))


def _stimulus(program: Program, once: tuple[str, ...], count: int) -> Stimulus:
    """Return random codes, the ends of the formats among them; of rows, one number in each row."""
    rng = np.random.default_rng(len(program.values))
    lengths: tuple[int, ...] = ()
    if program.takes_rows:
        others = rng.integers(1, LONGEST, 60).tolist()
        lengths = tuple(sorted([1, 2, 3, 8, 9, 16, LONGEST, *others]))
        count = sum(lengths)
    inputs = {}
    for name, codes in program.inputs.items():
        found = rng.integers(codes.min_code, codes.max_code + 1, count)
        ends = rng.random(count) < 0.1
        found[ends] = rng.choice([codes.min_code, codes.max_code], np.count_nonzero(ends))
        if lengths and name in once:
            found = np.repeat(found[: len(lengths)], lengths)
        inputs[name] = found
    return Stimulus(inputs, lengths, "random inputs", False)


def finished(b: Builder, refs: list[int], formats: tuple[NumberFormat, ...]) -> Program:
    """Return a program whose outputs are values, cut to their formats."""
    names = ("y",) if len(formats) == 1 else ("first", "second", "third")
    outputs = []
    for name, ref, codes in zip(names, refs, formats, strict=False):
        kept = b.clamp(f"{name}_kept", ref, codes.min_code, codes.max_code)
        outputs.append(Output(name, kept, codes))
    return b.finish_all(outputs)


Made = tuple[Program, tuple[str, ...]]
"""A program, and which of its inputs are given once for an array."""

FORMATS = (S8, U8, S6, U6, S16, U16, S12, U12, code(3), code(11, signed=False))


def _divisions(b: Builder) -> Callable[[Callable[[], int]], tuple[Callable[[str], int], ...]]:
    """Return the operation that divides two values that may be divided."""
    def divided(name: str, pick: Callable[[], int]) -> int:
        above, below = pick(), pick()
        dividend = b.max(f"{name}_dividend", above, b.const(0))
        return b.divide(name, dividend, b.max(f"{name}_divisor", below, b.const(1)))

    return lambda pick: (lambda name: divided(name, pick),) * 2


def several_at_random(seed: int) -> Made:
    """Return a program of one to three inputs and outputs, and its inputs that are given once."""
    rng = np.random.default_rng(seed + 1000)
    b = Builder(f"several{seed}")
    inputs = ["x", "a", "b"][: 1 + seed % 3]
    refs = [b.input(name, FORMATS[int(rng.integers(len(FORMATS)))]) for name in inputs]
    once = tuple(name for name in inputs[1:] if rng.random() < 0.5)
    grow(b, rng, refs, 16, _divisions(b))
    formats = tuple(
        FORMATS[int(rng.integers(len(FORMATS)))] for _ in range(1 + int(rng.integers(3)))
    )
    return finished(b, refs[::-1], formats), once


def rows_at_random(seed: int) -> Made:
    """Return a program of rows: two or three passes, sums and maxima, tables at distances."""
    rng = np.random.default_rng(seed + 2000)
    b = Builder(f"rows{seed}")
    refs = [b.input("x", FORMATS[int(rng.integers(4))])]
    once: tuple[str, ...] = ()
    if seed % 3 == 1:
        refs.append(b.input("w", FORMATS[int(rng.integers(len(FORMATS)))]))
    if seed % 4 == 2:
        refs.append(b.input("k", FORMATS[int(rng.integers(len(FORMATS)))]))
        once = ("k",)
    for number in range(1 + seed % 3):
        grow(b, rng, refs, 3, _divisions(b), start=10 * number)
        ref = int(rng.choice(refs[-4:]))
        kept = b.clamp(f"kept{number}", ref, -(2**20), 2**31)
        if rng.random() < 0.5:
            refs.append(b.reduce_max(f"max{number}", kept))
            if rng.random() < 0.7:
                distance = b.sub(f"distance{number}", refs[-1], kept)
                low = b.low_bits(f"low{number}", distance, 5)
                refs.append(low)
        else:
            refs.append(b.reduce_sum(f"sum{number}", kept, LONGEST))
    grow(b, rng, refs, 4, _divisions(b), start=100)
    formats = tuple(
        FORMATS[int(rng.integers(len(FORMATS)))] for _ in range(1 + int(rng.integers(2)))
    )
    return finished(b, [refs[-1], int(rng.choice(refs))], formats), once


def _table(name: str, depth: int, scale: int, low: int = 0) -> Table:
    return Table(name, low + np.arange(depth)[::-1] ** 2 * scale, f"{name} by hand")


def _at_distance(b: Builder, codes: NumberFormat) -> tuple[int, int]:
    x = b.input("x", codes)
    peak = b.reduce_max("peak", x, "The largest.")
    return peak, b.sub("distance", peak, x)


def _sum_of_squares(name: str, codes: NumberFormat, drop: int) -> Program:
    """Return x less the shifted mean square: a sum of 32 or 64 bits."""
    b = Builder(name)
    x = b.input("x", codes)
    total = b.reduce_sum("total", b.mul("square", x, x), LONGEST)
    return finished(b, [b.sub("z", x, b.shift_right("level", total, drop))], (S16,))


def _sum_read_twice() -> Program:
    """Return a sum of 64 bits that is shifted, and read as it is as well."""
    b = Builder("read_twice")
    x = b.input("x", U16)
    total = b.reduce_sum("total", b.mul("square", x, x), LONGEST)
    level = b.shift_right("level", total, 30)
    return finished(b, [level, b.shift_right("other", total, 24)], (S16, U16))


def _shifted_far() -> Program:
    """Return the highest bits of a sum, which a part of 32 bits does not leave room for."""
    b = Builder("shifted_far")
    x = b.input("x", U16)
    total = b.reduce_sum("total", b.mul("square", x, x), LONGEST)
    return finished(b, [b.shift_right("level", total, 31)], (U8,))


def _sum_as_it_is() -> Program:
    """Return a sum that is the output itself."""
    b = Builder("as_it_is")
    x = b.input("x", code(3, signed=False))
    return b.finish(b.reduce_sum("total", x, LONGEST), U16)


def _signed_sum() -> Program:
    """Return a sum of numbers of both signs that 32 bits do not hold."""
    b = Builder("signed_sum")
    x = b.input("x", S16)
    total = b.reduce_sum("total", b.mul("far", x, b.const(20000)), LONGEST)
    return finished(b, [b.shift_right("z", total, 22)], (S16,))


def _wide_elements() -> Program:
    """Return a sum and a maximum of elements of more than 32 bits."""
    b = Builder("wide_elements")
    x = b.input("x", S16)
    far = b.mul("far", b.mul("square", x, x), b.const(-70001))
    total = b.reduce_sum("total", far, LONGEST)
    peak = b.reduce_max("peak", far)
    return finished(
        b, [b.shift_right("z", total, 40), b.shift_right("p", peak, 35)], (S16, S16)
    )


def _two_tables(name: str, codes: NumberFormat, scale: int) -> Program:
    """Return the quotient of two tables at one distance, and what is left of another."""
    b = Builder(name)
    _, distance = _at_distance(b, codes)
    depth = b.value(distance).high + 1
    weight = b.lookup("weight", _table("weights", depth, 3), distance)
    share = b.lookup("share", _table("shares", depth, 2, 5), distance)
    other = b.lookup("other", _table("others", depth, scale, -9), distance)
    total = b.reduce_sum("total", weight, LONGEST)
    divisor = b.add("divisor", total, b.const(1))
    ratio = b.divide("ratio", b.mul("scaled", share, b.const(7)), divisor)
    return finished(b, [b.add("z", ratio, b.shift_right("o", other, 12))], (S16,))


def _scaled(name: str, factor: int) -> Program:
    """Return a product of 32 bits with a number of the row, shifted."""
    b = Builder(name)
    x = b.input("x", U8)
    total = b.reduce_sum("total", x, LONGEST)
    reciprocal = b.divide("reciprocal", b.const(factor), b.max("least", total, b.const(100)))
    product = b.mul("product", b.mul("wide", x, b.const(257)), reciprocal)
    return finished(b, [b.shift_right("z", product, 20)], (U16,))


def _of_two_rows() -> Program:
    """Return x less the largest of another row, with a number for the row."""
    b = Builder("two_rows")
    x, w, k = b.input("x", S8), b.input("w", S8), b.input("k", S6)
    gap = b.sub("gap", x, b.reduce_max("peak", b.mul("moved", w, k)))
    return finished(b, [gap, w], (S16, S8))


def _unused_row() -> Program:
    """Return numbers of rows of which one plays no part, and an output that is one for all."""
    b = Builder("unused_row")
    x = b.input("x", S8)
    b.input("w", U12)
    b.input("k", S6)
    return finished(b, [b.reduce_max("peak", x), b.const(-3)], (S8, S6))


def _far_peak() -> Program:
    """Return a table at a distance below a number that lies beyond the table."""
    b = Builder("far_peak")
    x = b.input("x", U8)
    moved = b.add("moved", x, b.const(1000))
    distance = b.sub("distance", b.reduce_max("peak", moved), moved)
    return finished(b, [b.lookup("z", _table("far", 256, 1), distance)], (U16,))


def _at_start() -> Program:
    """Return a table that is read at the sum of a number for the array and one for the element."""
    b = Builder("at_start")
    x, k = b.input("x", U6), b.input("k", code(3, signed=False))
    start = b.shift_left("start", k, 6)
    z = b.lookup("z", _table("lut", 512, 1, -70000), b.add("address", start, x))
    return finished(b, [z], (S16,))


def rows_by_hand() -> list[Made]:
    """Return programs of rows at the corners of what the emitted loops do."""
    return [
        *((p, ()) for p in (
            _sum_of_squares("squares_16", code(3), 4), _sum_of_squares("squares_32", S8, 10),
            _sum_of_squares("squares_64", S16, 22), _sum_of_squares("squares_u", U16, 21),
            _sum_of_squares("squares_s6", S6, 5), _sum_read_twice(), _shifted_far(),
            _sum_as_it_is(), _signed_sum(), _wide_elements(),
            _two_tables("two_tables_s8", S8, 1), _two_tables("two_tables_u8", U8, 2**16),
            _two_tables("two_tables_s6", S6, 1), _two_tables("two_tables_u12", U12, 9),
            _scaled("scaled_low", 1000), _scaled("scaled_high", 6553500), _far_peak(),
        )),
        (_of_two_rows(), ("k",)), (_unused_row(), ("k",)),
    ]


def numbers_by_hand() -> list[Made]:
    """Return programs of numbers with inputs that are given once."""
    b = Builder("same_output")
    x = b.input("x", S8)
    negated = b.sub("negated", b.const(0), x)
    same = b.finish_all(
        [Output("first", x, S8), Output("second", x, S16), Output("third", negated, S16)]
    )
    return [(_at_start(), ("k",)), (same, ())]
