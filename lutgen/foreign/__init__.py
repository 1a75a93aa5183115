"""An integer array in C source that somebody else wrote.

The source is read, not compiled: one pass over its tokens, the declaration that is asked for, and
its initialiser as C means it.  What only a preprocessor or a compiler can say is an error.
"""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from lutgen.errors import UsageError, shown
from lutgen.foreign._tokens import Token, Tokens
from lutgen.foreign._values import Type, type_of, value

MAX_BYTES = 1 << 22
MAX_ENTRIES = 65536

_WORDS_KEPT = 32
_NOT_INTEGERS = ("float", "double", "void", "struct", "union")


class Array(NamedTuple):
    """An array as C initialises it.

    Attributes:
        name: the symbol.
        line: where it is declared.
        type: of its entries; None where the source does not tell.
        entries: their values, in the order of the index.
        wrapped: how many were written as numbers that the type does not hold.
        condition: the ``#if`` that it is under; empty where there is none.
    """

    name: str
    line: int
    type: Type | None
    entries: tuple[int, ...]
    wrapped: int
    condition: str = ""


def read_array(path: Path, symbol: str) -> Array:
    """Return the array that a file of C source defines under a name.

    Args:
        path: a C or C++ source or header.
        symbol: the array's name.

    Raises:
        UsageError: no such file or array, or one whose values the source alone does not tell; the
            message names the file and the line.
    """
    tokens = Tokens(_text(path), str(path))
    found: list[Array] = []
    others: dict[str, None] = {}
    words: list[str] = []
    while tokens.next.kind != "end":
        token = tokens.take()
        if token.kind == "word" and tokens.next.text == "[" and words:
            array = _declared(tokens, token, words, wanted=token.text == symbol)
            if array is not None:
                others[array.name] = None
                if array.name == symbol:
                    found.append(array)
        # What stands before a name says its type, as far back as the statement goes.
        if token.text in (";", "{", "}"):
            words = []
        elif token.kind == "word":
            words = [*words[-_WORDS_KEPT:], token.text]
    if len(found) > 1:
        lines = " and ".join(str(array.line) for array in found[:2])
        raise UsageError(
            f"--symbol: {symbol} is defined more than once in {path} (lines {lines}); "
            "preprocess the file first (cc -E -P)"
        )
    if not found:
        raise _missing(path, symbol, [*others])
    return found[0]


def _declared(tokens: Tokens, name: Token, words: list[str], *, wanted: bool) -> Array | None:
    """Return the array whose name was just read, None where it is not defined here.

    Only that which is wanted has its entries read.
    """
    sizes = []
    conditions = [condition for condition in tokens.conditions if condition]
    while tokens.take_mark("["):
        if tokens.next.text == "[":
            # An attribute of C++, before the declaration goes on or after it ends.
            _skipped(tokens, "[", "]")
            if not sizes:
                return None
            continue
        # Of an array that is not wanted the size does not matter, and may be anything.
        sizes.append(_size(tokens) if wanted else _skipped(tokens, "[", "]"))
    while tokens.next.kind == "word" or tokens.next.text == "(":
        # Attributes and macros, such as PROGMEM or __attribute__((aligned(4))).
        if tokens.take().text == "(":
            _skipped(tokens, "(", ")")
    if tokens.take_mark("=") and tokens.next.text != "{":
        if wanted and tokens.next.kind == "text":
            raise tokens.problem(f"{name.text} is given as a text; give it as numbers in braces")
        return None
    if not tokens.take_mark("{"):
        return None
    if not wanted:
        _skipped(tokens, "{", "}")
        return Array(name.text, name.line, None, (), 0)
    if len(sizes) > 1:
        raise tokens.problem(f"{name.text} has {len(sizes)} dimensions; one is needed", name)
    for word in _NOT_INTEGERS:
        if word in words:
            raise tokens.problem(f"{name.text} is an array of {word}, not of integers", name)
    if sizes[0] is not None and not 0 < sizes[0] <= MAX_ENTRIES:
        raise tokens.problem(
            f"{name.text} has {sizes[0]} entries; 1 to {MAX_ENTRIES} are read", name
        )
    written = _entries(tokens, sizes[0], name)
    kind = type_of(words)
    entries = tuple(written if kind is None else map(kind.converted, written))
    wrapped = 0 if kind is None else sum(not kind.holds(entry) for entry in written)
    condition = ""
    if conditions:
        condition = f"{shown(conditions[-1].text)[1:-1]} of line {conditions[-1].line}"
    return Array(name.text, name.line, kind, entries, wrapped, condition)


def _size(tokens: Tokens) -> int | None:
    """Return the number between brackets; None where it is left out or a name."""
    found = None
    if tokens.next.kind == "number":
        with suppress(UsageError):
            found = value(tokens)
    if tokens.next.text != "]":
        found = None
    _skipped(tokens, "[", "]")
    return found


def _entries(tokens: Tokens, size: int | None, name: Token) -> list[int]:
    """Return the entries between braces, of which the first one is taken."""
    entries: list[int] = []
    place = 0
    limit = MAX_ENTRIES if size is None else size
    while not tokens.take_mark("}"):
        first = last = place
        if tokens.take_mark("["):
            first = last = value(tokens)
            if tokens.take_mark("..."):
                last = value(tokens)
            if not tokens.take_mark("]") or not tokens.take_mark("="):
                raise tokens.unexpected('"] =" behind a designator')
        if not 0 <= first <= last < limit:
            raise tokens.problem(f"entry {last} of {name.text}, which has at most {limit}")
        if tokens.next.text == "{":
            raise tokens.problem(f"{name.text} has more than one dimension; one is needed")
        entry = value(tokens)
        entries += [0] * (last + 1 - len(entries))
        entries[first : last + 1] = [entry] * (last + 1 - first)
        place = last + 1
        if not tokens.take_mark(",") and tokens.next.text != "}":
            raise tokens.unexpected('"," or "}"')
    # As in C, what is left out is 0.
    return entries + [0] * ((size or 0) - len(entries))


def _skipped(tokens: Tokens, opening: str, closing: str) -> None:
    """Move past the mark that closes what was opened before the next token."""
    depth = 1
    while depth:
        if tokens.next.kind == "end":
            raise tokens.unexpected(f'"{closing}"')
        token = tokens.take()
        if token.kind == "mark":
            depth += (token.text == opening) - (token.text == closing)


def _missing(path: Path, symbol: str, others: list[str]) -> UsageError:
    """Return the error about a symbol that is no array of the file."""
    if not others:
        return UsageError(f"--from-c: {path}: holds no array with an initialiser")
    near = get_close_matches(symbol[:80], others, n=3, cutoff=0.5) or others[:5]
    more = ", ..." if len(others) > len(near) else ""
    return UsageError(
        f"--symbol: {shown(symbol)} is no array with an initialiser in {path}; "
        f"it has {', '.join(shown(name)[1:-1] for name in near)}{more}"
    )


def _text(path: Path) -> str:
    """Return what a file of source holds."""
    try:
        # Not every kind of file ends: a pipe or a device is not opened.
        if not path.exists():
            raise UsageError(f"--from-c: {path}: does not exist; give C source")
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            raise UsageError(f"--from-c: {path}: must be a file of at most {MAX_BYTES} bytes")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise UsageError(f"--from-c: {path}: {problem.strerror or problem}") from None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content:
        raise UsageError(f"--from-c: {path}: is not C source in UTF-8; save it so")
    return content.decode("utf-8-sig", "replace")
