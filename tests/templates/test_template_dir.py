"""``--template-dir``: a user's templates, sandboxed, confined to their folder, and bounded."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lutgen.cli import main
from lutgen.rendering import replaceable, template_root

ROOT = Path(__file__).resolve().parents[2]
HEADER = "c/header.h.jinja"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch) -> Path:
    """Make an empty folder the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def template(text: str, name: str = HEADER) -> Path:
    """Write a template and return the folder of all."""
    path = Path("mine") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Path("mine")


def packaged(name: str = HEADER) -> str:
    return (template_root() / name).read_text(encoding="utf-8")


def build(*words: str) -> int:
    return main(["build", "gelu", "--template-dir", "mine", "-q", "-o", "out", *words])


def refusal(capsys, *words: str) -> str:
    """Build, and return the one line that says why not; nothing was written."""
    code = build(*words)
    out, err = capsys.readouterr()
    assert (code in (1, 2), out) == (True, "")
    assert re.fullmatch(r"error: [^\n]+\n", err) and "internal" not in err and len(err) < 700, err
    assert not Path("out").exists()
    return err


def test_a_template_of_the_same_name_replaces_lutgens(capsys) -> None:
    template(packaged() + "/* Ours: {{ guard }}, {{ header | upper }} */\n")

    assert build("--target", "c,json") == 0
    text = Path("out/gelu_s8.h").read_text()
    assert text.endswith("/* Ours: LUTGEN_GELU_S8_H, GELU_S8.H */\n")
    assert main(["verify", "out"]) == 0, capsys.readouterr().out
    sidecar = json.loads(Path("out/gelu_s8.lutgen.json").read_text())
    assert {name: [*found] for name, found in sidecar["templates"].items()} == {"c": [HEADER]}


def test_shared_templates_are_replaced_and_own_ones_imported(capsys) -> None:
    shared = packaged("_shared/c.jinja").replace(
        "#ifndef {{ guard }}", '{% include "own.txt.jinja" %}\n#ifndef {{ guard }}', 1
    )
    template(shared, "_shared/c.jinja")
    template("/* {{ guard }} is ours */", "own.txt.jinja")

    assert build() == 0
    assert "/* LUTGEN_GELU_S8_H is ours */" in Path("out/gelu_s8.h").read_text()
    assert main(["verify", "out"]) == 0, capsys.readouterr().out


FORMS = [
    ["--c-layout", "split"], ["--target", "verilog", "--stream"],
    ["--target", "verilog", "--mem", "readmemh"], ["--target", "verilog", "--mem", "mif"],
    ["--target", "onnx"], ["--bits", "10", "--method", "pwl", "--target", "c,verilog,onnx,json"],
]


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_a_copy_of_lutgens_templates_gives_the_same_bytes(words) -> None:
    shutil.copytree(template_root(), "mine")

    assert build(*words) == 0
    assert main(["build", "gelu", "-q", "-o", "plain", *words]) == 0

    ours, plain = (
        {p.relative_to(f): p.read_bytes() for p in Path(f).rglob("*") if p.is_file()}
        for f in ("out", "plain")
    )
    sidecars = [path for path in plain if path.name.endswith(".lutgen.json")]
    for path in sidecars:
        document = json.loads(ours.pop(path))
        assert document.pop("templates")
        assert document == json.loads(plain.pop(path))
    assert ours == plain


def test_check_wants_the_templates_and_sees_when_they_change(capsys) -> None:
    template(packaged() + "/* ours */\n")
    build()
    assert main(["build", "gelu", "--target", "json", "-q", "-o", "out"]) == 0

    assert main(["check", "out"]) == 2
    assert "give --template-dir" in capsys.readouterr().err
    assert main(["check", "out", "--template-dir", "mine", "-q"]) == 0
    template(packaged() + "/* theirs */\n")
    assert main(["check", "out", "--template-dir", "mine"]) == 1
    assert "-/* ours */" in capsys.readouterr().out


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_manifest_uses_them_and_may_name_them(processes) -> None:
    template(packaged() + "/* ours */\n")
    tables = '[[table]]\nfunction = "gelu"\n[[table]]\nfunction = "elu"\n'
    Path("lutgen.toml").write_text(tables)
    Path("named.toml").write_text(tables + 'template_dir = "mine"\n')

    words = ["-q", "--jobs", processes, "--depfile", "d", "--stamp", "s"]
    assert main(["build", "--template-dir", "mine", "-o", "all", *words]) == 0
    assert "mine/c/header.h.jinja" in Path("d").read_text()
    assert main(["build", "--manifest", "named.toml", "-o", "one", *words]) == 0

    def ours(folder: str) -> set[str]:
        return {p.name for p in Path(folder).glob("*.h") if p.read_text().endswith("/* ours */\n")}

    assert (ours("all"), ours("one")) == ({"gelu_s8.h", "elu_s8.h"}, {"elu_s8.h"})
    assert main(["check", "--manifest", "named.toml", "one", "-q", "--jobs", processes]) == 0


