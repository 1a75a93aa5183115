"""Numbers and words as text in emitted files: the one place where they become characters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from textwrap import wrap

import numpy as np

from lutgen.numerics.literals import nearest_float32

MAX_COMMENT_LENGTH = 200
LINE_LENGTH = 100

_MINIMA = {-(2**15): "INT16_MIN", -(2**31): "INT32_MIN", -(2**63): "INT64_MIN"}


def integer(number: int) -> str:
    """Return ``number`` as a C literal that has the same value under every compiler.

    The lowest number of a type has no literal of that type (``-32768`` is minus 32768, a long
    where int has 16 bits), so it goes by its name in ``stdint.h``.
    """
    return _MINIMA.get(number, str(number))


def comment_text(text: str) -> str:
    """Return ``text`` as one line that is harmless in a comment of any C, C++ or Verilog file.

    Printable ASCII, at most 200 characters, no comment delimiter, no trigraph, no backslash, which
    could splice lines, and no backtick, which begins Verilog's macros.
    """
    line = re.sub(r"[^ -~]", "?", " ".join(text[: 4 * MAX_COMMENT_LENGTH].split()))
    line = line.replace("\\", "/").replace("`", "'")
    # Each pattern looks ahead, so that overlapping occurrences are all broken up.
    line = re.sub(r"\?(?=\?)", "? ", line)
    line = re.sub(r"/(?=\*)", "/ ", line)
    line = re.sub(r"\*(?=/)", "* ", line)
    if len(line) > MAX_COMMENT_LENGTH:
        line = line[: MAX_COMMENT_LENGTH - 3].rstrip() + "..."
    return line


def comment_lines(
    text: str, label: str = "", width: int = LINE_LENGTH, mark: str = ""
) -> list[str]:
    """Return a sanitised text in lines of at most ``width``, the later ones under the first.

    Args:
        text: what to say; made harmless here.
        label: constant text before it, such as ``definition   ``.
        width: longest line.
        mark: what stands before later lines, in the label's column.
    """
    return wrap(
        comment_text(text), width, initial_indent=label,
        subsequent_indent=mark.rjust(len(label)), break_on_hyphens=False,
    )


def block_comment(text: str, width: int = LINE_LENGTH - 10) -> list[str]:
    """Return a sanitised text as the lines of one C comment; none where there is no text."""
    return block_comments([text], width)


def block_comments(texts: Iterable[str], width: int = LINE_LENGTH - 10) -> list[str]:
    """Return sanitised texts as the lines of one C comment, each on lines of its own."""
    return _as_comment([line for text in texts for line in comment_lines(text, width=width)])


def own_comment(text: str, width: int = LINE_LENGTH - 10) -> list[str]:
    """Return a text of lutgen's own, of any length, as the lines of one C comment.

    Args:
        text: ASCII without a comment delimiter; a line of it begins a new line.
        width: longest line.
    """
    parts = text.split("\n")
    return _as_comment([
        line for part in parts for line in wrap(part, width, break_on_hyphens=False)
    ])


def _as_comment(lines: list[str]) -> list[str]:
    if not lines:
        return []
    first, *others = lines
    shown = [f"/* {first}", *(f"   {line}" for line in others)]
    return [*shown[:-1], f"{shown[-1]} */"]


def rows(values: np.ndarray, per_row: int) -> str:
    """Return the rows of an array initialiser: right-aligned, each led by its first index.

    Args:
        values: int64, shape (depth,), depth at least 1.
        per_row: entries in a row.
    """
    low, high = int(values.min()), int(values.max())
    lowest = low + (low in _MINIMA)
    width = max(len(text) for text in (integer(low), str(lowest), str(high)))
    cell, index = f"%{width}d", f"    /* %{len(str(len(values) - 1))}d */ "
    whole, rest = divmod(len(values), per_row)
    starts = np.arange(0, len(values), per_row)
    # One format operation for the whole table: 65,536 entries take some 20 ms.
    block = np.column_stack([starts[:whole], values[: whole * per_row].reshape(whole, per_row)])
    row = index + ", ".join([cell] * per_row)
    last = [index + ", ".join([cell] * rest)] if rest else []
    numbers = block.ravel().tolist()
    if rest:
        numbers += [int(starts[-1]), *values[-rest:].tolist()]
    text = ",\n".join([row] * whole + last) % tuple(numbers)
    if low != lowest:
        text = text.replace(str(low).rjust(width), integer(low).rjust(width))
    return text


def float32(value: Fraction) -> str:
    """Return the shortest decimal that reads as the float32 nearest to ``value`` > 0."""
    nearest = nearest_float32(value)
    # Nine digits always do.
    for digits in range(1, 10):
        mantissa, exponent = _scientific(nearest, digits)
        if nearest_float32(mantissa * Fraction(10) ** exponent) == nearest:
            break
    return f"{_point(mantissa, exponent)}f"


def float32_hex(value: Fraction) -> str:
    """Return the float32 nearest to ``value`` > 0 in hexadecimal, such as ``0x1.8p-4``."""
    nearest = nearest_float32(value)
    exponent = nearest.numerator.bit_length() - nearest.denominator.bit_length()
    if Fraction(2) ** exponent > nearest:
        exponent -= 1
    # 23 fraction bits, and one more to fill six hexadecimal digits.
    fraction = int((nearest / Fraction(2) ** exponent - 1) * 2**24)
    digits = f"{fraction:06x}".rstrip("0")
    return f"0x1{'.' if digits else ''}{digits}p{exponent:+d}"


def decimal(value: float, places: int) -> str:
    """Return a figure for people, nearest with this many decimals; ``0.0000`` has no sign."""
    scaled = round(Fraction(value) * 10**places)
    return ("-" if scaled < 0 else "") + _fixed(abs(scaled), places)


def decimal_above(value: float, places: int) -> str:
    """Return the least number with this many decimals that is not below ``value`` >= 0."""
    return _fixed((Fraction(value) * 10**places).__ceil__(), places)


def _fixed(scaled: int, places: int) -> str:
    whole, fraction = divmod(scaled, 10**places)
    return f"{whole}.{fraction:0{places}d}"


def _scientific(value: Fraction, digits: int) -> tuple[int, int]:
    """Return m, e with ``m * 10**e`` nearest to ``value`` > 0 and m of that many digits."""
    exponent = len(str(value.numerator)) - len(str(value.denominator)) - digits
    while value >= Fraction(10) ** (exponent + digits):
        exponent += 1
    mantissa = round(value / Fraction(10) ** exponent)
    return mantissa, exponent


def _point(mantissa: int, exponent: int) -> str:
    """Return ``mantissa * 10**exponent`` as a C floating constant without suffix."""
    digits = str(mantissa).rstrip("0")
    exponent += len(str(mantissa)) - len(digits)
    point = len(digits) + exponent
    if -4 <= point <= 0:
        return f"0.{'0' * -point}{digits}"
    if 0 < point <= 9:
        whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
        return f"{whole}.{fraction or '0'}"
    return f"{digits[0]}.{digits[1:] or '0'}e{point - 1:+03d}"
