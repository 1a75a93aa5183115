"""Where units begin and end, what they are called, and what is left alone."""

from __future__ import annotations

import math
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


MOVES = [
    "m = Slice(x, one, two)",
    "m, n = Split <num_outputs = 2> (x)",
    "m = Reshape(x, shape)",
    "m = Transpose(x)",
    "m = Gather(x, one)",
    "n = Unsqueeze(x, zero)\nm = Squeeze(n, zero)",
]
PLACES = (
    f"{CONSTANTS}, int64[1] zero = {{0}}, int64[1] one = {{1}}, int64[1] two = {{2}}, "
    "int64[2] shape = {2, -1}"
)


@pytest.mark.parametrize("move", MOVES)
def test_what_moves_reals_is_part_of_a_unit(tmp_path, move) -> None:
    (unit,) = units(tmp_path, between(move, "y = Sigmoid(m)"), constants=PLACES)
    x = 0.0625 * (np.arange(-128, 128) - 3)

    assert (unit.found.activation, unit.input_tensor) == ("sigmoid", "q")
    assert len(unit.nodes) == 3 + len(unit.moves)
    expected = np.rint(1 / (1 + np.exp(-x)) / 0.03125) - 7
    assert np.array_equal(unit.faithful, expected)


def test_ways_that_move_alike_are_joined_and_others_are_not(tmp_path) -> None:
    alike = units(tmp_path, between("m = Slice(x, one, two)", "a = Sigmoid(m)", "y = Mul(m, a)"),
                  constants=PLACES)
    body = between("m = Slice(x, one, two)", "a = Sigmoid(m)", "b = QuantizeLinear(a, s, z)",
                   "c = DequantizeLinear(b, s, z)", "n = Slice(x, zero, one)", "y = Mul(n, c)")
    others = units(tmp_path, body, constants=PLACES)

    assert [u.found.activation for u in alike] == ["silu"]
    assert [(u.found.activation, u.output_tensor) for u in others] == [("sigmoid", "b")]


def test_codes_that_are_moved_between_units_begin_a_new_root(tmp_path) -> None:
    """As codes, or as reals that are made codes again at once."""
    body = between("a = Tanh(x)", "m = QuantizeLinear(a, t, w)", "d = DequantizeLinear(m, t, w)",
                   "e = Slice(d, one, two)", "n = QuantizeLinear(e, t, w)",
                   "c = DequantizeLinear(n, t, w)", "y = Sigmoid(c)")

    found = units(tmp_path, body, constants=PLACES)

    roots = [(unit.found.activation, unit.input_tensor) for unit in found]
    assert roots == [("tanh", "q"), ("sigmoid", "n")]


def test_quantisers_of_one_tensor_that_are_all_alike_make_one_root(tmp_path) -> None:
    body = between(
        "q1 = QuantizeLinear(f, s, z)", "q2 = QuantizeLinear(f, s, z)",
        "x1 = DequantizeLinear(q1, s, z)", "x2 = DequantizeLinear(q2, s, z)",
        "a = Sigmoid(x1)", "b1 = QuantizeLinear(a, t, w)", "b2 = QuantizeLinear(a, t, w)",
        "c = DequantizeLinear(b1, t, w)", "y = Mul(x2, c)",
    ).split("\n", 1)[1]
    model = read(written(tmp_path, body, inputs="float[N] f", outputs="int8[N] r, int8[N] b2"))

    assert [u.found.activation for u in model.units] == ["sigmoid", "silu"]
    assert [u.input_tensor for u in model.units] == ["q1", "q1"]
    assert [u.copies for u in model.units] == [("b2",), ()]


def test_quantisers_with_another_scale_are_another_root(tmp_path) -> None:
    body = between(
        "q1 = QuantizeLinear(f, s, z)", "q2 = QuantizeLinear(f, t, z)",
        "x1 = DequantizeLinear(q1, s, z)", "x2 = DequantizeLinear(q2, t, z)",
        "a = Sigmoid(x1)", "b = QuantizeLinear(a, t, w)", "c = DequantizeLinear(b, t, w)",
        "y = Mul(x2, c)",
    ).split("\n", 1)[1]

    assert [u.found.activation for u in units(tmp_path, body, inputs="float[N] f")] == ["sigmoid"]


def test_codes_read_with_another_scale_than_they_were_made_with_are_a_root(tmp_path) -> None:
    body = between("a = Tanh(x)", "b = QuantizeLinear(a, t, w)", "c = DequantizeLinear(b, s, z)",
                   "y = Sigmoid(c)")

    found = units(tmp_path, body)

    assert [(u.found.activation, u.input_tensor) for u in found] == [
        ("tanh", "q"), ("sigmoid", "b")
    ]


