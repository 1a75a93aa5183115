"""The error report against an independent count in rationals."""

from __future__ import annotations

from fractions import Fraction
from statistics import fmean

import numpy as np
import pytest
from mpmath import mp

from lutgen.accuracy import ErrorReport
from lutgen.ideal import Ideal
from lutgen.methods import approximate
from lutgen.program import Builder, Table
from lutgen.request import Request, Side
from lutgen.spec import Method
from tests.activations.oracles import ORACLES, parameters_of


def measured(request: Request, shift_at: dict[int, int] | None = None):
    """Return report and spec of a table, with some entries moved on purpose."""
    spec = request.resolve()
    ideal = Ideal.of(spec)
    codes = ideal.codes.copy()
    for code, step in (shift_at or {}).items():
        codes[code - spec.input.min_code] += step
    b = Builder("t")
    address = b.low_bits("a", b.input("x", spec.input), spec.input.width)
    table = Table("lut", np.roll(codes, spec.input.min_code), "")
    program = b.finish(b.lookup("y", table, address), spec.output)
    return ErrorReport.measure(program, ideal), spec


def exact_errors(spec, codes) -> list[float]:
    """Return the errors in LSB of ``codes``, from the oracle at 60 digits."""
    oracle = ORACLES[spec.activation.name]
    output, errors = spec.output, []
    with mp.workdps(60):
        for code, got in zip(spec.input.codes, codes, strict=True):
            x = spec.input.decode(code)
            value = oracle.value(mp.mpf(x.numerator) / x.denominator, **parameters_of(
                spec.activation.name, {}))
            t = value * output.scale.denominator / output.scale.numerator + output.zero_point
            clipped = max(mp.mpf(output.min_code), min(mp.mpf(output.max_code), t))
            errors.append(float(int(got) - clipped))
    return errors


@pytest.mark.parametrize("name", ["gelu", "tanh", "sigmoid", "mish"])
def test_every_figure_equals_an_independent_count(name: str) -> None:
    moved = {-100: 1, 5: -1, 90: -2}
    report, spec = measured(Request(name), moved)
    errors = exact_errors(spec, report.codes)

    assert report.error_lsb == pytest.approx(errors, abs=1e-9)
    assert report.max_lsb == pytest.approx(max(map(abs, errors)), abs=1e-9)
    assert report.rms_lsb == pytest.approx(fmean(e * e for e in errors) ** 0.5, abs=1e-9)
    assert report.bias_lsb == pytest.approx(fmean(errors), abs=1e-9)
    assert report.misrounded == len(moved)
    assert report.max_real == pytest.approx(report.max_lsb * float(spec.output.scale))
    assert report.unused_codes == 256 - len(set(report.codes.tolist()))
    worst = sorted(zip(errors, spec.input.codes, strict=True), key=lambda e: -abs(e[0]))[0]
    assert (report.worst[0].error_lsb, report.worst[0].code) == (
        pytest.approx(worst[0], abs=1e-9), worst[1])
    assert not report.faithful


def test_an_untouched_table_is_correctly_rounded_and_faithful() -> None:
    report, _ = measured(Request("tanh"))

    assert (report.misrounded, report.faithful) == (0, True)
    assert report.max_lsb <= 0.5


def test_an_error_of_exactly_one_lsb_is_not_faithful() -> None:
    report, _ = measured(Request("linear"), {0: 1})

    assert report.max_lsb == 1
    assert not report.faithful


def test_a_break_of_the_promised_order_is_counted() -> None:
    assert measured(Request("tanh"))[0].monotonicity_breaks == 0
    assert measured(Request("tanh"), {0: 9})[0].monotonicity_breaks == 1
    assert measured(Request("gelu"))[0].monotonicity_breaks is None
    assert measured(Request("tanh", derivative=True))[0].monotonicity_breaks is None


def test_saturated_codes_are_those_the_format_cannot_hold() -> None:
    report, _ = measured(Request("linear", output=Side("out", scale="1/32")))

    assert report.saturated == sum(2 * c > 127 or 2 * c < -128 for c in range(-128, 128))
    assert report.max_lsb == 0


def test_codes_outside_the_domain_are_counted() -> None:
    assert measured(Request("log"))[0].outside == 129


def test_storage_is_that_of_the_tables() -> None:
    spec = Request("gelu", bits=16, method=Method("lut")).resolve()
    ideal = Ideal.of(spec)

    assert ErrorReport.measure(approximate(ideal), ideal).storage_bytes == 131072


def test_worst_codes_come_in_order_of_error_then_code() -> None:
    report, spec = measured(Request("hard_swish"))
    keys = [(-abs(w.error_lsb), w.code) for w in report.worst]

    assert len(keys) == 10
    assert keys == sorted(keys)
    first = report.worst[0]
    exact = Fraction(first.exact).limit_denominator(10**6) / spec.output.scale
    assert first.got - exact == pytest.approx(first.error_lsb, abs=1e-6)
