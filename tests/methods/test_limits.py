"""The least numbers of segments, against those of an independent program.

The table below is the ``free`` column of the measurements that lutgen is judged by: fewest lines
with real coefficients, breaks anywhere, for errors below 1 LSB, of at most 5/8 LSB, and none
(equal to the correctly rounded table under half-up).  INT8 runs all of it, INT16 a function that
changes with the day, and everything under ``-m slow``.
"""

from __future__ import annotations

import datetime
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from lutgen import activations, methods
from lutgen.formats import NumberFormat
from lutgen.ideal import EXACT, FAITHFUL, Ideal, Tolerance
from lutgen.methods._frames import Frame
from lutgen.methods._hull import FREE_HIGH, FREE_LOW, real_tube
from lutgen.methods._segmentation import check_witness, fewest, witness
from lutgen.program import run
from lutgen.spec import Method, Spec
from tests.methods import exact

TOLERANCES = {"faithful": FAITHFUL, "5/8": Tolerance(Fraction(5, 8)), "exact": EXACT}
METHODS = {
    "faithful": Method("pwl", fold="off", max_error="faithful"),
    "5/8": Method("pwl", fold="off", max_error="0.625"),
    "exact": Method("pwl", fold="off", exact=True),
}

# function, output scale, zero point, segments for faithful, 5/8 and exact
INT8 = """
sigmoid       1/256 -128  10 16 21
tanh          1/128    0   9 14 17
gelu          1/16     0   3  6  7
gelu_tanh     1/16     0   3  6  7
silu          1/16     0   5  7  8
mish          1/16     0   4  5  8
softplus      1/32  -128   5  7 12
log_sigmoid   1/16     0   4  6  9
exp           1/256 -128   8 11 12
elu           1/16     0   3  4  5
selu          1/8      0   3  4  6
softsign      1/128    0  13 15 25
arctan        1/64     0  11 15 21
erf           1/128    0   8 11 14
hard_swish    1/16     0   6  8  9
bent_identity 1/8      0   3  4  7
sine          1/128    0  35 44 55
reciprocal    1/256 -128   5  7 10
rsqrt         1/256 -128   3  5  9
"""
INT16 = """
sigmoid       1/32768 0   141  253  639
tanh          1/32768 0   197  335  666
gelu          1/4096  0    60  111  267
gelu_tanh     1/4096  0    60  110  275
silu          1/4096  0    78  142  428
mish          1/4096  0    70  128  364
softplus      1/4096  0    67  124  355
log_sigmoid   1/4096  0    67  124  355
exp           1/32768 0   118  204  435
elu           1/4096  0    43   78  203
selu          1/2048  0    41   74  203
softsign      1/32768 0   225  391  861
arctan        1/16384 0   181  323  756
erf           1/32768 0   177  300  553
hard_swish    1/4096  0    77  137  314
bent_identity 1/2048  0    43   80  264
sine          1/32768 0   702 1165 1991
reciprocal    1/32768 0    52   98  343
rsqrt         1/32768 0    35   67  260
"""


def rows(table: str) -> dict[str, tuple[Fraction, int, dict[str, int]]]:
    """Return the output scale, the zero point and the counts by function."""
    found = {}
    for line in table.strip().splitlines():
        name, scale, zero_point, *counts = line.split()
        by_tolerance = dict(zip(TOLERANCES, map(int, counts), strict=True))
        found[name] = Fraction(scale), int(zero_point), by_tolerance
    return found


LIMITS = {8: rows(INT8), 16: rows(INT16)}
NAMES = [*LIMITS[8]]


def input_format(name: str, width: int) -> NumberFormat:
    """Return 16 equal real units from -8, for exp from -16; [1, 2) for 1/x and 1/sqrt(x).

    Zero points outside the codes put every code inside the range, which no option can say.
    """
    if name in ("reciprocal", "rsqrt"):
        return NumberFormat(width, True, Fraction(1, 2**width), -(2**width) - 2 ** (width - 1))
    zero_point = 2 ** (width - 1) if name == "exp" else 0
    return NumberFormat(width, True, Fraction(16, 2**width), zero_point)


def spec_of(name: str, width: int, method: Method = METHODS["exact"]) -> Spec:
    scale, zero_point, _ = LIMITS[width][name]
    record = activations.get(name)
    return Spec(
        name=f"{name}_s{width}",
        activation=record,
        parameters=record.parse_parameters(()),
        derivative=False,
        input=input_format(name, width),
        output=NumberFormat(width, True, scale, zero_point),
        rounding="half-up",
        method=method,
    )


@lru_cache(maxsize=4)
def ideal_of(name: str, width: int) -> Ideal:
    return Ideal.of(spec_of(name, width))


def of_the_day(count: int) -> list[str]:
    """Return some names, others every day."""
    day = datetime.date.today().toordinal()
    return [NAMES[(day * count + i) % len(NAMES)] for i in range(count)]


