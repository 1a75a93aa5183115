"""The command line: results on stdout, one line of error on stderr, exit codes, no leftovers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lutgen import activations
from lutgen.cli import COMMANDS, main


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def process(*words: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "lutgen", *words], capture_output=True, text=True, check=False,
        **options,
    )


def test_list_names_every_activation_with_its_arity(capsys) -> None:
    code, out, _ = run(capsys, "list")

    assert code == 0
    listed = [line.split()[:2] for line in out.splitlines()]
    assert listed[: len(activations.names())] == [[name, "1"] for name in activations.names()]
    assert ["glu", "2"] in listed
    assert ["softmax", "row"] in listed
    assert ["maxout_inputs", "k"] in listed


def test_list_json_is_one_document(capsys) -> None:
    _, out, _ = run(capsys, "list", "--json")
    document = json.loads(out)

    assert document["schema"] == "lutgen.list/1"
    assert {"name", "aliases", "arity", "summary"} == set(document["activations"][0])


@pytest.mark.parametrize("words", [("show", "elu"), ("show", "ELU", "--json")])
def test_show_tells_definition_parameters_and_default_formats(capsys, words) -> None:
    code, out, _ = run(capsys, *words)

    assert code == 0
    for fact in ("alpha * (exp(x) - 1)", "arXiv:1511.07289", "alpha", "scale 1/16", "Q4.4"):
        assert fact in out


def test_build_writes_the_header_and_prints_the_error(capsys, tmp_path: Path) -> None:
    code, out, err = run(capsys, "build", "gelu", "--bits", "8", "--target", "c",
                         "-o", str(tmp_path))

    assert (code, err) == (0, "")
    assert "max 0.4976 LSB" in out and "correctly rounded" in out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gelu_s8.h", "gelu_s8.lutgen.json"]


def test_build_json_lists_tables_and_artifacts(capsys, tmp_path: Path) -> None:
    _, out, err = run(capsys, "build", "gelu", "--target", "c,json", "-o", str(tmp_path), "--json")
    document = json.loads(out)

    assert err == ""
    assert document["schema"] == "lutgen.build/1"
    (table,) = document["tables"]
    assert "codes" not in table
    assert table["input"]["scale"] == "1/16"
    assert {entry["path"] for entry in document["artifacts"]} == {
        "gelu_s8.h", "gelu_s8.json", "gelu_s8.lutgen.json"
    }
    for entry in document["artifacts"]:
        assert (tmp_path / entry["path"]).stat().st_size == entry["bytes"]


def test_the_json_target_holds_the_codes_in_ascending_order(capsys, tmp_path: Path) -> None:
    run(capsys, "build", "linear", "--target", "json", "-o", str(tmp_path))
    document = json.loads((tmp_path / "linear_s8.json").read_text())

    assert document["schema"] == "lutgen.table/1"
    assert document["codes"] == list(range(-128, 128))
    assert document["error"]["max_lsb"] == 0


def test_a_second_target_keeps_the_first_one_listed(capsys, tmp_path: Path) -> None:
    run(capsys, "build", "gelu", "--target", "c", "-o", str(tmp_path))
    run(capsys, "build", "gelu", "--target", "json", "-o", str(tmp_path))
    document = json.loads((tmp_path / "gelu_s8.lutgen.json").read_text())

    assert [entry["target"] for entry in document["artifacts"]] == ["c", "json"]


def test_quiet_says_nothing_and_verbose_shows_the_worst_codes(capsys, tmp_path: Path) -> None:
    assert run(capsys, "build", "gelu", "-q", "-o", str(tmp_path)) == (0, "", "")
    assert "worst codes" in run(capsys, "build", "gelu", "-v", "-o", str(tmp_path))[1]


def test_report_writes_nothing(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "report", "tanh", "--json")

    assert code == 0
    assert json.loads(out)["tables"][0]["error"]["misrounded"] == 0
    assert list(tmp_path.iterdir()) == []


WRONG = [
    # words, exit code, what the line says
    (["frobnicate"], 2, "unknown command"),
    (["biuld"], 2, "did you mean 'build'?"),
    (["build"], 2, "NAME is missing"),
    (["build", "geluu"], 2, "did you mean 'gelu'"),
    (["build", "../../etc/passwd"], 2, "unknown activation"),
    (["build", "gelu", "--frob"], 2, "No such option"),
    (["build", "gelu", "--in-scale", "0"], 2, "--in-scale"),
    (["build", "gelu", "--in-scale=-1"], 2, "--in-scale"),
    (["build", "gelu", "--in-scale", "nan"], 2, "--in-scale"),
    (["build", "gelu", "--in-scale", "inf"], 2, "--in-scale"),
    (["build", "gelu", "--in-scale", "1e400"], 2, "--in-scale"),
    (["build", "gelu", "--in-scale", "1e-400"], 2, "--in-scale"),
    (["build", "gelu", "--in-scale", "0,1"], 2, "--in-scale"),
    (["build", "gelu", "--in-scale", "9" * 5000], 2, "--in-scale"),
    (["build", "gelu", "--in-scale", "1", "--in-zp", "128"], 2, "--in-zp"),
    (["build", "gelu", "--in-scale", "1", "--in-zp", "1.5"], 2, "--in-zp"),
    (["build", "gelu", "--in-scale", "1", "--in-zp", "9" * 5000], 2, "--in-zp"),
    (["build", "gelu", "--bits", "8.0"], 2, "--bits"),
    (["build", "gelu", "--bits", "64"], 2, "--bits"),
    (["build", "gelu", "--range", "8,-8"], 2, "--range"),
    (["build", "gelu", "--range", "1,1"], 2, "--range"),
    (["build", "elu", "--param", "beta=1"], 2, "no parameter"),
    (["build", "elu", "--param", "alpha=1", "--param", "alpha=2"], 2, "twice"),
    (["build", "elu", "--param", "alpha=-1"], 2, "at least 0"),
    (["build", "elu", "--param", "alpha=1e9999"], 2, "alpha"),
    (["build", "elu", "--param", "__class__=1"], 2, "no parameter"),
    (["build", "gelu", "--name", "while"], 2, "is taken in"),
    (["build", "gelu", "--name", "endmodule"], 2, "is taken in"),
    (["build", "gelu", "--name", "gel\u00fc"], 2, "--name"),
    (["build", "gelu", "--name", "a*/b"], 2, "--name"),
    (["build", "gelu", "--name", "a\nb"], 2, "--name"),
    (["build", "gelu", "--name", "x" * 5000], 2, "--name"),
    (["build", "gelu", "--target", "cobol"], 2, "unknown target"),
    (["build", "gelu", "--target", ""], 2, "unknown target"),
    (["build", "gelu", "--c-layout", "stb"], 2, "--c-layout"),
    (["build", "gelu", "--method", "magic"], 2, "--method"),
    (["build", "gelu", "-o", ""], 2, "--output: must not be empty"),
    (["build", "gelu", "--bit", "8"], 2, "--bit: No such option; did you mean --bits"),
    (["build", "gelu", "--name"], 2, "--name: needs a value (see lutgen build --help)"),
    (["build", "gelu", "--json=1"], 2, "--json: takes no value (see lutgen build --help)"),
    (["build", "gelu", "relu"], 2, 'unexpected argument "relu" (see lutgen build --help)'),
    (["show"], 2, "NAME is missing (see lutgen show --help)"),
    (["build", "gelu", "--table", ""], 2, "--table: must not be empty"),
    (["build", "gelu", "--template-dir", ""], 2, "--template-dir: must not be empty"),
    (["build", "gelu", "--in-bits", "0"], 2, "--in-bits: must be 2 to 16"),
    (["build", "gelu", "--out-bits", "0"], 2, "--out-bits: must be 2 to 16"),
    (["build", "gelu", "--in-scale", "1", "--in-zp", ""], 2, "--in-zp: must be a whole number"),
    (["build", "gelu", "--rounding", ""], 2, "--rounding: must be one of"),
    (["build", "gelu", "--range", "4,"], 2, "--range: must be LO,HI"),
    (["build", "gelu", "--manifest", "m.toml"], 2, "--manifest brings its own tables"),
    (["build", "--manifest", "missing.toml"], 2, "missing.toml: does not exist"),
    (["build", "exp", "--fold", "on"], 1, "with --fold on; allow more, no --fold, or another"),
    (["build", "gelu", "--depfile", ""], 2, "must not be empty"),
    (["verify", ""], 2, "must not be empty"),
    (["area", ""], 2, "NAME: must not be empty"),
    (["area", "gelu", ""], 2, "NAME: must not be empty"),
    (["diff", "gelu", "--from-c", "", "--symbol", "t"], 2, "--from-c: must not be empty"),
    (["--debug"], 2, "--debug: No such option (see lutgen --help)"),
    (["build", *["gelu"] * 1000], 2, 'unexpected argument "gelu gelu'),
    (["build", "gelu", "--family", "xilinx"], 2, "--family says whose cells --optimize area"),
    (["build", "gelu", "--family", "ice40", "--optimize", "speed"], 2, "--family says whose"),
    (["build", "gelu", "--family", "ice40", "--list-outputs"], 2, "--family says whose"),
    (["report", "gelu", "--html", "/dev/null"], 1, "move it away or choose another --html"),
    (["report", "gelu", "--md", "/dev/null"], 1, "move it away or choose another --md"),
    (["build", "--expr", "sigmoid(x) + sigmoid(-x) - 1 + 1/32", "--name", "q", "--out-scale=1/16"],
     1, "rational there, or choose another --out-scale"),
    (["check", ""], 2, "must not be empty"),
    (["build", "gelu", "--in-format", "Q0.9"], 2, "--in-format"),
    (["verify", "nowhere"], 1, "nowhere"),
    (["show", "geluu"], 2, "did you mean"),
    (["report"], 2, "NAME"),
]


@pytest.mark.parametrize(("words", "code", "said"), WRONG, ids=lambda v: str(v)[:50])
def test_bad_input_gets_one_clear_line_and_leaves_nothing(
    capsys, tmp_path, monkeypatch, words, code, said
) -> None:
    monkeypatch.chdir(tmp_path)
    got, out, err = run(capsys, *words)

    assert (got, out) == (code, "")
    assert said in err
    assert err.startswith("error: ") and err.count("\n") == 1 and len(err) < 400
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_there_is_help_and_an_exit_code(capsys) -> None:
    code, out, err = run(capsys)

    assert (code, out) == (2, "")
    assert err.startswith("Usage: lutgen") and all(command in err for command in COMMANDS)


def test_a_foreign_file_in_the_way_is_named_and_kept(capsys, tmp_path: Path) -> None:
    (tmp_path / "gelu_s8.h").write_text("mine")

    code, _, err = run(capsys, "build", "gelu", "-o", str(tmp_path))

    assert code == 1
    assert "gelu_s8.h: exists and was not made by lutgen" in err and "--force" in err
    assert [p.name for p in tmp_path.iterdir()] == ["gelu_s8.h"]
    assert run(capsys, "build", "gelu", "-o", str(tmp_path), "--force")[0] == 0


def test_an_output_folder_that_is_a_file_is_named(capsys, tmp_path: Path) -> None:
    place = tmp_path / "out"
    place.write_text("")

    code, _, err = run(capsys, "build", "gelu", "-o", str(place))

    assert code == 1
    assert str(place) in err


def test_debug_shows_the_traceback() -> None:
    assert "Traceback" in process("build", "geluu", "--debug").stderr


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_with_runnable_examples(command: str) -> None:
    found = process(*command.split(), "--help")

    assert found.returncode == 0
    assert found.stdout.count(f"lutgen {command}".strip()) >= 2


def test_a_closed_pipe_gives_no_traceback() -> None:
    command = f"{sys.executable} -m lutgen list --json | head -c 1"
    found = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)

    assert found.stderr == ""


def test_an_ascii_locale_and_no_home_do_no_harm(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    found = process("build", "gelu", "-o", str(tmp_path / "\u00fc"), env=environment)

    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_with_their_code_and_no_traceback(tmp_path, number, code) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "lutgen", "build", "gelu", "--bits", "16", "-o", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    # Wait until the catalogue is loaded, so that the handlers are in place.
    time.sleep(1.0)
    running.send_signal(number)
    _, err = running.communicate(timeout=60)

    assert "Traceback" not in err
    assert running.returncode in (code, 0), err
    if running.returncode == code:
        assert list(tmp_path.iterdir()) == []


HEAVY = ("onnx", "onnxruntime", "scipy", "mpmath", "matplotlib", "rich", "importlib.metadata",
         "pkg_resources", "subprocess", "tomllib")


@pytest.mark.parametrize(
    ("words", "more"),
    [(["build", "gelu", "-q"], ()), (["--help"], ("numpy", "flint", "jinja2", "lutgen.spec"))],
)
def test_no_heavy_module_is_imported_on_the_hot_path(tmp_path, words, more) -> None:
    code = (
        "import sys\n"
        "from lutgen.cli import main\n"
        f"main({words!r})\n"
        f"print([name for name in {(*HEAVY, *more)!r} if name in sys.modules])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )

    assert found.stdout.splitlines()[-1] == "[]"
