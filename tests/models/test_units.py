"""Where units begin and end, what they are called, and what is left alone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from lutgen.errors import ModelError
from lutgen.models import read
from tests.models.written import CONSTANTS, between, written


def units(folder: Path, body: str, **options: str):
    return read(written(folder, body, **options)).units


def name(folder: Path, body: str, **options: str) -> tuple[str | None, tuple[str, ...]]:
    (unit,) = units(folder, body, **options)
    return unit.found.activation, unit.found.parameters


NAMED = [
    (["y = Sigmoid(x)"], "sigmoid", ()),
    (["y = Relu(x)"], "relu", ()),
    (["y = Clip(x, c0, c6)"], "relu6", ()),
    (["y = Clip(x, cm, c1)"], "hard_tanh", ()),
    (["y = Clip(x, cm, c6)"], "hard_tanh", ("hi=6",)),
    (["y = LeakyRelu(x)"], "leaky_relu", ("alpha=0.01f",)),
    (["y = LeakyRelu <alpha = 0.2> (x)"], "leaky_relu", ("alpha=0.2f",)),
    (["y = PRelu(x, slope)"], "prelu", ("alpha=0.3f",)),
    (["y = Elu <alpha = 0.5> (x)"], "elu", ("alpha=0.5f",)),
    (["y = Elu(x)"], "elu", ()),
    (["y = Celu <alpha = 2.0> (x)"], "celu", ("alpha=2",)),
    (["y = HardSigmoid(x)"], "hard_sigmoid", ("alpha=0.2f",)),
    (["y = HardSwish(x)"], "hard_swish", ()),
    (["y = Gelu(x)"], "gelu", ()),
    (['y = Gelu <approximate = "tanh"> (x)'], "gelu_tanh", ()),
    (["y = com.microsoft.QuickGelu(x)"], "quick_gelu", ()),
    (["y = Softplus(x)"], "softplus", ()),
    (["y = Softsign(x)"], "softsign", ()),
    (["y = Mish(x)"], "mish", ()),
    (["y = Exp(x)"], "exp", ()),
    (["a = Sigmoid(x)", "y = Mul(x, a)"], "silu", ()),
    (["b = Mul(x, k)", "a = Sigmoid(b)", "y = Mul(x, a)"], "quick_gelu", ("beta=1.702f",)),
    (["a = HardSigmoid <alpha = 0.16666667, beta = 0.5> (x)", "y = Mul(x, a)"], "hard_swish", ()),
    (["a = Add(x, c3)", "b = Clip(a, c0, c6)", "c = Mul(x, b)", "y = Div(c, c6)"],
     "hard_swish", ()),
    (["a = Softplus(x)", "b = Tanh(a)", "y = Mul(x, b)"], "mish", ()),
    (["g = Greater(x, c0)", "a = Exp(x)", "b = Sub(a, c1)", "y = Where(g, x, b)"], "elu", ()),
]


@pytest.mark.parametrize(("operators", "activation", "parameters"), NAMED, ids=lambda v: str(v))
def test_operators_and_pieces_get_their_catalogue_name(
    tmp_path, operators, activation, parameters
) -> None:
    more = "float c0 = {0}, float c1 = {1}, float cm = {-1}, float c3 = {3}, float c6 = {6}, " \
        "float k = {1.702}, float[1] slope = {0.3}"

    found = name(tmp_path, between(*operators), constants=f"{CONSTANTS}, {more}",
                 inputs="int8[N] q", header='<ir_version: 10, opset_import: ["" : 21, '
                 '"com.microsoft" : 1]>')

    assert found == (activation, parameters)


def test_what_no_name_fits_still_gets_its_own_codes(tmp_path) -> None:
    (unit,) = units(tmp_path, between("a = Tanh(x)", "b = Sin(a)", "y = Mul(b, a)"))
    x = 0.0625 * (np.arange(-128, 128) - 3)

    expected = np.rint(np.sin(np.tanh(x)) * np.tanh(x) / 0.03125) - 7

    assert unit.found.activation is None
    assert np.array_equal(unit.faithful, expected)
    assert np.array_equal(unit.rounded_once, expected)


def test_intermediate_codes_count_in_the_faithful_table_alone(tmp_path) -> None:
    body = between("a = Sigmoid(x)", "b = QuantizeLinear(a, s, z)", "c = DequantizeLinear(b, s, z)",
                   "y = Mul(x, c)")
    (unit,) = units(tmp_path, body)
    x = 0.0625 * (np.arange(-128, 128) - 3)
    gate = 1 / (1 + np.exp(-x))
    stepwise = np.clip(np.rint(x * np.rint(gate * 16) / 16 / 0.03125) - 7, -128, 127)

    assert unit.found == ("silu", (), False)
    assert np.array_equal(unit.faithful, stepwise)
    assert np.array_equal(unit.rounded_once, np.clip(np.rint(x * gate / 0.03125) - 7, -128, 127))


@pytest.mark.parametrize(
    "operators",
    [
        ["y = Identity(x)"],
        ["y = Mul(x, t)"],
        ["a = Div(x, t)", "b = Neg(a)", "y = Add(b, s)"],
        ["a = QuantizeLinear(x, t, w)", "y = DequantizeLinear(a, t, w)"],
        ["y = Clip(x, low, high)"],
    ],
)
def test_a_mere_rescale_is_no_activation(tmp_path, operators) -> None:
    constants = f"{CONSTANTS}, float low = {{-1000}}, float high = {{1000}}"

    with pytest.raises(ModelError, match="no activation between integer tensors"):
        units(tmp_path, between(*operators), constants=constants)


def test_a_rescale_after_a_unit_that_is_used_as_well_is_left_alone(tmp_path) -> None:
    body = between("y = Tanh(x)") + "\nu = DequantizeLinear(r, t, w)\nv = QuantizeLinear(u, s, z)"

    found = units(tmp_path, body, outputs="int8[N] r, int8[N] v")

    assert [unit.output_tensor for unit in found] == ["r"]


def test_a_unit_inside_another_is_kept_only_where_it_is_used_outside(tmp_path) -> None:
    body = between("a = Sigmoid(x)", "b = QuantizeLinear(a, t, w)", "c = DequantizeLinear(b, t, w)",
                   "y = Mul(x, c)")

    inside = units(tmp_path, body)
    outside = units(tmp_path, body, outputs="int8[N] r, int8[N] b")

    assert [u.found.activation for u in inside] == ["silu"]
    assert [u.found.activation for u in outside] == ["sigmoid", "silu"]


def test_two_roots_make_no_unit(tmp_path) -> None:
    body = between("p = DequantizeLinear(o, s, z)", "a = Sigmoid(p)", "b = QuantizeLinear(a, t, w)",
                   "c = DequantizeLinear(b, t, w)", "y = Mul(x, c)")

    found = units(tmp_path, body, inputs="int8[N] q, int8[N] o")

    assert [(u.found.activation, u.input_tensor) for u in found] == [("sigmoid", "o")]


@pytest.mark.parametrize("mover", ["Transpose(m)", "Concat <axis = 0> (m, m)", "MaxPool"])
def test_what_moves_elements_begins_a_new_root(tmp_path, mover) -> None:
    mover = mover if "(" in mover else "Flatten(m)"
    body = between("a = Tanh(x)", "m = QuantizeLinear(a, t, w)", f"n = {mover}",
                   "c = DequantizeLinear(n, t, w)", "y = Sigmoid(c)")

    found = units(tmp_path, body)

    roots = [(unit.found.activation, unit.input_tensor) for unit in found]
    assert roots == [("tanh", "q"), ("sigmoid", "n")]


def test_a_missing_zero_point_is_uint8_zero(tmp_path) -> None:
    body = "x = DequantizeLinear(q, s)\ny = Sigmoid(x)\nr = QuantizeLinear(y, s)"
    (unit,) = units(tmp_path, body, inputs="uint8[N] q", outputs="uint8[N] r")

    assert (unit.input.signed, unit.input.zero_point, unit.output.signed) == (False, 0, False)


@pytest.mark.parametrize(("code", "width", "signed"), [
    ("int8", 8, True), ("uint8", 8, False), ("int16", 16, True), ("uint16", 16, False)
])
def test_all_four_types_of_codes_and_constants_in_nodes(tmp_path, code, width, signed) -> None:
    body = (
        f"s = Constant <value = float {{0.001}}> ()\nz = Constant <value = {code} {{5}}> ()\n"
        "x = DequantizeLinear(q, s, z)\ny = Tanh(x)\nr = QuantizeLinear(y, s, z)"
    )
    (unit,) = units(tmp_path, body, inputs=f"{code}[N] q", outputs=f"{code}[N] r", constants="")

    assert (unit.input.width, unit.input.signed, unit.input.zero_point) == (width, signed, 5)
    assert unit.input.scale == Fraction(float(np.float32(0.001)))
    assert unit.input.scale_text == "0.001f"
    assert len(unit.faithful) == 2**width


def test_the_microsoft_domain_and_operators_with_codes_inside(tmp_path) -> None:
    body = (
        "a = com.microsoft.QLinearSigmoid(q, s, z, t, w)\n"
        "b = com.microsoft.QLinearMul(q, s, z, a, t, w, s, z)\n"
        "c = com.microsoft.DequantizeLinear(b, s, z)\nd = Tanh(c)\n"
        "r = com.microsoft.QuantizeLinear(d, t, w)"
    )
    (unit,) = units(tmp_path, body, outputs="int8[N] r, int8[N] a")[1:]

    assert (unit.input_tensor, len(unit.nodes)) == ("q", 5)


def test_what_stays_float_is_noted_and_left_alone(tmp_path) -> None:
    body = between("y = Tanh(x)") + "\nu = DequantizeLinear(r, t, w)\nv = Softplus(u)"

    model = read(written(tmp_path, body, outputs="float[N] v"))

    assert [u.found.activation for u in model.units] == ["tanh"]
    assert model.notes == ("Softplus of v: its result is not quantised; left alone",)


def test_codes_without_a_value_are_noted_and_left_alone(tmp_path) -> None:
    body = between("y = Tanh(x)") + "\nl = Log(x)\nv = QuantizeLinear(l, t, w)"

    model = read(written(tmp_path, body, outputs="int8[N] r, int8[N] v"))

    assert [u.found.activation for u in model.units] == ["tanh"]
    assert "has no value for some codes" in model.notes[0]
