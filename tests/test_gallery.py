"""``generated/`` is the golden set: made again in memory's stead, it has the same bytes."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from lutgen.cli import main

GALLERY = Path(__file__).resolve().parent.parent / "generated"
COMMANDS = [
    line
    for line in (GALLERY / "commands.txt").read_text(encoding="ascii").splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory) -> Path:
    """Return a folder in which every command of the gallery has been run."""
    folder = tmp_path_factory.mktemp("gallery")
    for command in COMMANDS:
        assert main([*shlex.split(command), "-q", "-o", str(folder)]) == 0
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "commands.txt"
    }


def test_the_gallery_holds_what_its_commands_make(rebuilt: Path) -> None:
    committed, made = contents(GALLERY), contents(rebuilt)

    assert sorted(committed) == sorted(made)
    assert [name for name in made if made[name] != committed[name]] == []


def test_the_gallery_verifies(capsys) -> None:
    """The committed files themselves, compiled and run."""
    assert main(["verify", str(GALLERY)]) == 0, capsys.readouterr().out
