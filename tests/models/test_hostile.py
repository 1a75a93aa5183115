"""Models that are broken or mean harm: one line that names the node, and nothing fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from lutgen.cli import main
from lutgen.errors import ModelError
from lutgen.models import _proto, read
from tests.models.written import between, written

GOOD = between("y = Tanh(x)")

BROKEN = [
    # constants, body, what the line says
    ("float s = {nan}, float t = {1}, int8 z = {0}, int8 w = {0}", GOOD, "scale is nan"),
    ("float s = {inf}, float t = {1}, int8 z = {0}, int8 w = {0}", GOOD, "scale is inf"),
    ("float s = {0}, float t = {1}, int8 z = {0}, int8 w = {0}", GOOD, "scale is 0.0"),
    ("float s = {-1}, float t = {1}, int8 z = {0}, int8 w = {0}", GOOD, "scale is -1.0"),
    ("float s = {1}, float[2] t = {1, 2}, int8 z = {0}, int8 w = {0}", GOOD, "per channel"),
    ("float s = {1}, int8 z = {0}, int8 w = {0}", GOOD, '"t" is not a constant'),
    ("float s = {1}, float t = {1}, int8 z = {0}", GOOD, '"w" is not a constant'),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}", "r = QuantizeLinear(q, , z)",
     "scale is missing"),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}", "r = Relu(q)",
     "not a quantised model"),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}", between("y = Tanh(x, x)"),
     "cannot be computed"),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}", between("y = Sub(x)"),
     "cannot be computed"),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}",
     between("y = Tanh(x)") + "\nr = Identity(q)", "made twice"),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}", between("y = Add(x, y)"),
     "made after it is read"),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}",
     "\n".join(reversed(GOOD.split("\n"))), "made after it is read"),
    ("float s = {1e-45}, float t = {1}, int8 z = {0}, int8 w = {0}", GOOD,
     "scales go from 2^-126 to 2^127"),
    ("float s = {1}, float t = {1}, float z = {nan}, int8 w = {0}", GOOD, "no activation between"),
    ("float s = {1}, float t = {1}, int8 z = {0}, int8 w = {0}", between("y = Strange(x)"),
     "all operators must be known ones"),
    # Codes that are none; the quantiser beside them must not be taken for a whole number.
    *((f"float s = {{1}}, float t = {{1}}, int8 z = {{0}}, int8 w = {{0}}, float c = {{{value}}}",
       between("k = DequantizeLinear(c, s, z)", "v = Add(x, k)", "y = Tanh(v)"), "no activation")
      for value in ("nan", "inf")),
]


def failure(capsys, *words: str) -> str:
    """Return the one line that a command fails with."""
    code = main(list(words))
    captured = capsys.readouterr()
    assert (code, captured.out) == (1, "")
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1
    assert len(captured.err) < 500
    return captured.err


@pytest.mark.parametrize(("constants", "body", "said"), BROKEN, ids=lambda v: str(v)[-40:])
def test_a_broken_model_is_one_line(capsys, tmp_path, constants, body, said) -> None:
    path = written(tmp_path, body, constants=constants)

    line = failure(capsys, "from-model", str(path), "-o", str(tmp_path / "out"))

    assert said in line and "written.onnx" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.onnx", b""),
        ("text.onnx", b"this is no model\n" * 100),
        ("bytes.onnx", bytes(range(256)) * 40),
        ("nested.onnx", b"\x3a\xff\xff\xff\xff\x0f" * 1000),
        ("model.txt", b""),
        ("empty.tflite", b""),
        ("bytes.tflite", bytes(range(256)) * 40),
        ("magic.tflite", b"\x1c\0\0\0TFL3" + b"\xff" * 400),
    ],
)
def test_a_file_that_is_no_model_is_one_line(capsys, tmp_path, name, content) -> None:
    (tmp_path / name).write_bytes(content)

    assert name in failure(capsys, "from-model", str(tmp_path / name), "-o", str(tmp_path / "out"))


@pytest.mark.parametrize("name", ["nowhere.onnx", "folder.onnx", "nowhere.tflite"])
def test_what_is_no_file_is_one_line(capsys, tmp_path, name) -> None:
    (tmp_path / "folder.onnx").mkdir()

    line = failure(capsys, "from-model", str(tmp_path / name))

    assert ("is a folder" if "folder" in name else "does not exist") in line


@pytest.mark.parametrize("name", ["written.ONNX", "Written.Onnx"])
def test_the_case_of_an_extension_does_not_matter(tmp_path, name) -> None:
    path = written(tmp_path, GOOD).rename(tmp_path / name)

    assert len(read(path).units) == 1


@pytest.mark.parametrize("where", ["scale", "weights", "constant node", "inner graph"])
def test_data_in_another_file_are_refused_and_not_read(tmp_path, where) -> None:
    import onnx

    path = written(tmp_path, GOOD)
    model = onnx.load(path)
    if where == "scale":
        tensor = model.graph.initializer[0]
    elif where == "weights":
        tensor = model.graph.initializer.add(name="v", dims=[9], data_type=1)
    else:
        node = model.graph.node.add(op_type="If", output=["v"])
        graph = node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g
        if where == "constant node":
            node, graph = model.graph.node.add(op_type="Constant", output=["k"]), None
            tensor = node.attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t
        else:
            tensor = graph.initializer.add(name="v", dims=[9], data_type=1)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    path.write_bytes(model.SerializeToString())

    with pytest.raises(ModelError, match="in another file, which is not read"):
        read(path)


def test_a_file_is_bounded_in_size_and_nodes(tmp_path, monkeypatch) -> None:
    path = written(tmp_path, GOOD)

    monkeypatch.setattr(_proto, "MAX_NODES", 2)
    with pytest.raises(ModelError, match="more than 2 nodes"):
        read(path)
    monkeypatch.setattr(_proto, "MAX_BYTES", 10)
    with pytest.raises(ModelError, match="is larger than"):
        read(path)


def test_a_very_long_chain_is_cut_into_units(tmp_path) -> None:
    chain = [f"a{i + 1} = Tanh(a{i})" for i in range(2000)]
    body = between(*chain, "y = Identity(a2000)").replace("x =", "a0 =")
    body += "\nm = Tanh(a0)\nn = QuantizeLinear(m, t, w)"

    model = read(written(tmp_path, body, outputs="int8[N] r, int8[N] n"))

    assert [unit.output_tensor for unit in model.units] == ["n"]


def test_a_very_wide_sum_is_left_alone_at_once(tmp_path) -> None:
    many = [f"a{i} = Tanh(x)" for i in range(3000)]
    body = between(*many, f"y = Sum({', '.join(f'a{i}' for i in range(3000))})")
    body += "\nm = Tanh(x)\nn = QuantizeLinear(m, t, w)"

    model = read(written(tmp_path, body, outputs="int8[N] r, int8[N] n"))

    assert [unit.output_tensor for unit in model.units] == ["n"]
    assert "depends on more than 512 steps" in model.notes[0]


def test_more_parts_than_a_manifest_has_tables_are_refused(tmp_path, monkeypatch) -> None:
    body = between("y = Tanh(x)") + "\nm = Sigmoid(x)\nn = QuantizeLinear(m, t, w)"
    monkeypatch.setattr("lutgen.models._unit.MAX_UNITS", 1)

    with pytest.raises(ModelError, match="more than 1 parts for tables"):
        read(written(tmp_path, body, outputs="int8[N] r, int8[N] n"))


def test_notes_beyond_a_few_are_counted(capsys, tmp_path) -> None:
    many = [f"v{i} = Tanh(f{i})" for i in range(20)]
    path = written(tmp_path, "\n".join([GOOD, *many]),
                   inputs="int8[N] q, " + ", ".join(f"float[N] f{i}" for i in range(20)),
                   outputs="int8[N] r, " + ", ".join(f"float[N] v{i}" for i in range(20)))

    assert main(["from-model", str(path), "-o", str(tmp_path / "o")]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 13 and lines[-1] == "note: 8 more with -v"


def test_a_constant_that_claims_to_be_large_costs_nothing(tmp_path) -> None:
    import onnx

    path = written(tmp_path, GOOD)
    model = onnx.load(path)
    model.graph.initializer.add(name="v", dims=[2**40], data_type=1)
    model.graph.initializer.add(name="u", dims=[-1, -1], data_type=1)
    path.write_bytes(model.SerializeToString())

    assert len(read(path).units) == 1


def test_a_constant_without_its_data_is_named(tmp_path) -> None:
    import onnx

    path = written(tmp_path, GOOD)
    model = onnx.load(path)
    for field in ("raw_data", "float_data"):
        model.graph.initializer[0].ClearField(field)
    path.write_bytes(model.SerializeToString())

    with pytest.raises(ModelError, match='constant "s": cannot be read'):
        read(path)


def test_names_in_a_model_cannot_leave_a_comment(capsys, tmp_path) -> None:
    import onnx

    path = written(tmp_path, GOOD)
    model = onnx.load(path)
    evil = 'r*/\n#include "x"\\\n`endif \u202e'
    model.graph.node[-1].output[0] = model.graph.output[0].name = evil
    model.graph.node[1].name = evil
    path.write_bytes(model.SerializeToString())
    place = tmp_path / "out"

    assert main(["from-model", str(path), "-o", str(place), "--target", "c,verilog"]) == 0

    out = capsys.readouterr().out
    assert "\u202e" not in out and "\n#include" not in out
    assert main(["verify", str(place), "-q"]) == 0
    assert main(["build", "--manifest", str(place / "lutgen.toml"), "-q"]) == 0


def test_fields_changed_at_random_give_a_model_or_one_error(tmp_path) -> None:
    """Every byte of a small model replaced: whatever it then is, no other exception comes out."""
    path = written(tmp_path, GOOD)
    content = path.read_bytes()
    outcomes: set[str] = set()
    for place in range(len(content)):
        for value in (0x00, 0x7F, 0xFF, content[place] ^ 1):
            path.write_bytes(content[:place] + bytes([value]) + content[place + 1:])
            try:
                read(Path(path))
                outcomes.add("read")
            except ModelError:
                outcomes.add("refused")

    assert outcomes == {"read", "refused"}
