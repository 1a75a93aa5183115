"""Models with tables in place of their units give the outputs of the models they replace."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lutgen.cli import main
from lutgen.errors import ModelError
from lutgen.models import read, rewriting
from tests.models.networks import NETWORKS, STYLES, quantised
from tests.models.written import between, written
from tests.tools import require_module


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NETWORKS)
def test_no_output_differs_and_only_tables_are_left(tmp_path, name, style) -> None:
    import onnx

    path = quantised(name, style, tmp_path)
    units = read(path).units
    content = rewriting.rewritten(path, [(unit, unit.faithful) for unit in units], "notice")
    model = onnx.load_from_string(content)

    onnx.checker.check_model(model)
    for feed in NETWORKS[name]().feeds:
        found = rewriting.compare(path, content, feed)
        assert [d.output for d in found] == NETWORKS[name]().outputs
        assert sum(d.differing for d in found) == 0
    operators = [node.op_type for node in model.graph.node]
    assert operators.count("Gather") == len(units)
    assert not {"Sigmoid", "Tanh", "Erf", "Elu", "HardSwish", "QLinearSigmoid"} & set(operators)


def test_a_wrong_entry_is_seen(tmp_path) -> None:
    path = quantised("gates", "qdq_s8", tmp_path)
    unit = read(path).units[0]

    content = rewriting.rewritten(path, [(unit, np.clip(unit.faithful + 9, -128, 127))], "")
    found = rewriting.compare(path, content, NETWORKS["gates"]().feeds[0])

    assert sum(d.differing for d in found) > 0 and max(d.largest for d in found) > 0


def test_the_rewritten_model_is_the_same_bytes_every_time(tmp_path) -> None:
    path = quantised("gates", "qdq_s8", tmp_path)
    tables = [(unit, unit.faithful) for unit in read(path).units]

    assert rewriting.rewritten(path, tables, "") == rewriting.rewritten(path, tables, "")


def test_the_command_writes_the_model_and_reports_the_comparison(capsys, tmp_path) -> None:
    path, other = quantised("mobile", "qdq_s8", tmp_path), tmp_path / "tables.onnx"
    np.savez(tmp_path / "inputs.npz", **NETWORKS["mobile"]().feeds[0])
    words = ["from-model", str(path), "-o", str(tmp_path / "out"), "--rewrite", str(other),
             "--compare", str(tmp_path / "inputs.npz")]

    assert main(words) == 0
    assert "compared y: 0 of 1024 differ" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["comparison"] == [
        {"output": "y", "elements": 1024, "differing": 0, "largest": 0.0}
    ]
    assert "tables.onnx" in [entry["path"] for entry in document["artifacts"]]


def test_a_foreign_model_in_the_way_is_kept(capsys, tmp_path) -> None:
    require_module("onnxruntime")
    path = written(tmp_path, between("y = Tanh(x)"))
    other = tmp_path / "mine.onnx"
    other.write_bytes(b"mine")

    assert main(["from-model", str(path), "-o", str(tmp_path / "o"), "--rewrite", str(other)]) == 1
    assert main(["from-model", str(path), "-o", str(tmp_path / "o"), "--rewrite", str(path)]) == 2

    assert other.read_bytes() == b"mine"
    assert "would overwrite the model" in capsys.readouterr().err


def archive(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name + ".npy", data)
    return content.getvalue()


def npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no archive", "not arrays of numbers"),
        (archive(x=b"no array"), "not arrays of numbers"),
        (archive(x=npy(np.array([{}], dtype=object))), "only numbers are read"),
        (archive(x=npy(np.zeros(4)).replace(b"(4,)", b"(9,)")), "takes 72 bytes; 32 follow"),
    ],
)
def test_wrong_inputs_are_refused(tmp_path: Path, content, said) -> None:
    (tmp_path / "inputs.npz").write_bytes(content)

    with pytest.raises(ModelError, match=said):
        rewriting.read_inputs(tmp_path / "inputs.npz")


def test_inputs_that_are_damaged_or_packed_otherwise_are_refused(tmp_path: Path) -> None:
    path, good = tmp_path / "inputs.npz", archive(x=npy(np.arange(4000.0)))
    outcomes = set()
    for place in range(0, len(good), 3):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1:])
        try:
            outcomes.add(tuple(rewriting.read_inputs(path)))
        except ModelError as problem:
            outcomes.add("refused")
            assert "inputs.npz" in str(problem)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("x.npy", npy(np.zeros(4)))

    assert "refused" in outcomes
    with pytest.raises(ModelError, match="packed or encrypted"):
        rewriting.read_inputs(path)


def test_inputs_that_unpack_to_too_much_are_refused(tmp_path, monkeypatch) -> None:
    (tmp_path / "inputs.npz").write_bytes(archive(x=npy(np.zeros(10_000))))
    monkeypatch.setattr(rewriting, "MAX_UNPACKED", 1000)

    with pytest.raises(ModelError, match="unpacks to more"):
        rewriting.read_inputs(tmp_path / "inputs.npz")


def test_inputs_that_the_model_does_not_take_are_one_line(tmp_path) -> None:
    path = written(tmp_path, between("y = Tanh(x)"))
    content = rewriting.rewritten(path, [(u, u.faithful) for u in read(path).units], "")

    good = np.zeros(3, np.int8)
    for inputs, said in (
        ({"wrong": good}, 'no array "q", an input of the model, but "wrong"'),
        ({"q": good, "more": good}, 'array "more" is no input of the model'),
        ({"q": np.zeros(3)}, "onnxruntime: "),
    ):
        with pytest.raises(ModelError, match=said):
            rewriting.compare(path, content, inputs)


@pytest.mark.parametrize("place", ["mine.onnx", "o/tanh_s8.h", "o/tanh_s8.lutgen.json", "o"])
def test_where_the_model_cannot_go_no_table_is_written(capsys, tmp_path, place: str) -> None:
    """It is a foreign file, one that the build writes itself, or a folder."""
    path = written(tmp_path, between("y = Tanh(x)"))
    (tmp_path / "mine.onnx").write_bytes(b"mine")
    (tmp_path / "o").mkdir()

    words = ["from-model", str(path), "-o", str(tmp_path / "o"), "--rewrite", str(tmp_path / place)]
    code = main(words)

    assert code == (2 if "/" in place else 1)
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["mine.onnx", "o", "written.onnx"]
