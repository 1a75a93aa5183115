"""Envelope, histogram, runs and comparison, against counts made one by one."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from lutgen import pipeline
from lutgen.accuracy.comparison import Comparison
from lutgen.accuracy.envelope import MOST_COLUMNS, Envelope
from lutgen.accuracy.histogram import MOST_BINS, Histogram
from lutgen.accuracy.runs import longest, runs
from lutgen.request import Request, Side
from lutgen.spec import Method


def noise(count: int, size: float, seed: int = 1) -> np.ndarray:
    generator = random.Random(seed)
    return np.array([generator.uniform(-size, size) for _ in range(count)])


@pytest.mark.parametrize("count", [4, 256, 1024, 65536])
def test_an_envelope_holds_every_value_and_names_the_farthest(count: int) -> None:
    values = noise(count, 3.0)
    envelope = Envelope.of(values)
    size = max(1, count // MOST_COLUMNS)

    assert (envelope.columns, envelope.per_column) == (min(count, MOST_COLUMNS), size)
    for column in range(0, envelope.columns, max(1, envelope.columns // 50)):
        inside = values[column * size : (column + 1) * size].tolist()
        assert envelope.low[column] == min(inside)
        assert envelope.high[column] == max(inside)
        assert envelope.farthest[column] == column * size + inside.index(max(inside, key=abs))


@pytest.mark.parametrize("size", [0.0, 1e-4, 0.5, 0.625, 1.0, 37.0, 60000.0])
def test_a_histogram_has_few_bins_and_counts_every_error_once(size: float) -> None:
    errors = noise(500, size)
    histogram = Histogram.of(errors)

    assert sum(histogram.counts) == 500
    assert 1 <= len(histogram.counts) <= MOST_BINS
    for centre, count in zip(histogram.centres, histogram.counts, strict=True):
        half = histogram.width / 2
        inside = sum(centre - half <= e < centre + half for e in errors.tolist())
        assert abs(inside - count) <= 1, "a float on the edge of a bin may fall to either side"


def test_a_histogram_of_no_error_is_one_bin_around_nothing() -> None:
    histogram = Histogram.of(np.zeros(16))

    assert (histogram.centres, histogram.counts) == ((0.0,), (16,))


@pytest.mark.parametrize(("mask", "found"), [
    ([], ()), ([0, 0], ()), ([1], ((0, 0),)), ([1, 1, 0, 1], ((0, 1), (3, 3))),
    ([0, 1, 1], ((1, 2),)),
])
def test_runs_are_first_and_last_index(mask: list[int], found: tuple) -> None:
    assert runs(np.array(mask, dtype=bool)) == found


def test_the_longest_runs_are_kept_in_their_order() -> None:
    assert longest(((0, 0), (2, 4), (6, 7), (9, 13)), 2) == ((2, 4), (9, 13))
    assert longest((), 2) == ()


def test_a_comparison_counts_which_table_is_nearer() -> None:
    one = pipeline.solve(Request("gelu").resolve())
    other = pipeline.solve(Request("gelu", method=Method("pwl", segments=3)).resolve())
    found = Comparison.of(one.report, other.report)
    apart = [
        (abs(a), abs(b), abs(x - y))
        for a, b, x, y in zip(
            one.report.error_lsb.tolist(), other.report.error_lsb.tolist(),
            one.report.codes.tolist(), other.report.codes.tolist(), strict=True,
        )
        if x != y
    ]

    assert apart
    assert (found.differing, found.largest) == (len(apart), max(size for _, _, size in apart))
    assert found.nearer == sum(a < b for a, b, _ in apart) == len(apart)
    assert found.farther == 0
    assert abs(int(one.report.codes[found.at]) - int(other.report.codes[found.at])) == found.largest


def test_another_function_is_judged_by_this_one() -> None:
    """gelu_tanh is exact for itself; where it differs from gelu it is never the nearer one."""
    one = pipeline.solve(Request("gelu", bits=10, method=Method("lut")).resolve()).report
    other = pipeline.solve(Request("gelu_tanh", bits=10, method=Method("lut")).resolve()).report
    found = Comparison.of(one, other)

    assert found.differing > 0
    assert (found.nearer, found.farther) == (found.differing, 0)
    assert found.errors - one.error_lsb == pytest.approx(other.codes - one.codes)


def test_neither_table_is_nearer_where_both_are_as_far() -> None:
    one = pipeline.solve(Request("linear", bits=4).resolve()).report
    above, below = (
        replace(one, codes=one.codes + step, error_lsb=one.error_lsb + step) for step in (1, -1)
    )
    found = Comparison.of(above, below)

    assert (found.differing, found.largest, found.nearer, found.farther) == (16, 2, 0, 0)


def test_tables_of_other_formats_are_not_compared_code_by_code() -> None:
    one = pipeline.solve(Request("gelu").resolve()).report
    other = pipeline.solve(Request("gelu", output=Side("out", scale="1/32")).resolve()).report

    assert Comparison.of(one, other) is None
    assert Comparison.of(one, replace(one)).differing == 0
