"""Kernels of straight lines, and those whose coefficients come with the data, against fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.kernels import Channels, KernelRequest, get, of_channels
from lutgen.request import Side
from lutgen.solution import Solution
from tests.kernels.oracles import error_lsb, real, sigmoid


def solved(name: str, bits: int = 8, **request: object) -> Solution:
    return pipeline.solve(KernelRequest(get(name), bits=bits, **request).resolve())


def check(solution: Solution, exact: Callable[..., tuple[object, ...]], count: int = 400) -> float:
    """Compare the report's errors with independent ones; return the largest."""
    report, spec = solution.report, solution.spec
    total = report.stimulus.count
    worst_first = np.argsort(-np.abs(report.error_lsb))[:50] % total
    places = np.unique([*np.linspace(0, total - 1, count).astype(int), *worst_first])
    worst = 0.0
    for place in places:
        reals = [
            codes.scale * Fraction(int(report.stimulus.inputs[name][place]) - codes.zero_point)
            for name, codes in spec.inputs.items()
        ]
        for number, (value, codes) in enumerate(
            zip(exact(*reals), spec.outputs.values(), strict=True)
        ):
            error = float(error_lsb(
                int(report.codes[number * total + place]), value, codes.scale, codes.zero_point,
                (codes.min_code, codes.max_code),
            ))
            assert error == pytest.approx(report.error_lsb[number * total + place], abs=1e-6)
            worst = max(worst, abs(error))
    assert worst == pytest.approx(report.max_lsb, abs=1e-6)
    if report.bound_lsb is not None:
        assert worst <= float(report.bound_lsb) + 1e-9
    return worst


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(
    "output", [Side("out"), Side("out", scale="0.01", zero_point="-20")], ids=str
)
def test_crelu(bits: int, output: Side) -> None:
    solution = solved("crelu", bits, output=output)

    assert list(solution.spec.outputs) == ["positive", "negative"]
    assert check(solution, lambda x: (max(x, 0) * Fraction(1), max(-x, 0) * Fraction(1))) <= 0.51


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_maxout_of_inputs(bits: int, count: int) -> None:
    alike = solved("maxout_inputs", bits, settings={"inputs": count})
    mixed = solved(
        "maxout_inputs", bits, settings={"inputs": count},
        inputs={
            "in": Side("in", scale="0.011", zero_point="3"),
            "in2": Side("in2", scale="1/100", unsigned=True, zero_point="9"),
        },
    )

    assert check(alike, lambda *xs: (max(xs),)) <= 0.5
    assert check(mixed, lambda *xs: (max(xs),)) <= 0.51


CHANNELS = {
    "prelu": (["alpha"], [["0.1"], ["0.25"], ["1/3"], ["0.01f"]]),
    "leaky_relu": (["alpha"], [["0.1"], ["0.2"]]),
    "rrelu": (["lower", "upper"], [["0.1", "0.3"], ["0.125", "1/3"]]),
    "srelu": (
        ["tl", "al", "tr", "ar"],
        [["-1", "0.1", "1", "0.2"], ["-0.5", "0.25", "2.3", "0.1"], ["-9", "0", "9", "1"]],
    ),
    "elu": (["alpha"], [["1"], ["0.5"], ["2"]]),
}

ORACLES = {
    "prelu": lambda x, alpha: x if x > 0 else alpha * x,
    "leaky_relu": lambda x, alpha: x if x > 0 else alpha * x,
    "rrelu": lambda x, lower, upper: x if x > 0 else (lower + upper) / 2 * x,
    "srelu": lambda x, tl, al, tr, ar: (
        tl + al * (x - tl) if x < tl else tr + ar * (x - tr) if x > tr else x
    ),
    "elu": lambda x, alpha: x if x > 0 else real(alpha) * mpmath.expm1(real(x)),
}


def number(text: str) -> Fraction:
    return Fraction(float(np.float32(text[:-1]))) if text.endswith("f") else Fraction(text)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", CHANNELS)
def test_parameters_of_every_channel(name: str, bits: int, tmp_path: Path) -> None:
    names, rows = CHANNELS[name]
    path = tmp_path / "channels.csv"
    path.write_text("\n".join([",".join(names), *(",".join(row) for row in rows)]))
    channels = Channels.read(path, activations.get(name))
    solution = pipeline.solve(
        KernelRequest(of_channels(name), bits=bits, channels=channels).resolve()
    )

    def exact(x: Fraction, channel: Fraction) -> tuple[object]:
        return (ORACLES[name](x, *map(number, rows[int(channel)])),)

    assert set(solution.report.stimulus.inputs["channel"].tolist()) == set(range(len(rows)))
    assert check(solution, exact) <= 0.51
    if name != "elu":
        assert solution.report.storage_bytes < len(rows) * 2**bits


def test_dy_relu_at_run_time() -> None:
    for bits in (8, 16):
        solution = solved("dy_relu_run_time", bits)
        assert check(
            solution, lambda x, a1, b1, a2, b2: (max(a1 * x + b1, a2 * x + b2),)
        ) <= 0.51


def test_dynamic_relu_at_run_time() -> None:
    def exact(x: Fraction, context: Fraction) -> tuple[object]:
        slope = mpmath.mpf("0.01") + (mpmath.mpf("0.2") - mpmath.mpf("0.01")) * sigmoid(context)
        line = slope * real(x) + mpmath.mpf("0.1") * mpmath.tanh(real(context))
        return (real(x) if x >= 0 else line,)

    for bits in (8, 16):
        assert check(solved("dynamic_relu_run_time", bits), exact) <= 0.51


@pytest.mark.parametrize(("bits", "limit"), [(8, 0.51), (16, 10)])
def test_evonorm_s0_at_run_time(bits: int, limit: float) -> None:
    """At 16 bits variances near 0 lift the last bits of swish to many output codes."""
    eps = mpmath.mpf("0.00001")

    def exact(x: Fraction, variance: Fraction) -> tuple[object]:
        return (real(x) * sigmoid(x) / mpmath.sqrt(real(variance) + eps),)

    solution = solved("evonorm_s0_run_time", bits)

    assert check(solution, exact) <= limit
    usual = solution.report.stimulus.inputs["variance"] > 2**16 // 1600
    assert np.abs(solution.report.error_lsb[usual]).max() <= 0.6


@pytest.mark.parametrize("bits", [8, 16])
def test_evonorm_b0_at_run_time(bits: int) -> None:
    eps = mpmath.mpf("0.00001")

    def exact(x: Fraction, variance: Fraction) -> tuple[object]:
        instance = real(x) + mpmath.sqrt(real(variance) + eps)
        return (real(x) / max(mpmath.sqrt(1 + eps), instance),)

    assert check(solved("evonorm_b0_run_time", bits), exact) <= 0.6
