"""A C function as it is printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
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

    def row(self, fold: Callable[[str], str] = str) -> tuple[str, str, str]:
        """Return what a template shows: the comment, the declaration and the indented body.

        Args:
            fold: what is done with a line of code that may be long.
        """
        body = "\n".join(fold(f"    {line}") if line else "" for line in self.body)
        return "\n".join(own_comment(self.text)), fold(self.declaration), body


class Functions(NamedTuple):
    """What is emitted for a program.

    Attributes:
        helpers: functions that only the others call.
        public: functions that users call.
    """

    helpers: tuple[Function, ...]
    public: tuple[Function, ...]


def folded(line: str) -> str:
    """Return a line of code, broken after commas or after ``=`` where it is too long."""
    if len(line) <= LINE_LENGTH:
        return line
    start = line[: len(line) - len(line.lstrip())]
    lines, parts = [], re.split(r"(?<=,) |(?<= =) ", line.strip())
    for part in parts:
        if lines and len(lines[-1]) + 1 + len(part) <= LINE_LENGTH:
            lines[-1] += f" {part}"
        else:
            lines.append(f"{start}    {part}" if lines else f"{start}{part}")
    return "\n".join(lines)


def words(names: Iterable[str]) -> str:
    """Return names as one says them: ``a``, ``a and b``, ``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
