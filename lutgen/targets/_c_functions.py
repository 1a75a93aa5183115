"""A C function as it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lutgen.targets._literals import LINE_LENGTH, own_comment


class Function(NamedTuple):
    """A C function.

    Attributes:
        text: the comment above it.
        declaration: its type, name and parameters.
        body: its lines.
    """

    text: str
    declaration: str
    body: tuple[str, ...]

    @property
    def row(self) -> tuple[str, str, str]:
        """What a template shows: the comment, the declaration and the indented body."""
        body = "\n".join(_folded(f"    {line}") if line else "" for line in self.body)
        return "\n".join(own_comment(self.text)), _folded(self.declaration), body


class Functions(NamedTuple):
    """What is emitted for a program.

    Attributes:
        helpers: functions that only the others call.
        public: functions that users call.
    """

    helpers: tuple[Function, ...]
    public: tuple[Function, ...]


def _folded(line: str) -> str:
    """Return a line of code, broken after commas where it is too long."""
    if len(line) <= LINE_LENGTH or ", " not in line:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    first, *others = line.strip().split(", ")
    lines = [f"{indent[4:]}{first}"]
    for part in others:
        if len(lines[-1]) + len(part) + 3 > LINE_LENGTH:
            lines[-1] += ","
            lines.append(f"{indent}{part}")
        else:
            lines[-1] += f", {part}"
    return "\n".join(lines)


def words(names: Iterable[str]) -> str:
    """Return names as one says them: ``a``, ``a and b``, ``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
