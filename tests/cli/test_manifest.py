"""``lutgen build --manifest``: options by their names, checked before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lutgen.cli import main

TWO = """
[defaults]
bits = 8
target = ["c", "json"]

[[table]]
function = "gelu"
name = "ffn_gelu"
in_scale = "0.047f"
in_zp = 3
out_scale = "1/32"
out_zp = -128

[[table]]
function = "leaky_relu"
params = { alpha = 0.1 }
range = [-4, 4]
target = "json"
method = "pwl"
max_error = 0.625
description = "of the second layer"
"""


def run(capsys, folder: Path, text: str, *words: str) -> tuple[int, str, str]:
    (folder / "lutgen.toml").write_text(text)
    code = main(["build", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_table_is_built_with_the_defaults_and_its_own_options(capsys, here) -> None:
    code, out, err = run(capsys, here, TWO, "--json")
    document = json.loads(out)

    assert (code, err) == (0, "")
    assert [table["name"] for table in document["tables"]] == ["ffn_gelu", "leaky_relu_s8"]
    assert {path.name for path in (here / "generated").iterdir()} == {
        "ffn_gelu.h", "ffn_gelu.json", "ffn_gelu.lutgen.json",
        "leaky_relu_s8.json", "leaky_relu_s8.lutgen.json",
    }
    assert document["tables"][1]["parameters"] == {"alpha": "1/10"}
    assert document["tables"][1]["input"]["scale"] == "1/32"
    sidecar = json.loads((here / "generated/leaky_relu_s8.lutgen.json").read_text())
    assert sidecar["spec"]["description"] == "of the second layer"


def test_the_same_table_from_options_has_the_same_bytes(capsys, here) -> None:
    run(capsys, here, TWO, "-q")
    main(["build", "gelu", "--name", "ffn_gelu", "--in-scale", "0.047f", "--in-zp", "3",
          "--out-scale", "1/32", "--out-zp=-128", "--target", "c,json", "-o", "other", "-q"])

    for name in ("ffn_gelu.h", "ffn_gelu.json", "ffn_gelu.lutgen.json"):
        assert (here / "generated" / name).read_bytes() == (here / "other" / name).read_bytes()


def test_a_project_file_serves_too(capsys, here) -> None:
    lines = TWO.replace("[defaults]", "[tool.lutgen.defaults]").replace(
        "[[table]]", "[[tool.lutgen.table]]"
    )
    (here / "pyproject.toml").write_text(lines)

    assert main(["build", "-q", "--target", "c", "-o", "out"]) == 0
    assert (here / "out" / "leaky_relu_s8.h").is_file()


def test_samples_are_found_beside_the_manifest(capsys, here) -> None:
    folder = here / "deep"
    folder.mkdir()
    (folder / "mine.csv").write_text("x,y\n-1,0\n1,1/2\n")
    (folder / "lutgen.toml").write_text('[[table]]\ntable = "mine.csv"\nname = "ramp"\n')

    assert main(["build", "--manifest", "deep/lutgen.toml", "-o", "out", "-q"]) == 0
    assert main(["verify", "out", "-q"]) == 0


TABLE = '[[table]]\nfunction = "gelu"\n'
WRONG = [
    ("", "must have 1 to"),
    ("table = 3", "must have 1 to"),
    ("[[table]]\n[[table]]", "NAME is missing"),
    ("[[table", "not TOML"),
    ("[" * 5000, "not TOML"),
    (TABLE + "in_scal = 1", "did you mean 'in_scale'?"),
    (TABLE + "in-scale = 1", "did you mean 'in_scale'?"),
    ("[default]\n" + TABLE, "did you mean 'defaults'?"),
    ("[defaults]\nbit = 8\n" + TABLE, "did you mean 'bits'?"),
    (TABLE + "bits = true", "bits: must be a text or a number"),
    (TABLE + "bits = 64", "--bits"),
    (TABLE + "unsigned = 1", "unsigned: must be true or false"),
    (TABLE + "params = 3", "params: must be a table"),
    (TABLE + "params = { alpha = 1 }", "no parameter"),
    (TABLE + "in_scale = nan", "--in-scale"),
    (TABLE + "in_zp = 2026-01-01", "in_zp: must be a text or a number"),
    (TABLE + 'target = "cobol"', "unknown target"),
    (TABLE + TABLE, "must be another for each table"),
    (TABLE + '[[table]]\nfunction = "geluu"', "table 2: unknown activation"),
    ('[[table]]\ntable = "../mine.csv"\nname = "q"', "inside the manifest's folder"),
    ('[[table]]\ntable = "/etc/passwd"\nname = "q"', "inside the manifest's folder"),
    ('[defaults]\noutput = "../out"\n' + TABLE, "inside the manifest's folder"),
    (TABLE + f"in_zp = 0x{'9' * 5000}", "in_zp"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=lambda v: str(v)[-30:])
def test_a_wrong_manifest_is_one_line_and_nothing_is_written(capsys, here, text, said) -> None:
    code, out, err = run(capsys, here, text)

    assert (code, out) == (2, "")
    assert said in err and err.startswith("error: ") and err.count("\n") == 1
    assert "lutgen.toml" in err and len(err) < 400
    assert [path.name for path in here.iterdir()] == ["lutgen.toml"]


def test_options_of_one_table_do_not_go_with_a_manifest(capsys, here) -> None:
    code, _, err = run(capsys, here, TWO, "--bits", "16")

    assert code == 2 and "--bits does not go with a manifest" in err


def test_a_manifest_and_a_name_contradict(capsys, here) -> None:
    code, _, err = run(capsys, here, TWO, "gelu", "--manifest", "lutgen.toml")

    assert code == 2 and "no NAME" in err


def test_a_manifest_that_is_not_there_is_named(capsys, here) -> None:
    code = main(["build", "--manifest", "nowhere.toml"])

    assert code == 2 and "nowhere.toml" in capsys.readouterr().err
