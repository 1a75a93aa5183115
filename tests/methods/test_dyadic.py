"""Dyadic breakpoints: within the tolerance, fewest in every region, found by a leading bit."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.errors import BudgetError, UsageError
from lutgen.methods import _dyadic
from lutgen.methods._hull import FREE_HIGH, FREE_LOW, real_tube
from lutgen.program import Program, Region, dyadic_regions, ops, run
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from tests.methods import exact

AFFINE = {"input": Side("in", scale="0.0627451f", zero_point="3"),
          "output": Side("out", scale="0.047f", zero_point="-9")}
UNSIGNED = {"input": Side("in", unsigned=True, scale="6/255", zero_point="100"),
            "output": Side("out", unsigned=True, scale="1/100", zero_point="60")}
NARROW = {"input": Side("in", bits=5)}
NARROW_NAMES = ["tanh", "gelu", "exp", "sine", "relu6", "hard_swish", "sqnl", "log"]


def dyadic(**options: object) -> Method:
    return Method("pwl", breakpoints="dyadic", **options)


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def regions_of(program: Program) -> tuple[Region, ...]:
    """Return the regions of a program's search; one for all codes where there is none."""
    for value in program.values:
        if isinstance(value.op, ops.Segment):
            u = program.values[value.op.a]
            regions = dyadic_regions(value.op.breakpoints, u.low, u.high)
            assert regions is not None
            return regions
    (code_format,) = program.inputs.values()
    return dyadic_regions((), code_format.min_code, code_format.max_code)


def keeps(spec: Spec, codes: np.ndarray, limit: str) -> bool:
    """Return whether every code has the error asked for, against the oracle's exact value."""
    strict = limit == "faithful"
    lo, hi = exact.tube(spec, Fraction(1) if strict else Fraction(limit), strict=strict)
    return bool(((np.array(lo) <= codes) & (codes <= np.array(hi))).all())


@pytest.mark.parametrize("name", activations.names())
def test_every_code_is_within_the_tolerance_and_every_region_complete(name: str) -> None:
    for limit in ("0.625", "faithful"):
        for formats in ({}, AFFINE, UNSIGNED):
            for fold in ("auto", "off"):
                solution = solved(name, dyadic(max_error=limit, fold=fold), **formats)
                program = solution.program

                assert keeps(solution.spec, solution.report.codes, limit)
                assert sum(region.pieces for region in regions_of(program)) == program.segments
                assert program.segments >= program.minimum


@pytest.mark.parametrize("name", ["gelu", "tanh", "hard_swish", "log"])
def test_exact_is_the_table(name: str) -> None:
    for formats in ({}, AFFINE, UNSIGNED):
        solution = solved(name, dyadic(exact=True), **formats)

        assert solution.report.codes.tolist() == exact.rounded_table(solution.spec).tolist()


# Against every line between two codes, and every size of a piece


def fewest_of_a_side(fits: list[list[bool]]) -> int:
    """Return the fewest pieces of the distances 0, 1, ...: ``fits[a][b]`` for those of a .. b."""
    size = len(fits)
    bits = max(b for b in range(size.bit_length() + 1) if fits[0][min(1 << b, size) - 1])
    total = 1
    while 1 << bits < size:
        region = range(1 << bits, min(2 << bits, size))
        total += min(
            len(pieces)
            for shift in range(bits + 1)
            for pieces in [region[:: 1 << shift]]
            if all(fits[a][min(a + (1 << shift), region.stop) - 1] for a in pieces)
        )
        bits += 1
    return total


def fewest(lo: list[int], hi: list[int], ends: tuple[int, int], zero: int) -> int:
    """Return the least number of segments that real coefficients need, by brute force."""
    size = len(lo)
    stops = exact.reaches(lo, hi, ends)
    if stops[0] == size:
        return 1
    right = [[bool(stops[a] > b) for b in range(zero, size)] for a in range(zero, size)]
    left = [[bool(stops[b] > a) for b in range(zero)][::-1] for a in range(zero)][::-1]
    return fewest_of_a_side(right) + (fewest_of_a_side(left) if zero else 0)


def fewest_for(spec: Spec, lo: list[int], hi: list[int]) -> int:
    ends = spec.output.min_code, spec.output.max_code
    return fewest(lo, hi, ends, -spec.input.min_code)


@pytest.mark.parametrize("limit", ["0.5", "0.625", "2", "9"])
@pytest.mark.parametrize("name", [*NARROW_NAMES, "softsign", "mish", "evonorm_s0"])
def test_an_error_asked_for_takes_the_fewest_pieces_in_every_region(name: str, limit: str) -> None:
    for formats in ({}, NARROW, AFFINE, UNSIGNED):
        solution = solved(name, dyadic(max_error=limit, fold="off"), **formats)
        least = fewest_for(solution.spec, *exact.tube(solution.spec, Fraction(limit)))

        assert solution.program.minimum == least
        assert solution.program.segments == least


