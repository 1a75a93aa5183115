"""Tables of one manifest whose headers could not be included together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lutgen.errors import UsageError
from lutgen.pipeline import Files
from lutgen.solution import Artifact

_REMARKS = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|//[^\n]*', re.DOTALL)


def watched(tables: Iterable[Files], names: Iterable[str]) -> Iterator[Files]:
    """Yield the files of tables, as long as no two headers define one name.

    All that a header defines begins with its table's name, in small or in capital letters.  So
    only tables whose names begin alike are looked at.

    Args:
        tables: their files, as they arrive.
        names: of all tables.

    Raises:
        UsageError: two headers do.
    """
    related = _related({name.lower() for name in names})
    owners: dict[str, str] = {}
    for table in tables:
        if table.name.lower() in related:
            for identifier in sorted(_defined(table)):
                owner = owners.setdefault(identifier, table.name)
                if owner != table.name:
                    raise UsageError(
                        f"tables {owner} and {table.name} both define {identifier} in C, so no "
                        "program can include both; give one of them another name"
                    )
        yield table


def _related(names: set[str]) -> set[str]:
    """Return the names that others begin with, and those others."""
    found = set()
    for name in names:
        parts = name.split("_")
        starts = {"_".join(parts[:count]) for count in range(1, len(parts))} & names
        found |= starts | ({name} if starts else set())
    return found


def _defined(table: Files) -> set[str]:
    """Return the names in the headers of a table that begin with its own."""
    own = re.compile(rf"\b{table.name}(?:_\w+)?\b", re.ASCII | re.IGNORECASE)
    return {found for header in filter(_is_header, table.artifacts)
            for found in own.findall(_REMARKS.sub(" ", header.content.decode("ascii")))}


def _is_header(artifact: Artifact) -> bool:
    return artifact.target == "c" and artifact.path.suffix == ".h"
