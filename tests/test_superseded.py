"""What a rebuild does not make any more goes, unless it is somebody else's by now."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from lutgen.cli import main


def build(folder: Path, *words: str) -> None:
    assert main(["build", "softmax", "--bits", "4", "-q", "-o", str(folder / "out"), *words]) == 0


def files(folder: Path) -> set[str]:
    paths = (folder / "out").rglob("*")
    return {path.relative_to(folder / "out").as_posix() for path in paths if path.is_file()}


ONNX = {"softmax_s4.lutgen.json", "softmax_s4/model.onnx"} | {
    f"softmax_s4/test_data_set_{number}/{kind}_0.pb"
    for number in (0, 1) for kind in ("input", "output")
}


def test_files_and_folders_that_are_made_no_more_are_removed(tmp_path: Path) -> None:
    build(tmp_path, "--target", "onnx", "--max-n", "8")
    assert len(files(tmp_path)) == 12

    build(tmp_path, "--target", "onnx", "--max-n", "2")

    assert files(tmp_path) == ONNX
    assert not (tmp_path / "out" / "softmax_s4" / "test_data_set_4").exists()


def test_files_of_other_targets_stay(tmp_path: Path) -> None:
    build(tmp_path, "--target", "c,json")

    build(tmp_path, "--target", "json", "--max-n", "2")

    assert files(tmp_path) == {"softmax_s4.h", "softmax_s4.json", "softmax_s4.lutgen.json"}


@pytest.mark.parametrize("what", ["edited", "linked"])
def test_what_somebody_changed_stays(tmp_path: Path, what: str) -> None:
    build(tmp_path, "--target", "onnx", "--max-n", "8")
    changed = tmp_path / "out" / "softmax_s4" / "test_data_set_4" / "input_0.pb"
    if what == "edited":
        changed.write_bytes(b"mine")
    else:
        changed.rename(tmp_path / "elsewhere")
        changed.symlink_to(tmp_path / "elsewhere")
    before = changed.read_bytes()

    build(tmp_path, "--target", "onnx", "--max-n", "2")

    assert changed.read_bytes() == before
    assert files(tmp_path) == {*ONNX, "softmax_s4/test_data_set_4/input_0.pb"}


@pytest.mark.parametrize("path", ["precious.h", "../precious.h", "softmax_s4/../../precious.h"])
def test_a_forged_sidecar_takes_no_other_file_away(tmp_path: Path, path: str) -> None:
    build(tmp_path, "--target", "c")
    precious = tmp_path / "out" / path
    (tmp_path / "out" / "softmax_s4").mkdir()
    precious.write_bytes(b"precious")
    sidecar = tmp_path / "out" / "softmax_s4.lutgen.json"
    document = json.loads(sidecar.read_text(encoding="ascii"))
    document["artifacts"].append({
        "path": path, "target": "c", "bytes": 8, "sha256": sha256(b"precious").hexdigest(),
    })
    sidecar.write_text(json.dumps(document), encoding="ascii")

    build(tmp_path, "--target", "c", "--max-n", "2")

    assert precious.read_bytes() == b"precious"


def test_a_manifest_that_asks_for_less_leaves_less(tmp_path: Path) -> None:
    manifest = tmp_path / "lutgen.toml"
    old = '[[table]]\nfunction = "relu"\nname = "act"\nc_layout = "split"\n'
    manifest.write_text(old, encoding="ascii")
    words = ["build", "--manifest", str(manifest), "-q", "-o", str(tmp_path / "out")]
    assert main(words) == 0
    assert "act.c" in files(tmp_path)

    manifest.write_text(old.replace('c_layout = "split"\n', ""), encoding="ascii")
    assert main(words) == 0

    assert files(tmp_path) == {"act.h", "act.lutgen.json"}


@pytest.mark.parametrize(("first", "second", "place"), [
    ("act", "act_tb", "act_tb.v"),
    ("act_tb", "act", "act_tb.v"),
    ("act", "act_stream", "act_stream.v"),
    ("act_stream_tb", "act", "act_stream_tb.v"),
    ("act", "ACT", "act.lutgen.json"),
])
def test_files_of_another_table_are_not_overwritten(capsys, tmp_path, first, second, place) -> None:
    words = ["build", "--bits", "4", "--target", "verilog", "--stream", "-q", "-o", str(tmp_path)]
    assert main([*words, "gelu", "--name", first]) == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    assert main([*words, "tanh", "--name", second, "--force"]) == 1

    err = capsys.readouterr().err
    assert f"{place}: belongs to table {first} (" in err and err.count("\n") == 1
    assert f"choose another --name or -o, or move the files of {first} away" in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_files_that_another_table_lists_but_has_lost_may_be_written(tmp_path: Path) -> None:
    words = ["build", "gelu", "--bits", "4", "-q", "-o", str(tmp_path)]
    assert main([*words, "--name", "act", "--target", "verilog"]) == 0
    (tmp_path / "act_tb.v").unlink()

    assert main([*words, "--name", "act_tb", "--target", "c"]) == 0
    assert main([*words, "--name", "act_tb", "--target", "verilog"]) == 0


@pytest.mark.parametrize("artifacts", [None, 3, {}, [3], [{"path": [], "target": "c"}],
                                       [{"path": "softmax_s4.h", "target": []}]])
@pytest.mark.parametrize("name", ["softmax_s4", "softmax"])
def test_a_sidecar_with_anything_in_it_stops_no_build(tmp_path: Path, name, artifacts) -> None:
    """That of the table itself, or of another whose name begins alike."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f"{name}.lutgen.json").write_text(
        json.dumps({"schema": "lutgen.spec/1", "artifacts": artifacts})
    )

    build(tmp_path, "--force")
