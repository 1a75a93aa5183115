"""Tables of expressions: code for code those of the catalogue's functions, by the oracles."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from lutgen.cli import main
from lutgen.errors import OutsideDomainError
from lutgen.ideal import Ideal
from lutgen.request import Request, Side
from lutgen.spec import Method, Spec
from tests.activations.expected import ROUNDINGS, expected_table

SAME = [
    ("sigmoid(x)*x", "silu", {}),
    ("x*sigmoid(x)", "silu", {}),
    ("x/(1 + exp(-x))", "silu", {}),
    ("x*sigmoid(1.702*x)", "quick_gelu", {}),
    ("x*sigmoid(b*x)", "swish", {"beta": "b=1.1"}),
    ("where(x<0, exp(x)-1, x)", "elu", {}),
    ("where(x > 0, x, a*(exp(x) - 1))", "elu", {"alpha": "a=1/3"}),
    ("max(0,x)", "relu", {}),
    ("(x + abs(x))/2", "relu", {}),
    ("clip(x, 0, 6)", "relu6", {}),
    ("max(x, 0.01*x)", "leaky_relu", {}),
    ("x*clip(x+3,0,6)/6", "hard_swish", {}),
    ("clip(x, -1, 1)", "hard_tanh", {}),
    ("x/2*(1 + erf(x/sqrt(2)))", "gelu", {}),
    ("x*tanh(log(1 + exp(x)))", "mish", {}),
    ("x*tanh(softplus(x))", "mish", {}),
    ("x*tanh(exp(x))", "tanhexp", {}),
    ("1/(1 + exp(-x))", "sigmoid", {}),
    ("0.5*tanh(x/2) + 0.5", "sigmoid", {}),
    ("2*sigmoid(2*x) - 1", "tanh", {}),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "tanh", {}),
    ("x/(1 + abs(x))", "softsign", {}),
    ("(sqrt(x**2 + 1) - 1)/2 + x", "bent_identity", {}),
    ("log(1 + exp(x))", "softplus", {}),
    ("x*x/(1 + exp(-x))", "swiglu_self", {}),
    ("where(x == 0, 1, sin(x)/x)", "sinc_unnormalized", {}),
]

# Scale and zero point in, scale and zero point out: with ties at many codes, with scales of a
# model, with values that hug a code (the third reaches x = 16256), and with saturation.
FORMATS = [
    ("1/16", 0, "1/16", 0),
    ("1/16", 0, "1/8", 0),
    ("128", 0, "128", 1),
    ("0.047", 3, "1/255", -128),
    ("13743895/134217728", -7, "11408507/268435456", 5),
]


@pytest.mark.parametrize(("scale", "zero", "out_scale", "out_zero"), FORMATS)
@pytest.mark.parametrize(("text", "name", "given"), SAME, ids=lambda v: str(v)[:30])
def test_int8_tables_are_the_oracles(text, name, given, scale, zero, out_scale, out_zero) -> None:
    params = tuple(given.values())
    facts = {key: value.partition("=")[2] for key, value in given.items()}
    for rounding in ROUNDINGS:
        request = Request(
            "", params, name="q", expression=text, rounding=rounding,
            input=Side("in", scale=scale, zero_point=str(zero)),
            output=Side("out", scale=out_scale, zero_point=str(out_zero)),
        )
        got = Ideal.of(request.resolve()).codes
        wanted = expected_table(
            name, facts, Fraction(scale), zero, range(-128, 128), Fraction(out_scale), out_zero,
            -128, 127, rounding,
        )
        assert np.array_equal(got, wanted), rounding


WIDE = [SAME[place] for place in (0, 3, 5, 7, 11)]


@pytest.mark.parametrize(("text", "name", "given"), WIDE, ids=lambda v: str(v)[:30])
def test_the_default_formats_and_int16_tables_are_the_catalogues(text, name, given) -> None:
    """The catalogue's own 16-bit tables are compared with the oracles elsewhere."""
    facts = tuple(f"{key}={value.partition('=')[2]}" for key, value in given.items())
    own = Request("", tuple(given.values()), name="q", expression=text, bits=16).resolve()
    known = Request(name, facts, name="q", bits=16).resolve()

    assert (own.input, own.output) == (known.input, known.output)
    assert np.array_equal(Ideal.of(own).codes, Ideal.of(known).codes)


@pytest.mark.parametrize("options", [["--bits", "16"], ["--bits", "16", "--method", "pwl"],
                                     ["--bits", "12", "--max-error", "1"], ["--method", "pwl"]])
def test_programs_are_those_of_the_catalogue_too(capsys, tmp_path, options: list[str]) -> None:
    """An expression shows the same symmetry, so its program is folded in the same way."""
    found = []
    for source in (["--expr", "sigmoid(x)*x"], ["silu"]):
        words = ["build", *source, "--name", "act", *options, "--target", "json", "--json"]
        assert main([*words, "-o", str(tmp_path / source[0].strip("-"))]) == 0
        (table,) = json.loads(capsys.readouterr().out)["tables"]
        found.append((table["sha256"], table["method"], table["error"], table["storage_bytes"]))

    assert found[0] == found[1]


