"""README tells what the code knows: the catalogue in it is the one that the command prints."""

from __future__ import annotations

from pathlib import Path

from lutgen.cli import main

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- catalogue: made by lutgen list -->\n\n", "\n<!-- end of the catalogue -->\n"


def test_the_catalogue_is_what_lutgen_list_prints(capsys) -> None:
    """Where it is not: put the output of ``lutgen list --md`` between the two marks."""
    assert main(["list", "--md"]) == 0
    printed = capsys.readouterr().out

    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    found, after = rest.split(END)
    assert found == printed
    assert before and after
