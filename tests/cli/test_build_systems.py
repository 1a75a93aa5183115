"""Make, Ninja and CMake, the real ones: what they rebuild, and what they leave alone."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lutgen import depfile
from lutgen.cli import main
from lutgen.errors import UsageError
from tests.tools import require_tool

ROOT = Path(__file__).resolve().parents[2]
LUTGEN = f"{shlex.quote(sys.executable)} -m lutgen"
MANIFEST = """
[defaults]
target = ["c"]

[[table]]
function = "gelu"

[[table]]
table = "mine.csv"
name = "mine"
"""
SAMPLES = "x,y\n-1,0\n1,1/2\n"
OUTPUTS = ["gelu_s8.h", "mine.h", "mine.samples.csv", "gelu_s8.lutgen.json", "mine.lutgen.json"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder, which is the working folder, with a manifest and a file of samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "lutgen.toml").write_text(MANIFEST)
    (tmp_path / "mine.csv").write_text(SAMPLES)
    return tmp_path


def run(*words: str | Path) -> str:
    """Run a tool and return what it said; its failure is the test's."""
    found = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, timeout=300
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def later(path: Path, text: str) -> None:
    """Write a file that is newer than all there are, whatever the clock of the files."""
    time.sleep(0.05)
    path.write_text(text)
    time.sleep(0.05)


def times(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}


MAKEFILE = f"""
include/tables.stamp: lutgen.toml
\t{LUTGEN} build --manifest $< -o include --depfile include/tables.d --stamp $@ -q
-include include/tables.d
"""


def test_make_builds_once_and_again_when_a_file_it_was_not_told_of_changes(project: Path) -> None:
    make = require_tool("make").command[0]
    (project / "Makefile").write_text(MAKEFILE)

    run(make)
    assert {*OUTPUTS, "tables.stamp", "tables.d"} == {p.name for p in Path("include").iterdir()}
    assert "up to date" in run(make)

    before = times(Path("include"))
    later(project / "mine.csv", SAMPLES.replace("1/2", "1/4"))
    assert "lutgen build" in run(make)
    after = times(Path("include"))
    assert {name for name in before if after[name] != before[name]} == {
        "mine.h", "mine.samples.csv", "mine.lutgen.json", "tables.stamp", "tables.d",
    }


def test_make_is_content_where_a_newer_source_changes_no_file(project: Path) -> None:
    """Files without changes keep their times; without the stamp it would build for ever."""
    make = require_tool("make").command[0]
    (project / "Makefile").write_text(MAKEFILE)
    run(make)

    before = times(Path("include"))
    later(project / "mine.csv", SAMPLES.replace("1/2", "0.5"))
    os.utime("include/tables.stamp", (1, 1))
    assert "lutgen build" in run(make)
    assert "up to date" in run(make)
    after = times(Path("include"))
    assert {name for name in before if after[name] != before[name]} == {"tables.stamp", "tables.d"}


def test_make_goes_on_when_a_source_is_gone(project: Path) -> None:
    make = require_tool("make").command[0]
    (project / "Makefile").write_text(MAKEFILE)
    run(make)

    (project / "mine.csv").unlink()
    later(project / "lutgen.toml", MANIFEST[: MANIFEST.index("[[table]]\ntable")])

    assert "lutgen build" in run(make)


AWKWARD = ["with blank.csv", "hash#.csv", "dol$lar.csv", "co:lon.csv", "b\\ackslash.csv",
           "back\\ blank.csv", "per%cent.csv", "\u00fcml\u00e4ut.csv", "[1].csv", "a=b.csv"]


@pytest.mark.parametrize("name", AWKWARD)
def test_make_understands_awkward_names(project: Path, name: str) -> None:
    make = require_tool("make").command[0]
    (project / name).write_text(SAMPLES)
    manifest = MANIFEST.replace('"mine.csv"', json.dumps(name, ensure_ascii=False))
    if "\\" in name:
        # A manifest's paths hold no backslash; the command line's may.
        words = f"--table {shlex.quote(name)} --name mine"
    else:
        words = "--manifest lutgen.toml"
        (project / "lutgen.toml").write_text(manifest)
    words = words.replace("$", "$$").replace("#", "\\#")
    (project / "Makefile").write_text(
        f"stamp:\n\t{LUTGEN} build {words} -o include --depfile tables.d --stamp $@ -q\n"
        "-include tables.d\n"
    )

    run(make)
    assert "up to date" in run(make)
    later(project / name, SAMPLES.replace("1/2", "1/4"))
    assert "lutgen build" in run(make)
    assert "up to date" in run(make)


