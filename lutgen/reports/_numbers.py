"""Numbers as people read them."""

from __future__ import annotations

import re

MINUS = "\N{MINUS SIGN}"

_HYPHEN = re.compile(r"(?<![\w.-])-(?=\.?\d)")


def typeset(text: str) -> str:
    """Return ``text`` with a proper minus sign before numbers."""
    return _HYPHEN.sub(MINUS, text)


def lsb(error: float) -> str:
    """Return the size of an error in LSB: ``0.4976``, or ``0`` where there is none."""
    return f"{error:.4f}" if error else "0"


def signed_lsb(error: float) -> str:
    """Return an error in LSB with its sign: ``+0.4976``; nothing has none."""
    return typeset(f"{error:+.4f}") if error else "0"


def real(number: float) -> str:
    """Return a real number to six digits."""
    return typeset(f"{number:.6g}")


def precise(number: float) -> str:
    """Return a real number to nine digits."""
    return typeset(f"{number:.9g}")


def whole(number: int) -> str:
    """Return a whole number that counts something, its thousands set apart."""
    return typeset(f"{number:,}")


def code(number: int) -> str:
    """Return a code."""
    return typeset(str(number))


def share(part: int, total: int) -> str:
    """Return what part of a total something is, in percent."""
    percent = 100 * part / total
    return "0 %" if not part else "< 0.1 %" if percent < 0.1 else f"{percent:.3g} %"
