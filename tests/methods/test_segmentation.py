"""The segmentation engine against brute force that shares no code with it."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.methods import _knots
from lutgen.methods._hull import (
    FREE_HIGH,
    FREE_LOW,
    GREATEST_SHIFT,
    Segment,
    integer_tube,
    reach,
    real_tube,
)
from lutgen.methods._knots import interpolate, knots
from lutgen.methods._lines import choose_lines, intercepts, slope_storage, trailing_zeros
from lutgen.methods._pieces import coarsest_uniform, fit_pieces, least_shift_of_pieces
from lutgen.methods._segmentation import (
    allowed_count,
    breakpoints,
    check_witness,
    fewest,
    least_shift,
    settle,
    slack,
    witness,
)

few = settings(max_examples=30, deadline=None, derandomize=True, database=None)

Ends = list[tuple[int, int]]

# One code in four has no lower or no upper end; never both, since some end is always met.
_END = st.tuples(st.integers(-5, 5), st.integers(0, 3), st.sampled_from("||||||<>")).map(
    lambda drawn: (
        FREE_LOW if drawn[2] == "<" else drawn[0],
        FREE_HIGH if drawn[2] == ">" else drawn[0] + drawn[1],
    )
)


def tubes(least: int = 1, most: int = 10) -> st.SearchStrategy[Ends]:
    return st.lists(_END, min_size=least, max_size=most)


def arrays(ends: Ends) -> tuple[np.ndarray, np.ndarray]:
    lo, hi = zip(*ends, strict=True)
    return np.array(lo, np.int64), np.array(hi, np.int64)


def real_line_exists(ends: Ends) -> bool:
    """Try a slope in every gap between the slopes at which feasibility can change."""
    low = [(at, Fraction(lo)) for at, (lo, _) in enumerate(ends) if lo != FREE_LOW]
    high = [(at, Fraction(hi + 1)) for at, (_, hi) in enumerate(ends) if hi != FREE_HIGH]
    slopes = {(v - u) / (j - i) for (i, u), (j, v) in itertools.product(low, high) if i != j}
    edges = sorted(slopes | {Fraction(-100), Fraction(100)})
    for left, right in itertools.pairwise(edges):
        slope = (left + right) / 2
        at_least = [value - slope * at for at, value in low]
        below = [value - slope * at for at, value in high]
        if not at_least or not below or max(at_least) < min(below):
            return True
    return False


def integer_line_exists(ends: Ends, shift: int) -> bool:
    """Try every slope and intercept that a tube of this size can need."""
    slope = np.arange(-48, 49)[:, None]
    intercept = np.arange(-600, 601)[None, :]
    good = np.ones((slope.size, intercept.size), bool)
    for at, (lo, hi) in enumerate(ends):
        code = (slope * at + intercept) >> shift
        good &= (lo <= code) & (code <= hi)
    return bool(good.any())


def least_count(size: int, feasible, cell: int = 1) -> int | None:
    """Dynamic programming over all places of breakpoints, without greed."""
    best: list[int | None] = [0] + [None] * size
    for stop in range(1, size + 1):
        counts = [
            best[start] + 1
            for start in range(0, stop, cell)
            if best[start] is not None and (stop == size or stop % cell == 0)
            if feasible(start, stop)
        ]
        best[stop] = min(counts, default=None)
    return best[size]


def parabola(size: int, tolerance: int) -> tuple[np.ndarray, np.ndarray]:
    """A tube about (c - size / 2)**2 / 64, in integers only."""
    centre = (np.arange(size, dtype=np.int64) - size // 2) ** 2 // 64
    return centre - tolerance, centre + tolerance


@few
@given(tubes())
def test_a_segment_ends_where_brute_force_finds_no_real_line(ends: Ends) -> None:
    lo, hi = arrays(ends)
    stop = reach(real_tube(lo, hi), 0, len(ends)).stop
    assert real_line_exists(ends[:stop])
    assert stop == len(ends) or not real_line_exists(ends[: stop + 1])


@few
@given(tubes())
def test_the_slope_bounds_of_a_real_segment_are_tight(ends: Ends) -> None:
    lo, hi = arrays(ends)
    segment = reach(real_tube(lo, hi), 0, len(ends))
    run = ends[: segment.stop]

    def serves(slope: Fraction) -> bool:
        low = [Fraction(v) - slope * at for at, (v, _) in enumerate(run) if v != FREE_LOW]
        high = [Fraction(v + 1) - slope * at for at, (_, v) in enumerate(run) if v != FREE_HIGH]
        return not low or not high or max(low) < min(high)

    assert serves((segment.least_slope + segment.greatest_slope) / 2)
    assert not serves(segment.least_slope) or abs(segment.least_slope) > 100
    assert not serves(segment.greatest_slope) or abs(segment.greatest_slope) > 100


@few
@given(tubes(), st.integers(0, 2))
def test_the_real_minimum_equals_dynamic_programming(ends: Ends, grid_bits: int) -> None:
    ends = ends * 4 if len(ends) < 3 else ends
    ends = ends[: len(ends) >> grid_bits << grid_bits] or ends[:1] * 4
    lo, hi = arrays(ends)
    segments = fewest(real_tube(lo, hi), grid_bits)
    expected = least_count(
        len(ends), lambda start, stop: real_line_exists(ends[start:stop]), 1 << grid_bits
    )
    assert (None if segments is None else len(segments)) == expected


@settings(few, max_examples=20)
@given(tubes(most=8), st.integers(0, 2))
def test_the_integer_minimum_equals_dynamic_programming(ends: Ends, shift: int) -> None:
    lo, hi = arrays(ends)
    segments = fewest(integer_tube(lo, hi, shift))
    assert len(segments) == least_count(
        len(ends), lambda start, stop: integer_line_exists(ends[start:stop], shift)
    )


@settings(few, max_examples=20)
@given(tubes(most=7), st.integers(0, 2))
def test_slopes_and_intercepts_of_a_segment_are_exactly_those_that_serve(
    ends: Ends, shift: int
) -> None:
    lo, hi = arrays(ends)
    segment = reach(integer_tube(lo, hi, shift), 0, len(ends))
    least, greatest = segment.integer_slopes
    every = np.arange(-600, 601)
    for slope in range(-50, 51):
        good = np.ones(every.size, bool)
        for at in range(segment.stop):
            code = (slope * at + every) >> shift
            good &= (lo[at] <= code) & (code <= hi[at])
        low, high = intercepts(lo, hi, segment, slope, shift)
        assert ((low <= every) & (every <= high)).tolist() == good.tolist()
        assert (low <= high) == (least <= slope <= greatest)


@few
@given(tubes(least=3, most=12))
def test_every_breakpoint_of_a_least_segmentation_has_a_witness(ends: Ends) -> None:
    lo, hi = arrays(ends)
    segments = fewest(real_tube(lo, hi))
    for segment in segments[:-1]:
        found = witness(lo, hi, segment)
        assert found is not None
        assert segment.start <= found[0] and found[2] == segment.stop
    assert witness(lo, hi, segments[-1]) is None


@few
@given(tubes(least=3, most=7))
def test_a_witness_is_accepted_exactly_when_brute_force_finds_no_line(ends: Ends) -> None:
    lo, hi = arrays(ends)
    for i, j, k in itertools.combinations(range(len(ends)), 3):
        free = (FREE_LOW, FREE_HIGH)
        only = [ends[at] if at in (i, j, k) else free for at in range(len(ends))]
        assert check_witness(lo, hi, i, j, k) != real_line_exists(only)


def test_a_wrong_witness_is_rejected() -> None:
    lo, hi = parabola(256, 1)
    segment = fewest(real_tube(lo, hi))[0]
    i, j, k = witness(lo, hi, segment)
    assert check_witness(lo, hi, i, j, k)
    assert not check_witness(lo, hi, i, j, k - 1)
    assert not check_witness(lo, hi, j, i, k)
    assert not check_witness(lo, hi, i, j, lo.size)
    assert not check_witness(lo - 1, hi + 1, i, j, k)


def test_tightening_the_tube_by_one_code_costs_segments() -> None:
    lo, hi = parabola(1024, 2)
    count = len(fewest(real_tube(lo, hi)))
    assert len(fewest(real_tube(lo + 1, hi - 1))) > count
    one_line = np.arange(16, dtype=np.int64)
    bent = one_line.copy()
    bent[7] += 1
    assert len(fewest(real_tube(one_line, one_line))) == 1
    assert len(fewest(real_tube(bent, bent))) == 2


def test_the_upper_end_is_excluded_and_the_lower_end_is_not() -> None:
    # A line from 0 to 2 passes the middle code at 1, the end that is excluded there.
    assert len(fewest(real_tube(*arrays([(0, 0), (0, 0), (2, 2)])))) == 2
    assert len(fewest(real_tube(*arrays([(0, 0), (0, 1), (2, 2)])))) == 1
    # The line 0 touches lower ends, which belong to the tube.
    assert len(fewest(real_tube(*arrays([(0, FREE_HIGH), (FREE_LOW, 0), (0, FREE_HIGH)])))) == 1
    assert len(fewest(real_tube(*arrays([(0, FREE_HIGH), (FREE_LOW, -1), (0, FREE_HIGH)])))) == 2


def test_saturation_that_is_free_merges_with_its_neighbour() -> None:
    ramp = np.clip(np.arange(64, dtype=np.int64) - 20, 0, 15)
    freed = np.where(ramp == 0, FREE_LOW, ramp), np.where(ramp == 15, FREE_HIGH, ramp)
    assert len(fewest(real_tube(ramp, ramp))) == 3
    assert len(fewest(real_tube(*freed))) == 1
    found = least_shift(*freed)
    assert (found.shift, len(found.segments), found.minimum) == (0, 1, 1)


@few
@given(tubes(least=2, most=12))
def test_the_least_shift_is_the_first_that_reaches_the_minimum(ends: Ends) -> None:
    lo, hi = arrays(ends)
    minimum = len(fewest(real_tube(lo, hi)))
    counts = [len(fewest(integer_tube(lo, hi, shift))) for shift in range(13)]
    found = least_shift(lo, hi, greatest=12)
    assert counts == sorted(counts, reverse=True)
    assert found.minimum == minimum
    assert len(found.segments) == counts[-1]
    assert found.shift == counts.index(counts[-1])


def test_a_limit_on_the_shift_gives_the_least_count_within_it() -> None:
    lo, hi = parabola(1024, 1)
    free = least_shift(lo, hi)
    counts = [len(fewest(integer_tube(lo, hi, shift))) for shift in range(free.shift + 1)]
    assert counts[-1] == len(free.segments) == free.minimum < counts[-2]
    for greatest in range(free.shift + 1):
        limited = least_shift(lo, hi, greatest=greatest)
        assert len(limited.segments) == counts[greatest]
        assert limited.shift == counts.index(counts[greatest])
        assert least_shift(lo, hi, most=counts[greatest]).shift == limited.shift


def test_a_goal_out_of_reach_still_gets_the_smallest_shift_of_its_count() -> None:
    # Real slopes of 1/3 serve all three codes; whole multiples of 2**-shift never do.
    lo, hi = arrays([(0, 0), (FREE_LOW, 0), (FREE_LOW, 0), (1, 1), (1, FREE_HIGH)] * 3)
    counts = [len(fewest(integer_tube(lo, hi, shift))) for shift in range(4)]
    for greatest in range(4):
        found = least_shift(lo, hi, greatest=greatest)
        assert (len(found.segments), found.shift) == (
            counts[greatest],
            counts.index(counts[greatest]),
        )


@few
@given(tubes(least=3, most=9))
def test_slack_holds_exactly_the_places_that_keep_the_count(ends: Ends) -> None:
    lo, hi = arrays(ends)
    count = len(fewest(real_tube(lo, hi)))
    good = [
        places
        for places in itertools.combinations(range(1, len(ends)), count - 1)
        if all(
            real_line_exists(ends[start:stop])
            for start, stop in itertools.pairwise((0, *places, len(ends)))
        )
    ]
    windows = slack(real_tube(lo, hi))
    assert windows.earliest == tuple(map(min, zip(*good, strict=True)))
    assert windows.latest == tuple(map(max, zip(*good, strict=True)))


@few
@given(tubes(least=3, most=12), st.lists(st.integers(0, 12), min_size=12, max_size=12))
def test_settled_breakpoints_keep_the_count_and_their_windows(
    ends: Ends, wanted: list[int]
) -> None:
    lo, hi = arrays(ends)
    tube = real_tube(lo, hi)
    windows = slack(tube)
    segments = settle(tube, windows, wanted[: len(windows.latest)])
    assert len(segments) == len(fewest(tube))
    assert all(real_line_exists(ends[s.start : s.stop]) for s in segments)
    assert [s.stop for s in segments] == [*breakpoints(segments), len(ends)]
    late = settle(tube, windows, windows.latest)
    assert breakpoints(late) == windows.latest


def test_breakpoints_on_a_grid_are_multiples_and_a_hopeless_cell_gives_none() -> None:
    lo, hi = parabola(1024, 2)
    free = fewest(real_tube(lo, hi))
    for grid_bits in range(1, 5):
        segments = fewest(real_tube(lo, hi), grid_bits)
        assert all(place % (1 << grid_bits) == 0 for place in breakpoints(segments))
        assert len(segments) >= len(free)
        found = least_shift(lo, hi, grid_bits=grid_bits)
        assert len(found.segments) == found.minimum == len(segments)
    assert fewest(real_tube(lo, hi), 9) is None
    assert slack(real_tube(lo, hi), 9) is None
    assert least_shift(lo, hi, grid_bits=9) is None
    with pytest.raises(ValueError, match="does not divide"):
        fewest(real_tube(lo, hi), 11)


@few
@given(tubes(most=9), st.sets(st.integers(1, 8)))
def test_given_pieces_get_the_smallest_common_shift(ends: Ends, places: set[int]) -> None:
    lo, hi = arrays(ends)
    starts = [0, *sorted(place for place in places if place < len(ends))]
    bounds = list(itertools.pairwise([*starts, len(ends)]))
    expected = next(
        (
            shift
            for shift in range(4)
            if all(integer_line_exists(ends[i:j], shift) for i, j in bounds)
        ),
        None,
    )
    found = least_shift_of_pieces(lo, hi, starts, greatest=3)
    assert (None if found is None else found[0]) == expected
    if found is not None:
        assert [(s.start, s.stop) for s in found[1]] == bounds


def test_the_coarsest_uniform_pieces_are_feasible_and_twice_as_wide_are_not() -> None:
    widths = set()
    for tolerance in (1, 3, 12, 50, 200, 2000):
        tube = real_tube(*parabola(1024, tolerance))
        width = coarsest_uniform(tube)
        widths.add(width)
        assert fit_pieces(tube, range(0, 1024, 1 << width)) is not None
        assert width == 10 or fit_pieces(tube, range(0, 1024, 2 << width)) is None
    assert len(widths) == 6
    with pytest.raises(ValueError, match="ascend"):
        fit_pieces(tube, [0, 5, 5])


@few
@given(tubes(most=12), st.integers(0, 6), st.sampled_from([None, 0, 5, 128]))
def test_chosen_lines_serve_every_code_in_either_form(
    ends: Ends, shift: int, origin: int | None
) -> None:
    lo, hi = arrays(ends)
    segments = fewest(integer_tube(lo, hi, shift))
    least, greatest = slope_storage(segments)
    zeros = trailing_zeros(lo, hi, segments, shift, origin=origin)
    for kept in (0, zeros):
        lines = choose_lines(lo, hi, segments, shift, zeros=kept, origin=origin)
        assert [line.start for line in lines] == [s.start for s in segments]
        for line in lines:
            assert least <= line.slope <= greatest
            stored = line.intercept if origin is None else line.intercept_at(origin)
            assert stored % (1 << kept) == 0
            for at in range(line.start, line.stop):
                code = (line.slope * (at - line.start) + line.intercept) >> shift
                assert lo[at] <= code <= hi[at]
                assert code == (line.slope * (at - 7) + line.intercept_at(7)) >> shift
    # Nothing limits the zeros of intercepts that can all be 0.
    if any(line.intercept_at(line.start if origin is None else origin) for line in lines):
        assert choose_lines(lo, hi, segments, shift, zeros=zeros + 1, origin=origin) is None


def test_slopes_are_stored_in_the_narrowest_type() -> None:
    def segment(least: int, greatest: int) -> Segment:
        return Segment(0, 2, Fraction(least), Fraction(greatest), ())

    assert slope_storage([segment(100, 300), segment(3, 5)]) == (0, 127)
    assert slope_storage([segment(-1, 300), segment(-9, -3)]) == (-4, 3)
    assert slope_storage([segment(-128, -128), segment(90, 200)]) == (-128, 127)
    assert slope_storage([segment(0, 9)]) == (0, 0)


def test_lines_pass_near_to_the_aim_within_the_tube() -> None:
    lo, hi = parabola(512, 2)
    # An aim at the top of the tube instead of its middle lifts the codes.
    found = least_shift(lo, hi)
    aim = (hi << 8) + 128

    def mean(**options: np.ndarray) -> float:
        lines = choose_lines(lo, hi, found.segments, found.shift, **options)
        codes = [(n.slope * np.arange(n.stop - n.start) + n.intercept) for n in lines]
        return float(np.mean(np.concatenate(codes) >> found.shift))

    assert mean(aim=aim) > mean()


def test_a_large_tube_is_proved_minimal_and_served_by_its_lines() -> None:
    lo, hi = parabola(1 << 13, 1)
    real = fewest(real_tube(lo, hi))
    for segment in real[:-1]:
        i, _, k = witness(lo, hi, segment)
        assert segment.start <= i and k == segment.stop
    found = least_shift(lo, hi)
    assert len(found.segments) == len(real) == found.minimum
    lines = choose_lines(lo, hi, found.segments, found.shift)
    codes = np.concatenate([n.slope * np.arange(n.stop - n.start) + n.intercept for n in lines])
    codes >>= found.shift
    assert ((lo <= codes) & (codes <= hi)).all()
    # The check can fail: one unit of slope more leaves the tube somewhere.
    moved = np.concatenate(
        [(n.slope + 64) * np.arange(n.stop - n.start) + n.intercept for n in lines]
    )
    assert not ((lo <= moved >> found.shift) & (moved >> found.shift <= hi)).all()


def brute_knots_exist(
    ends: Ends, spacing_bits: int, guard_bits: int, bounds: tuple[int, int]
) -> bool:
    """Follow every value of every knot through the formula of the program."""
    shift, size = spacing_bits + guard_bits, 1 << spacing_bits
    half = 2 ** (shift - 1) if shift else 0
    values = np.arange(bounds[0], bounds[1] + 1)
    y, z = values[:, None], values[None, :]
    alive = np.ones(values.size, bool)
    for start in range(0, len(ends), size):
        served = np.repeat(alive[:, None], values.size, axis=1)
        for o, (lo, hi) in enumerate(ends[start : start + size]):
            code = ((y << spacing_bits) + (z - y) * o + half) >> shift
            served &= (lo <= code) & (code <= hi)
        alive = served.any(axis=0)
    return bool(alive.any())


@pytest.mark.parametrize("chunk", [2, 4096])
@pytest.mark.parametrize(("spacing_bits", "guard_bits"), [(0, 0), (1, 0), (2, 0), (1, 2), (2, 1)])
def test_knots_exist_exactly_when_brute_force_finds_some(
    monkeypatch: pytest.MonkeyPatch, chunk: int, spacing_bits: int, guard_bits: int
) -> None:
    monkeypatch.setattr(_knots, "_CHUNK", chunk)
    bounds = (-9 << guard_bits, 9 << guard_bits)
    outcomes = set()

    @settings(few, max_examples=30)
    @given(tubes(least=2, most=3), st.lists(_END, min_size=4, max_size=10))
    def check(begin: Ends, rest: Ends) -> None:
        ends = begin + rest
        ends = ends[: len(ends) >> spacing_bits << spacing_bits]
        # Wider tubes than for segments: knots are shared, so few narrow tubes have any.
        ends = [(lo - 2 if lo != FREE_LOW else lo, hi) for lo, hi in ends]
        lo, hi = arrays(ends)
        found = knots(lo, hi, spacing_bits, guard_bits, bounds=bounds)
        assert (found is not None) == brute_knots_exist(ends, spacing_bits, guard_bits, bounds)
        outcomes.add(found is None)
        if found is not None:
            codes = interpolate(found, spacing_bits, guard_bits)
            assert ((lo <= codes) & (codes <= hi)).all()
            assert bounds[0] <= found.min() and found.max() <= bounds[1]

    check()
    assert spacing_bits == 0 or outcomes == {True, False}


@pytest.mark.parametrize("chunk", [1, 8, 4096])
@pytest.mark.parametrize(("spacing_bits", "guard_bits"), [(1, 0), (1, 1), (2, 1), (3, 1)])
def test_the_knots_that_can_follow_others_are_exactly_those_of_brute_force(
    monkeypatch: pytest.MonkeyPatch, chunk: int, spacing_bits: int, guard_bits: int
) -> None:
    monkeypatch.setattr(_knots, "_CHUNK", chunk)
    draw = random.Random(spacing_bits)
    shift, size, limit = spacing_bits + guard_bits, 1 << spacing_bits, 24
    values = np.arange(-limit, limit + 1)
    # The output code for every left knot, right knot and offset.
    offsets = np.arange(size)
    left, right = values[:, None, None], values[None, :, None]
    codes = (left * (size - offsets) + right * offsets + (1 << shift >> 1)) >> shift
    with_holes = 0
    for _ in range(600):
        # A tube about the codes of two knots has those, so it may be narrow and full of holes.
        own = draw.randrange(values.size)
        middle = codes[own, draw.randrange(values.size)]
        lo = np.array([draw.choice((v, v, v - 1, FREE_LOW)) for v in middle.tolist()])
        hi = np.array([draw.choice((v, v, v + 1, FREE_HIGH)) for v in middle.tolist()])
        begin = {own, *draw.sample(range(values.size), draw.choice((0, 5, 15, values.size)))}
        served = ((lo <= codes) & (codes <= hi)).all(axis=2)
        expected = values[served[sorted(begin)].any(axis=0)].tolist()
        (cell,) = _knots._cells(lo, hi, spacing_bits, guard_bits, (-limit, limit))
        singles = values[sorted(begin)]
        found = _knots._following(_knots._joined(singles, singles), cell)
        runs = list(zip(found.first.tolist(), found.last.tolist(), strict=True))
        assert [value for low, high in runs for value in range(low, high + 1)] == expected
        with_holes += len(runs) > 1
    assert with_holes > 0


def test_a_pinned_left_knot_spares_a_look_at_every_right_knot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes = np.array([5, -3, 7, 0])
    monkeypatch.setattr(_knots, "_room", None)

    found = knots(codes, codes, 0, 0, bounds=(-1 << 40, 1 << 40))

    assert found.tolist() == [5, -3, 7, 0, -7]


def test_knots_meet_the_aim_where_the_tube_allows_and_notice_a_tighter_tube() -> None:
    lo, hi = parabola(512, 2)
    wanted = (np.arange(-256, 257, 16, dtype=np.int64) ** 2 // 64) << 4
    found = knots(lo, hi, 4, 4, aim=wanted)
    assert (found == wanted).all()
    codes = interpolate(found, 4, 4)
    assert ((lo <= codes) & (codes <= hi)).all()
    hi[100] = lo[100] = lo[100] - 9
    assert knots(lo, hi, 4, 4) is None


LIMITS = {  # INT8 rows of the measured minima: faithful, 0.625, bit-exact
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), 256, -128, (10, 16, 21)),
    "tanh": (mpmath.tanh, 128, 0, (9, 14, 17)),
    "gelu": (lambda x: x * mpmath.ncdf(x), 16, 0, (3, 6, 7)),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), 32, -128, (5, 7, 12)),
    "sine": (mpmath.sin, 128, 0, (35, 44, 55)),
}


@pytest.mark.parametrize("name", LIMITS)
def test_counts_equal_the_measured_minima_at_int8(name: str) -> None:
    function, scale, zero_point, expected = LIMITS[name]
    with mpmath.workdps(50):
        half, five_eighths = mpmath.mpf("0.5"), mpmath.mpf("0.625")
        exact = [function(mpmath.mpf(c) / 16) * scale + zero_point for c in range(-128, 128)]
        exact = [min(max(t, -128), 127) for t in exact]
        ends = (
            [(int(mpmath.floor(t - 1)) + 1, int(mpmath.ceil(t + 1)) - 1) for t in exact],
            [
                (int(mpmath.ceil(t - five_eighths)), int(mpmath.floor(t + five_eighths)))
                for t in exact
            ],
            [(int(mpmath.floor(t + half)), int(mpmath.floor(t + half))) for t in exact],
        )
    counts = []
    for tolerance in ends:
        lo, hi = arrays(tolerance)
        lo, hi = np.where(lo <= -128, FREE_LOW, lo), np.where(hi >= 127, FREE_HIGH, hi)
        found = least_shift(lo, hi)
        assert len(found.segments) <= allowed_count(found.minimum)
        counts.append(len(fewest(real_tube(lo, hi))))
    assert tuple(counts) == expected


@pytest.mark.parametrize(
    ("lo", "hi", "message"),
    [
        ([3], [2], "no acceptable output code at index 0"),
        ([0, 2**23], [1, 2**23], "index 1 is out of range"),
        ([], [], "a tube of 0 codes"),
    ],
)
def test_ends_that_are_no_tube_are_refused(lo: list[int], hi: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        real_tube(np.array(lo, np.int64), np.array(hi, np.int64))


def test_a_shift_out_of_range_is_refused() -> None:
    zero = np.zeros(4, np.int64)
    with pytest.raises(ValueError, match=f"shift {GREATEST_SHIFT + 1} out of range"):
        integer_tube(zero, zero, GREATEST_SHIFT + 1)
