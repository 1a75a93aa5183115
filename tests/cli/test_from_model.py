"""``lutgen from-model``: its files, its JSON, its manifest, and the build that repeats it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lutgen.cli import main
from lutgen.models import read
from tests.models.litert_cases import cases
from tests.models.networks import quantised
from tests.models.written import between, written
from tests.tools import require_module

TWICE = between("y = Sigmoid(x)") + (
    "\nx2 = DequantizeLinear(r2, s, z)\ny2 = Sigmoid(x2)\nv = QuantizeLinear(y2, t, w)"
)


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return quantised("transformer", "qdq_s8", tmp_path_factory.mktemp("model"))


def test_the_json_names_units_tables_and_artifacts(capsys, tmp_path, model) -> None:
    code, out, err = run(capsys, "from-model", str(model), "-o", str(tmp_path), "--json")
    document = json.loads(out)

    assert (code, err, document["schema"]) == (0, "", "lutgen.model/1")
    first = document["units"][0]
    assert {"nodes", "input_tensor", "output_tensor", "activation", "table"} <= set(first)
    assert (first["activation"], first["table"]) == ("gelu", "gelu_s8")
    names = {table["name"] for table in document["tables"]}
    assert {unit["table"] for unit in document["units"]} == names
    assert {entry["path"] for entry in document["artifacts"]} == set(contents(tmp_path))


@pytest.mark.parametrize("target", ["c", "c,json"])
def test_a_build_of_the_manifest_repeats_every_byte(
    capsys, tmp_path, monkeypatch, model, target
) -> None:
    assert main(["from-model", str(model), "-o", str(tmp_path), "--target", target, "-q"]) == 0
    before = contents(tmp_path)
    monkeypatch.chdir(tmp_path)

    for path in tmp_path.glob("*.h"):
        path.unlink()
    assert main(["build", "-q"]) == 0

    assert contents(tmp_path) == before


@pytest.mark.parametrize("tables", ["faithful", "ideal"])
def test_the_written_tables_run_and_hold_what_was_asked_for(
    capsys, tmp_path, model, tables
) -> None:
    words = ["from-model", str(model), "-o", str(tmp_path), "--target", "c,json", "-q"]
    assert main([*words, "--tables", tables]) == 0
    assert main(["verify", str(tmp_path), "-q"]) == 0
    unit = read(model).units[0]
    document = json.loads((tmp_path / "gelu_s8.json").read_text())

    differing = np.count_nonzero(np.array(document["codes"]) != unit.faithful)

    assert (differing == 0) == (tables == "faithful")
    assert document["activation"] == ("samples" if tables == "faithful" else "gelu")


def test_equal_tables_are_shared_and_others_numbered(capsys, tmp_path) -> None:
    third = "\nx3 = DequantizeLinear(r3, t, z)\ny3 = Sigmoid(x3)\nu = QuantizeLinear(y3, t, w)"
    path = written(tmp_path, TWICE + third, inputs="int8[N] q, int8[N] r2, int8[N] r3",
                   outputs="int8[N] r, int8[N] v, int8[N] u")

    _, out, _ = run(capsys, "from-model", str(path), "-o", str(tmp_path / "out"), "--json")
    document = json.loads(out)

    assert [u["table"] for u in document["units"]] == ["sigmoid_s8", "sigmoid_s8", "sigmoid_s8_2"]
    assert [table["name"] for table in document["tables"]] == ["sigmoid_s8", "sigmoid_s8_2"]


def test_a_table_without_a_name_in_the_catalogue_is_built_from_an_expression(
    capsys, tmp_path
) -> None:
    path = written(tmp_path, between("a = Tanh(x)", "b = Sin(a)", "y = Mul(b, t)"))
    out = tmp_path / "out"

    code, text, _ = run(capsys, "from-model", str(path), "-o", str(out), "--target", "c,verilog")

    assert code == 0 and "(sine(tanh(x)) * k1)" in text
    assert main(["verify", str(out), "-q"]) == 0
    manifest = (out / "lutgen.toml").read_text()
    assert 'expr = "sine(tanh(x)) * k1"' in manifest
    assert 'params = { k1 = "0.03125f" }' in manifest


def test_a_table_without_an_expression_is_built_from_its_codes(capsys, tmp_path) -> None:
    path = written(tmp_path, between("a = Tanh(x)", "b = Floor(a)", "y = Mul(b, a)"))
    out = tmp_path / "out"

    code, text, _ = run(capsys, "from-model", str(path), "-o", str(out), "--target", "c,verilog")

    assert code == 0 and "no name" in text
    assert main(["verify", str(out), "-q"]) == 0
    assert (out / "unit_s8.samples.csv").read_text().count("\n") == 258


@pytest.mark.parametrize(
    ("tables", "how"), [("faithful", "optimisations off"), ("ideal", "float64, rounded once")]
)
def test_a_table_of_codes_says_what_computed_them(capsys, tmp_path, tables, how) -> None:
    require_module("onnxruntime")
    path = written(tmp_path, between("a = Tanh(x)", "b = Floor(a)", "y = Mul(b, a)"))

    run(capsys, "from-model", str(path), "-o", str(tmp_path / "o"), "--tables", tables)

    assert how in (tmp_path / "o" / "lutgen.toml").read_text()


@pytest.mark.parametrize(
    ("words", "method", "fits"),
    [
        ([], "lut", lambda table: table["storage_bytes"] == 256),
        (["--max-bytes", "60"], "", lambda table: table["storage_bytes"] <= 60),
        (["--max-error", "1"], "", lambda table: table["error"]["max_lsb"] <= 1),
        (["--method", "pwl", "--segments", "5"], "pwl", lambda table: True),
    ],
)
def test_the_options_of_methods_go_with_a_model(
    capsys, tmp_path, model, words, method, fits
) -> None:
    code, out, _ = run(capsys, "from-model", str(model), "-o", str(tmp_path), "--json", *words)
    tables = json.loads(out)["tables"]

    assert code == 0 and len(tables) == 6
    assert all(fits(table) for table in tables)
    assert all(table["method"]["name"].startswith(method) for table in tables)
    before = contents(tmp_path)
    assert main(["build", "--manifest", str(tmp_path / "lutgen.toml"), "-q"]) == 0
    assert contents(tmp_path) == before


def test_the_kernels_of_a_tflite_model_can_be_chosen(capsys, tmp_path) -> None:
    require_module("tflite")
    case = next(case for case in cases() if case.name == "LEAKY_RELU-0.1-INT8-0")
    path = case.flat.write(tmp_path / "m.tflite")
    found = {}
    for kernels in ("reference", "xnnpack"):
        words = ["-o", str(tmp_path / kernels), "--target", "json", "--kernels", kernels]
        code, out, _ = run(capsys, "from-model", str(path), *words)
        assert code == 0 and "LiteRT's" in out
        found[kernels] = json.loads(
            (tmp_path / kernels / "leaky_relu_s8.json").read_text()
        )["codes"]

    assert found["reference"] != found["xnnpack"]


def test_the_summary_says_how_many_codes_differ(capsys, tmp_path, model) -> None:
    _, out, _ = run(capsys, "from-model", str(model), "-o", str(tmp_path))

    rows = [line.split() for line in out.splitlines()]
    assert rows[1][-1] == "differ" and rows[1][0] == "node"
    assert sum(row[-1].endswith("/256") for row in rows if row) == 6


def test_a_manifest_that_was_edited_is_not_overwritten(capsys, tmp_path, model) -> None:
    words = ["from-model", str(model), "-o", str(tmp_path), "-q"]
    assert main(words) == 0
    assert main(words) == 0
    manifest = tmp_path / "lutgen.toml"
    manifest.write_text(manifest.read_text() + "# mine\n")

    code, _, err = run(capsys, *words)

    assert code == 1 and "lutgen.toml: exists and may hold edits of yours; move it away" in err
    assert manifest.read_text().endswith("# mine\n")
    assert main([*words, "--force"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tables", "best"], "--tables"),
        (["--method", "magic"], "--method"),
        (["--method", "lut", "--segments", "4"], "--segments"),
        (["--max-error", "0.1"], "--max-error"),
        (["--kernels", "gpu"], "--kernels"),
        (["--target", "cobol"], "unknown target"),
    ],
)
def test_wrong_options_leave_nothing(capsys, tmp_path, model, words, said) -> None:
    code, out, err = run(capsys, "from-model", str(model), "-o", str(tmp_path / "o"), *words)

    assert (code, out) == (2, "") and said in err
    assert not (tmp_path / "o").exists()


def test_16_bit_tables_can_be_approximated(capsys, tmp_path) -> None:
    require_module("onnxruntime")
    body = "x = DequantizeLinear(q, s, z)\ny = Tanh(x)\nr = QuantizeLinear(y, t, z)"
    path = written(tmp_path, body, inputs="int16[N] q", outputs="int16[N] r",
                   constants="float s = {0.0003}, float t = {0.00003051}, int16 z = {0}")

    code, out, _ = run(capsys, "from-model", str(path), "-o", str(tmp_path / "o"), "--tables",
                       "ideal", "--method", "pwl", "--json")

    assert code == 0
    assert json.loads(out)["tables"][0]["method"]["name"] == "pwl"
    assert main(["verify", str(tmp_path / "o"), "-q"]) == 0
