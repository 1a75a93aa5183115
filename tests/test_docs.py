"""Every command that README and docs/ show, run as shown; their code examples, used."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from lutgen.activations._record import Activation
from lutgen.formats import NumberFormat
from lutgen.ideal import Ideal
from lutgen.spec import Spec
from tests.tools import require_tool

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
FILES = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^    (?:\$ )?(lutgen .+)$", re.MULTILINE)


def commands(page: Path) -> list[str]:
    return COMMAND.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=lambda page: page.name)
def test_the_commands_of_a_page_run_as_shown(page: Path, tmp_path: Path) -> None:
    for tool in ("gcc", "iverilog", "verilator"):
        require_tool(tool)
    for name, content in FILES.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    for command in commands(page):
        words = [sys.executable, "-m", "lutgen", *shlex.split(command)[1:]]
        done = subprocess.run(
            words, cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_activation_of_the_page_on_extending_is_one() -> None:
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    ((name, source),) = FILES.findall(text)
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
