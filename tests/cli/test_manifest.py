"""``lutgen build --manifest``: options by their names, checked before anything is written."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lutgen.cli import main

ROOT = Path(__file__).resolve().parents[2]

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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "latin-1"])
def test_a_manifest_is_utf_8_with_or_without_its_mark(capsys, here, encoding) -> None:
    text = '[[table]]\r\nfunction = "gelu"\r\ndescription = "\u00fc"\r\n'
    (here / "lutgen.toml").write_bytes(text.encode(encoding))
    code, err = main(["build", "-q"]), capsys.readouterr().err

    if encoding == "utf-8-sig":
        assert (code, err) == (0, "")
        return
    assert code == 2
    assert re.fullmatch(r"error: lutgen\.toml: .*save it as UTF-8\n", err)
    assert "line 3" in err or encoding != "latin-1"


def test_what_is_called_like_a_manifest_and_is_none_is_named(capsys, here) -> None:
    (here / "lutgen.toml").mkdir()

    assert main(["build"]) == 2
    assert "lutgen.toml: is a folder" in capsys.readouterr().err


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
    ('[table]\nfunction = "gelu"', "in double brackets"),
    (TABLE + "a = 1\na = 2", "at line 4"),
    (TABLE + "description = 3.5", "description: must be a text in quotation marks"),
    ("[defaults]\noutput = nan\n" + TABLE, "output: must be a text in quotation marks"),
    ('[defaults]\noutput = ""\n' + TABLE, "output: must be a text in quotation marks"),
    (TABLE + 'output = "x"', "all tables go into one folder; write it into [defaults]"),
    (TABLE + 'rounding = ""', "rounding: must not be empty"),
    (TABLE + f"segments = {'9' * 5000}", "line 3: a number has too many digits"),
    (TABLE + f"table = '{'x' * 300}'", "must have names of at most 255 bytes"),
    (TABLE + "width = 8", "keys are the options of lutgen build"),
    ("bits = 8\n" + TABLE, "go under [defaults] or [[table]]"),
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
    (TABLE + 'name = "Gate"\n' + TABLE + 'name = "gate"', "must be another for each table"),
    (TABLE + 'optimize = "beauty"', "--optimize"),
    (TABLE + 'family = "ice"', "--family"),
    (TABLE + "depfile = 3", "unknown key"),
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


MANY = "".join(
    f'[[table]]\nfunction = "{function}"\nname = "t{number}"\nbits = {bits}\nmethod = "{method}"\n'
    f'target = ["c", "json", "verilog"]\n'
    for number, (function, bits, method) in enumerate([
        ("gelu", 8, "lut"), ("tanh", 10, "pwl"), ("elu", 9, "auto"), ("silu", 8, "lut"),
        ("sigmoid", 10, "uniform"), ("relu", 4, "lut"), ("mish", 8, "quadratic"),
    ])
)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_the_bytes_and_the_words_are_the_same_for_any_number_of_processes(capsys, here) -> None:
    told = []
    for processes in ("1", "2", "5"):
        code, out, err = run(capsys, here, MANY, "--jobs", processes, "-o", processes)
        assert (code, err) == (0, "")
        told.append(out.replace(f"in {processes}", "in DIR"))

    assert told[0] == told[1] == told[2]
    assert contents(here / "1") == contents(here / "2") == contents(here / "5")
    assert len(contents(here / "1")) == 7 * 5


def test_one_table_at_the_end_tells_of_all(capsys, here) -> None:
    _, out, _ = run(capsys, here, TWO)
    lines = out.splitlines()

    assert [line.split()[0] for line in lines] == ["table", "ffn_gelu", "leaky_relu_s8", "2"]
    assert lines[-1] == "2 tables: 5 files written, 0 kept as they were, in generated"
    assert run(capsys, here, TWO)[1].splitlines()[-1] == (
        "2 tables: 0 files written, 5 kept as they were, in generated"
    )
    assert "worst codes" in run(capsys, here, TWO, "-v")[1]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_table_that_cannot_be_built_stops_all(capsys, here, processes) -> None:
    last = '[[table]]\nfunction = "exp"\nmethod = "lut"\nmax_bytes = 1\n'
    code, out, err = run(capsys, here, MANY + last, "--jobs", processes)

    assert (code, out) == (1, "")
    # Files, budgets and gates that fail are told with their table, as wrong options are.
    assert re.match(r"error: lutgen\.toml, table [0-9]+: exp_s8: ", err), err
    assert err.count("\n") == 1
    assert [path.name for path in here.iterdir()] == ["lutgen.toml"]


def test_files_that_only_a_program_tells_are_not_shared_either(capsys, here) -> None:
    text = (
        '[[table]]\nfunction = "glu"\nname = "gate"\nbits = 4\ntarget = "verilog"\n'
        '[[table]]\nfunction = "gelu"\nname = "gate_tb"\nbits = 4\ntarget = "verilog"\n'
    )
    code, out, err = run(capsys, here, text)

    assert (code, out) == (2, "")
    assert "both write gate_tb.v" in err and err.count("\n") == 1
    assert [path.name for path in here.iterdir()] == ["lutgen.toml"]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_tables_that_share_a_file_are_refused(capsys, here, processes) -> None:
    """The test bench of one would be the module of the other."""
    text = "".join(
        f'[[table]]\nfunction = "gelu"\nname = "{name}"\ntarget = "verilog"\n'
        for name in ("act", "act_tb")
    )
    code, out, err = run(capsys, here, text, "--jobs", processes)

    assert (code, out) == (2, "")
    assert "table 2: name: table 1 writes act_tb.v as well" in err and err.count("\n") == 1
    assert [path.name for path in here.iterdir()] == ["lutgen.toml"]


@pytest.mark.parametrize(("first", "second", "shared"), [
    ("act", "act_lut", "act_lut"),
    ("act_n", "act", "act_n"),
    ("act", "act_selftest", "act_selftest"),
    ("act", "ACT_IN_SCALE", "ACT_IN_SCALE"),
])
def test_headers_that_define_one_name_are_refused(capsys, here, first, second, shared) -> None:
    text = "".join(
        f'[[table]]\nfunction = "gelu"\nbits = 4\nname = "{name}"\n' for name in (first, second)
    )
    code, out, err = run(capsys, here, text)

    assert (code, out) == (2, "")
    assert f"tables {first} and {second} both define {shared} in C" in err
    assert err.count("\n") == 1
    assert [path.name for path in here.iterdir()] == ["lutgen.toml"]


def test_names_that_begin_alike_and_define_nothing_in_common_are_fine(capsys, here) -> None:
    """Also where a description speaks of the other."""
    text = (
        '[defaults]\nbits = 4\nfunction = "gelu"\n'
        '[[table]]\nname = "act"\ndescription = "see act_late"\n'
        '[[table]]\nname = "act_late"\n'
    )
    code, _, err = run(capsys, here, text)

    assert (code, err) == (0, "")


def test_what_a_target_refuses_is_told_with_the_table(capsys, here) -> None:
    text = TABLE + '[[table]]\nfunction = "elu"\nout_scale = "1/3"\n'
    text += 'target = "onnx"\nonnx_kind = "qdq"\n'
    code, _, err = run(capsys, here, text)

    assert code == 2 and "lutgen.toml, table 2: " in err and err.count("\n") == 1


def test_a_table_may_be_optimized_for_hardware(capsys, here) -> None:
    code, out, _ = run(capsys, here, TABLE + 'optimize = "memory"\nmax_error = 1\n')

    assert code == 0 and " lut " not in out


@pytest.mark.parametrize("jobs", ["0", "-1", "257", "two", "9" * 5000])
def test_a_number_of_processes_that_makes_no_sense_is_refused(capsys, here, jobs) -> None:
    code, out, err = run(capsys, here, TWO, f"--jobs={jobs}")

    assert (code, out) == (2, "") and "--jobs" in err and err.count("\n") == 1


def test_a_bar_shows_on_a_terminal_only(here) -> None:
    (here / "lutgen.toml").write_text(MANY)
    words = [sys.executable, "-m", "lutgen", "build"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)
    near, far = pty.openpty()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=far, env=environment) as shown:
        os.close(far)
        seen = b""
        with contextlib.suppress(OSError):
            while part := os.read(near, 4096):
                seen += part
        out = shown.stdout.read()
    os.close(near)
    hidden = subprocess.run(words, capture_output=True, env=environment, check=True)

    assert shown.returncode == 0
    assert b"tables" in seen and b"100%" in seen
    # The bar is removed at the end, and the cursor is back.
    assert seen.rindex(b"\x1b[?25h") > seen.rindex(b"\x1b[?25l")
    assert b"\x1b" not in out and hidden.stderr == b""


def test_options_of_one_table_do_not_go_with_a_manifest(capsys, here) -> None:
    code, _, err = run(capsys, here, TWO, "--bits", "16")

    assert code == 2 and "--bits does not go with a manifest" in err


def test_a_manifest_and_a_name_contradict(capsys, here) -> None:
    code, _, err = run(capsys, here, TWO, "gelu", "--manifest", "lutgen.toml")

    assert code == 2 and "no NAME" in err


def test_a_manifest_that_is_not_there_is_named(capsys, here) -> None:
    code = main(["build", "--manifest", "nowhere.toml"])

    assert code == 2 and "nowhere.toml" in capsys.readouterr().err
