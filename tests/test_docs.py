"""Every command that README and docs/ show, run as shown; their code examples, used."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from lutgen.activations._record import Activation
from lutgen.formats import NumberFormat
from lutgen.ideal import Ideal
from lutgen.spec import Spec
from tests import pages
from tests.models.flat import Flat
from tests.models.networks import quantised
from tests.tools import require_module, require_tool

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def commands(page: Path) -> list[pages.Step]:
    """Return what there is to run on a page; within the text, once the blocks are done.

    README's two commands begin with pip: one is shown once more without, the other runs this.
    """
    text = page.read_text(encoding="utf-8")
    shown = [step for step in pages.steps(text) if not step.command.startswith("pip ")]
    return [*shown, *(pages.Step(command, None) for command in pages.inline(text))]


def models(folder: Path) -> None:
    """Write the models that README speaks of, and inputs."""
    quantised("transformer", "qdq_s8", folder).rename(folder / "model.onnx")
    inputs = np.random.default_rng(0).normal(0, 1.5, (32, 16)).astype(np.float32)
    np.savez(folder / "inputs.npz", x=inputs)
    flat = Flat()
    flat.tensor("x", 0.047, 5)
    flat.tensor("y", 0.03, -9)
    flat.add("HARD_SWISH", "x", "y")
    flat.write(folder / "model.tflite")


@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=lambda page: page.name)
def test_the_commands_of_a_page_do_what_it_shows(page: Path, tmp_path: Path) -> None:
    for tool in ("gcc", "g++", "clang", "iverilog", "verilator", "yosys", "nextpnr-ice40"):
        require_tool(tool)
    require_module("onnxruntime")
    work, programs = tmp_path / "work", tmp_path / "bin"
    work.mkdir()
    programs.mkdir()
    lutgen = programs / "lutgen"
    lutgen.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lutgen "$@"\n')
    lutgen.chmod(0o755)
    if page == README:
        models(work)
    for name, content in pages.files(page.read_text(encoding="utf-8")).items():
        (work / name).write_text(content, encoding="utf-8")

    for command, shown in commands(page):
        done = subprocess.run(
            ["bash", "-c", command], cwd=work, capture_output=True,
            text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{programs}:{os.environ['PATH']}"},
        )
        # Where two tables differ is what the page is about there.
        expected = 1 if command.startswith("lutgen diff") else 0
        assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"
        assert shown is None or pages.agrees(shown, done.stdout), f"{command}\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in pages.links(text):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in pages.anchors(target.read_text(encoding="utf-8")), link


def test_a_page_is_read_as_it_is_meant() -> None:
    page = (
        "Text with `lutgen show gelu`, `lutgen list` and `lutgen show NAME`.\n\n"
        "    lutgen one\n    lutgen two\n\n"
        "- in a list:\n\n      $ lutgen three\n      a\n        b\n      $ lutgen four\n\n"
        "```c\n    lutgen no\n```\n\n<!-- file: x.csv -->\n```csv\n1\n```\n"
    )
    assert pages.steps(page) == [
        ("lutgen one", None), ("lutgen two", None), ("lutgen three", "a\n  b\n"),
        ("lutgen four", ""),
    ]
    assert pages.inline(page) == ["lutgen show gelu"]
    assert pages.files(page) == {"x.csv": "1\n"}
    assert pages.links("See [a](b.md#c-d), [e](f).") == ["b.md#c-d", "f"]
    assert pages.anchors("# Fewer bytes: methods\n## `x`, now\n") == {
        "fewer-bytes-methods", "x-now",
    }


def test_output_that_differs_from_the_page_is_seen() -> None:
    printed = "ok  gelu: Verilator 5.4\nwrote a (3 bytes)\nwrote b (4 bytes)\n"

    assert pages.agrees(printed, printed)
    assert pages.agrees("ok  gelu: Verilator 5.48.0\n...\nwrote b (4 bytes)\n", printed)
    assert pages.agrees("ok  gelu: Verilator 5.4\n...\nwrote b (5 bytes)\n", printed)
    assert not pages.agrees("ok  gelu: Verilator 5.4\n...\nwrote c (4 bytes)\n", printed)
    assert not pages.agrees("ok  gelu: Verilator 5.4\nwrote a (3 bytes)\n", printed)
    assert not pages.agrees("", printed)


def test_the_activation_of_the_page_on_extending_is_one() -> None:
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    ((name, source),) = pages.files(text).items()
    space: dict[str, object] = {}
    exec(compile(source, name, "exec"), space)
    record = space["RECORD"]
    assert isinstance(record, Activation)

    scale = NumberFormat(8, True, Fraction(1, 16))
    spec = Spec("squareplus_s8", record, record.parse_parameters(()), False, scale, scale)
    codes = Ideal.of(spec).codes.tolist()

    for code, got in zip(range(-128, 128), codes, strict=True):
        x = code / 16
        assert abs(got - 16 * (x + (x * x + 4) ** 0.5) / 2) < 0.5001 or got == 127
