"""Gated units against mpmath: every pair of 8-bit codes, and the bound of 16-bit ones."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from lutgen import pipeline
from lutgen.kernels import KernelRequest, get
from lutgen.request import Side
from lutgen.spec import Method
from tests.kernels.oracles import GATES, error_lsb, real

FORMATS_8 = {
    "default": {},
    "zero points": {
        "inputs": {
            "in": Side("in", scale="0.047f", zero_point="3"),
            "in2": Side("in2", scale="1/20", zero_point="-17"),
        },
        "output": Side("out", scale="0.11", zero_point="-5"),
    },
    "unsigned": {
        "inputs": {
            "in": Side("in", unsigned=True, scale="1/40", zero_point="120"),
            "in2": Side("in2", scale="1/32", zero_point="0"),
        },
        "output": Side("out", unsigned=True, scale="1/25", zero_point="128"),
    },
    "saturating": {
        "inputs": {"in": Side("in", scale="1/8", zero_point="0")},
        "output": Side("out", scale="1/32", zero_point="0"),
    },
    "coarse": {"output": Side("out", scale="2", zero_point="0")},
}


def solved(name: str, bits: int, **request: object):
    return pipeline.solve(KernelRequest(get(name), bits=bits, **request).resolve())


def decoded(codes: np.ndarray, number_format) -> list[Fraction]:
    return [number_format.scale * (code - number_format.zero_point) for code in codes.tolist()]


@pytest.mark.parametrize("formats", FORMATS_8)
@pytest.mark.parametrize("name", GATES)
def test_every_pair_of_8_bit_codes(name: str, formats: str) -> None:
    solution = solved(name, 8, **FORMATS_8[formats])
    report, spec = solution.report, solution.spec
    assert report.stimulus.is_exhaustive
    a, b = (report.stimulus.inputs[key] for key in ("a", "b"))
    assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == 65536

    gate = {x: GATES[name](x) for x in set(decoded(b, spec.inputs["b"]))}
    ends = spec.output.min_code, spec.output.max_code
    worst = 0
    scale = float(spec.output.scale)
    opened = {x: float(real(value)) for x, value in gate.items()}
    wanted = np.array(decoded(a, spec.inputs["a"]), dtype=float) * np.array(
        [opened[x] for x in decoded(b, spec.inputs["b"])]
    ) / scale + spec.output.zero_point
    errors = np.abs(report.codes - np.clip(wanted, *ends))
    # Doubles find the worst pairs; mpmath says what their error is.
    for place in np.argsort(-errors)[:20]:
        x, y = decoded(a[[place]], spec.inputs["a"])[0], decoded(b[[place]], spec.inputs["b"])[0]
        exact = real(x) * real(gate[y])
        error = error_lsb(
            int(report.codes[place]), exact, spec.output.scale, spec.output.zero_point, ends
        )
        worst = max(worst, abs(error))

    assert worst <= 0.51
    assert float(worst) == pytest.approx(report.max_lsb, abs=1e-9)
    assert report.max_lsb <= float(report.bound_lsb) + 1e-9


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize(
    "formats",
    [
        {},
        {
            "inputs": {"in": Side("in", scale="1/4096", zero_point="0")},
            "output": Side("out", scale="1/512", zero_point="0"),
        },
        {
            "inputs": {"in": Side("in", scale="0.0003f", zero_point="-77")},
            "output": Side("out", scale="0.00041", zero_point="100"),
        },
    ],
    ids=["default", "catalogue", "zero points"],
)
def test_sampled_pairs_of_16_bit_codes(name: str, formats: dict[str, object]) -> None:
    solution = solved(name, 16, **formats)
    report, spec = solution.report, solution.spec
    a, b = (report.stimulus.inputs[key] for key in ("a", "b"))
    assert len(a) == 65536
    places = np.concatenate([np.arange(200), np.argsort(-np.abs(report.error_lsb))[:100]])
    ends = spec.output.min_code, spec.output.max_code
    for place in places:
        x, y = decoded(a[[place]], spec.inputs["a"])[0], decoded(b[[place]], spec.inputs["b"])[0]
        error = error_lsb(
            int(report.codes[place]), real(x) * real(GATES[name](y)),
            spec.output.scale, spec.output.zero_point, ends,
        )
        assert float(error) == pytest.approx(report.error_lsb[place], abs=1e-6)

    assert report.max_lsb <= float(report.bound_lsb) <= 0.55


@pytest.mark.parametrize("method", ["lut", "pwl", "uniform", "interp", "quadratic"])
def test_the_gate_by_any_method(method: str) -> None:
    solution = solved("swiglu", 8, method=Method(method))

    assert solution.program.method == method
    assert solution.report.max_lsb <= float(solution.report.bound_lsb) <= 0.51


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_bits_of_the_gate_as_asked(bits: int) -> None:
    solution = solved("glu", 8, settings={"gate_bits": bits})
    (table,) = solution.program.tables

    assert table.high < 2**bits <= 2 * table.high + 2
    assert solution.report.max_lsb <= float(solution.report.bound_lsb)
    if bits == 8:
        assert solution.report.max_lsb > 0.6


@pytest.mark.parametrize("rounding", ["half-even", "half-away", "half-up", "floor"])
def test_ties_go_where_the_rounding_says(rounding: str) -> None:
    """A product of halves: bilinear with an output scale of twice the product's."""
    sides = {"in": Side("in", scale="1", zero_point="0"), "in2": Side("in2", scale="1")}
    solution = solved(
        "bilinear", 8, inputs={**sides, "in2": Side("in2", scale="1", zero_point="0")},
        output=Side("out", scale="2", zero_point="1"), rounding=rounding,
    )
    a, b = (solution.report.stimulus.inputs[key] for key in ("a", "b"))
    for x, y, code in zip(a.tolist(), b.tolist(), solution.report.codes.tolist(), strict=True):
        half = Fraction(x * y, 2)
        whole = half.__floor__()
        if half.denominator == 1 or rounding == "floor":
            wanted = whole
        elif rounding == "half-up":
            wanted = whole + 1
        elif rounding == "half-even":
            wanted = whole + whole % 2
        else:
            wanted = whole + (half > 0)
        assert code == min(max(wanted + 1, -128), 127)