MISTAKES = [
    ("one\n{{ gaurd }}\n", HEADER, "c/header.h.jinja, line 2: 'gaurd' is undefined"),
    ("{{ guard.x }}", HEADER, "line 1: 'str object' has no attribute 'x'"),
    ("\n\n{% if %}", HEADER, "c/header.h.jinja, line 3: Expected an expression"),
    ("{% for a in b %}", HEADER, "c/header.h.jinja, line 1: Unexpected end of template"),
    ("{{ guard | nope }}", HEADER, "line 1: No filter named 'nope'"),
    ("{{ 1 / 0 }}", HEADER, "line 1: ZeroDivisionError"),
    ("{{ guard() }}", HEADER, "line 1: TypeError"),
    ("\n{% include 'none.jinja' %}", HEADER, "line 2: there is no template 'none.jinja'"),
    ("{% macro m() %}\n{{ nothing }}{% endmacro %}", "_shared/c.jinja", "_shared/c.jinja"),
    ("caf\u00e9", HEADER, "gives '\\xe9' in line 1 of its output"),
    ("ok\n\x07", HEADER, "gives '\\x07' in line 2 of its output"),
    ("not a model", "onnx/model.onnx.jinja", "onnx/model.onnx.jinja"),
    ("", "onnx/model.onnx.jinja", "onnx/model.onnx.jinja"),
]


@pytest.mark.parametrize(("text", "name", "said"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_told_with_template_and_line(capsys, text, name, said) -> None:
    template(text, name)

    assert said in refusal(capsys, "--target", "c,onnx")


ESCAPES = [
    "{{ guard.__class__ }}", "{{ guard['__class__'] }}", "{{ guard | attr('__class__') }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ '{0.__class__}'.format(guard) }}",
    "{{ cycler.__init__.__globals__ }}", "{{ self.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__.os.system('touch pwned') }}",
    "{{ lipsum.__globals__.os.popen('touch pwned') }}", "{{ joiner.__init__ }}",
    "{{ (guard | map('upper')).gi_frame.f_globals }}",
    "{% include '../secret.jinja' %}", "{% include '/etc/passwd' %}",
    "{% include 'c/../../secret.jinja' %}", "{% include '..\\\\secret.jinja' %}",
    "{% import '../secret.jinja' as s %}", "{% extends '../../secret.jinja' %}",
    "{{ range.__self__ }}", "{% set x = arrays.append(1) %}", "{{ lipsum() }}",
    "{{ [1, 2] | random }}",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_no_template_gets_out_of_its_sandbox_and_folder(capsys, text: str) -> None:
    Path("secret.jinja").write_text("secret")
    template(text)

    assert HEADER in refusal(capsys)
    assert not Path("pwned").exists()


BOMBS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'a' * 10 ** 10 }}", "{{ 9 ** (9 ** 9) }}", "{{ '%999999999999d' % 1 }}",
    "{{ 'a' | center(10 ** 10) }}", "{{ '{:>9999999999}'.format(1) }}",
    "{% for i in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
    "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(99) }}",
    "{% include 'c/header.h.jinja' %}", "{% extends 'c/header.h.jinja' %}",
    "{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    "{% set unseen = 'a' * 2 ** 31 %}", "{{ " + "(" * 5000 + ")" * 5000 + " }}",
    "{% if a %}" * 3000,
]


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:40])
def test_no_template_runs_for_ever_or_fills_the_memory(capsys, text: str) -> None:
    template(text)

    assert HEADER in refusal(capsys)


def test_a_template_that_failed_does_no_harm_to_the_next(capsys) -> None:
    template(BOMBS[0])
    refusal(capsys)
    template(packaged())
    assert build() == 0


LINKS = ["../outside.jinja", "/etc/passwd", "/dev/zero", "loop"]


@pytest.mark.parametrize("target", LINKS)
def test_a_link_out_of_the_folder_is_refused(capsys, target: str) -> None:
    Path("outside.jinja").write_text("outside")
    template("").joinpath(HEADER).unlink()
    link = Path("mine") / HEADER
    link.symlink_to(link.name if target == "loop" else (
        Path("../..") / target[3:] if target.startswith("..") else target
    ))

    assert HEADER in refusal(capsys)


def test_a_link_within_the_folder_is_followed() -> None:
    template(packaged() + "/* linked */\n", "other.jinja")
    Path("mine/c").mkdir()
    (Path("mine") / HEADER).symlink_to("../other.jinja")

    assert build() == 0
    assert Path("out/gelu_s8.h").read_text().endswith("/* linked */\n")


def test_what_is_no_template_is_refused(capsys) -> None:
    template("").joinpath(HEADER).unlink()
    os.mkfifo(Path("mine") / HEADER)
    assert "is a pipe" in refusal(capsys)

    (Path("mine") / HEADER).unlink()
    (Path("mine") / HEADER).write_bytes(b"\xff\xfe")
    assert "is UTF-16" in refusal(capsys)

    (Path("mine") / HEADER).write_bytes(b"/*\n\xe9 */")
    assert "line 2: byte 0xe9 is not UTF-8" in refusal(capsys)

    (Path("mine") / HEADER).write_bytes(b"x" * (1 << 21))
    assert "is larger than" in refusal(capsys)


@pytest.mark.parametrize(
    ("name", "said"),
    [(None, "must be a folder"), ("c/heder.h.jinja", "such as c/header.h.jinja"),
     ("c/replay.c.jinja", "must hold a template"), ("readme.txt", "must hold a template")],
)
def test_a_folder_that_replaces_nothing_is_refused(capsys, name: str | None, said: str) -> None:
    if name is not None:
        template("", name)

    assert said in refusal(capsys)


def test_only_templates_that_files_are_made_of_can_be_replaced() -> None:
    assert HEADER in replaceable() and "_shared/c.jinja" in replaceable()
    assert not [name for name in replaceable() if "replay" in name]


def test_the_sandbox_ends_with_lutgen() -> None:
    template(packaged())
    found = subprocess.run(
        [sys.executable, "-m", "lutgen", "build", "gelu", "--template-dir", "mine", "-q"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False, timeout=60,
    )

    # Its ends of the pipes are closed, or this would wait.
    assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")
