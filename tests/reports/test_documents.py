"""Every JSON document against the published schema, with nothing that it does not describe."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from pathlib import Path

import pytest

from lutgen.cli import main
from tests.models.written import between, written
from tests.tools import require_module

SCHEMA = files("lutgen").joinpath("reports", "schema", "documents.schema.json")

# What is printed on stdout; each takes -o or writes nothing.
PRINTED = {
    "build": ["build", "gelu", "--target", "c,json", "--report", "html,md", "--json"],
    "build of a program": ["build", "tanh", "--method", "pwl", "--max-error", "1", "--json"],
    "build of samples": ["build", "--table", "mine.csv", "--name", "mine", "--json"],
    "build of a kernel": ["build", "glu", "--target", "json", "--json"],
    "candidates": ["build", "gelu", "--method", "auto", "--candidates", "json"],
    "report": ["report", "gelu", "--derivative", "--json"],
    "report of a broken limit": [
        "report", "silu", "--method", "interp", "--segments", "8", "--max-error", "faithful",
        "--require", "faithful,monotone", "--json",
    ],
    "report against a method": ["report", "gelu", "--against", "pwl", "--json"],
    "report against other formats": [
        "report", "gelu", "--against", "tanh_s8.lutgen.json", "--json",
    ],
    "report of a domain": ["report", "log", "--json"],
    "build of an expression": [
        "build", "--expr", "x*sigmoid(a*x)", "--param", "a=1.702", "--name", "mine", "--json",
    ],
    "report of a kernel": ["report", "softmax", "--json"],
    "diff": ["diff", "tanh", "other.json", "--json"],
    "diff that is broken": ["diff", "tanh", "erf", "--json"],
    "diff without a truth": ["diff", "foreign.json", "foreign.json", "--json"],
    "list": ["list", "--json"],
    "show": ["show", "elu", "--json"],
    "show of a kernel": ["show", "glu", "--json"],
    "show of a kernel of channels": ["show", "srelu_per_channel", "--json"],
    "verify": ["verify", "other", "--json"],
    "check": ["check", "other", "--json"],
    "outputs": ["build", "gelu", "--list-outputs", "--json"],
    "plugins": ["list", "--plugins", "--json"],
    "from-model": ["from-model", "written.onnx", "--json"],
}


@pytest.fixture(scope="module")
def schema() -> dict[str, object]:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validator(schema):
    """Return a validator that allows no member which the schema does not describe."""
    jsonschema = require_module("jsonschema")
    return jsonschema.Draft202012Validator(closed(copy.deepcopy(schema)))


def closed(node: object, *, is_part: bool = False) -> object:
    """Return a schema in which objects have no other members than those described."""
    if isinstance(node, dict):
        if "properties" in node and not is_part and "$defs" not in node:
            node["additionalProperties"] = False
        for key, value in node.items():
            closed(value, is_part=key in ("if", "properties", "$defs"))
            if key == "properties":
                for described in value.values():
                    closed(described)
    elif isinstance(node, list):
        for value in node:
            closed(value)
    return node


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("x,y\n-1,0\n1,1/2\n")
    return tmp_path


@pytest.mark.parametrize("name", [*PRINTED])
def test_what_a_command_prints_is_valid(capsys, folder: Path, validator, name: str) -> None:
    if name == "from-model":
        require_module("onnxruntime")
        written(folder, between("y = Sigmoid(x)"))
    if "other" in name:
        main(["build", "tanh", "-o", ".", "-q"])
    if name == "diff":
        main(["build", "tanh", "--name", "other", "--target", "json", "-o", ".", "-q"])
    if name == "diff without a truth":
        words = ["build", "--table", "mine.csv", "--name", "foreign", "--target", "json", "-o", "."]
        main([*words, "-q"])
        (folder / "foreign.lutgen.json").unlink()
    if name in ("verify", "check"):
        main(["build", "tanh", "--target", "json", "-o", "other", "-q"])
    code = main(PRINTED[name])
    captured = capsys.readouterr()

    assert code == (1 if "broken" in name else 0), captured.err
    document = json.loads(captured.out)
    assert [*map(str, validator.iter_errors(document))] == []


def test_what_is_written_is_valid(folder: Path, validator) -> None:
    main(["build", "gelu", "--target", "c,json", "--report", "html", "-o", ".", "-q"])
    for kernel in ("glu", "crelu", "log_softmax"):
        main(["build", kernel, "--target", "json", "-o", ".", "-q"])
    main(["build", "--expr", "x*2", "--name", "mine", "--target", "json", "-o", ".", "-q"])
    documents = sorted(folder.glob("*.json"))

    assert len(documents) == 10
    for path in documents:
        assert [*map(str, validator.iter_errors(json.loads(path.read_text())))] == [], path.name


def test_the_schema_is_itself_valid_and_names_every_kind_of_document(schema) -> None:
    jsonschema = require_module("jsonschema")
    source = Path(__file__).resolve().parents[2] / "lutgen"
    named = {
        line.split('"')[1]
        for path in source.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "_SCHEMA = " in line
    }

    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]["schema"]["enum"]) == named
    assert {part["if"]["properties"]["schema"]["const"] for part in schema["allOf"]} == named


@pytest.mark.parametrize("spoil", [
    lambda d: d.pop("tables"),
    lambda d: d.update(schema="lutgen.report/2"),
    lambda d: d["tables"][0].update(sha256="abc"),
    lambda d: d["tables"][0]["error"].update(max_lsb=-1),
    lambda d: d["tables"][0]["input"].update(scale="0.5"),
    lambda d: d["tables"][0].update(unheard_of=1),
    lambda d: d["reviews"][0]["verdict"].update(level="fine"),
    lambda d: d["reviews"][0]["split"].pop("rounding"),
    lambda d: d["tables"][0].pop("input"),
])
def test_the_schema_sees_a_fault(capsys, validator, spoil) -> None:
    main(["report", "gelu", "--json"])
    document = json.loads(capsys.readouterr().out)

    assert validator.is_valid(document)
    spoil(document)
    assert not validator.is_valid(document)