def test_random_tubes_have_the_fewest_pieces_in_every_region() -> None:
    """Free ends, sizes that are no power of two, both signs of unequal extent."""
    draw = random.Random(5)
    for _ in range(300):
        size = draw.randint(1, 40)
        zero = draw.choice([0, draw.randrange(size)])
        lo = [draw.randint(0, 4) + u * u // 60 for u in range(size)]
        hi = [low + draw.randint(0, 3) for low in lo]
        ends = 0, max(hi)
        low = np.where(np.array(lo) == ends[0], FREE_LOW, lo)
        high = np.where(np.array(hi) == ends[1], FREE_HIGH, hi)

        starts = _dyadic._starts(real_tube(low, high), zero)

        assert len(starts) == fewest(lo, hi, ends, zero)
        cuts = tuple(start - zero for start in starts[1:])
        assert dyadic_regions(cuts, -zero, size - 1 - zero) is not None


def test_one_piece_fewer_in_some_region_has_no_line() -> None:
    """What makes the count least, seen on the emitted breakpoints."""
    solution = solved("gelu", dyadic(max_error="faithful", fold="off"), bits=12)
    lo, hi = (np.array(end) for end in exact.tube(solution.spec, Fraction(1), strict=True))
    zero = 2**11
    for region in regions_of(solution.program):
        if region.pieces == 1:
            continue
        doubled = range(region.start, region.stop, 2 << region.shift)
        assert not all(
            has_line(lo[start + zero :][: 2 << region.shift], hi[start + zero :], solution.spec)
            for start in doubled
        )
        halves = range(region.start, region.stop, 1 << region.shift)
        assert all(
            has_line(lo[start + zero :][: 1 << region.shift], hi[start + zero :], solution.spec)
            for start in halves
        )


def has_line(lo: np.ndarray, hi: np.ndarray, spec: Spec) -> bool:
    """Return whether one real line serves a piece, by the pairs of its codes."""
    ends = spec.output.min_code, spec.output.max_code
    return int(exact.reaches(lo, hi[: len(lo)], ends)[0]) == len(lo)


# The known hard cases

WIDE = {
    "gelu": Side("out", bits=16, scale="1/4096"),
    "silu": Side("out", bits=16, scale="1/4096"),
    "tanh": Side("out", bits=16, scale="1/32768"),
    "sigmoid": Side("out", bits=16, scale="1/65536", unsigned=True, zero_point="0"),
}
# Faithful at 16 bits on x >= 0.  Aligned pieces of any size, without regions, would be 45, 52, 140
# and 136: what a leading bit finds takes more.
COUNTS = {"gelu": 65, "silu": 64, "tanh": 203, "sigmoid": 187}


@pytest.mark.parametrize("name", COUNTS)
def test_integers_need_no_more_pieces_than_real_numbers(name: str) -> None:
    """The lowest code, which has no mirror image, is one more."""
    solution = solved(
        name, dyadic(fold="on", max_error="faithful"),
        input=Side("in", bits=16, scale="1/4096"), output=WIDE[name],
    )
    program = solution.program

    assert program.minimum == program.segments == COUNTS[name] + 1
    assert keeps(solution.spec, solution.report.codes, "faithful")
    assert regions_of(program)[-1] == Region(2**15, 2**16, 15, COUNTS[name])
    # Products fit 32 bits.
    assert all(-(2**31) <= value.low <= value.high < 2**31 for value in program.values)


@pytest.mark.parametrize("fold", ["complement", "residual"])
def test_a_core_that_sees_other_numbers_has_regions_too(fold: str) -> None:
    solution = solved("gelu", dyadic(fold=fold, max_error="faithful"), bits=16)
    regions = regions_of(solution.program)

    assert keeps(solution.spec, solution.report.codes, "faithful")
    assert (regions[0].start, regions[-1].stop) == (
        (0, 2**15) if fold == "complement" else (-(2**15), 2**15)
    )


# Sizes and refusals


@pytest.mark.parametrize("name", NARROW_NAMES)
def test_segments_asked_for_reach_the_smallest_error(name: str) -> None:
    natural = solved(name, dyadic(fold="off"), **NARROW).program.segments
    for segments in sorted({1, 2, 4, natural - 1, natural} - {0}):
        solution = solved(name, dyadic(segments=segments, fold="off"), **NARROW)
        spec = solution.spec
        best = exact.least_error(
            spec, lambda lo, hi, s=spec, n=segments: fewest_for(s, lo, hi) <= n
        )

        assert solution.program.segments <= segments
        assert best <= exact.count_errors(spec, solution.report.codes).largest <= (
            best + exact.RESOLUTION
        )


def test_a_budget_is_kept() -> None:
    for budget in (9, 24, 60):
        solution = solved("gelu", dyadic(max_bytes=budget))

        assert solution.program.storage_bytes <= budget
        assert regions_of(solution.program)


def test_what_cannot_be_kept_is_refused_with_the_best_error() -> None:
    with pytest.raises(BudgetError, match=r"the best it reaches is \d+\.\d+ LSB"):
        solved("tanh", dyadic(max_error="0.5", segments=3))
    for method in (Method("lut", breakpoints="dyadic"), dyadic(aligned=2)):
        with pytest.raises(UsageError, match="--breakpoints"):
            method.checked()


def test_a_code_too_far_away_is_seen() -> None:
    solution = solved("gelu", dyadic(max_error="faithful"))
    codes = solution.report.codes.copy()
    assert keeps(solution.spec, codes, "faithful")
    codes[150] += 2

    assert not keeps(solution.spec, codes, "faithful")
    assert np.array_equal(run(solution.program), solution.report.codes)
