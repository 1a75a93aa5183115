"""Units without a name as expressions, whose exact values are compared with mpmath and NumPy."""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np
import pytest

from lutgen.extraction import extract
from lutgen.models import read
from lutgen.spec import Method
from tests.models.written import CONSTANTS, between, written

MORE = (
    f"{CONSTANTS}, float c0 = {{0}}, float c1 = {{1}}, float c3 = {{3}}, float k = {{0.3}}, "
    "float[1] slope = {0.3}, float two = {2}"
)
K = mpmath.mpf(float(np.float32(0.3)))


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def elu(x, alpha):
    return x if x > 0 else alpha * mpmath.expm1(x)


# Operators, the expression they become, and the function as mpmath has it.
UNITS = [
    (["a = Tanh(x)", "b = Sin(a)", "y = Mul(b, a)"], "(sine(tanh(x)) * tanh(x))",
     lambda x: mpmath.sin(mpmath.tanh(x)) * mpmath.tanh(x)),
    (["y = Pow(x, two)"], "(x ** 2)", lambda x: x**2),
    (["a = Abs(x)", "b = Add(a, k)", "c = Sqrt(b)", "y = Div(x, c)"],
     "(x / sqrt((abs(x) + k1)))", lambda x: x / mpmath.sqrt(abs(x) + K)),
    (["g = Greater(x, k)", "y = Where(g, x, k)"], "where(x > k1, x, k1)",
     lambda x: x if x > K else K),
    (["y = ThresholdedRelu <alpha = 0.3> (x)"], "where(x > k1, x, 0)",
     lambda x: x if x > K else 0),
    (["a = Selu(x)", "b = Erf(a)", "y = Celu <alpha = 0.3> (b)"],
     "celu(erf((k1 * elu(x, alpha=k2))), alpha=k3)",
     # celu(x, a) is a elu(x / a).
     lambda x: elu(mpmath.erf(mpmath.mpf(float(np.float32(1.05070102214813232)))
                              * elu(x, mpmath.mpf(float(np.float32(1.67326319217681884))))) / K,
                   1) * K),
    (["a = PRelu(x, slope)", "b = Max(a, c0, k)", "c = Neg(b)", "y = Exp(c)"],
     "exp((-max(where(x < 0, k1 * x, x), 0, k1)))",
     lambda x: mpmath.exp(-max(x if x > 0 else K * x, 0, K))),
    (["a = Clip(x, k, c3)", "y = Softsign(a)"], "softsign(min(max(x, k1), 3))",
     lambda x: (lambda t: t / (1 + t))(min(max(x, K), 3))),
    # Codes between the steps: they saturate at 7.75, which the expression says.
    (["a = Exp(x)", "b = QuantizeLinear(a, s, z)", "c = DequantizeLinear(b, s, z)", "y = Cos(c)"],
     "cosine(clip(exp(x), k1, k2))",
     lambda x: mpmath.cos(min(mpmath.exp(x), mpmath.mpf("7.75")))),
    # And here they do not.
    (["a = Sigmoid(x)", "b = QuantizeLinear(a, s, z)", "c = DequantizeLinear(b, s, z)",
      "d = Sub(c1, c)", "y = Mul(d, d)"], "((1 - sigmoid(x)) * (1 - sigmoid(x)))",
     lambda x: (1 - sigmoid(x)) ** 2),
]


@pytest.mark.parametrize(("operators", "text", "function"), UNITS, ids=[u[1] for u in UNITS])
def test_the_ideal_table_is_the_expression_rounded_once(
    tmp_path: Path, operators, text, function
) -> None:
    model = read(written(tmp_path, between(*operators), constants=MORE))
    (entry,) = extract(model, "ideal", Method("lut"))
    with mpmath.workprec(200):
        exact = [function(mpmath.mpf(code - 3) / 16) * 32 for code in range(-128, 128)]
        codes = [max(-128, min(127, int(mpmath.nint(value)) - 7)) for value in exact]

    assert (entry.unit.found.activation, entry.unit.formula.text) == (None, text)
    assert entry.solution.spec.samples is None
    assert entry.solution.report.codes.tolist() == codes
    assert np.array_equal(entry.unit.rounded_once, codes)


@pytest.mark.parametrize(
    "operators",
    [
        ["a = Floor(x)", "y = Tanh(a)"],
        ["g = Greater(x, c0)", "h = Less(x, c3)", "i = And(g, h)", "y = Where(i, x, c0)"],
        [*(f"a{i + 1} = Tanh(a{i})" for i in range(300)), "y = Identity(a300)"],
    ],
    ids=["Floor", "And", "long"],
)
def test_what_no_expression_says_keeps_the_codes_of_its_own_graph(tmp_path, operators) -> None:
    body = between(*operators).replace("x =", "a0 =") if "a0" in str(operators) else (
        between(*operators)
    )
    model = read(written(tmp_path, body, constants=MORE))
    (entry,) = extract(model, "ideal", Method("lut"))

    assert (entry.unit.formula, entry.max_lsb) == (None, None)
    assert np.array_equal(entry.solution.report.codes, entry.unit.rounded_once)


def test_an_expression_without_a_value_somewhere_gives_way_to_the_graph(tmp_path) -> None:
    """At 0 the model divides by 0, and saturates; an expression has no value there."""
    model = read(written(tmp_path, between("a = Abs(x)", "b = Sqrt(a)", "y = Div(c1, b)"),
                         constants=MORE))
    (entry,) = extract(model, "ideal", Method("lut"))

    assert entry.unit.formula.text == "(1 / sqrt(abs(x)))"
    assert entry.max_lsb is None
    assert np.array_equal(entry.solution.report.codes, entry.unit.rounded_once)
