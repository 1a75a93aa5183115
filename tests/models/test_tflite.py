"""Units of TFLite models, whose tables are compared with functions written here."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from lutgen.cli import main
from lutgen.errors import ModelError
from lutgen.models import read
from tests.models.flat import Flat
from tests.tools import require_module

require_module("tflite")

SCALE = np.float64(np.float32(0.047))
OUT = np.float64(np.float32(0.03))
X = SCALE * (np.arange(-128, 128) - 5)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def erf(x):
    return np.array([math.erf(value) for value in x])


def codes(y: np.ndarray, scale: float = OUT, zero_point: int = -9) -> np.ndarray:
    """Return the codes of reals, rounded half away from zero."""
    ratio = y / scale
    return np.clip(np.trunc(ratio + np.copysign(0.5, ratio)) + zero_point, -128, 127)


def one(code: str, **options) -> Flat:
    flat = Flat()
    flat.tensor("x", 0.047, 5)
    flat.tensor("y", 0.03, -9)
    flat.add(code, "x", "y", **options)
    return flat


LONE = [
    ("LOGISTIC", {}, "sigmoid", (), sigmoid),
    ("TANH", {}, "tanh", (), np.tanh),
    ("GELU", {}, "gelu", (), lambda x: x / 2 * (1 + erf(x / math.sqrt(2)))),
    ("GELU", {"approximate": True}, "gelu_tanh", (),
     lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
    ("HARD_SWISH", {}, "hard_swish", (), lambda x: x * np.clip(x + 3, 0, 6) / 6),
    ("ELU", {}, "elu", (), lambda x: np.where(x > 0, x, np.expm1(x))),
    ("LEAKY_RELU", {"alpha": 0.25}, "leaky_relu", ("alpha=0.25f",),
     lambda x: np.where(x > 0, x, x / 4)),
    ("RELU", {}, "relu", (), lambda x: np.maximum(x, 0)),
    ("RELU6", {}, "relu6", (), lambda x: np.clip(x, 0, 6)),
    ("RELU_N1_TO_1", {}, "hard_tanh", (), lambda x: np.clip(x, -1, 1)),
    ("EXP", {}, "exp", (), np.exp),
]


@pytest.mark.parametrize(("code", "options", "name", "parameters", "function"), LONE,
                         ids=lambda v: str(v)[:20])
def test_a_lone_operator_between_its_tensors_own_scales(
    tmp_path, code, options, name, parameters, function
) -> None:
    (unit,) = read(one(code, **options).write(tmp_path / "m.tflite")).units

    assert unit.found == (name, parameters, False)
    assert (unit.nodes, unit.input_tensor, unit.output_tensor) == ((f"{code} #0",), "x", "y")
    assert (unit.input.zero_point, unit.output.zero_point) == (5, -9)
    assert np.array_equal(unit.faithful, codes(function(X)))


def test_prelu_takes_its_slope_from_a_quantised_constant(tmp_path) -> None:
    flat = Flat()
    flat.tensor("x", 0.047, 5)
    flat.tensor("slope", 0.01, 0, data=b"\x14")
    flat.tensor("y", 0.03, -9)
    flat.add("PRELU", "x slope", "y")
    (unit,) = read(flat.write(tmp_path / "m.tflite")).units
    slope = 20 * np.float64(np.float32(0.01))

    assert unit.found.activation == "prelu"
    assert np.array_equal(unit.faithful, codes(np.where(X > 0, X, slope * X)))


def test_ties_go_away_from_zero(tmp_path) -> None:
    flat = Flat()
    flat.tensor("x", 0.5)
    flat.tensor("y", 1.0, 4)
    flat.add("RELU_N1_TO_1", "x", "y")
    (unit,) = read(flat.write(tmp_path / "m.tflite")).units

    assert unit.faithful[126:131].tolist() == [3, 3, 4, 5, 5]


def mlp() -> Flat:
    """FULLY_CONNECTED layers, per-channel weights, with silu in pieces, a clip, gelu and tanh."""
    flat = Flat()
    weights = bytes(range(16))
    for i in range(5):
        flat.tensor(f"w{i}", [0.01, 0.02, 0.03, 0.04], data=weights)
        flat.tensor(f"h{i}", 0.05 + 0.01 * i, i)
    flat.tensor("in", 0.05)
    flat.tensor("gate", 1 / 256, -128)
    for name in ("a0", "a1", "a2", "a3"):
        flat.tensor(name, 0.03, -9)
    flat.add("FULLY_CONNECTED", "in w0", "h0")
    flat.add("LOGISTIC", "h0", "gate")
    flat.add("MUL", "h0 gate", "a0")
    flat.add("FULLY_CONNECTED", "a0 w1", "h1")
    flat.add("HARD_SWISH", "h1", "a1")
    flat.add("FULLY_CONNECTED", "a1 w2", "h2")
    flat.add("GELU", "h2", "a2")
    flat.add("FULLY_CONNECTED", "a2 w3", "h3")
    flat.add("TANH", "h3", "a3")
    flat.add("FULLY_CONNECTED", "a3 w4", "h4")
    return flat


def test_every_activation_of_a_network_is_found_and_none_invented(tmp_path) -> None:
    units = read(mlp().write(tmp_path / "m.tflite")).units

    assert [u.found.activation for u in units] == ["silu", "hard_swish", "gelu", "tanh"]
    assert units[0].nodes == ("LOGISTIC #1", "MUL #2")


def test_a_product_in_pieces_counts_the_codes_between(tmp_path) -> None:
    unit = read(mlp().write(tmp_path / "m.tflite")).units[0]
    x = np.float64(np.float32(0.05)) * np.arange(-128, 128)
    gate = (codes(sigmoid(x), 1 / 256, -128) + 128) / 256

    assert np.array_equal(unit.faithful, codes(x * gate))


def test_a_clip_fused_into_an_addition_is_seen(tmp_path) -> None:
    flat = Flat()
    flat.tensor("x", 0.0625)
    flat.tensor("three", 0.03125, data=b"\x60")
    flat.tensor("m", 6 / 255, -128)
    flat.tensor("p", 0.25, -128)
    flat.add("ADD", "x three", "m", fused="RELU6")
    flat.add("MUL", "x m", "p")
    (unit,) = read(flat.write(tmp_path / "m.tflite")).units
    x = np.arange(-128, 128) / 16

    assert unit.nodes == ("ADD #0", "MUL #1")
    assert np.allclose(unit.rounded_once, codes(x * np.clip(x + 3, 0, 6), 0.25, -128), atol=1)


def test_the_tables_of_a_model_are_built_and_run(capsys, tmp_path) -> None:
    path, out = mlp().write(tmp_path / "m.tflite"), tmp_path / "out"

    assert main(["from-model", str(path), "-o", str(out), "--target", "c,json"]) == 0
    assert "silu" in capsys.readouterr().out
    assert main(["verify", str(out), "-q"]) == 0


WRONG = [
    ({"scale": None}, "has no scale"),
    ({"scale": [0.1, 0.2]}, "per channel"),
    ({"scale": math.inf}, "scale is inf"),
    ({"scale": math.nan}, "scale is nan"),
    ({"scale": 0.0}, "scale is 0.0"),
    ({"zero_point": 300}, "must be a code"),
]


@pytest.mark.parametrize(("quantisation", "said"), WRONG, ids=lambda v: str(v))
def test_wrong_quantisation_is_named_with_its_operator(tmp_path, quantisation, said) -> None:
    flat = one("TANH")
    flat.tensor("y", **quantisation)

    with pytest.raises(ModelError, match=r'TANH #0: tensor "y"') as caught:
        read(flat.write(tmp_path / "m.tflite"))

    assert said in str(caught.value)


def test_a_float_model_has_nothing_for_tables(tmp_path) -> None:
    flat = one("TANH")
    flat.tensor("x", None, kind="FLOAT32")

    with pytest.raises(ModelError, match="no activation between integer tensors"):
        read(flat.write(tmp_path / "m.tflite"))


def test_bytes_changed_at_random_give_a_model_or_one_error(tmp_path) -> None:
    content = mlp().write(tmp_path / "m.tflite").read_bytes()
    chooser, outcomes = random.Random(7), set()
    for _ in range(600):
        changed = bytearray(content)
        for _ in range(chooser.choice((1, 1, 3))):
            changed[chooser.randrange(len(changed))] = chooser.choice((0, 1, 127, 128, 255))
        path = Path(tmp_path / "changed.tflite")
        path.write_bytes(bytes(changed))
        try:
            read(path)
            outcomes.add("read")
        except ModelError:
            outcomes.add("refused")

    assert outcomes == {"read", "refused"}
