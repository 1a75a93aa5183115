"""Functions of several numbers and of rows as ONNX: their files, run by every runtime."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import onnx as library
import pytest
from onnx import numpy_helper

from lutgen import kernels, pipeline
from lutgen.cli import main
from lutgen.errors import UsageError
from lutgen.program import Builder, Output, Program, Table, evaluate_all
from lutgen.request import Side
from lutgen.solution import Solution, Verdict
from lutgen.targets import Options, onnx
from lutgen.targets._onnx_data import data_for
from lutgen.targets._onnx_operators import FORMULAS, OF_CHANNELS, OF_KERNELS
from tests.targets.kernels import (
    FORMATS,
    NAMES,
    Frozen,
    at_random,
    measured,
    of_numbers,
    of_rows,
    small,
    solved,
)
from tests.targets.programs import S8, S16, U8, fitted
from tests.targets.test_onnx import model, operators, properties
from tests.targets.test_onnx_replay import changed, edited, replayed, run
from tests.tools import require_module

ROOT = Path(__file__).resolve().parents[2]
ROWS = ("log_softmax", "softmax", "softmin")
SPREAD = ("crelu", "log_softmax", "maxout_inputs", "prelu_per_channel", "softmax", "swiglu")
TOOLS = ["test", "onnxruntime", "onnxruntime", "onnx"]


@pytest.fixture(scope="module", autouse=True)
def runtime() -> None:
    require_module("onnxruntime")


def verdicts(folder: Path, found: Solution, kind: str = "auto") -> list[Verdict]:
    """Write the model and return what every runtime makes of it."""
    options = Options(onnx_kind=kind)
    pipeline.build([found], ("onnx",), options, folder)
    judged = list(onnx.replay(folder, (found,), options))
    assert [verdict.tool.split()[0] for verdict in judged] == TOOLS
    assert {v.codes for v in judged} <= {found.report.stimulus.count, 0}
    return judged


def failures(folder: Path, found: Solution, kind: str = "auto") -> list[str]:
    return [
        f"{v.name} {v.tool} {v.problem or v.mismatches} {v.note}"
        for v in verdicts(folder, found, kind)
        if not v.passed
    ]


# The runtimes, bit for bit


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_int8(name: str, formats: str, tmp_path: Path) -> None:
    assert failures(tmp_path, solved(name, formats)) == []


@pytest.mark.parametrize("name", NAMES)
def test_int16(name: str, tmp_path: Path) -> None:
    assert failures(tmp_path, solved(name, bits=16)) == []


INT16_AFFINE = {
    "inputs": Frozen({"in": Side("in", scale="0.00021f", zero_point="77")}),
    "output": Side("out", scale="0.00019f"),
}


@pytest.mark.parametrize("name", NAMES)
def test_int16_of_affine_formats(name: str, tmp_path: Path) -> None:
    assert failures(tmp_path, solved(name, bits=16, **INT16_AFFINE)) == []


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("rounding", ["half-even", "half-away", "floor"])
def test_rounding_rules(rounding: str, bits: int, tmp_path: Path) -> None:
    for name in ("bilinear", "softmax", "crelu"):
        found = solved(name, bits=bits, rounding=rounding)
        assert failures(tmp_path / name, found) == []


def test_longer_and_shorter_rows(tmp_path: Path) -> None:
    for number, longest in enumerate((1, 5, 4000)):
        found = solved("softmax", settings=Frozen({"max_n": longest}))
        assert failures(tmp_path / str(number), found) == []


# Programs by hand


def reduced_constants() -> Program:
    """Return sums over what is the same for every element, and a table of one entry."""
    b = Builder("constants")
    x = b.input("x", S8)
    none = b.mul("none", x, b.const(0))
    flat = b.lookup("flat", Table("flats", np.array([3, 3]), "All the same."), none)
    counted = b.reduce_sum("counted", b.add("one", none, b.const(1)), 64)
    threes = b.reduce_sum("threes", flat, 64)
    highest = b.reduce_max("highest", flat)
    total = b.add("total", b.add("some", counted, threes), highest)
    return b.finish_all([
        Output("length", counted, S8),
        Output("y", b.add("sum", x, b.clamp("kept", total, 0, 0)), S8),
        Output("row", b.clamp("row_kept", total, 0, 99), U8),
        Output("nothing", b.const(-7), S8),
    ])


def reduced_twice() -> Program:
    """Return a second pass that depends on the first, and segments of a row's own number."""
    b = Builder("twice")
    x = b.input("x", S8)
    total = b.reduce_sum("total", x, 64, "May be negative.")
    peak = b.reduce_max("peak", b.sub("y", total, x))
    piece = b.segment("piece", peak, (-300, -5, 0, 7, 400))
    scaled = b.shift_right("scaled", peak, 3)
    lifts = Table("lifts", np.arange(6) * 11 - 20, "A number for each piece.")
    lifted = b.add("lifted", b.lookup("lift", lifts, piece), scaled)
    many = b.segment("many", b.mul("square", x, x), tuple(range(3, 16000, 111)))
    low = b.low_bits("low", b.add("mixed", lifted, many), 7)
    share = b.divide("share", b.low_bits("bits", x, 8), b.add("divisor", low, b.const(1)))
    return fitted(b, b.add("z", share, b.reduce_sum("shares", low, 64)), S16)


