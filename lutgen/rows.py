"""Rows of one or two numbers from a CSV or NPY file, each of which can be found again in an error.

A file of a user's is not trusted: its kind and size are looked at before it is read, its bytes
before they are decoded, and a header before its shape is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lutgen import reading
from lutgen.errors import UsageError, shown
from lutgen.numerics.arrays import MAGIC, from_npy
from lutgen.numerics.literals import Number

MAX_POINTS = 65536
MAX_BYTES = 1 << 24

CODES_HEADING = "input code,output code"

_SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas"}
_PARTED = "commas, semicolons or tabs"
_NOT_FINITE = ("nan", "inf", "infinity")
_NO_VALUE = re.compile(r"#(?:N/A|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!)")
"""What spreadsheets write in place of a value; it is no comment."""

_LARGEST = 2**120
"""Beyond it no format reaches, see ``request``."""

_FOREIGN = {
    b"\xff\xfe": "is UTF-16", b"\xfe\xff": "is UTF-16", b"PK\x03\x04": "is a ZIP archive",
    b"\x1f\x8b": "is compressed", b"\x80\x03": "is a pickle", b"\x80\x04": "is a pickle",
    b"\x80\x05": "is a pickle",
}
"""First bytes of files that are neither CSV nor NPY, and what they are."""


class Rows(NamedTuple):
    """The rows of a file.

    Attributes:
        numbers: one or two in each row, and as many in every row.
        in_codes: whether they are codes, whole numbers, and not reals.
        where: returns how to find a row in the file again, by its place from 0.
    """

    numbers: list[tuple[int | Fraction, ...]]
    in_codes: bool
    where: Callable[[int], str]

    @property
    def columns(self) -> int:
        """How many numbers a row has."""
        return len(self.numbers[0])


def read_rows(path: Path, argument: str) -> Rows:
    """Return the rows of a CSV or NPY file: at least 2, and at most ``MAX_POINTS``.

    Args:
        path: where it is.
        argument: what the user gave it for, with its name, for messages.

    Raises:
        UsageError: not such a file; the message names the row, or what is wrong in the header.
    """
    content = _content(path, argument)
    for start, what in _FOREIGN.items():
        if content.startswith(start):
            raise UsageError(
                f"{argument}: {what}; give CSV in UTF-8, or one array saved by numpy.save"
            )
    npy = content.startswith(MAGIC) or path.suffix.lower() == ".npy"
    rows = _npy(content, argument) if npy else _csv(content, argument)
    if not 2 <= len(rows.numbers) <= MAX_POINTS:
        raise UsageError(
            f"{argument}: must have 2 to {MAX_POINTS} rows of numbers, got {len(rows.numbers)}"
        )
    return rows


def _content(path: Path, argument: str) -> bytes:
    """Return the bytes of a file that has some."""
    try:
        content = reading.content(path, MAX_BYTES)
    except OSError as problem:
        raise UsageError(f"{argument}: {problem.strerror}; give a CSV or NPY file") from None
    if not content:
        raise UsageError(f"{argument}: is empty")
    return content


def _csv(content: bytes, argument: str) -> Rows:
    """Return the rows of a CSV file.

    Comments begin with ``#``; one heading is skipped; columns end at a semicolon, a tab or a comma,
    whichever the first row has.
    """
    try:
        text = reading.text(content)
    except ValueError as problem:
        raise UsageError(f"{argument}, {problem}") from None
    rows: list[tuple[int | Fraction, ...]] = []
    places: list[int] = []
    in_codes = headed = False
    separator = None
    blank = 0
    for place, raw in enumerate(re.split("\r\n|\n|\r", text), start=1):
        where, line = f"{argument}, line {place}", raw.strip()
        if not line or (line.startswith("#") and not _NO_VALUE.match(line)):
            blank = blank or (place if rows and not line else 0)
            continue
        # All places of a single column hang on how many values there are before them.
        if blank and len(rows[0]) == 1:
            raise UsageError(f"{argument}, line {blank}: is empty; it needs a number")
        separator = separator or next((mark for mark in _SEPARATORS if mark in line), None)
        # Not more than the third column is looked at, however long the line is.
        cells = [_unquoted(cell.strip()) for cell in line.split(separator or ",", 3)]
        if not rows and not headed and _is_heading(cells):
            headed, in_codes = True, ",".join(cells).lower() == CODES_HEADING
            # The names of columns may be parted otherwise than the numbers.
            separator = None if separator == "," else separator
            continue
        _check_columns(cells, len(rows[0]) if rows else None, separator, where)
        if len(rows) == MAX_POINTS:
            raise UsageError(f"{where}: more than {MAX_POINTS} rows of numbers")
        rows.append(tuple(_cell(cell, where, in_codes=in_codes) for cell in cells))
        places.append(place)
    if not rows:
        raise UsageError(f"{argument}: has no row of numbers")
    return Rows(rows, in_codes, lambda index: f"{argument}, line {places[index]}")


def _unquoted(cell: str) -> str:
    """Return a cell without the quotation marks around it."""
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _is_heading(cells: list[str]) -> bool:
    """Return whether cells name columns: some begin with letters, and none like a number."""
    return any(re.match(r"[^\W\d_]", cell) for cell in cells) and not any(
        re.match(r"[+-]?\.?[0-9]", cell) or cell.lower().lstrip("+-") in _NOT_FINITE
        for cell in cells
    )


def _check_columns(
    cells: list[str], columns: int | None, separator: str | None, where: str
) -> None:
    """Refuse a row with other columns than the rows before it, or with empty ones."""
    if separator in (";", "\t") and any("," in cell for cell in cells):
        raise UsageError(
            f"{where}: a decimal comma in {shown(cells[0] if ',' in cells[0] else cells[-1])}; "
            "write numbers with a point"
        )
    if "" in cells:
        raise UsageError(f"{where}: column {cells.index('') + 1} is empty; it needs a number")
    if len(cells) > 2 or columns not in (None, len(cells)):
        need = "1 or 2" if columns is None else f"{columns} like the rows before it"
        many = ("1 column", "2 columns", "more than 2 columns")[min(len(cells), 3) - 1]
        parted = _SEPARATORS[separator] if separator else _PARTED
        point = "; numbers have a point" if separator == "," else ""
        raise UsageError(f"{where}: has {many}, needs {need} (columns end at {parted}{point})")


def _cell(cell: str, where: str, *, in_codes: bool) -> int | Fraction:
    if not in_codes:
        if re.search(r"[0-9][\s|:&]+[-+.0-9]", cell):
            raise UsageError(f"{where}: columns end at {_PARTED}, got {shown(cell)}")
        value = Number.parse(cell, where).value
        if abs(value) > _LARGEST:
            raise UsageError.about(where, "must be a number up to 2^120", cell)
        return value
    if not re.fullmatch("[+-]?[0-9]{1,6}", cell, re.ASCII):
        raise UsageError(f"{where}: must be a code, a whole number, got {shown(cell)}")
    return int(cell)


def _npy(content: bytes, argument: str) -> Rows:
    """Return the rows of an NPY file: shape (N,), (N, 1) or (N, 2)."""
    try:
        found = from_npy(content)
    except ValueError as problem:
        raise UsageError(f"{argument}: {shown(problem, 120)[1:-1]}") from None
    if found.ndim not in (1, 2) or found.shape[1:] not in ((), (1,), (2,)):
        raise UsageError(
            f"{argument}: the header has shape {shown(found.shape)[1:-1]}; it must be (N,), or "
            "(N, 2) for x and y"
        )
    if len(found) > MAX_POINTS:
        raise UsageError(
            f"{argument}: the header has {len(found)} rows; at most {MAX_POINTS} are read"
        )
    table = found.reshape(len(found), found.shape[1] if found.ndim == 2 else 1)
    wrong = np.argwhere(~(np.abs(table.astype(np.float64)) <= _LARGEST))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise UsageError.about(
            f"{argument}, index {row}", "must be a finite number up to 2^120", table[row, column]
        )
    rows = [tuple(map(Fraction, row)) for row in table.tolist()]
    return Rows(rows, False, lambda index: f"{argument}, index {index}")
