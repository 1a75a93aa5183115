"""Constant expressions of C that have a whole number: literals, casts and the usual operators.

Integers have the types that C gives them where int has 32 bits and long 64, and wrap as these do.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lutgen.errors import shown
from lutgen.foreign._tokens import Token, Tokens

MAX_DEPTH = 32

_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11,
            "\\": 92, "'": 39, '"': 34, "?": 63, "e": 27}


class Type(NamedTuple):
    """An integer type of C.

    Attributes:
        bits: its width.
        signed: two's complement if true; None where compilers differ.
    """

    bits: int
    signed: bool | None

    @property
    def text(self) -> str:
        """The type in a word."""
        return f"{'u' if self.signed is False else ''}int{self.bits}"

    def converted(self, value: int) -> int:
        """Return the value that a number has in this type: it wraps."""
        wrapped = value & ((1 << self.bits) - 1)
        return wrapped - (wrapped >> (self.bits - 1) << self.bits) if self.signed else wrapped

    def holds(self, value: int) -> bool:
        """Return whether a number has its own value in this type."""
        if self.signed is None:
            return -(1 << (self.bits - 1)) <= value < 1 << self.bits
        return self.converted(value) == value


_NAMED = {
    **{f"{unsigned}int{kind}{bits}_t": Type(bits, not unsigned)
       for unsigned in ("", "u") for kind in ("", "_fast", "_least") for bits in (8, 16, 32, 64)},
    **{f"{prefix}int{bits}": Type(bits, not prefix)
       for prefix in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"{prefix}{bits}": Type(bits, prefix == "s")
       for prefix in ("s", "u") for bits in (8, 16, 32, 64)},
    "q7_t": Type(8, True), "q15_t": Type(16, True), "q31_t": Type(32, True),
    "byte": Type(8, False), "bool": Type(8, False), "_Bool": Type(8, False),
}
_BASES = {"char": 8, "short": 16, "int": 32, "long": 64, "signed": 32, "unsigned": 32}
_QUALIFIERS = {"const", "volatile", "static", "std", "constexpr", "extern", "register", "inline"}

_LIMITS = {
    **{f"INT{b}_MIN": -(2 ** (b - 1)) for b in (8, 16, 32)},
    **{f"INT{b}_MAX": 2 ** (b - 1) - 1 for b in (8, 16, 32)},
    **{f"UINT{b}_MAX": 2**b - 1 for b in (8, 16, 32)},
    "SCHAR_MIN": -128, "SCHAR_MAX": 127, "UCHAR_MAX": 255, "CHAR_BIT": 8,
    "SHRT_MIN": -32768, "SHRT_MAX": 32767, "USHRT_MAX": 65535,
    "true": 1, "false": 0,
}
_SIZED = re.compile(r"U?INT(?:8|16|32|64|MAX)_C")

# From loose to tight, as in C.
_LEVELS = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))


def type_of(words: list[str]) -> Type | None:
    """Return the integer type that the words of a declaration name; None where they do not."""
    for word in words:
        if word in _NAMED:
            return _NAMED[word]
    bases = [word for word in words if word in _BASES]
    if not bases:
        return None
    bits = next((_BASES[word] for word in ("char", "short", "long") if word in bases), 32)
    signed = "unsigned" not in bases
    return Type(bits, None if bits == 8 and signed and "signed" not in bases else signed)


class Number(NamedTuple):
    """A number and its type after promotion.

    Attributes:
        value: the number.
        type: int, unsigned int, or these with 64 bits.
    """

    value: int
    type: Type

    def converted(self, kind: Type | None) -> Number:
        """Return the number cast to a type; what is smaller than int becomes int again."""
        if kind is None:
            return self
        value = kind.converted(self.value)
        return Number(value, _INT if kind.bits < _INT.bits else kind)


_INT, _UNSIGNED = Type(32, True), Type(32, False)
_LONG, _UNSIGNED_LONG = Type(64, True), Type(64, False)


def value(tokens: Tokens) -> int:
    """Return the number that the next tokens say, and move past them.

    Raises:
        UsageError: they say none.
    """
    return _joined(tokens, 0, 0).value


def _joined(tokens: Tokens, depth: int, level: int) -> Number:
    """Return numbers joined by the operators of a level and of those that bind tighter."""
    if level == len(_LEVELS):
        return _signed(tokens, depth)
    found = _joined(tokens, depth, level + 1)
    while tokens.next.kind == "mark" and tokens.next.text in _LEVELS[level]:
        operator = tokens.take()
        found = _combined(tokens, operator, found, _joined(tokens, depth, level + 1))
    return found


def _signed(tokens: Tokens, depth: int) -> Number:
    """Return a number behind its signs and casts."""
    if depth > MAX_DEPTH:
        raise tokens.problem(f"a number behind more than {MAX_DEPTH} signs and parentheses")
    for mark, factor, shift in (("-", -1, 0), ("+", 1, 0), ("~", -1, -1)):
        if tokens.take_mark(mark):
            number = _signed(tokens, depth + 1)
            # The complement ~n is -n - 1.
            return number._replace(value=number.type.converted(factor * number.value + shift))
    if tokens.take_mark("("):
        if _is_type(tokens.next):
            kind = _type_until(tokens, ")")
            return _signed(tokens, depth + 1).converted(kind)
        return _closed(tokens, depth)
    return _literal(tokens, depth)


def _closed(tokens: Tokens, depth: int) -> Number:
    """Return the number before a closing parenthesis, and move past that."""
    found = _joined(tokens, depth + 1, 0)
    if not tokens.take_mark(")"):
        raise tokens.unexpected("a closing parenthesis")
    return found


def _literal(tokens: Tokens, depth: int) -> Number:
    token = tokens.next
    match token.kind:
        case "number":
            return _number(tokens, tokens.take())
        case "character":
            return Number(_character(tokens, tokens.take()), _INT)
        case "word" if token.text in _LIMITS:
            return _fitting(_LIMITS[tokens.take().text])
        case "word" if _SIZED.fullmatch(token.text):
            tokens.take()
            return _called(tokens, depth)
        case "word" if token.text == "static_cast":
            tokens.take()
            if not tokens.take_mark("<"):
                raise tokens.unexpected("a type")
            kind = _type_until(tokens, ">")
            return _called(tokens, depth).converted(kind)
        case "word" if _is_type(token):
            kind = type_of([tokens.take().text])
            return _called(tokens, depth).converted(kind)
        case "word":
            raise tokens.problem(
                f"{token.text[:40]} is not a number here; preprocess the file first (cc -E -P)"
            )
        case "text":
            raise tokens.problem("a text where a number is needed")
    raise tokens.unexpected("a number")


def _called(tokens: Tokens, depth: int) -> Number:
    """Return the one argument in parentheses."""
    if not tokens.take_mark("("):
        raise tokens.unexpected("an opening parenthesis")
    return _closed(tokens, depth)


def _is_type(token: Token) -> bool:
    return token.kind == "word" and (
        token.text in _NAMED or token.text in _BASES or token.text in _QUALIFIERS
    )


def _type_until(tokens: Tokens, end: str) -> Type | None:
    """Return the type that the words before a mark name, and move past the mark."""
    words = []
    while _is_type(tokens.next) or (tokens.next.text == "::" and len(words) < MAX_DEPTH):
        words.append(tokens.take().text)
    if not tokens.take_mark(end):
        raise tokens.unexpected("the end of a cast to an integer type")
    return type_of(words)


def _combined(tokens: Tokens, operator: Token, left: Number, right: Number) -> Number:
    """Return two numbers joined as C does: in their common type, division cutting toward 0."""
    if operator.text in ("<<", ">>"):
        if not 0 <= right.value < left.type.bits:
            raise tokens.problem(f"a shift by {right.value} bits", operator)
        factor = 1 << right.value
        found = left.value * factor if operator.text == "<<" else left.value // factor
        return Number(left.type.converted(found), left.type)
    kind = max(left.type, right.type, key=lambda kind: (kind.bits, not kind.signed))
    a, b = kind.converted(left.value), kind.converted(right.value)
    return Number(kind.converted(_computed(tokens, operator, a, b)), kind)


def _computed(tokens: Tokens, operator: Token, a: int, b: int) -> int:
    match operator.text:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "&":
            return a & b
        case "^":
            return a ^ b
        case "|":
            return a | b
    if b == 0:
        raise tokens.problem("a division by zero", operator)
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient if operator.text == "/" else a - quotient * b


def _number(tokens: Tokens, token: Token) -> Number:
    """Return the value and the type of an integer literal; digit separators are taken off."""
    text = token.text.replace("'", "").lower()
    match = re.fullmatch(
        r"(0x[0-9a-f]+|0b[01]+|0[0-7]*|[1-9][0-9]*)((?:u|l{1,2}|z|u?i64){0,3})", text
    )
    if match is None:
        raise tokens.problem(f"{shown(token.text)[1:-1]} is not an integer", token)
    digits, suffix = match[1], match[2]
    base = {"0x": 16, "0b": 2}.get(digits[:2], 8 if digits.startswith("0") else 10)
    # What has too many digits for any type is not worked out.
    number = int(digits[2:] if base in (16, 2) else digits, base) if len(digits) <= 80 else 2**64
    kinds = [
        kind for kind in (_INT, _UNSIGNED, _LONG, _UNSIGNED_LONG)
        if kind.holds(number)
        and not (kind.signed and "u" in suffix)
        and (kind.bits == 64 or not set(suffix) & set("lzi"))
        # A decimal literal becomes unsigned only where it says so.
        and (kind.signed or "u" in suffix or base != 10)
    ]
    if not kinds:
        raise tokens.problem(f"{shown(token.text)[1:-1]} has more than 64 bits", token)
    return Number(number, kinds[0])


def _fitting(number: int) -> Number:
    """Return a limit of a type, which is an int where that holds it."""
    return Number(number, _INT if _INT.holds(number) else _UNSIGNED)


def _character(tokens: Tokens, token: Token) -> int:
    """Return the value of a character: one letter, or an escape, of a char with a sign."""
    body = token.text[token.text.index("'") + 1 : -1]
    if len(body) == 1 and body < "\x80":
        return ord(body)
    if re.fullmatch(r"\\[0-7]{1,3}", body) and int(body[1:], 8) < 256:
        return Type(8, True).converted(int(body[1:], 8))
    if re.fullmatch(r"\\x[0-9a-fA-F]{1,2}", body):
        return Type(8, True).converted(int(body[2:], 16))
    if len(body) == 2 and body[0] == "\\" and body[1] in _ESCAPES:
        return _ESCAPES[body[1]]
    raise tokens.problem("a character that is no number on every compiler", token)