def test_an_operator_on_codes_ends_a_unit(tmp_path) -> None:
    body = between("a = Tanh(x)", "b = QuantizeLinear(a, t, w)", "d = Relu(b)",
                   "c = DequantizeLinear(d, t, w)", "y = Sigmoid(c)")

    assert [u.input_tensor for u in units(tmp_path, body)] == ["q", "d"]


SATURATED = [
    # x + 3 in [0, 6] by the range of its codes, then a sixth of it: a hard sigmoid without a clip.
    (["a = Add(x, c3)", "b = QuantizeLinear(a, s6, low)", "c = DequantizeLinear(b, s6, low)",
      "y = Mul(c, sixth)"], "hard_sigmoid_torch"),
    # The same as far as one range goes.
    (["a = Mul(x, sixth)", "y = Add(a, half)"], "hard_sigmoid_torch"),
]
UNIT = (
    "float s = {0.0625}, int8 z = {3}, float t = {0.003921569}, int8 w = {-128}, "
    "float s6 = {0.023529412}, int8 low = {-128}, float c3 = {3}, float sixth = {0.16666667}, "
    "float half = {0.5}, float[1] large = {100}"
)


@pytest.mark.parametrize(("operators", "activation"), SATURATED)
def test_a_clip_that_ranges_of_codes_make_is_found(tmp_path, operators, activation) -> None:
    (unit,) = units(tmp_path, between(*operators), constants=UNIT)

    assert unit.found == (activation, (), True)


@pytest.mark.parametrize(
    "operators",
    [
        # What the range cuts off is a scale that does not fit, or little.
        ["a = QuantizeLinear(x, t, w)", "y = DequantizeLinear(a, t, w)"],
        ["y = Mul(x, large)"],
        ["a = Mul(x, t)", "y = Add(a, half)"],
    ],
)
def test_a_line_that_a_range_cuts_off_is_no_activation(tmp_path, operators) -> None:
    with pytest.raises(ModelError, match="no activation between integer tensors"):
        units(tmp_path, between(*operators), constants=UNIT)


def test_a_curve_that_is_nearly_a_line_on_its_codes_is_not_taken_for_a_rescale(tmp_path) -> None:
    constants = "float s = {1.0e-5}, int8 z = {0}, float t = {1.0e-5}, int8 w = {0}"

    (unit,) = units(tmp_path, between("a = Sin(x)", "y = Tanh(a)"), constants=constants)

    assert unit.found.activation != "linear"


def test_a_constant_that_a_node_quantises_is_known_to_operators_with_codes_inside(
    tmp_path,
) -> None:
    body = (
        "k = Constant <value = float {1.0}> ()\nc = QuantizeLinear(k, s, z)\n"
        "x = DequantizeLinear(q, s, z)\na = Erf(x)\nb = QuantizeLinear(a, t, w)\n"
        "r = com.microsoft.QLinearAdd(b, t, w, c, s, z, t, w)"
    )
    (unit,) = units(tmp_path, body)
    x = 0.0625 * (np.arange(-128, 128) - 3)
    erf = np.rint(np.array([math.erf(value) for value in x]) / 0.03125)

    assert np.array_equal(unit.faithful, erf + 32 - 7)


def test_what_is_nearly_relu_on_its_codes_is_called_by_its_own_name(tmp_path) -> None:
    """Codes so coarse that mish is relu on them, and its output has no negative codes."""
    constants = "float s = {4.0e7}, int8 z = {6}, float t = {4.0e7}, int8 w = {-128}"
    body = between("a = Softplus(x)", "b = QuantizeLinear(a, t, w)",
                   "c = DequantizeLinear(b, t, w)", "d = Tanh(c)", "y = Mul(x, d)")
    (unit,) = units(tmp_path, body, constants=constants)

    assert unit.found.activation == "mish"


def test_what_depends_on_several_tensors_is_noted_and_left_alone(tmp_path) -> None:
    body = between("y = Tanh(x)") + (
        "\np = DequantizeLinear(o, s, z)\na = Add(x, p)\nb = Sigmoid(a)\n"
        "v = QuantizeLinear(b, t, w)"
    )

    model = read(written(tmp_path, body, inputs="int8[N] q, int8[N] o",
                         outputs="int8[N] r, int8[N] v"))

    assert [u.found.activation for u in model.units] == ["tanh"]
    assert model.notes == ("Sigmoid of b: is not computed from codes of one tensor; left alone",)


