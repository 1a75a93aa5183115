"""``lutgen check``: the same bytes or a difference that says which are not."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from lutgen.cli import main

MANIFEST = """
[[table]]
function = "gelu"
target = ["c", "json"]

[[table]]
function = "tanh"
method = "pwl"
bits = 10
target = "verilog"
latency = 0
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Return a folder with a manifest and what it builds, onnx and samples beside it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "lutgen.toml").write_text(MANIFEST)
    (folder / "mine.csv").write_text("x,y\n-1,0\n1,1/2\n")
    out = str(folder / "out")
    assert main(["build", "--manifest", str(folder / "lutgen.toml"), "-o", out, "-q"]) == 0
    for words in (["elu", "--target", "onnx"], ["--table", str(folder / "mine.csv"), "--name", "q"],
                  ["gelu", "--target", "verilog", "--latency", "0"]):
        assert main(["build", *words, "-o", out, "-q"]) == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy that may be damaged."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(["check", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def states(capsys, *words: str) -> dict[str, str]:
    code, out, err = run(capsys, *words, "--json")
    document = json.loads(out)
    assert document["schema"] == "lutgen.check/1" and err == ""
    assert document["same"] is (code == 0)
    return {Path(f["path"]).name: f["state"] for f in document["files"] if f["state"] != "same"}


def test_what_was_just_built_is_the_same(capsys, made: Path) -> None:
    code, out, err = run(capsys, str(made / "out"))

    assert (code, err) == (0, "")
    assert out == "15 files: 15 same, 0 different, 0 missing\n"


def test_line_ends_that_git_changed_are_called_so(capsys, folder: Path) -> None:
    header = folder / "out" / "gelu_s8.h"
    header.write_bytes(header.read_bytes().replace(b"\n", b"\r\n"))

    code, out, _ = run(capsys, str(folder / "out"))

    assert code == 1
    assert out.splitlines()[1:] == [
        "  its lines end in CR LF, not in LF; git does that where core.autocrlf is set",
        "15 files: 14 same, 1 different, 0 missing",
    ]


def test_every_file_is_looked_at(capsys, made: Path) -> None:
    _, out, _ = run(capsys, str(made / "out"), "--json")
    looked_at = {Path(f["path"]) for f in json.loads(out)["files"]}

    assert looked_at == {path for path in (made / "out").rglob("*") if path.is_file()}


def test_quiet_says_nothing_of_what_is_the_same(capsys, made: Path) -> None:
    assert run(capsys, str(made / "out"), "-q") == (0, "", "")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_changed_line_is_shown_as_a_unified_diff(capsys, folder: Path, processes) -> None:
    path = folder / "out" / "gelu_s8.h"
    lines = path.read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if "GELU_S8_MAX_ERROR_LSB" in line)
    before = lines[place]
    lines[place] = before.replace("0.497", "0.297")
    path.write_text("\n".join(lines) + "\n")

    code, out, err = run(capsys, str(folder / "out"), "--jobs", processes)

    assert code == 1
    assert f"different {path}" in out
    assert f"  -{lines[place]}" in out.splitlines() and f"  +{before}" in out.splitlines()
    assert f"@@ -{place - 2},7 +{place - 2},7 @@" in out
    assert "14 same, 1 different, 0 missing" in out
    assert err == "build again to bring them up to date\n"


