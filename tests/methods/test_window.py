"""Windows: only the codes where a function is not straight are stored."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.errors import BudgetError
from lutgen.program import ops, run
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from tests.methods import exact

FORMATS = {
    "pow2": {},
    "affine": {"input": Side("in", scale="1/16", zero_point="-5"),
               "output": Side("out", scale="1/16", zero_point="7")},
    "unsigned": {"input": Side("in", unsigned=True, scale="1/16", zero_point="100"),
                 "output": Side("out", unsigned=True, scale="1/32", zero_point="60")},
    "mixed": {"input": Side("in", bits=7), "output": Side("out", bits=9)},
}


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def straight_ends(spec: Spec, codes: np.ndarray) -> tuple[int, int]:
    """Return how many codes at either end need no storage, by trying every end and slope."""
    low = next((i for i, code in enumerate(codes) if code != codes[0]), len(codes))
    d = np.array(spec.input.codes) - spec.input.zero_point
    high = 0
    for slope in range(65):
        line = slope * d + spec.output.zero_point if slope else np.full_like(codes, codes[-1])
        same = (np.clip(line, spec.output.min_code, spec.output.max_code) == codes)[::-1]
        high = max(high, int(np.argmin(same)) if not same.all() else len(codes))
    return low, high


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("name", activations.names())
def test_a_window_is_the_table_and_the_smallest_power_of_two(name: str, formats: str) -> None:
    spec = Request(name, method=Method("lut"), **FORMATS[formats]).resolve()
    codes = exact.rounded_table(spec)
    low, high = straight_ends(spec, codes)
    curved = max(len(codes) - high - min(low, len(codes) - 1), 1)
    smallest = 1 << (curved - 1).bit_length()
    try:
        solution = solved(name, Method("lut", fold="window"), **FORMATS[formats])
    except BudgetError:
        assert smallest >= len(codes)
        return
    assert solution.report.codes.tolist() == codes.tolist()
    (table,) = solution.program.tables
    assert table.depth == smallest < len(codes)


@pytest.mark.parametrize(
    ("name", "depth", "width"), [("tanh", 128, 7), ("elu", 64, 5), ("relu", 1, 8), ("gelu", 128, 7)]
)
def test_known_functions_have_windows_this_small(name: str, depth: int, width: int) -> None:
    program = solved(name, Method("lut", fold="window")).program

    assert program.tables[0].depth == depth
    assert program.tables[0].width <= width
    assert ops.Clamp not in [type(value.op) for value in program.values]


def test_a_window_that_begins_at_a_multiple_of_its_size_takes_no_sum() -> None:
    """elu from -64 on: the low bits of the code are the place in the window."""
    program = solved("elu", Method("lut", fold="window")).program

    assert "position" not in [value.name for value in program.values]


@pytest.mark.parametrize("method", ["pwl", "steps", "interp", "quadratic"])
@pytest.mark.parametrize("limit", ["0.5", "1.5"])
def test_other_methods_work_in_a_window(method: str, limit: str) -> None:
    for name in ("tanh", "elu", "hard_sigmoid", "relu6"):
        solution = solved(name, Method(method, fold="window", max_error=limit))
        lo, hi = exact.tube(solution.spec, Fraction(limit))
        codes = solution.report.codes
        assert ((np.array(lo) <= codes) & (codes <= np.array(hi))).all()


def test_a_function_that_is_nowhere_straight_has_no_window() -> None:
    with pytest.raises(BudgetError, match="lut cannot keep"):
        solved("sine", Method("lut", fold="window"))


def test_a_constant_has_a_window_of_one_code() -> None:
    formats = {"output": Side("out", scale="1024", zero_point="3")}
    solution = solved("tanh", Method("lut", fold="window"), **formats)

    assert set(solution.report.codes.tolist()) == {3}
    assert solution.program.tables[0].depth == 1


@pytest.mark.parametrize("name", ["prelu", "gelu"])
@pytest.mark.parametrize("limit", ["0.5", "3"])
def test_windows_with_a_line_go_with_bipartite_tables(name: str, limit: str) -> None:
    spec = Request(name, method=Method("bipartite", fold="window", max_error=limit)).resolve()

    found, _ = pipeline.nearest(spec)

    counted = exact.count_errors(spec, run(found.program))
    assert counted.largest <= Fraction(limit) + exact.CLOSE
