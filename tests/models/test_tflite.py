"""Units of TFLite models, whose codes are compared with those that LiteRT computed."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path

import numpy as np
import pytest

from lutgen.cli import main
from lutgen.errors import ModelError
from lutgen.models import read
from tests.models.flat import Flat
from tests.models.litert_cases import KINDS, RECORD, cases, digest
from tests.tools import require_module

require_module("tflite")

def one(code: str, **options) -> Flat:
    flat = Flat()
    flat.tensor("x", 0.047, 5)
    flat.tensor("y", 0.03, -9)
    flat.add(code, "x", "y", **options)
    return flat


NAMES = {
    "ABS": "abs", "ELU": "elu", "EXP": "exp", "GELU": "gelu", "GELU-True": "gelu_tanh",
    "HARD_SWISH": "hard_swish", "LEAKY_RELU": "leaky_relu", "LOGISTIC": "sigmoid",
    "RELU": "relu", "RELU6": "relu6", "RELU_N1_TO_1": "hard_tanh", "RELU_0_TO_1": "hard_tanh",
    "TANH": "tanh", "hard_swish_in_pieces": "hard_swish", "one_minus_tanh": None,
    "prelu": "prelu", "silu": "silu", "square": None, "tanh_as_the_other_type": "tanh",
    "tanh_requantised": "tanh",
}
RUNS = [(case, kernels) for case in cases() for kernels in case.kernels]


@pytest.mark.parametrize(("case", "kernels"), RUNS, ids=lambda v: getattr(v, "name", v))
def test_codes_are_those_that_litert_computed(tmp_path, case, kernels) -> None:
    """All codes of the model, against what LiteRT made of them when they were recorded."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    (unit,) = read(case.flat.write(tmp_path / "m.tflite"), kernels).units

    assert (unit.input_tensor, unit.output_tensor) == ("x", "y")
    assert digest(unit.faithful.astype(KINDS[case.kind])) == recorded[f"{case.name} {kernels}"]
    stem = re.sub("-U?INT[0-9].*", "", case.name)
    assert unit.found.activation == NAMES.get(stem, NAMES.get(stem.split("-")[0]))


def test_the_record_sees_a_code_that_is_one_off(tmp_path) -> None:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    case = next(cases())
    wrong = read(case.flat.write(tmp_path / "m.tflite")).units[0].faithful.astype(np.int8)
    wrong[77] += 1

    assert digest(wrong) not in recorded.values()


def test_the_two_sets_of_kernels_differ_where_litert_does(tmp_path) -> None:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    apart = {
        case.name
        for case in cases()
        if len({recorded[f"{case.name} {kernels}"] for kernels in case.kernels}) == 2
    }

    assert {"LOGISTIC-INT16-0", "TANH-INT16-1", "LEAKY_RELU-0.1-INT8-0"} <= apart
    assert not any(name.startswith(("GELU", "HARD_SWISH", "RELU", "EXP")) for name in apart)


def test_a_slope_is_taken_from_a_quantised_constant(tmp_path) -> None:
    case = next(case for case in cases() if case.name == "prelu-INT8-1")
    (unit,) = read(case.flat.write(tmp_path / "m.tflite")).units

    assert unit.found.activation == "prelu"
    assert unit.found.parameters == ("alpha=0.19999999552965164",)


def test_an_operator_that_litert_lacks_is_computed_all_the_same_and_told(tmp_path) -> None:
    flat = Flat()
    flat.tensor("x", 0.0002, 0, "INT16")
    flat.tensor("y", 0.0002, 0, "INT16")
    flat.add("HARD_SWISH", "x", "y")
    model = read(flat.write(tmp_path / "m.tflite"))
    x = np.float64(np.float32(0.0002)) * np.arange(-32768, 32768)
    exact = x * np.clip(x + 3, 0, 6) / 6 / np.float64(np.float32(0.0002))

    assert "HARD_SWISH #0: LiteRT has no such kernel known here for s16" in model.notes[0]
    assert np.max(np.abs(model.units[0].faithful - np.clip(exact, -32768, 32767))) <= 0.5001


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
    ({"zero_point": 300}, "zero points are codes of int8"),
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
    for _ in range(300):
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