NINJA = f"""
rule tables
  command = {LUTGEN} build --manifest $in -o include --depfile $out.d --stamp $out -q
  depfile = $out.d
  {{deps}}
  restat = 1
rule count
  command = cat $in >> $out && echo >> $out
build include/stamp | {{outputs}}: tables lutgen.toml
build log: count include/gelu_s8.h || include/stamp
default log include/stamp
"""


@pytest.mark.parametrize("deps", ["deps = gcc", "description = tables"])
def test_ninja_builds_what_changed_and_what_depends_on_it(project: Path, capsys, deps) -> None:
    ninja = require_tool("ninja").command[0]
    assert main(["build", "--list-outputs", "-o", "include"]) == 0
    outputs = capsys.readouterr().out.split()
    (project / "build.ninja").write_text(NINJA.format(deps=deps, outputs=" ".join(outputs)))

    run(ninja)
    assert "no work to do" in run(ninja)

    # A change of the samples leaves gelu alone, and so what is made of its header.
    log = Path("log").read_text()
    later(project / "mine.csv", SAMPLES.replace("1/2", "1/4"))
    assert "lutgen build" in run(ninja, "-v")
    assert "no work to do" in run(ninja)
    assert Path("log").read_text() == log

    later(project / "lutgen.toml", MANIFEST.replace('"gelu"', '"gelu"\nrounding = "floor"'))
    run(ninja)
    assert len(Path("log").read_text()) > len(log)
    assert "no work to do" in run(ninja)


CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(tables C)
set(OUT ${CMAKE_CURRENT_BINARY_DIR}/include)
set(BUILD ${LUTGEN} build --manifest ${CMAKE_CURRENT_SOURCE_DIR}/lutgen.toml -o ${OUT})
execute_process(COMMAND ${BUILD} --list-outputs OUTPUT_VARIABLE TABLES COMMAND_ERROR_IS_FATAL ANY)
string(STRIP "${TABLES}" TABLES)
string(REPLACE "\\n" ";" TABLES "${TABLES}")
add_custom_command(
  OUTPUT ${OUT}/tables.stamp BYPRODUCTS ${TABLES}
  COMMAND ${BUILD} --depfile ${OUT}/tables.d --stamp ${OUT}/tables.stamp -q
  DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/lutgen.toml DEPFILE ${OUT}/tables.d
  VERBATIM)