def test_graphs_inside_nodes_and_recurrent_operators_are_noted(tmp_path) -> None:
    body = between("y = Tanh(x)") + (
        "\nv = If (c) <then_branch = g1 () => (float[N] e) { e = Sigmoid(x) }, "
        "else_branch = g2 () => (float[N] e) { e = Relu(x) }>"
        "\nu, h = GRU <hidden_size = 1> (f, g, k)"
    )

    model = read(written(
        tmp_path, body, inputs="int8[N] q, bool c, float[S, 1, 1] f, float[1, 3, 1] g, "
        "float[1, 3, 1] k", outputs="int8[N] r, float[N] v, float u, float h",
    ))

    assert model.notes == (
        "If of v: what is inside it was not looked into",
        "GRU of u: what is inside it was not looked into",
    )


FUNCTIONS = """
<domain: "own", opset_import: ["" : 21, "own" : 1]>
Act <slope: float> (a) => (b) {
  k = Constant <value_float: float = @slope> ()
  m = Mul(a, k)
  g = own.Gate(m)
  b = Mul(a, g)
}
<domain: "own", opset_import: ["" : 21]>
Gate (a) => (b) { b = Sigmoid(a) }
"""
OWN = '<ir_version: 10, opset_import: ["" : 21, "own" : 1]>'


def test_functions_of_the_models_own_are_put_in_the_place_of_their_calls(tmp_path) -> None:
    path = written(tmp_path, between("y = own.Act <slope = 1.702> (x)"), header=OWN,
                   functions=FUNCTIONS)
    (unit,) = read(path).units

    assert unit.found == ("quick_gelu", ("beta=1.702f",), False)
    assert len(unit.nodes) == 5


def test_functions_that_call_themselves_or_grow_are_refused(tmp_path) -> None:
    def model(functions: str) -> Path:
        return written(tmp_path, between("y = own.F0(x)"), header=OWN, functions=functions)

    head = '<domain: "own", opset_import: ["" : 21, "own" : 1]>\n'
    circle = f"{head}F0 (a) => (b) {{ b = own.F1(a) }}\n{head}F1 (a) => (b) {{ b = own.F0(a) }}\n"
    twice = "".join(
        f"{head}F{i} (a) => (c) {{ b = own.F{i + 1}(a)\nc = own.F{i + 1}(b) }}\n"
        for i in range(40)
    ) + f"{head}F40 (a) => (b) {{ b = Sigmoid(a) }}\n"

    with pytest.raises(ModelError, match='function "F0" calls itself'):
        read(model(circle))
    with pytest.raises(ModelError, match="its functions make more than 200000 nodes"):
        read(model(twice))


def test_casts_between_reals_are_followed_and_casts_of_codes_are_not(tmp_path) -> None:
    half = between("a = Cast <to = 10> (x)", "b = Sigmoid(a)", "y = Cast <to = 1> (b)")
    by_hand = between("a = Tanh(x)", "b = QuantizeLinear(a, t, w)", "c = Cast <to = 1> (b)",
                      "d = Mul(c, s)", "y = Sigmoid(d)")

    assert [u.found.activation for u in units(tmp_path, half)] == ["sigmoid"]
    assert [u.output_tensor for u in units(tmp_path, by_hand)] == ["b"]


def test_scales_may_be_cast_and_shaped_by_nodes(tmp_path) -> None:
    body = (
        "h = Constant <value = double[1] {0.25}> ()\nf = Cast <to = 1> (h)\ns = Squeeze(f)\n"
        + between("y = Sigmoid(x)")
    )
    constants = "float t = {0.03125}, int8 z = {3}, int8 w = {-7}"
    (unit,) = units(tmp_path, body, constants=constants)

    assert unit.input.scale == Fraction(1, 4)


def test_a_unit_that_cannot_be_computed_is_noted_and_the_others_are_kept(tmp_path) -> None:
    body = between("y = Tanh(x)") + "\nm = Sub(x)\ne = Exp(m)\nn = QuantizeLinear(e, t, w)"

    model = read(written(tmp_path, body, outputs="int8[N] r, int8[N] n"))

    assert [u.found.activation for u in model.units] == ["tanh"]
    assert model.notes == (
        'QuantizeLinear of n: Sub that makes "m": cannot be computed (TypeError); its inputs or '
        "attributes are wrong; left alone",
    )
