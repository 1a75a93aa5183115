"""``--expr`` on the command line and in the manifest."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lutgen.cli import main


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_build_writes_the_files_of_an_expression(capsys, tmp_path: Path) -> None:
    code, out, err = run(capsys, "build", "--expr", "x*sigmoid(1.702*x)", "--name", "quick",
                         "-o", str(tmp_path))

    assert (code, err) == (0, "")
    assert out.startswith("quick: expression(x) = x * sigmoid(1.702 * x)\n")
    assert "correctly rounded" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quick.h", "quick.lutgen.json"]


def test_report_measures_an_expression_and_writes_nothing(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "report", "--expr", "clip(a*x, 0, 1)", "--param", "a=1/6", "--name",
                       "gate", "--json")

    (table,) = json.loads(out)["tables"]
    assert code == 0 and list(tmp_path.iterdir()) == []
    assert table["expression"] == "clip(a * x, 0, 1)"
    assert table["parameters"] == {"a": "1/6"}


def test_a_manifest_holds_expressions(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lutgen.toml").write_text(
        '[[table]]\nexpr = """x *\n  sigmoid(a*x)"""\nparams = { a = 1.702 }\nname = "quick"\n'
        '[[table]]\nfunction = "quick_gelu"\nname = "same"\n'
    )

    code, out, _ = run(capsys, "build", "--json", "-o", "out")

    quick, same = json.loads(out)["tables"]
    assert code == 0 and quick["sha256"] == same["sha256"]
    assert quick["expression"] == "x * sigmoid(a * x)"
    assert main(["verify", "out", "-q"]) == 0


WRONG = [
    (["--expr", "x"], "--expr needs --name"),
    (["--expr", "x", "--name", "a b"], "--name"),
    (["gelu", "--expr", "x", "--name", "q"], "NAME and --expr both say"),
    (["--expr", "x", "--table", "t.csv", "--name", "q"], "--expr and --table both say"),
    (["--expr", "x", "--name", "q", "--channels", "c.csv"], "--channels goes with NAME"),
    (["--expr", "x", "--name", "q", "--gate", "first"], "--gate is for functions of several"),
    (["--expr", "x", "--name", "q", "--manifest", "m.toml"], "--manifest brings its own"),
    (["--expr", "x", "--name", "q", "--derivative"], "write the derivative as an expression"),
    (["--expr", "x", "--name", "q", "--derivative", "--out-scale", "1"], "write the derivative"),
    (["--expr", "x", "--name", "q", "--param", "a=1"], "does not occur"),
    (["--expr", "1/x", "--name", "q"], "at input code 0 (x = 0)"),
    (["--expr", "x;x", "--name", "q"], "is not allowed"),
    (["--expr", "9**9**9**9", "--name", "q"], "a power must be"),
    (["--expr", "exp(x)*1e300", "--name", "q"], "beyond 2^120"),
    (["--expr", "x", "--name", "q", "--target", "onnx", "--onnx-kind", "float"],
     "ONNX has no operator for expression"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=lambda v: str(v)[:40])
def test_wrong_usage_is_one_line_and_writes_nothing(
    capsys, tmp_path, monkeypatch, words, said
) -> None:
    monkeypatch.chdir(tmp_path)

    code, out, err = run(capsys, "build", *words)

    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1 and said in err and len(err) < 320
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_decided_is_a_failure_and_no_wrong_usage(capsys, tmp_path) -> None:
    code, out, err = run(capsys, "build", "--expr", "where(exp(x) == exp(x), 1, 0)", "--name", "q",
                         "-o", str(tmp_path / "out"))

    assert (code, out) == (1, "")
    assert "cannot be decided" in err and not (tmp_path / "out").exists()


BOMBS = ["9**9**9**9", "(" * 10_000 + "x" + ")" * 10_000, "-" * 9000 + "x"]


@pytest.mark.parametrize("text", BOMBS, ids=["power", "parentheses", "signs"])
def test_bombs_are_refused_in_a_process_of_little_memory(text: str) -> None:
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30));" \
        "resource.setrlimit(resource.RLIMIT_CPU, (20, 20));" \
        "from lutgen.cli import main; sys.exit(main(sys.argv[1:]))"

    done = subprocess.run(
        [sys.executable, "-c", limited, "report", "--expr", text, "--name", "q"],
        capture_output=True, text=True, check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --expr: ") and done.stderr.count("\n") == 1


def test_a_table_of_the_catalogue_needs_no_parser() -> None:
    code = "import sys; from lutgen.cli import main; main(['report', 'gelu', '-q']);" \
        "sys.exit('lutgen.expression' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


LONG = {
    "nested": "tanh(" * 60 + "x" + ")" * 60,
    "powers": "+".join(f"(x/3)**{power}" for power in range(500, 460, -1)),
    "far": "+".join(f"tanh({n}000*x)" for n in range(1, 30)),
    "gates": "sigmoid(" * 20 + "x" + ")*x" * 20,
}


@pytest.mark.parametrize("name", LONG)
def test_long_expressions_take_a_moment(name: str, capsys) -> None:
    words = ("report", "--expr", LONG[name], "--name", "q", "--bits", "8", "--out-scale", "1", "-q")
    before = time.process_time()

    assert run(capsys, *words)[0] == 0
    assert time.process_time() - before < 3


def test_more_parts_than_seconds_is_refused_with_the_number_that_is_allowed(capsys) -> None:
    """16 bits have 65536 codes; 2^24 parts are computed in all."""
    words = ("report", "--expr", "+".join(["sigmoid(x)"] * 60), "--name", "q", "-q", "--bits")

    code, _, err = run(capsys, *words, "16")
    assert code == 2 and err.startswith("error: --expr: has ")
    assert "with 16 bits of input at most 256 are computed" in err and "--in-bits" in err
    assert run(capsys, *words, "8")[0] == 0