add_custom_target(tables DEPENDS ${OUT}/tables.stamp)
add_executable(app main.c)
target_include_directories(app PRIVATE ${OUT})
add_dependencies(app tables)
"""


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_cmake_builds_a_program_and_rebuilds_it(project: Path, generator: str) -> None:
    cmake = require_tool("cmake").command[0]
    require_tool("ninja" if generator == "Ninja" else "make")
    require_tool("cc")
    (project / "CMakeLists.txt").write_text(CMAKE)
    (project / "main.c").write_text(
        '#include <stdio.h>\n#include "mine.h"\nint main(void) { puts(MINE_OUT_SCALE_EXACT); }\n'
    )
    lutgen = f"-DLUTGEN={sys.executable};-m;lutgen"

    run(cmake, "-S", ".", "-B", "b", "-G", generator, lutgen)
    run(cmake, "--build", "b")
    first = run("b/app")
    later(project / "mine.csv", SAMPLES.replace("1/2", "1/1"))
    run(cmake, "--build", "b")

    assert first.startswith("1/") and run("b/app") != first
    stamp = Path("b/include/tables.stamp").stat().st_mtime_ns
    run(cmake, "--build", "b")
    assert Path("b/include/tables.stamp").stat().st_mtime_ns == stamp


FORMS = [
    ["gelu"],
    ["gelu", "--target", "c,verilog,onnx,json", "--c-layout", "split"],
    ["gelu", "--target", "verilog", "--stream"],
    ["gelu", "--target", "verilog,c", "--mem", "readmemh"],
    ["gelu", "--bits", "10", "--method", "pwl", "--target", "verilog", "--mem", "coe"],
    ["gelu", "--derivative", "--in-bits", "7", "--out-unsigned", "--name", "own"],
    ["--table", "mine.csv", "--name", "q"],
    [],
]


@pytest.mark.parametrize("words", FORMS, ids=" ".join)
def test_the_listed_outputs_are_those_of_the_build_in_its_order(project, capsys, words) -> None:
    assert main(["build", *words, "--list-outputs", "-o", "out"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert not Path("out").exists()
    assert main(["build", *words, "--list-outputs", "--json", "-o", "out"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": "lutgen.outputs/1", "outputs": listed
    }

    assert main(["build", *words, "-o", "out", "--json"]) == 0
    built = [f"out/{a['path']}" for a in json.loads(capsys.readouterr().out)["artifacts"]]

    assert listed == built
    assert sorted(listed) == sorted(str(p) for p in Path("out").rglob("*") if p.is_file())


def test_a_second_build_writes_nothing_and_keeps_the_times(project: Path, capsys) -> None:
    words = ["build", "gelu", "--target", "c,verilog,onnx,json", "-o", "out"]
    main([*words, "-q"])
    before = {p: p.stat().st_mtime_ns for p in Path("out").rglob("*")}

    main(words)

    assert "wrote" not in capsys.readouterr().out
    assert {p: p.stat().st_mtime_ns for p in Path("out").rglob("*")} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--depfile", "lutgen.toml"], "--depfile: must be a file of its own"),
        (["--stamp", "mine.csv"], "--stamp: must be a file of its own"),
        (["--stamp", "out/gelu_s8.h"], "--stamp: must be a file of its own"),
        (["--stamp", "x", "--depfile", "./x"], "must be a file of its own"),
        (["--depfile", "notes.txt"], "was not made by lutgen"),
        (["--stamp", "notes.txt"], "was not made by lutgen"),
        (["--depfile", "/dev/null"], "was not made by lutgen"),
        (["--depfile", "link"], "was not made by lutgen"),
        (["--depfile", "mine.csv/x"], "is not a folder"),
        (["--depfile", "line\nbreak", "-o", "line\nbreaks"], "cannot name this file"),
    ],
)
def test_no_file_of_somebody_elses_is_taken_for_a_depfile_or_stamp(
    project: Path, capsys, words, said
) -> None:
    (project / "notes.txt").write_text("Note: mine")
    (project / "link").symlink_to("notes.txt")
    before = {p: p.read_bytes() for p in project.iterdir()}

    code = main(["build", "-q", "-o", "out", *words])
    out, err = capsys.readouterr()

    assert code in (1, 2) and out == ""
    assert said in err and err.count("\n") == 1
    assert {p: p.read_bytes() for p in project.iterdir()} == before


def test_a_failing_build_leaves_neither_depfile_nor_stamp(project: Path, capsys) -> None:
    last = '[[table]]\nfunction = "tanh"\nmethod = "lut"\nmax_bytes = 1\n'
    (project / "lutgen.toml").write_text(MANIFEST + last)

    assert main(["build", "-o", "out", "--depfile", "d", "--stamp", "s"]) == 1
    assert sorted(p.name for p in project.iterdir()) == ["lutgen.toml", "mine.csv"]


def test_a_name_that_make_cannot_say_is_refused() -> None:
    for name in ("a\nb", "a\tb", "a\x7f", "end\\", "a;b", "a|b", "a*b", "a<b"):
        with pytest.raises(UsageError):
            depfile.rule([Path(name)], [])


def test_the_hooks_for_pre_commit_run_commands_there_are() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    entries = [line.partition(":")[2].split() for line in text.splitlines() if "  entry:" in line]

    assert [words[:2] for words in entries] == [["lutgen", "check"]] * 2
    for words in entries:
        assert main([*words[1:2], "--help"]) == 0
