"""Softmax and its kin against mpmath: rows of every kind, and rows that a search makes bad."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lutgen import pipeline
from lutgen.kernels import KernelRequest, get
from lutgen.program import Program, evaluate
from lutgen.request import Side
from tests.kernels.oracles import ROWS, error_lsb

LIMITS = {("softmax", 8): 0.51, ("softmin", 8): 0.51, ("softmax", 16): 1.0, ("softmin", 16): 1.0}

FORMATS = {
    "default": {},
    "fine input": {"inputs": {"in": Side("in", scale="0.02f", zero_point="7")}},
    "coarse input": {"inputs": {"in": Side("in", scale="0.7", zero_point="0")}},
    "odd output": {"output": Side("out", scale="1/255", zero_point="0", unsigned=True)},
}


def solved(name: str, bits: int, **request: object):
    return pipeline.solve(KernelRequest(get(name), bits=bits, **request).resolve())


def errors(name: str, solution, row: np.ndarray) -> np.ndarray:
    """Return the errors of one row in LSB."""
    spec = solution.spec
    x, output = spec.input, spec.output
    exact = ROWS[name]([x.scale * Fraction(int(code) - x.zero_point) for code in row])
    codes = evaluate(solution.program, {"x": row})
    ends = output.min_code, output.max_code
    return np.array([
        float(error_lsb(int(code), value, output.scale, output.zero_point, ends))
        for code, value in zip(codes, exact, strict=True)
    ])


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", ROWS)
def test_rows_against_mpmath(name: str, bits: int, formats: str) -> None:
    request = dict(FORMATS[formats])
    if name == "log_softmax":
        request.pop("output", None)
    if bits == 16:
        request = {
            key: {k: v._replace(scale=f"{Fraction(v.scale.rstrip('f')) / 200}")
                  for k, v in value.items()} if key == "inputs"
            else value._replace(scale="1/65535")
            for key, value in request.items()
        }
    solution = solved(name, bits, **request)
    report = solution.report
    rows = list(report.stimulus.rows())
    assert {1, 2, 1024} <= set(report.stimulus.lengths)
    for place in range(0, len(rows), max(1, len(rows) // 24)):
        row = rows[place]
        found = errors(name, solution, report.stimulus.inputs["x"][row])
        assert found == pytest.approx(report.error_lsb[row], abs=1e-6)

    assert report.max_lsb <= float(report.bound_lsb) + 1e-9
    assert report.max_lsb <= LIMITS.get((name, bits), 0.6)
    if formats == "default" and name != "log_softmax":
        assert float(report.bound_lsb) <= LIMITS[name, bits]


def doubles(program: Program, x, output, row: np.ndarray) -> np.ndarray:
    """Return the errors of softmax in LSB, as closely as doubles give them."""
    powers = np.exp((row - row.max()) * float(x.scale))
    wanted = powers / powers.sum() / float(output.scale) + output.zero_point
    return np.abs(
        evaluate(program, {"x": row}) - np.clip(wanted, output.min_code, output.max_code)
    )


@pytest.mark.parametrize("longest", [16, 1024])
@pytest.mark.parametrize("bits", [8, 16])
def test_rows_that_a_search_makes_bad(bits: int, longest: int) -> None:
    """Few distinct codes, counted out: what rounds badly in one weight rounds badly in all."""
    solution = solved("softmax", bits, settings={"max_n": longest})
    x, output = solution.spec.input, solution.spec.output
    random = np.random.default_rng(20)
    worst, worst_row = 0.0, None
    for _ in range(400):
        kinds = random.integers(1, 4)
        depth = int(random.integers(1, 12 / float(x.scale)))
        codes = x.max_code - random.integers(0, max(depth, 2), kinds)
        codes = np.clip(codes, x.min_code, x.max_code)
        row = np.repeat(codes, random.integers(1, longest // kinds + 1, kinds))
        row[0] = x.max_code
        for _ in range(6):
            error = doubles(solution.program, x, output, row).max()
            if error > worst:
                worst, worst_row = error, row
            row = np.where(row == row[-1], max(row[-1] - 1, x.min_code), row)
    found = np.abs(errors("softmax", solution, worst_row)).max()

    assert found == pytest.approx(worst, abs=1e-4)
    assert found <= float(solution.report.bound_lsb)
    assert found <= LIMITS["softmax", bits]


def test_one_element_is_certain() -> None:
    solution = solved("softmax", 8)

    for code in (-128, 0, 127):
        assert evaluate(solution.program, {"x": np.array([code])}).tolist() == [127]


def test_a_sum_of_few_elements_needs_32_bits_only() -> None:
    few, many = (
        solved("softmax", 8, settings={"max_n": n}).program for n in (16, 1024)
    )

    assert max(v.high for v in few.values) < 2**32
    assert max(v.high for v in many.values) >= 2**32