def check_real_counts_and_witnesses(name: str, width: int, tolerance: str) -> None:
    """The count is the table's; three codes per breakpoint prove that none is superfluous."""
    demand = Frame("none", ideal_of(name, width)).demand(TOLERANCES[tolerance])
    segments = fewest(real_tube(demand.lo, demand.hi))

    assert len(segments) == LIMITS[width][name][2][tolerance]
    assert [s.start for s in segments[1:]] == [s.stop for s in segments[:-1]]
    assert (segments[0].start, segments[-1].stop) == (0, 2**width)
    for segment in segments[:-1]:
        triple = witness(demand.lo, demand.hi, segment)
        assert check_witness(demand.lo, demand.hi, *triple)
        assert segment.start <= triple[0] < triple[1] < triple[2] == segment.stop
        assert no_line_serves(demand.lo, demand.hi, triple)


def no_line_serves(lo: np.ndarray, hi: np.ndarray, triple: tuple[int, int, int]) -> bool:
    """Return whether three codes have no common line, by the chords between the outer two.

    A line takes values from ``lo`` to ``hi + 1``, the latter excluded, so that its floor is an
    acceptable code.
    """
    i, j, k = triple
    share = Fraction(j - i, k - i)

    def chord(ends: np.ndarray) -> Fraction:
        return int(ends[i]) + (int(ends[k]) - int(ends[i])) * share

    free_below = FREE_LOW in (lo[i], lo[k]) or hi[j] == FREE_HIGH
    free_above = FREE_HIGH in (hi[i], hi[k]) or lo[j] == FREE_LOW
    if not free_above and chord(hi + 1) <= lo[j]:
        return True
    return not free_below and chord(lo) >= hi[j] + 1


def check_emitted_program(name: str, width: int, tolerance: str) -> None:
    """Integer coefficients cost at most 3 % of the segments, or one, and keep the tube."""
    spec = spec_of(name, width, METHODS[tolerance])
    ideal = ideal_of(name, width)
    program = methods.approximate(Ideal(spec, ideal.lower, ideal.upper, ideal.outside))
    least = LIMITS[width][name][2][tolerance]

    assert (program.method, program.fold, program.minimum) == ("pwl", "none", least)
    assert least <= program.segments <= least + max(1, least * 3 // 100)
    lo, hi = ideal.tube(TOLERANCES[tolerance])
    codes = run(program)
    assert ((lo <= codes) & (codes <= hi)).all()


def check_tube(name: str, width: int, tolerance: str) -> None:
    """What lutgen accepts is what the oracle's exact values allow, at every code."""
    spec = spec_of(name, width)
    lo, hi = ideal_of(name, width).tube(TOLERANCES[tolerance])
    if tolerance == "exact":
        expected = exact.rounded_table(spec)
        assert np.array_equal(lo, expected) and np.array_equal(hi, expected)
    else:
        limit, strict = TOLERANCES[tolerance]
        expected = exact.tube(spec, limit, strict=strict)
        assert np.array_equal(lo, expected[0]) and np.array_equal(hi, expected[1])


CHECKS = [check_real_counts_and_witnesses, check_emitted_program, check_tube]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__[6:])
@pytest.mark.parametrize("name", NAMES)
def test_int8(name: str, check) -> None:
    for tolerance in TOLERANCES:
        check(name, 8, tolerance)


@pytest.mark.parametrize("name", of_the_day(1))
def test_int16_of_the_day(name: str) -> None:
    for tolerance in TOLERANCES:
        check_real_counts_and_witnesses(name, 16, tolerance)
        check_emitted_program(name, 16, tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_int16(name: str) -> None:
    for tolerance in TOLERANCES:
        for check in CHECKS:
            check(name, 16, tolerance)


def test_selu_bit_exact_at_int16() -> None:
    """The steepest demand on coefficients: 203 segments whose slopes need a wide shift."""
    check_emitted_program("selu", 16, "exact")


def test_a_wrong_limit_and_a_wrong_witness_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks themselves: each fails once it is given something to find."""
    demand = Frame("none", ideal_of("gelu", 8)).demand(EXACT)
    i, j, k = witness(demand.lo, demand.hi, fewest(real_tube(demand.lo, demand.hi))[0])
    assert no_line_serves(demand.lo, demand.hi, (i, j, k))
    assert not no_line_serves(demand.lo, demand.hi, (i, j, k - 1))
    assert not no_line_serves(demand.lo - 1, demand.hi + 1, (i, j, k))

    one_less = {key: count - 2 for key, count in LIMITS[8]["gelu"][2].items()}
    monkeypatch.setitem(LIMITS[8], "gelu", (*LIMITS[8]["gelu"][:2], one_less))
    for check in CHECKS[:2]:
        with pytest.raises(AssertionError):
            check("gelu", 8, "exact")

    ideal = ideal_of("gelu", 8)
    shifted = Ideal(ideal.spec, ideal.lower + 2**39, ideal.upper + 2**39, ideal.outside)
    monkeypatch.setattr(f"{__name__}.ideal_of", lambda name, width: shifted)
    with pytest.raises(AssertionError):
        check_tube("gelu", 8, "5/8")
