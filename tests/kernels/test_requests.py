"""Kernels on the command line: formats by side, refusals in one line, specs that come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lutgen import kernels, pipeline
from lutgen.cli import main
from lutgen.kernels import KernelRequest, KernelSpec
from lutgen.request import Side

CHANNELS = "alpha\n0.1\n0.25\n"


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    return code, *capsys.readouterr()


@pytest.mark.parametrize("name", kernels.names())
@pytest.mark.parametrize("bits", [8, 16])
def test_a_spec_comes_back_from_its_document(name: str, bits: int) -> None:
    request = KernelRequest(kernels.get(name), bits=bits, description="mine")
    spec = request.resolve()
    document = json.loads(json.dumps(spec.document()))

    again = pipeline.spec_from(document, Path())

    assert isinstance(again, KernelSpec)
    assert again.document() == document
    assert again.digest == spec.digest
    assert {**again.inputs} == {**spec.inputs}
    assert {**again.outputs} == {**spec.outputs}


def test_formats_are_given_by_side(capsys) -> None:
    code, out, _ = run(
        capsys, "report", "glu", "--json", "--in-scale", "1/16", "--in-zp", "3",
        "--in2-bits", "6", "--in2-format", "UQ2.4", "--out-scale", "0.0039f", "--out-unsigned",
    )
    (document,) = json.loads(out)["tables"]

    assert code == 0
    assert document["inputs"]["a"] == {
        "bits": 8, "signed": True, "scale": "1/16", "scale_text": "1/16", "zero_point": 3,
    }
    assert document["inputs"]["b"]["bits"] == 6
    assert document["inputs"]["b"]["signed"] is False
    assert document["output"]["scale_text"] == "0.0039f"
    assert document["error"]["exhaustive"] is True
    assert document["error"]["max_lsb"] <= document["error"]["proved_max_lsb"] <= 0.51


def test_the_second_input_is_like_the_first_where_nothing_is_said() -> None:
    spec = KernelRequest(
        kernels.get("swiglu"), inputs={"in": Side("in", scale="1/20", zero_point="7")}
    ).resolve()

    assert spec.inputs["a"] == spec.inputs["b"]


def test_channels_of_a_file(tmp_path: Path, capsys) -> None:
    path = tmp_path / "channels.csv"
    path.write_text(CHANNELS)

    code, out, _ = run(capsys, "report", "prelu", "--channels", str(path), "--json")

    assert code == 0
    assert json.loads(out)["tables"][0]["name"] == "prelu_per_channel_s8"


BAD_CHANNELS = {
    "empty": (b"", "must have 1 to 65536 channels"),
    "names only": (b"alpha\n", "must have 1 to 65536 channels"),
    "another name": (b"slope\n0.1\n", 'line 1: must name parameters of prelu, which are alpha; '
                                      '"slope" is none'),
    "no number": (b"alpha\n0.1\nhello\n", 'line 3: --param alpha: must be'),
    "nan": (b"0.1\nnan\n", "line 2: --param alpha: must be"),
    "too many columns": (b"0.1,0.2\n", "line 1: must have 1 columns, has 2"),
    "ragged": (b"0.1\n0.2,3\n", "line 2: must have 1 columns, has 2"),
    "binary": (b"\xff\xfe\x00", "is UTF-16"),
    "named twice": (b"alpha,alpha\n1,2\n", "one is named twice"),
    "quote": (b'"0.1\n', "not CSV"),
}


@pytest.mark.parametrize("label", BAD_CHANNELS)
def test_channels_that_are_none(label: str, tmp_path: Path, capsys) -> None:
    content, message = BAD_CHANNELS[label]
    path = tmp_path / "channels.csv"
    path.write_bytes(content)

    code, out, err = run(capsys, "report", "prelu", "--channels", str(path))

    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert message in err


REFUSED = [
    (("gelu", "--gate", "first"), "--gate is for functions of several numbers"),
    (("gelu", "--max-n", "4"), "--max-n is for functions of several numbers"),
    (("gelu", "--in2-scale", "1"), "--in2-scale is for functions of several numbers"),
    (("glu", "--max-n", "4"), "--max-n: glu has no use for it"),
    (("softmax", "--gate", "first"), "--gate: softmax has no use for it"),
    (("glu", "--gate", "third"), "--gate: must be one of first, second"),
    (("glu", "--gate-bits", "64"), "--gate-bits: must be 8 to 23"),
    (("glu", "--in2-bits", "0"), "--in2-bits: must be 2 to 16"),
    (("glu", "--gate", ""), "--gate: must be one of first, second"),
    (("gelu", "--gate", ""), "--gate is for functions of several numbers"),
    (("gelu", "--inputs", "2"), "--inputs is for functions of several numbers, such as maxout"),
    (("maxout", "--inputs", ""), "--inputs: must be a whole number"),
    (("softmax", "--channels", "c.csv"), "--channels: softmax has no parameters of channels"),
    (("prelu_per_channel", "--channels", "missing.csv"), "missing.csv: does not exist"),
    (("softmax", "--method", "pwl"), "--method: softmax has one program"),
    (("reglu", "--fold", "on"), "--fold: reglu has one program"),
    (("softmax", "--max-n", "0"), "--max-n: must be 1 to 65536"),
    (("softmax", "--max-n", "x"), "--max-n: must be a whole number"),
    (("maxout", "--inputs", "9"), "--inputs: must be 2 to 4"),
    (("glu", "--derivative"), "--derivative: glu takes several numbers"),
    (("glu", "--in3-scale", "1"), "--in3-...: glu has only 2 kinds of inputs"),
    (("glu", "--exact"), "--exact: kernels are rounded once"),
    (("glu", "--rounding", "up"), "--rounding: must be one of"),
    (("glu", "--param", "beta=1"), "glu has no parameter"),
    (("prelu_per_channel",), "prelu_per_channel needs --channels FILE"),
    (("gluu",), "did you mean 'glu'"),
    (("glu", "--in2-bits", "17"), "--in2-bits: must be 2 to 16"),
    (("sigmoid", "--channels", "missing.csv"), "missing.csv: does not exist"),
    (("glu", "--name", "int"), "--name: is taken"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_makes_no_sense_is_refused_in_one_line(words, message, capsys) -> None:
    code, out, err = run(capsys, "report", *words)

    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err


BUDGETS = [
    # A half is what rounding alone costs, and the sum of a row is rounded before it.
    (("softmax", "--max-error", "0.5"), 1, "cannot keep an error of at most 0.5 LSB"),
    (("softmax", "--max-error", "0.51"), 0, ""),
    (("glu", "--max-error", "0.5"), 1, "cannot keep an error of at most 0.5 LSB"),
    (("glu", "--max-error", "faithful"), 0, ""),
    (("bilinear", "--max-error", "0.51"), 0, ""),
    # Two tables of 256 entries of four bytes.
    (("softmax", "--max-bytes", "2047"), 1, "cannot keep --max-bytes 2047"),
    (("softmax", "--max-bytes", "2048"), 0, ""),
]


@pytest.mark.parametrize("command", ["report", "build"])
@pytest.mark.parametrize(("words", "code", "message"), BUDGETS, ids=lambda value: str(value)[:40])
def test_budgets_are_kept_or_the_build_fails(
    command, words, code, message, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found, _, err = run(capsys, command, *words, "-q")

    assert (found, err.count("\n")) == (code, code)
    assert message in err
    assert code == 0 or list(tmp_path.iterdir()) == []


SCALES = ("1e-37", "1e-12", "1e15", "1e37")


@pytest.mark.parametrize("name", kernels.names())
@pytest.mark.parametrize("option", ["--in-scale", "--out-scale"])
def test_scales_of_any_size_work_or_are_named(name: str, option: str, capsys) -> None:
    """Few bits, so that every scale of a kernel takes little time."""
    for scale in SCALES:
        bits = ("--in-bits", "3", "--out-bits", "16", "--rounding", "half-away", "-q")
        code, _, err = run(capsys, "report", name, option, scale, *bits)

        assert (code, err) == (0, "") or (
            code == 2 and "--out-scale" in err and err.count("\n") == 1 and "internal" not in err
        ), (scale, err)


def test_softmax_with_any_zero_point_beside_a_fine_scale(capsys) -> None:
    words = ("--bits", "16", "--out-scale", "0.00019f", "--max-error", "0.51", "-q")
    for zero in ("-501", "-32768", "0", "32767"):
        assert run(capsys, "report", "softmax", *words, f"--out-zp={zero}") == (0, "", "")
