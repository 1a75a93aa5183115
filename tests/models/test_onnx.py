"""Units of quantised ONNX models: all found, none invented, and their codes the runtime's own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lutgen.models import Model, Unit, read
from tests.models.networks import NETWORKS, STYLES, activations, quantised
from tests.tools import require_module

CASES = [(name, style) for name in NETWORKS for style in STYLES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request, folder: Path) -> tuple[str, Path, Model]:
    name, style = request.param
    path = quantised(name, style, folder)
    return name, path, read(path)


def plain(model) -> None:
    """Make one of quantisers that are all alike, and let slices hand on everything."""
    first: dict[tuple[str, ...], str] = {}
    same = {}
    for node in model.graph.node:
        node.input[:] = [same.get(name, name) for name in node.input]
        if node.op_type == "QuantizeLinear":
            same[node.output[0]] = first.setdefault(tuple(node.input), node.output[0])
        elif node.op_type == "Slice":
            node.op_type = "Identity"
            del node.input[1:]


def runtime_session(model):
    """Return a model in onnxruntime without optimisations."""
    ort = require_module("onnxruntime")
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return ort.InferenceSession(model.SerializeToString(), options,
                                providers=["CPUExecutionProvider"])


def exposed(path: Path, units: tuple[Unit, ...], feeds: list[dict]) -> dict[str, np.ndarray]:
    """Return the codes of the units' tensors while the whole model runs."""
    import onnx

    model = onnx.load(path)
    names = {name for unit in units for name in (unit.input_tensor, unit.output_tensor)}
    there = {value.name for value in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sorted(names - there))
    session = runtime_session(model)
    outputs = [value.name for value in session.get_outputs()]
    runs = [dict(zip(outputs, session.run(None, feed), strict=True)) for feed in feeds]
    return {name: np.concatenate([run[name] for run in runs]) for name in names}


def extracted(path: Path, unit: Unit) -> np.ndarray:
    """Return the unit's codes from the part that onnx's own extractor cuts out."""
    import onnx
    from onnx.utils import Extractor

    model = onnx.load(path)
    plain(model)
    for name, codes in ((unit.input_tensor, unit.input), (unit.output_tensor, unit.output)):
        kind = np.dtype(f"{'' if codes.signed else 'u'}int{codes.width}")
        for value in [v for v in model.graph.value_info if v.name == name]:
            model.graph.value_info.remove(value)
        element = onnx.helper.np_dtype_to_tensor_dtype(kind)
        model.graph.value_info.append(onnx.helper.make_tensor_value_info(name, element, None))
    part = Extractor(model).extract_model([unit.input_tensor], [unit.output_tensor])
    part.ir_version = model.ir_version
    kind = np.dtype(f"{'' if unit.input.signed else 'u'}int{unit.input.width}")
    codes = np.arange(unit.input.min_code, unit.input.max_code + 1).astype(kind)
    return runtime_session(part).run(None, {unit.input_tensor: codes})[0]


def test_every_activation_is_found_and_none_invented(case, request) -> None:
    _, _, model = case
    expected = activations(*request.node.callspec.params["case"])

    assert Counter(unit.found.activation for unit in model.units) == Counter(expected)
    assert model.notes == ()


def test_the_codes_are_those_of_the_extracted_part(case) -> None:
    _, path, model = case

    for unit in model.units:
        assert np.array_equal(unit.faithful, extracted(path, unit)), unit.nodes


def test_the_codes_are_those_of_the_running_model(case) -> None:
    name, path, model = case
    tensors = exposed(path, model.units, NETWORKS[name]().feeds)

    for unit in model.units:
        codes = tensors[unit.input_tensor].astype(int) - unit.input.min_code
        if unit.moves:
            # The one slice that stays between reals, that of the gate g.
            codes = codes[:, 32:48]
        assert np.array_equal(unit.faithful[codes], tensors[unit.output_tensor]), unit.nodes


def test_the_check_of_codes_sees_a_fault(case) -> None:
    """A code that is one off, where the running model uses it."""
    name, path, model = case
    unit = model.units[0]
    tensors = exposed(path, (unit,), NETWORKS[name]().feeds)
    codes = tensors[unit.input_tensor].astype(int) - unit.input.min_code
    wrong = unit.faithful.copy()
    wrong[codes.flat[0]] += 1

    assert not np.array_equal(wrong[codes], tensors[unit.output_tensor])


def test_a_slice_between_reals_is_part_of_its_unit(folder: Path) -> None:
    (unit,) = [u for u in read(quantised("gates", "qoperator_u8", folder)).units if u.moves]

    assert (unit.found.activation, unit.input_tensor) == ("tanh", "z_quantized")
    assert unit.nodes == ("z_DequantizeLinear", "zg_Slice", "g_Tanh", "g_QuantizeLinear")


def test_numpy_alone_is_within_one_code(case, monkeypatch) -> None:
    """Without onnxruntime the same steps are computed by NumPy, whose functions are its own."""
    import sys

    _, path, model = case
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    alone = read(path)

    assert "NumPy" in alone.arithmetic
    for unit, other in zip(model.units, alone.units, strict=True):
        apart = np.abs(unit.faithful - other.faithful)
        assert apart.max() <= 1 and np.mean(apart) < 0.02, unit.nodes


def test_parameters_are_the_models_own_float32(folder: Path) -> None:
    units = read(quantised("transformer", "qdq_s8", folder)).units

    assert [u.found.parameters for u in units[-2:]] == [("alpha=0.7f",), ("alpha=0.1f",)]


def test_a_clip_that_quantisers_swallowed_is_named_as_near(folder: Path) -> None:
    units = read(quantised("mobile", "qdq_u8_default", folder)).units

    assert [unit.found.near for unit in units] == [False, False, False, True, True]
