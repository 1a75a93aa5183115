"""Same request, same bytes: in another process, and under another Python where one is at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REQUESTS = (
    ["gelu", "--target", "c,json"],
    ["mish", "--bits", "16", "--target", "c,json"],
    ["hard_sigmoid", "--method", "pwl", "--in-scale", "0.047f", "--in-zp", "3"],
)


def build(interpreter: str, folder: Path, **environment: str) -> dict[str, bytes]:
    """Return the files that some interpreter makes, by name."""
    for words in REQUESTS:
        subprocess.run(
            [interpreter, "-m", "lutgen", "build", *words, "-q", "-o", str(folder)],
            check=True, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def other_pythons() -> list[str]:
    """Return interpreters of other versions on the path that have the dependencies.

    LUTGEN_OTHER_PYTHON names more of them, separated like a path.
    """
    names = [f"python3.{minor}" for minor in range(10, 20) if minor != sys.version_info.minor]
    named = os.environ.get("LUTGEN_OTHER_PYTHON", "")
    found = []
    for name in [*filter(None, named.split(os.pathsep)), *names]:
        try:
            probe = subprocess.run(
                [name, "-c", "import click, flint, jinja2, numpy"], capture_output=True, check=False
            )
        except OSError:
            continue
        if probe.returncode == 0:
            found.append(name)
    return found


def test_two_processes_give_the_same_bytes_whatever_seed_and_locale(tmp_path: Path) -> None:
    first = build(sys.executable, tmp_path / "a", PYTHONHASHSEED="1", LC_ALL="C")
    second = build(sys.executable, tmp_path / "b", PYTHONHASHSEED="2", LC_ALL="C.UTF-8", TZ="UTC-9")

    assert len(first) == 8
    assert first == second


def test_another_python_gives_the_same_bytes(tmp_path: Path) -> None:
    others = other_pythons()
    if not others:
        pytest.skip("no Python of another version with click, flint, jinja2 and numpy is at hand")
    here = build(sys.executable, tmp_path / "here")

    for index, other in enumerate(others):
        assert build(other, tmp_path / str(index)) == here, other