def resolved(**options: object) -> Spec:
    return Request("", name="act", **options).resolve()


def test_a_spec_goes_through_json_and_back() -> None:
    spec = resolved(expression=" x*sigmoid( a*x )", parameters=("a=1.702",), method=Method("lut"))

    again = Spec.from_document(json.loads(json.dumps(spec.document())))

    assert again.document() == spec.document()
    assert (again.digest, again.expression) == (spec.digest, "x * sigmoid(a * x)")
    assert spec.definition == "expression(x) = x * sigmoid(a * x) with a = 1.702"
    assert np.array_equal(Ideal.of(again).codes, Ideal.of(spec).codes)


def test_what_is_written_otherwise_and_means_the_same_has_the_same_digest() -> None:
    digests = {resolved(expression=text).digest for text in ("x*2", " (x) *\t2", "x * 2")}

    assert len(digests) == 1
    assert resolved(expression="x*2.0").digest not in digests


def test_every_part_of_the_request_is_in_the_digest() -> None:
    same = {"expression": "a*x", "parameters": ("a=1",)}
    changed = [{**same, "expression": "x*a"}, {**same, "parameters": ("a=2",)}]

    assert len({resolved(**options).digest for options in (same, *changed)}) == 3


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("1/x", {}, "at input code 0 (x = 0): division by zero"),
        ("log(x)", {}, "at input code -128 (x = -8): log needs x > 0"),
        ("log(x)", {"input": Side("in", unsigned=True)}, "at input code 0 (x = 0)"),
        ("1/(x - 1/3)", {"input": Side("in", scale="1/3")}, "at input code 1 (x = 1/3, about 0.33"),
        ("sqrt(x)", {"input": Side("in", scale="0.1", zero_point="-128")}, None),
        ("sqrt(5 - x)", {"input": Side("in", scale="0.1")}, "at input code 51 (x = 5.1)"),
    ],
)
def test_the_first_code_without_a_value_is_named(text, options, said) -> None:
    if said is None:
        assert resolved(expression=text, **options).name == "act"
        return
    with pytest.raises(OutsideDomainError) as caught:
        resolved(expression=text, **options)

    assert said in str(caught.value)
    assert "where(condition, a, b)" in str(caught.value)


def test_a_law_that_holds_here_and_there_costs_no_code(tmp_path, capsys) -> None:
    """The symmetry is only proposed; where it breaks, at x = 6, the program still has the bump."""
    bump = "where(5.9 < x < 6.1, 1, tanh(x))"
    words = ["build", "--expr", bump, "--name", "act", "--fold", "on", "--method", "pwl",
             "--max-error", "0.75", "--target", "json", "-o", str(tmp_path), "-q"]
    code = main(words)
    if code == 0:
        document = json.loads((tmp_path / "act.json").read_text())
        assert document["error"]["max_lsb"] <= 0.75
    else:
        assert "--fold" in capsys.readouterr().err


def test_expressions_are_replayed_like_any_table(tmp_path, capsys) -> None:
    out = tmp_path / "out"
    words = ["build", "--expr", "x*sigmoid(a*x)", "--param", "a=1.702", "--name", "act", "-o",
             str(out), "--target", "c,json", "-q"]
    assert main(words) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    assert main(["verify", str(out), "-q"]) == 0
    assert main(words) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert b"definition  expression(x) = x * sigmoid(a * x) with a = 1.702" in before["act.h"]
    document = json.loads(before["act.json"])
    assert (document["activation"], document["expression"]) == ("expression", "x * sigmoid(a * x)")

    sidecar = out / "act.lutgen.json"
    sidecar.write_text(sidecar.read_text().replace("sigmoid(a * x)", "sigmoid(a + x)"))
    assert main(["verify", str(out), "-q"]) == 1
    sidecar.write_text(sidecar.read_text().replace("sigmoid(a + x)", "__import__(x)"))
    assert main(["verify", str(out), "-q"]) == 1
    assert "unknown function" in capsys.readouterr().err


def test_long_expressions_stay_harmless_in_comments(tmp_path: Path) -> None:
    text = " + ".join(f"{n}*x**2*max(x, -x)/{n + 1}" for n in range(1, 20))

    assert main(["build", "--expr", text, "--name", "act", "-o", str(tmp_path), "-q"]) == 0
    header = (tmp_path / "act.h").read_text()
    assert header.isascii() and max(map(len, header.splitlines())) <= 100
    comment = header[: header.index("#ifndef")]
    assert comment.count("*/") == 1 and comment.count("/*") == 1