@pytest.mark.parametrize("program", [reduced_constants(), reduced_twice()], ids=lambda p: p.name)
def test_reductions_by_hand(program: Program, tmp_path: Path) -> None:
    found = of_rows(program)

    assert failures(tmp_path, found) == []
    if program.name == "constants":
        lengths = np.repeat(found.report.stimulus.lengths, found.report.stimulus.lengths)
        assert found.report.outputs["length"].tolist() == lengths.tolist()


def test_what_one_number_decides_has_an_element_for_each_all_the_same() -> None:
    """An output that only the statistic of a call decides, which comes as one number."""
    ort = require_module("onnxruntime")
    b = Builder("statistic")
    b.input("x", S8)
    halves = Table("halves", np.arange(256) // 2, "Half of each.")
    half = b.lookup("half", halves, b.input("variance", U8))
    found = of_numbers(b.finish(half, S8), "evonorm_s0_run_time")
    session = ort.InferenceSession(model(found).SerializeToString())
    (got,) = session.run(None, {
        "x": np.arange(5, dtype=np.int8), "variance": np.array([77], np.uint8)
    })

    assert got.tolist() == [38] * 5


@pytest.mark.parametrize("names", [("x",), ("a", "b", "c")], ids=len)
def test_programs_at_random(names: tuple[str, ...], tmp_path: Path) -> None:
    for seed in range(40):
        program = at_random(seed, *names)
        found = of_rows(program) if len(names) == 1 else of_numbers(program)
        assert failures(tmp_path / str(seed), found) == []


# What the files hold


def tensors(solution: Solution, path: str) -> np.ndarray:
    (content,) = [a.content for a in onnx.emit(solution, Options()) if str(a.path).endswith(path)]
    return numpy_helper.to_array(library.load_tensor_from_string(content))


def test_two_inputs_are_all_pairs_row_by_row() -> None:
    found = solved("glu")
    paths = [str(artifact.path) for artifact in onnx.emit(found, Options())]
    a, b = (tensors(found, f"input_{number}.pb") for number in (0, 1))

    assert paths == [
        "glu_s8/model.onnx",
        *(f"glu_s8/test_data_set_0/{file}.pb" for file in ("input_0", "input_1", "output_0")),
    ]
    assert a.dtype == b.dtype == np.int8
    assert a[:257].tolist() == [-128] * 256 + [-127]
    assert b[:257].tolist() == [*range(-128, 128), -128]
    assert len(a) == 65536


def test_rows_have_a_set_for_each_length() -> None:
    found = solved("softmax")
    files = {str(a.path): a.content for a in onnx.emit(found, Options())}
    lengths = sorted(set(found.report.stimulus.lengths))

    assert len(files) == 1 + 2 * len(lengths)
    for number, length in enumerate(lengths):
        x, y = (
            numpy_helper.to_array(library.load_tensor_from_string(
                files[f"softmax_s8/test_data_set_{number}/{side}_0.pb"]
            ))
            for side in ("input", "output")
        )
        assert x.shape == y.shape == (found.report.stimulus.lengths.count(length), length)
        for row, expected in zip(x, y, strict=True):
            got = evaluate_all(found.program, {"x": row.astype(np.int64)})
            assert got["y"].tolist() == expected.tolist()


@pytest.mark.parametrize(("name", "inputs", "outputs"), [
    ("swiglu", {"a": "N", "b": "N"}, {"y": "N"}),
    ("crelu", {"x": "N"}, {"positive": "N", "negative": "N"}),
    ("softmin", {"x": "rows,N"}, {"y": "rows,N"}),
    ("prelu_per_channel", {"x": "N", "channel": "M"}, {"y": "N"}),
    ("evonorm_s0_run_time", {"x": "N", "variance": "M"}, {"y": "N"}),
])
@pytest.mark.parametrize("kind", ["program", "float"])
def test_ports_are_named_and_shaped(name: str, inputs, outputs, kind: str) -> None:
    graph = model(small(name), kind).graph

    for ports, expected in ((graph.input, inputs), (graph.output, outputs)):
        assert {
            port.name: ",".join(axis.dim_param for axis in port.type.tensor_type.shape.dim)
            for port in ports
        } == expected
    types = {port.name: port.type.tensor_type.elem_type for port in graph.input}
    assert {types[each] for each in types if each != "channel"} == {
        library.TensorProto.FLOAT if kind == "float" else library.TensorProto.INT8
        for _ in types
    } or name.startswith("evonorm")
    assert types.get("channel", library.TensorProto.UINT8) == library.TensorProto.UINT8


@pytest.mark.parametrize("name", ["prelu_per_channel", "dynamic_relu_run_time",
                                  "evonorm_b0_run_time", "dy_relu_run_time"])
def test_one_number_serves_a_whole_call(name: str) -> None:
    """As deployments call it: a statistic or a channel of shape [1] beside many elements."""
    ort = require_module("onnxruntime")
    found = solved(name)
    codes = found.spec.inputs
    x = np.arange(-128, 128)
    given = {
        port: x if port == "x" else np.array([min(f.max_code, 2 if port == "channel" else 77)])
        for port, f in codes.items()
    }
    (output,) = evaluate_all(found.program, given).values()
    session = ort.InferenceSession(model(found).SerializeToString())
    types = {port.name: port.type.tensor_type.elem_type for port in model(found).graph.input}
    (got,) = session.run(None, {
        port: values.astype(library.helper.tensor_dtype_to_np_dtype(types[port]))
        for port, values in given.items()
    })

    assert got.tolist() == output.tolist()


def test_metadata_tells_every_format_by_name() -> None:
    found = measured("crelu", "affine")
    told = properties(model(found))

    assert told["kind"] == "program"
    assert told["definition"] == "crelu(x) = max(x, 0), max(-x, 0)"
    assert told["input_zero_point"] == "3"
    for name in ("positive", "negative"):
        assert told[f"output_{name}_format"] == "s8"
        assert told[f"output_{name}_scale"] == str(found.spec.output.scale)
        assert told[f"output_{name}_zero_point"] == "-9"
    assert told["measured_on"] == "all 256 inputs"
    assert float(told["proved_max_error_lsb"]) >= found.report.max_lsb
    pair = properties(model(solved("glu")))
    assert {"input_a_scale", "input_b_scale", "output_scale"} < set(pair)


def test_the_notice_says_what_the_axes_are() -> None:
    assert "x is rows of N elements" in model(solved("softmax")).doc_string
    assert "rows of at most 1024" in model(solved("softmax")).doc_string
    assert "of channel, one number for all of x" in model(solved("elu_per_channel")).doc_string
    assert "shapes" not in model(solved("glu")).doc_string


@pytest.mark.parametrize(("name", "kind", "bits", "opset"), [
    ("softmax", "program", 8, 13), ("log_softmax", "program", 16, 13), ("glu", "program", 16, 13),
    ("softmax", "float", 5, 13), ("geglu", "float", 5, 20), ("glu", "qdq", 8, 19),
    ("geglu", "qdq", 8, 20), ("softmax", "qdq", 16, 21),
])
def test_opset_is_as_low_as_the_operators_allow(name, kind, bits, opset) -> None:
    found = model(solved(name, bits=bits, rounding="half-even"), kind)

    assert [entry.version for entry in found.opset_import] == [opset]


def test_kinds_are_these_operators() -> None:
    assert {"ReduceMax", "ReduceSum", "Div", "Gather"} < set(operators(model(solved("softmax"))))
    gate = solved("swiglu", rounding="half-even")
    assert operators(model(gate, "qdq")) == [
        "DequantizeLinear", "DequantizeLinear", "Sigmoid", "Mul", "Mul", "QuantizeLinear"
    ]
    rows = solved("log_softmax", rounding="half-even")
    assert operators(model(rows, "qdq")) == ["DequantizeLinear", "LogSoftmax", "QuantizeLinear"]
    assert operators(model(small("crelu"), "float")) == ["Relu", "Neg", "Relu"]
    assert operators(model(small("maxout_inputs"), "float")) == ["Max"]


def test_int32_is_enough_for_8_bit_gates() -> None:
    for name in ("glu", "geglu", "swiglu"):
        types = {t.data_type for t in model(solved(name)).graph.initializer}
        assert types == {library.TensorProto.INT32}, name


def test_same_request_same_bytes_in_another_process(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        for words in (["softmax"], ["glu", "--onnx-kind", "qdq", "--rounding", "half-even"]):
            subprocess.run(
                [sys.executable, "-m", "lutgen", "build", *words, "--target", "onnx,json", "-q",
                 "-o", str(folder)],
                check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed},
            )
        files = [path for path in folder.rglob("*") if path.is_file()]
        made.append({path.relative_to(folder): path.read_bytes() for path in files})

    assert len(made[0]) > 25
    assert made[0] == made[1]


# The real operators


def test_every_formula_is_of_a_known_function() -> None:
    assert set(OF_KERNELS) == set(kernels.names())
    assert set(OF_CHANNELS) <= set(FORMULAS)


EXACT = ("bilinear", "crelu", "dy_relu_run_time", "maxout_inputs", "reglu")


@pytest.mark.parametrize("name", NAMES)
def test_int8_between_quantisers(name: str, tmp_path: Path) -> None:
    """What the runtime rounds differently is said, and next to nothing."""
    judged = verdicts(tmp_path, solved(name, rounding="half-even"), "qdq")

    assert [v for v in judged if not v.passed] == []
    counts = [int(v.note.split(" codes")[0].split()[-1]) for v in judged[1:]]
    assert max(counts) <= judged[0].codes * 0.01
    if name in EXACT:
        assert counts == [0, 0, 0]


@pytest.mark.parametrize("name", SPREAD)
def test_int16_between_quantisers(name: str, tmp_path: Path) -> None:
    judged = verdicts(tmp_path, solved(name, bits=16, rounding="half-even"), "qdq")

    assert [v for v in judged if not v.passed] == []
    assert all("codes" in v.note for v in judged[1:])


@pytest.mark.parametrize("name", NAMES)
def test_operators_alone(name: str, tmp_path: Path) -> None:
    assert failures(tmp_path, small(name), "float") == []


def test_values_far_beyond_the_codes_are_clipped_before_they_are_quantised() -> None:
    tiny = {"output": Side("out", scale="1e-10f"), "rounding": "half-even"}

    assert "Clip" in operators(model(solved("bilinear", **tiny), "qdq"))
    # Within the usual range of 4 deviations it needs none, but next to a variance of 0.
    small_scale = {**tiny, "output": Side("out", scale="1e-6f")}
    assert "Clip" in operators(model(solved("evonorm_s0_run_time", **small_scale), "qdq"))
    assert "Clip" not in operators(model(solved("bilinear", rounding="half-even"), "qdq"))


def test_float_data_of_a_gate_is_the_correctly_rounded_value() -> None:
    (data,) = data_for(small("glu"), "float")
    with mpmath.workprec(200):
        for a, b, y in zip(*data.inputs.values(), data.outputs["y"], strict=True):
            exact = mpmath.mpf(float(a)) / (1 + mpmath.exp(-mpmath.mpf(float(b))))
            near = [np.nextafter(y, np.float32(end)) for end in (-np.inf, np.inf)]
            assert all(
                abs(exact - mpmath.mpf(float(y))) <= abs(exact - mpmath.mpf(float(other)))
                for other in near
            )


def test_float_data_of_rows_is_the_correctly_rounded_value() -> None:
    with mpmath.workprec(200):
        for data in data_for(small("softmax", settings=Frozen({"max_n": 7})), "float"):
            for row, got in zip(data.inputs["x"], data.outputs["y"], strict=True):
                powers = [mpmath.exp(mpmath.mpf(float(x))) for x in row]
                exact = [power / mpmath.fsum(powers) for power in powers]
                assert [np.float32(float(value)) for value in exact] == got.tolist()


# What is refused


@pytest.mark.parametrize(("request_", "kind", "message"), [
    ({"name": "glu"}, "lut",
     "--onnx-kind lut: glu is no table of the codes of one input; choose program"),
    ({"name": "glu"}, "qdq", r'--rounding: must be half-even .*, got "half-up" \(functions of'),
    ({"name": "softmax", "output": Side("out", scale="1/255"), "rounding": "half-even"}, "qdq",
     r'--out-scale: must be a float32 .*, got "1/255" \(the nearest is 0\.003921569f\)'),
    ({"name": "glu", "inputs": Frozen({"in2": Side("in2", bits=6)}), "rounding": "half-even"},
     "qdq", r'--in2-bits: must be 8 or 16 .*, got "6" \(program takes every width\)'),
])
def test_what_cannot_be_said_is_refused(request_, kind: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        onnx.emit(solved(**request_), Options(onnx_kind=kind))


def test_a_kernel_without_an_operator_is_refused(monkeypatch) -> None:
    monkeypatch.delitem(OF_KERNELS, "glu")

    with pytest.raises(UsageError, match="ONNX has no operator for glu; choose program"):
        onnx.emit(solved("glu"), Options(onnx_kind="float"))


# Planted faults


def files_of(solution: Solution, kind: str = "auto") -> dict[str, bytes]:
    made = onnx.emit(solution, Options(onnx_kind=kind))
    return {"/".join(artifact.path.parts[1:]): artifact.content for artifact in made}


def test_one_wrong_weight_is_seen_by_every_runtime() -> None:
    def heavier(values: np.ndarray) -> np.ndarray:
        values[20] += values[20] // 8
        return values

    found = solved("softmax")
    judged = run(found, edited(found, "program", changed("shares", heavier)), "program")

    assert len(judged) == 3
    assert all(verdict.mismatches > 0 for verdict in judged)


def test_a_reduction_over_the_wrong_axis_is_seen() -> None:
    def edit(found: library.ModelProto) -> None:
        (node,) = [n for n in found.graph.node if n.op_type == "ReduceMax"]
        (axes,) = [a for a in node.attribute if a.name == "axes"]
        axes.ints[0] = 0

    found = solved("softmin")
    judged = run(found, edited(found, "program", edit), "program")

    assert len(judged) == 3
    assert all(verdict.problem or verdict.mismatches > 100 for verdict in judged)


def test_swapped_inputs_are_seen() -> None:
    def edit(found: library.ModelProto) -> None:
        for node in found.graph.node:
            if node.op_type == "Cast" and node.input[0] in ("a", "b"):
                node.input[0] = {"a": "b", "b": "a"}[node.input[0]]

    found = solved("glu")

    assert all(v.mismatches > 10000 for v in run(found, edited(found, "program", edit), "program"))


def test_a_fault_in_the_second_output_is_seen() -> None:
    def edit(found: library.ModelProto) -> None:
        """Both outputs are the first."""
        first, second = [n for n in found.graph.node if n.output[0] in ("positive", "negative")]
        second.input[0] = first.input[0]

    found = solved("crelu")
    judged = run(found, edited(found, "program", edit), "program")

    assert [verdict.mismatches for verdict in judged] == [255] * 3


def test_a_wrong_operator_is_seen_between_quantisers() -> None:
    def edit(found: library.ModelProto) -> None:
        (node,) = [n for n in found.graph.node if n.op_type == "Sigmoid"]
        node.op_type = "Tanh"

    found = solved("glu", rounding="half-even")

    assert len(run(found, edited(found, "qdq", edit), "qdq")) == 3


@pytest.mark.parametrize("path", ["test_data_set_3/input_0.pb", "test_data_set_9/output_0.pb"])
def test_a_damaged_or_missing_set_of_rows_is_seen(path: str) -> None:
    found = solved("softmax")
    files = files_of(found)
    damaged = bytes([files[path][200] ^ 1])
    whole = {**files, path: files[path][:200] + damaged + files[path][201:]}
    missing = {name: content for name, content in files.items() if name != path}

    assert [(v.tool, v.mismatches) for v in run(found, whole, "auto")] == [("test data", 1)]
    (verdict,) = run(found, missing, "auto")
    assert "does not exist" in verdict.problem


def test_unchanged_files_pass() -> None:
    assert all(v.passed for v in replayed(solved("softmax"), files_of(solved("softmax")), "auto"))


# From the command line


def test_build_and_verify(capsys, tmp_path: Path) -> None:
    channels = tmp_path / "slopes.csv"
    channels.write_text("alpha\n0.1\n0.25\n1/3\n")
    for words in (
        ["swiglu"], ["softmax", "--max-n", "33"], ["crelu", "--in-scale", "0.02f"],
        ["maxout", "--inputs", "3"], ["prelu", "--channels", str(channels)],
        ["log_softmax", "--rounding", "half-even", "--onnx-kind", "qdq"],
    ):
        where = ["--target", "onnx,json", "-q", "-o", str(tmp_path / "cases")]
        assert main(["build", *words, *where]) == 0, capsys.readouterr().err

    assert main(["verify", str(tmp_path / "cases")]) == 0
    printed = capsys.readouterr().out
    assert "swiglu_s8: 65536 codes, onnx reference" in printed
    assert "prelu_per_channel_s8: 768 codes, onnxruntime" in printed
    assert f"{6 * (4 + 2)} passed, 0 failed" in printed
