"""Activations and targets of others: real distributions in a folder on Python's path."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ACTIVATION = '''
"""An algebraic sigmoid, exact at every rational."""
from lutgen.activations import Activation, Parameter
from lutgen.numerics.reals import Exact


def value(x, *, steepness):
    return x * steepness / (1 + abs(x * steepness))


def derivative(x, *, steepness):
    return steepness / (1 + abs(x * steepness)) ** 2


RECORD = Activation(
    name="algebraic",
    value=value,
    derivative=derivative,
    summary="An algebraic sigmoid.",
    formula="steepness * x / (1 + |steepness * x|)",
    source="a test",
    parameters=(Parameter("steepness", "1"),),
    bounds=(-1, 1),
)
'''
TARGET = '''
"""A file of plain numbers."""
from pathlib import PurePosixPath
from lutgen.solution import Artifact, Verdict


def emit(solution, options):
    text = "".join(f"{code}\\n" for code in solution.report.codes.tolist())
    return [Artifact(PurePosixPath(f"{solution.spec.name}.txt"), text.encode(), "numbers")]


def replay(folder, solutions, options):
    verdicts = []
    for solution in solutions:
        found = (folder / f"{solution.spec.name}.txt").read_text().split()
        wrong = sum(int(a) != b for a, b in zip(found, solution.report.codes.tolist()))
        verdicts.append(Verdict(solution.spec.name, "numbers", "a reader", len(found), wrong))
    return verdicts
'''


def install(folder: Path, name: str, source: str, entries: str) -> None:
    """Install a distribution of one module: the module, and what pip would note of it."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entries)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return an empty folder on the path of the processes that ``lutgen`` starts."""
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def good(site: Path) -> Path:
    """Return that folder with an activation and a target."""
    install(site, "lutgen-algebraic", ACTIVATION,
            "[lutgen.activations]\nalgebraic = lutgen_algebraic:RECORD\n")
    install(site, "lutgen-numbers", TARGET, "[lutgen.targets]\nnumbers = lutgen_numbers\n")
    return site


def lutgen(site: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess:
    """Run lutgen with the folder on its path, beside it, and expect an exit code."""
    found = subprocess.run(
        [sys.executable, "-m", "lutgen", *words], capture_output=True, text=True, check=False,
        cwd=site.parent, env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}"},
    )
    assert found.returncode == code, found.stdout + found.stderr
    assert "Traceback" not in found.stderr
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def nearest(value: Fraction, scale: Fraction, zero_point: int) -> int:
    """Return the code nearest to a value; Python rounds ties to even."""
    return max(-128, min(127, round(value / scale) + zero_point))


def test_an_activation_of_others_is_built_like_one_of_lutgens(good: Path) -> None:
    found = lutgen(good, "build", "algebraic", "--param", "steepness=2", "--target", "c,json",
                   "--out-scale", "1/128", "-o", "out")
    document = json.loads((good.parent / "out" / "algebraic_s8.json").read_text())
    values = [Fraction(code, 16) * 2 for code in range(-128, 128)]

    assert "steepness * x" in found.stdout
    assert document["codes"] == [nearest(v / (1 + abs(v)), Fraction(1, 128), 0) for v in values]
    assert "ok      algebraic_s8: 256 codes, json reader" in lutgen(good, "verify", "out").stdout
    assert "0 different" in lutgen(good, "check", "out").stdout
    assert "steepness" in lutgen(good, "show", "Algebraic").stdout
    assert lutgen(good, "report", "algebraic", "--derivative", "--json").stderr == ""


def test_a_target_of_others_emits_replays_and_is_checked(good: Path) -> None:
    lutgen(good, "build", "gelu", "--target", "numbers,json", "-o", "out", "--latency", "3")
    out = good.parent / "out"
    sidecar = json.loads((out / "gelu_s8.lutgen.json").read_text())

    assert sidecar["options"] == {"json": {}, "numbers": {"latency": 3}}
    assert "gelu_s8: 256 codes, a reader" in lutgen(good, "verify", "out").stdout
    assert "3 same, 0 different" in lutgen(good, "check", "out").stdout
    # It says nowhere that lutgen made it, but the sidecar does.
    lutgen(good, "build", "gelu", "--target", "numbers", "--rounding", "floor", "-o", "out")

    text = (out / "gelu_s8.txt").read_text()
    (out / "gelu_s8.txt").write_text(text.replace("0\n", "1\n", 1))
    assert "FAILED  gelu_s8: numbers" in lutgen(good, "verify", "out", code=1).stdout
    assert "different out/gelu_s8.txt" in lutgen(good, "check", "out", code=1).stdout