def damage(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def test_missing_changed_cut_and_replaced_files_are_told_apart(capsys, folder: Path) -> None:
    out = folder / "out"
    (out / "gelu_s8.v").unlink()
    model = out / "elu_s8" / "model.onnx"
    model.write_bytes(model.read_bytes()[:-3])
    (out / "gelu_s8.json").write_bytes(b"")
    (out / "q.h").unlink()
    (out / "q.h").mkdir()
    (out / "q.samples.csv").write_text("x,y\n-1,0\n1,1/3\n")

    assert states(capsys, "--manifest", str(folder / "lutgen.toml"), str(out)) == {
        "gelu_s8.json": "different"
    }
    code, told, err = run(capsys, str(out))
    assert (code, told) == (1, "") and "changed since the table was built" in err
    shutil.copy(out / "q.samples.csv", folder)
    (out / "q.lutgen.json").unlink()
    assert states(capsys, str(out)) == {
        "gelu_s8.v": "missing", "model.onnx": "different", "gelu_s8.json": "different",
    }


def test_a_sidecar_that_says_something_else_is_different(capsys, folder: Path) -> None:
    path = folder / "out" / "gelu_s8.lutgen.json"
    path.write_text(path.read_text().replace('"bytes": ', '"bytes": 1'))

    assert states(capsys, str(folder / "out")) == {"gelu_s8.lutgen.json": "different"}


def test_a_manifest_is_compared_with_what_it_would_write(capsys, folder: Path) -> None:
    manifest = folder / "lutgen.toml"
    place = str(folder / "out")
    assert states(capsys, "--manifest", str(manifest), place) == {}

    manifest.write_text(MANIFEST.replace('"gelu"', '"gelu"\nrounding = "floor"'))
    assert states(capsys, "--manifest", str(manifest), place) == {
        "gelu_s8.h": "different", "gelu_s8.json": "different", "gelu_s8.lutgen.json": "different",
    }

    manifest.write_text(MANIFEST + '[[table]]\nfunction = "elu"\nname = "extra"\n')
    assert states(capsys, "--manifest", str(manifest), place) == {
        "extra.h": "missing", "extra.lutgen.json": "missing",
    }


def test_checking_writes_nothing(capsys, folder: Path) -> None:
    (folder / "out" / "gelu_s8.v").unlink()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    run(capsys, str(folder / "out"))
    run(capsys, "--manifest", str(folder / "lutgen.toml"), str(folder / "nowhere"))

    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    "content",
    [b"\x1b[31m\x07 evil \x9b\n" * 3, b"line\n" * 500_000, b"x" * 3_000_000,
     bytes(range(256)) * 100, "\u202egnp\n".encode()],
    ids=["escapes", "lines", "one line", "binary", "bidi"],
)
def test_a_difference_is_short_and_harmless_whatever_the_file_holds(
    capsys, folder: Path, content
) -> None:
    (folder / "out" / "gelu_s8.h").write_bytes(content)

    code, out, _ = run(capsys, str(folder / "out"))

    assert code == 1
    assert len(out) < 20_000 and len(out.splitlines()) < 60
    assert all(c == "\n" or c.isprintable() for c in out)


@pytest.mark.parametrize("kind", ["fifo", "device", "loop"])
def test_what_is_no_regular_file_is_not_read(capsys, folder: Path, kind) -> None:
    path = folder / "out" / "gelu_s8.h"
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "gelu_s8.h")

    found = states(capsys, str(folder / "out"))

    assert found == {"gelu_s8.h": "missing" if kind == "loop" else "different"}


@pytest.mark.parametrize("kind", ["fifo", "device", "folder"])
def test_verify_reads_no_more_than_check(capsys, tmp_path: Path, kind) -> None:
    """A pipe that nobody writes to would be waited for without an end."""
    words = ["elu", "--bits", "4", "--target", "c,verilog,onnx,json", "-o", str(tmp_path), "-q"]
    assert main(["build", *words]) == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in files:
        if path.name.endswith(".lutgen.json"):
            continue
        path.unlink()
        match kind:
            case "fifo":
                os.mkfifo(path)
            case "device":
                path.symlink_to("/dev/zero")
            case "folder":
                path.mkdir()
    code, out = main(["verify", str(tmp_path)]), capsys.readouterr().out

    assert code == 1
    assert out.splitlines()[-1].startswith("0 passed")
    assert out.count("not a regular file") >= 4


def test_nothing_to_check_is_an_error(capsys, tmp_path: Path) -> None:
    code, out, err = run(capsys, str(tmp_path))

    assert (code, out) == (1, "") and "build something first" in err
