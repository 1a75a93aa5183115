"""``lutgen show`` and ``lutgen list`` on functions of several numbers, and the catalogue."""

from __future__ import annotations

import json

import pytest

from lutgen import activations, kernels
from lutgen.cli import main
from lutgen.kernels import KernelRequest, Settings
from lutgen.kernels._spec import MEANINGS


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def document(capsys, name: str) -> dict[str, object]:
    code, out, err = run(capsys, "show", name, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_a_gate_is_shown_with_its_inputs_settings_and_formats(capsys) -> None:
    code, out, err = run(capsys, "show", "glu")

    assert (code, err) == (0, "")
    for fact in (
        "a * sigmoid(b)", "arXiv:1612.08083", "a (--in-...): what is let through",
        "b (--in2-...): what opens the gate", "y (--out-...)", "--gate = second", "--gate-bits: ",
        "8 bits, b: int8, scale 1/16", "16 bits, y: int16, scale 1/4096", "half-up",
    ):
        assert fact in out


def test_a_row_is_shown_with_its_longest(capsys) -> None:
    code, out, _ = run(capsys, "show", "SOFTMAX")

    assert code == 0
    assert "exp(x[i] - max(x)) / sum(exp(x - max(x)))" in out
    assert "--max-n = 1024" in out
    assert "scale 1/256, zero point -128" in out


def test_parameters_of_channels_are_those_of_the_activation(capsys) -> None:
    found = document(capsys, "srelu_per_channel")

    assert [each["name"] for each in found["parameters"]] == ["tl", "al", "tr", "ar"]
    assert "--channels FILE" in found["channels"]
    assert [port["name"] for port in found["inputs"]] == ["x", "channel"]
    assert [port["per_call"] for port in found["inputs"]] == [False, True]


def test_coefficients_of_a_call_are_told_from_elements(capsys) -> None:
    out = run(capsys, "show", "evonorm_s0_run_time")[1]

    assert "variance (--in2-...): of the group; one number for a whole array" in out
    assert "gamma = 1" in out
    assert "var_group = " not in out


@pytest.mark.parametrize("name", kernels.names())
def test_every_kernel_is_shown_as_it_is_built(capsys, name: str) -> None:
    """The document against the record, and against what a request takes by default."""
    found, record = document(capsys, name), kernels.get(name)

    assert found["schema"] == "lutgen.kernel/1"
    assert (found["name"], found["formula"]) == (name, record.formula)
    assert [setting["option"] for setting in found["settings"]] == [
        f"--{key.replace('_', '-')}" for key in record.settings
    ]
    for bits in (8, 16):
        spec = KernelRequest(record, bits=bits).resolve()
        assert found["default_formats"][f"{bits} bits"] == {
            port: codes.description for port, codes in {**spec.inputs, **spec.outputs}.items()
        }
        assert [port["name"] for port in found["inputs"]] == list(spec.inputs)
        assert [port["name"] for port in found["outputs"]] == list(spec.outputs)
    assert run(capsys, "show", name)[0] == 0


def test_every_setting_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Settings._fields)


@pytest.mark.parametrize(("name", "said"), [
    ("softmaxx", "did you mean 'softmax'"),
    ("gluu", "did you mean 'glu'"),
    ("expitt", "did you mean 'expit'"),
    ("gelu_per_channel", "gelu_per_channel: gelu has no parameters"),
    ("geluu_per_channel", "unknown activation"),
])
def test_names_that_are_none_are_refused_in_one_line(capsys, name: str, said: str) -> None:
    code, out, err = run(capsys, "show", name)

    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_list_in_markdown_has_a_row_for_every_function(capsys) -> None:
    code, out, _ = run(capsys, "list", "--md")
    rows = [line for line in out.splitlines() if line.startswith("| `")]

    assert code == 0
    assert [row.split("`")[1] for row in rows] == [*activations.names(), *kernels.names()]
    widths = {line.replace("\\|", "").count("|") for line in out.splitlines() if line}
    assert widths == {6}
    assert run(capsys, "list", "--md", "--json")[0] == 2