def test_a_manifest_uses_them_in_any_number_of_processes(good: Path) -> None:
    text = '[defaults]\ntarget = ["c", "numbers"]\n' + "".join(
        f'[[table]]\nfunction = "algebraic"\nname = "t{n}"\nparams = {{ steepness = {n + 1} }}\n'
        for n in range(6)
    )
    (good.parent / "lutgen.toml").write_text(text)

    lutgen(good, "build", "--jobs", "1", "-o", "one")
    lutgen(good, "build", "--jobs", "3", "-o", "three")

    assert files(good.parent / "one") == files(good.parent / "three")
    listed = lutgen(good, "build", "--list-outputs", "-o", "one").stdout.split()
    assert {Path(path).name for path in listed} == {*files(good.parent / "one")}


def test_what_is_there_is_listed_with_its_owner(good: Path) -> None:
    found = lutgen(good, "list", "--plugins")
    document = json.loads(lutgen(good, "list", "--plugins", "--json").stdout)

    assert "algebraic  (lutgen-algebraic 1.0): usable" in found.stdout
    assert "numbers  (lutgen-numbers 1.0): usable" in found.stdout
    assert document["schema"] == "lutgen.plugins/1"
    assert [(e["kind"], e["name"], e["problem"]) for e in document["plugins"]] == [
        ("activation", "algebraic", ""), ("target", "numbers", ""),
    ]


def test_a_name_that_is_nearly_right_is_suggested(good: Path) -> None:
    assert "did you mean 'algebraic'" in lutgen(good, "build", "algebriac", code=2).stderr
    assert "did you mean 'numbers'" in lutgen(
        good, "build", "gelu", "--target", "number", code=2
    ).stderr


def test_a_name_of_lutgens_own_cannot_be_taken_over(site: Path) -> None:
    """Names and aliases of activations, and targets."""
    lutgen(site, "build", "gelu", "-o", "without")
    evil = "raise SystemExit('taken over')\n"
    install(site, "evil", evil, "[lutgen.activations]\ngelu = evil:RECORD\nswish1 = evil:RECORD\n"
            "silu = evil:RECORD\n[lutgen.targets]\nc = evil\njson = evil\n")

    found = lutgen(site, "build", "gelu", "-o", "with")
    assert found.stderr == ""
    assert files(site.parent / "without") == files(site.parent / "with")
    listed = lutgen(site, "list", "--plugins").stdout.splitlines()
    assert [line for line in listed if "lutgen's own" in line] == [
        f"{kind:<10} {name}  (evil 1.0): not usable: this name is lutgen's own"
        for kind, name in (("activation", "gelu"), ("activation", "silu"), ("target", "c"),
                           ("target", "json"))
    ]


