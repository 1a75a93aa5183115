"""The replay of ONNX models runs every tool and sees every planted fault."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx as library
import pytest
from onnx import numpy_helper

from lutgen.cli import main
from lutgen.program import Builder
from lutgen.solution import Solution, Verdict
from lutgen.targets import Options, onnx
from tests.targets.programs import S16, fitted, sides, solution, wrapped
from tests.targets.test_onnx import INPUT, OUTPUT, emitted, gelu, pwl
from tests.tools import require_module


@pytest.fixture(scope="module", autouse=True)
def runtime() -> None:
    require_module("onnxruntime")


def run(solved: Solution, files: dict[str, bytes], kind: str) -> list[Verdict]:
    """Return the verdicts that fail on these files."""
    return [v for v in replayed(solved, files, kind) if not v.passed]


def replayed(solved: Solution, files: dict[str, bytes], kind: str) -> tuple[Verdict, ...]:
    with TemporaryDirectory() as folder:
        for path, content in files.items():
            place = Path(folder) / solved.spec.name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return onnx.replay(Path(folder), (solved,), Options(onnx_kind=kind))


def edited(
    solved: Solution, kind: str, edit: Callable[[library.ModelProto], None]
) -> dict[str, bytes]:
    """Return the files with a changed model."""
    files = emitted(solved, kind)
    found = library.load_model_from_string(files[onnx.MODEL])
    before = found.SerializeToString()
    edit(found)
    assert found.SerializeToString() != before
    return {**files, onnx.MODEL: found.SerializeToString()}


def changed(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., None]:
    """Return an edit of one initialiser."""
    def edit(found: library.ModelProto) -> None:
        (tensor,) = [t for t in found.graph.initializer if t.name == name]
        values = numpy_helper.to_array(tensor)
        new = np.asarray(change(values.copy()), values.dtype)
        tensor.CopyFrom(numpy_helper.from_array(new, name))
    return edit


def one_more(values: np.ndarray) -> np.ndarray:
    values[77] += 1
    return values


@pytest.mark.parametrize("addend", [2**31 - 32768, 2**31 - 32767, -(2**31) + 32768])
def test_what_a_division_adds_counts_towards_the_type(addend: int) -> None:
    """A sum of 32 bits that the bias of a division would push out of them."""
    b = Builder("edge")
    total = b.add("total", b.input("x", S16), b.const(addend))
    signed = b.sub("signed", total, b.const(2**30))
    program = fitted(b, b.shift_right("z", signed, 20), S16)
    solved = wrapped(program)

    assert run(solved, emitted(solved, "program"), "program") == []


def test_unchanged_files_pass_in_every_tool() -> None:
    verdicts = replayed(gelu(), emitted(gelu()), "auto")

    assert all(v.passed and v.codes == 256 for v in verdicts)
    assert [v.tool.rstrip("0123456789.").strip() for v in verdicts if "optim" not in v.tool] == [
        "test data", "onnx reference"
    ]
    assert sum(v.tool.startswith("onnxruntime ") for v in verdicts) == 2


def test_one_wrong_entry_is_seen_by_every_runtime() -> None:
    found = run(gelu(), edited(gelu(), "lut", changed("lut", one_more)), "lut")

    assert [verdict.mismatches for verdict in found] == [1, 1, 1]


def test_a_wrong_bias_of_a_shift_is_seen_by_every_runtime() -> None:
    """What is subtracted after the division, one too little."""
    def edit(found: library.ModelProto) -> None:
        (quotient,) = [n for n in found.graph.node if n.op_type == "Div"]
        (after,) = [n for n in found.graph.node if quotient.output[0] in n.input]
        changed(after.input[1], lambda value: value - 1)(found)

    found = run(pwl(), edited(pwl(), "program", edit), "program")

    assert len(found) == 3
    assert all(verdict.mismatches > 100 for verdict in found)


def test_a_scale_that_is_off_is_seen_between_quantisers() -> None:
    edit = changed("y_scale", lambda scale: scale * np.float32(1.02))
    found = run(gelu(), edited(gelu(), "qdq", edit), "qdq")

    assert len(found) == 3
    assert "codes differently, by at most" in found[0].note


def test_another_operator_is_seen_in_float() -> None:
    def edit(found: library.ModelProto) -> None:
        (attribute,) = found.graph.node[0].attribute
        attribute.s = b"none"

    solved = solution("gelu_tanh", name="gelu_s8")

    assert len(run(solved, edited(solved, "float", edit), "float")) == 3


@pytest.mark.parametrize("path", [INPUT, OUTPUT])
def test_a_damaged_tensor_is_seen(path: str) -> None:
    files = emitted(gelu())
    at = files[path].index(bytes(range(128, 140)) if path == INPUT else b"\x10\x11\x12")
    flipped = files[path][:at] + bytes([files[path][at] ^ 1]) + files[path][at + 1 :]

    assert [v.mismatches for v in run(gelu(), {**files, path: flipped}, "auto")] == [1]


@pytest.mark.parametrize(("damage", "problem"), [
    (lambda content: content[:-30], "cannot be read"),
    (lambda content: content[:100], "cannot be read"),
    (lambda content: b"", "cannot be read"),
    (lambda content: emitted(gelu(**sides(8, 16)))[OUTPUT], "holds int16 of shape"),
])
def test_a_tensor_that_is_none_of_ours_is_seen(damage, problem: str) -> None:
    files = emitted(gelu())
    files[OUTPUT] = damage(files[OUTPUT])
    (found,) = run(gelu(), files, "auto")

    assert problem in found.problem


def _one_more_output(found: library.ModelProto) -> None:
    found.graph.output.add().CopyFrom(found.graph.input[0])


def _one_more_input(found: library.ModelProto) -> None:
    found.graph.input.add().CopyFrom(found.graph.output[0])
    found.graph.input[1].name = "q"


def _elsewhere(tensor: library.TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = library.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")


@pytest.mark.parametrize(("edit", "problem"), [
    (_one_more_output, 'its outputs are "y, x", not y'),
    (_one_more_input, 'its inputs are "x, q", not x'),
    (lambda found: _elsewhere(found.graph.initializer[-1]), "its tables are in another file"),
])
def test_another_face_is_seen_by_every_runtime(edit, problem: str) -> None:
    found = run(gelu(), edited(gelu(), "auto", edit), "auto")

    assert [problem in verdict.problem for verdict in found] == [True] * 3


def test_test_data_in_another_file_is_not_read() -> None:
    files = emitted(gelu())
    tensor = library.load_tensor_from_string(files[OUTPUT])
    _elsewhere(tensor)
    (found,) = run(gelu(), {**files, OUTPUT: tensor.SerializeToString()}, "auto")

    assert "its data is in another file" in found.problem


def test_missing_files_are_failures() -> None:
    files = emitted(gelu())
    without_model = {path: files[path] for path in (INPUT, OUTPUT)}
    without_data = {path: files[path] for path in (onnx.MODEL, INPUT)}

    assert len(run(gelu(), without_model, "auto")) == 3
    (found,) = run(gelu(), without_data, "auto")
    assert "output_0.pb: does not exist" in found.problem


@pytest.mark.parametrize("content", [b"", b"\x08\x07", b"not a model", bytes(500)])
def test_a_model_that_does_not_run_is_a_failure(content: bytes) -> None:
    found = run(gelu(), {**emitted(gelu()), onnx.MODEL: content}, "auto")

    assert len(found) == 3
    assert all("cannot run the model" in verdict.problem for verdict in found)


def test_a_model_of_another_type_is_a_failure() -> None:
    other = emitted(gelu(**sides(8, 16)))[onnx.MODEL]
    found = run(gelu(), {**emitted(gelu()), onnx.MODEL: other}, "auto")

    assert all("gives int16 of shape [256], not int8" in verdict.problem for verdict in found)


def test_a_missing_runtime_is_a_failure(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = [v for v in replayed(gelu(), emitted(gelu()), "auto") if not v.passed]

    assert [verdict.tool for verdict in found] == ["onnxruntime"]
    assert found[0].problem == "not run: onnxruntime is not installed; pip install onnxruntime"


def test_verify_prints_the_notes(capsys, tmp_path: Path) -> None:
    words = ["build", "tanh", "--bits", "16", "--method", "lut", "--target", "onnx", "-q",
             "--onnx-kind", "qdq", "-o", str(tmp_path)]

    assert main(words) == 0
    assert main(["verify", str(tmp_path)]) == 0
    assert "optimisations off; the runtime's float32 rounds" in capsys.readouterr().out
