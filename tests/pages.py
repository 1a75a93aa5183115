"""What a page of documentation shows: files to write, and commands with what they print."""

from __future__ import annotations

import re
import textwrap
from itertools import takewhile
from typing import NamedTuple

INDENT = "    "
ANYTHING = "..."
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`(lutgen [^`]+)`")
_PLACEHOLDER = re.compile(r"\b[A-Z]+\b|\.\.\.|^lutgen \S+$")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SIZE = re.compile(r"\(\d+ bytes\)")
_VERSION = re.compile(r"(Verilog|Verilator|onnxruntime|onnx reference|gcc|Yosys) \d+(\.\d+)+")


class Step(NamedTuple):
    """A command, and the output that the page shows of it, if any, with ``...`` for anything."""

    command: str
    output: str | None


def files(page: str) -> dict[str, str]:
    """Return the files that a page holds, by name."""
    return dict(_FILE.findall(page))


def steps(page: str) -> list[Step]:
    """Return the commands of the indented blocks of a page, in order."""
    return [step for block in _blocks(_FENCED.sub("", page)) for step in _steps_of(block)]


def inline(page: str) -> list[str]:
    """Return the whole commands within the text of a page: no bare names, no placeholders."""
    found = [" ".join(text.split()) for text in _INLINE.findall(_FENCED.sub("", page))]
    return [command for command in found if not _PLACEHOLDER.search(command)]


def links(page: str) -> list[str]:
    """Return where a page links to."""
    return _LINK.findall(_FENCED.sub("", page))


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = _HEADING.findall(_FENCED.sub("", page))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def agrees(shown: str, printed: str) -> bool:
    """Return whether a command printed what the page shows, but for versions and files' sizes."""
    parts = [re.escape(part) for part in _lasting(shown).split(ANYTHING)]
    return re.fullmatch(".*".join(parts), _lasting(printed), re.DOTALL) is not None


def _lasting(text: str) -> str:
    """Return what stays when tools and templates change a little."""
    return _SIZE.sub("(N bytes)", _VERSION.sub(r"\1 N", text))


def _blocks(text: str) -> list[list[str]]:
    """Return the lines of each run of indented lines."""
    lines, blocks = text.splitlines(), []
    while lines:
        block = list(takewhile(lambda line: line.startswith(INDENT), lines))
        if block:
            blocks.append(textwrap.dedent("\n".join(block)).splitlines())
        lines = lines[len(block) or 1:]
    return blocks


def _steps_of(block: list[str]) -> list[Step]:
    if not any(line.startswith("$ ") for line in block):
        return [Step(line, None) for line in block]
    steps: list[Step] = []
    for line in block:
        if line.startswith("$ "):
            steps.append(Step(line[2:], ""))
        else:
            steps[-1] = Step(steps[-1].command, f"{steps[-1].output}{line}\n")
    return steps