GOOD_TAIL = "\n[lutgen.activations]\nodd = odd:RECORD\n[lutgen.targets]\nodd_target = odd:TARGET\n"
RECORD = (
    "from lutgen.activations import Activation\n"
    "def make(value, name='odd', **more):\n"
    "    return Activation(name=name, value=value, derivative=value, summary='', formula='x',"
    " source='', **more)\n"
)
BROKEN = {
    "import": ("import nothing_of_that_name\n", "ModuleNotFoundError"),
    "syntax": ("def\n", "SyntaxError"),
    "exit": ("raise SystemExit(0)\n", "SystemExit"),
    "exit in words": ("import sys\nsys.exit('bye\\nbye')\n", "SystemExit: bye?bye"),
    "missing": ("", "AttributeError"),
    "recursion": ("def f(): f()\nf()\n", "RecursionError"),
    "noise": ("print('noise')\nraise ValueError('\\x1b[31m' + 'x' * 5000)\n", "ValueError: ?[31m"),
    "no record": ("RECORD = 3\n", "is no Activation but int"),
    "other name": (RECORD + "RECORD = make(abs, name='gelu')\n", "another name, 'gelu'"),
    "two inputs": (RECORD + "RECORD = make(abs, arity=2)\n", "has 2 inputs"),
    "no text": (RECORD + "RECORD = make(abs, note=3)\n"
                "import dataclasses\nRECORD = dataclasses.replace(RECORD, formula=3)\n",
                "must be texts"),
    "fails": (RECORD + "RECORD = make(lambda x: 1 / (x - x))\n", "ZeroDivisionError"),
    "ends": (RECORD + "def f(x): raise SystemExit(0)\nRECORD = make(f)\n", "SystemExit"),
    "floats": (RECORD + "RECORD = make(float)\n", "gives float at x = -8"),
    "nothing": (RECORD + "RECORD = make(lambda x: None)\n", "gives NoneType"),
    "interrupts": ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "interrupts later": (RECORD + "def f(x): raise KeyboardInterrupt\nRECORD = make(f)\n",
                         "KeyboardInterrupt"),
    "own kind": ("class Own(BaseException): pass\nraise Own('eh')\n", "Own: eh"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_activation_is_named_once_and_breaks_nothing(good: Path, name: str) -> None:
    source, said = BROKEN[name]
    install(good, "odd", source, GOOD_TAIL)

    assert lutgen(good, "build", "algebraic").stderr == ""
    found = lutgen(good, "build", "odd", "-o", "odd", code=1)
    assert found.stdout == "" and not (good.parent / "odd").exists()
    assert re.fullmatch(r"(noise\n)?error: [^\n]+\n", found.stderr)
    assert said in found.stderr and "odd 1.0" in found.stderr and len(found.stderr) < 400
    listed = lutgen(good, "list", "--plugins").stdout
    assert "algebraic  (lutgen-algebraic 1.0): usable" in listed


TARGETS = {
    "no replay": ("class TARGET:\n    def emit(s, o): return ()\n", "must have both"),
    "no emit": ("TARGET = None\n", "must have both"),
    "raises": ("def emit(s, o): raise KeyError('eh')\n", "KeyError"),
    "exits": ("def emit(s, o): raise SystemExit(0)\n", "SystemExit"),
    "nothing": ("def emit(s, o): return None\n", "TypeError"),
    "words": ("def emit(s, o): return ['abc']\n", "no file"),
    "climbs": ("def emit(s, o): return [A(P('../evil.h'), b'', 'c')]\n", "outside the folder"),
    "absolute": ("def emit(s, o): return [A(P('/tmp/evil.h'), b'', 'c')]\n", "outside the folder"),
    "text": ("def emit(s, o): return [A(P('x'), 'text', 'c')]\n", "no file"),
    "nothing at all": ("def emit(s, o): return ()\n", "emits no file"),
    "number": ("def emit(s, o): return [A(3, b'', 'c')]\n", "no file"),
    "unprintable": ("def emit(s, o): return [A(P('x\\0'), b'', 'c')]\n", "no printable name"),
    "surrogate": ("def emit(s, o): return [A(P('x\\ud800'), b'', 'c')]\n", "no printable name"),
    "backslash": (r"def emit(s, o): return [A(P('..\\x'), b'', 'c')]" "\n", "no printable name"),
    "interrupts": ("def emit(s, o): raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "twice": ("def emit(s, o): return [A(P('x'), b'a', 'c'), A(P('X'), b'b', 'c')]\n",
              "tables or targets both write x"),
    "sidecar": ("def emit(s, o): return [A(P('gelu_s8.lutgen.json'), b'{}', 'c')]\n",
                "both write gelu_s8.lutgen.json"),
}
HEAD = ("from lutgen.solution import Artifact as A, Verdict as V\n"
        "from pathlib import PurePosixPath as P\nimport sys\n"
        "TARGET = sys.modules[__name__]\ndef replay(f, s, o): return ()\n")


@pytest.mark.parametrize("name", TARGETS)
def test_a_broken_target_is_named_once_and_writes_nothing(site: Path, name: str) -> None:
    source, said = TARGETS[name]
    install(site, "odd", HEAD + source, GOOD_TAIL)

    found = subprocess.run(
        [sys.executable, "-m", "lutgen", "build", "gelu", "--target", "c,odd_target", "-o", "out"],
        capture_output=True, text=True, check=False, cwd=site.parent,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}"},
    )

    assert found.returncode in (1, 2) and found.stdout == ""
    assert re.fullmatch(r"error: [^\n]+\n", found.stderr) and said in found.stderr, found.stderr
    assert [path.name for path in site.parent.iterdir()] == ["site"]
    assert lutgen(site, "build", "gelu", "--target", "c").stderr == ""


@pytest.mark.parametrize("body", ["raise KeyError('eh')", "return ()", "return None",
                                  "return ['ok']", "raise SystemExit(0)", "raise KeyboardInterrupt",
                                  "return [V('gelu_s8', 'a', 'b', 'x', None)]",
                                  "return [V('gelu_s8', 'a', '\\x1b[31mb', 1, 0)]"])
def test_a_target_that_does_not_replay_is_a_failure(site: Path, body: str) -> None:
    emit = "def emit(s, o): return [A(P('x.txt'), b'x', 'x')]\n"
    install(site, "odd", HEAD + emit + f"def replay(f, s, o): {body}\n", GOOD_TAIL)
    lutgen(site, "build", "gelu", "--target", "json,odd_target", "-o", "out")

    found = lutgen(site, "verify", "out", code=1).stdout

    assert "ok      gelu_s8: 256 codes, json reader" in found
    assert "FAILED  gelu_s8: odd_target, odd 1.0" in found and "1 passed, 1 failed" in found


def test_what_a_target_prints_is_no_result(site: Path) -> None:
    source = "def emit(s, o): return [A(P('x.txt'), b'x', 'x')]\n"
    source += "def replay(f, s, o):\n    print('noise')\n"
    source += "    return [V('gelu_s8', 'a', 'b', 1, 0)]\n"
    install(site, "odd", HEAD + source, GOOD_TAIL)
    lutgen(site, "build", "gelu", "--target", "odd_target", "-o", "out")

    found = lutgen(site, "verify", "out", "--json")

    assert [v["tool"] for v in json.loads(found.stdout)["verdicts"]] == ["b"]
    assert found.stderr == "noise\n"


def test_distributions_without_a_name_are_told_apart(good: Path) -> None:
    for path in good.glob("*.dist-info"):
        (path / "METADATA").unlink()

    listed = lutgen(good, "list", "--plugins").stdout

    assert "algebraic  (lutgen_algebraic-1.0.dist-info): usable" in listed
    assert "numbers  (lutgen_numbers-1.0.dist-info): usable" in listed


def test_a_name_with_two_owners_is_nobodys(good: Path) -> None:
    install(good, "second", "", "[lutgen.activations]\nalgebraic = second:RECORD\n")

    said = lutgen(good, "build", "algebraic", code=1).stderr

    assert "lutgen-algebraic 1.0 and second 1.0" in said and said.count("\n") == 1


def test_metadata_that_cannot_be_read_is_its_owners_trouble_alone(good: Path) -> None:
    install(good, "garbled", "", "[lutgen.activations]\nno equals sign\n\xff = ")

    assert lutgen(good, "build", "gelu").stderr == ""
    found = lutgen(good, "build", "algebraic")
    assert found.stderr.count("\n") == 1
    assert re.fullmatch(r"warning: .*garbled.*cannot be read.*\n", found.stderr)


def test_a_sidecar_of_a_target_that_is_gone_says_so(good: Path) -> None:
    lutgen(good, "build", "gelu", "--target", "numbers", "-o", "out")
    (good / "lutgen_numbers.py").unlink()
    for path in (good / "lutgen_numbers-1.0.dist-info").iterdir():
        path.unlink()

    for command in ("verify", "check"):
        said = lutgen(good, command, "out", code=1).stderr
        assert 'unknown target "numbers"' in said and said.count("\n") == 1
