"""C source as tokens, read once from front to back; comments fall away."""

from __future__ import annotations

import re
from typing import NamedTuple

from lutgen.errors import UsageError, shown

# Repetitions of a choice are bounded: each costs memory, whatever it takes.
_TOKENS = re.compile(
    r"""
      (?P<space> (?: \s+ | \\\r?\n ){1,10000} )
    | (?P<comment> /\*.*?\*/ | // [^\n]* (?: (?: (?<=\\) | (?<=\\\r) ) \n [^\n]* ){0,10000} )
    | (?P<open> /\* )
    | (?P<text> (?:u8|[uUL])? " [^"\\\n]* (?: \\. [^"\\\n]* ){0,100000} " )
    | (?P<character> (?:u8|[uUL])? ' (?: \\. | [^'\\\n] ){1,64} ' )
    | (?P<number> \.?[0-9] (?: [eEpP][+-] | '(?=[0-9a-zA-Z]) | [0-9a-zA-Z_.] ){0,1000} )
    | (?P<word> [A-Za-z_$][A-Za-z0-9_$]* )
    | (?P<mark> \.\.\. | << | >> | :: | \+\+ | -- | [^\s] )
    """,
    re.VERBOSE | re.DOTALL,
)
# An open comment takes the rest of the file with it, so that it is looked for only once.
_DIRECTIVE = re.compile(
    r"(?: [^\n/\\]+ | /\*.*?(?:\*/|\Z) | //[^\n]* | \\\r?\n | [^\n] ){0,10000}",
    re.VERBOSE | re.DOTALL,
)
_CONDITION = re.compile(r"#\s*(if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b")
_HARMLESS = re.compile(r"#\s*(?:[0-9]+|line|pragma|ident)\b")


class Token(NamedTuple):
    """One word of C.

    Attributes:
        kind: ``word``, ``number``, ``character``, ``text``, ``mark``, ``directive`` or ``end``.
        text: as it is written.
        line: where it begins.
    """

    kind: str
    text: str
    line: int


class Tokens:
    """The tokens of a file, one after the other, with one token of sight ahead.

    Attributes:
        source: the file's name, for messages.
        conditions: the lines of ``#if`` and the like that are open before the next token, without
            the guard around the whole file.
        next: the token that ``take`` returns next.
    """

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.conditions: list[Token | None] = []
        self._text, self._place, self._line, self._at_line_start = text, 0, 1, True
        self._began = False
        self.next = self._read()

    def take(self) -> Token:
        """Return the next token and move on; at the end, ``end`` for ever."""
        token = self.next
        if token.kind != "end":
            self.next = self._read()
        return token

    def take_mark(self, text: str) -> bool:
        """Return whether the next token is this mark, and move past it if so."""
        found = self.next.kind == "mark" and self.next.text == text
        if found:
            self.take()
        return found

    def problem(self, text: str, token: Token | None = None) -> UsageError:
        """Return the error about a token, by default the next one."""
        line = (token or self.next).line
        return UsageError(f"--from-c: {self.source}, line {line}: {text}")

    def unexpected(self, wanted: str) -> UsageError:
        """Return the error about the next token where something else is needed."""
        if self.next.kind == "end":
            return self.problem(f"the file ends where {wanted} is needed")
        if self.next.kind == "directive":
            return self.problem(
                f"{shown(self.next.text)} inside the array; preprocess the file first (cc -E -P)"
            )
        return self.problem(f"{wanted} is needed, got {shown(self.next.text)}")

    def _read(self) -> Token:
        while self._place < len(self._text):
            line = self._line
            if self._at_line_start and self._text[self._place] == "#":
                match = _DIRECTIVE.match(self._text, self._place)
                directive = self._moved("directive", match, line)
                self._follow(directive)
                self._began = True
                if _HARMLESS.match(directive.text):
                    continue
                return directive
            match = _TOKENS.match(self._text, self._place)
            if match.lastgroup == "open":
                raise UsageError(
                    f"--from-c: {self.source}, line {line}: a comment that never ends"
                )
            token = self._moved(match.lastgroup, match, line)
            if token.kind not in ("space", "comment"):
                self._at_line_start, self._began = False, True
                return token
            # A directive may stand behind spaces and comments, at the start of a line.
            self._at_line_start |= token.kind == "space" and "\n" in token.text
        return Token("end", "", self._line)

    def _follow(self, directive: Token) -> None:
        """Keep the conditions that are open, up to date with a directive."""
        match = _CONDITION.match(directive.text)
        if match is None:
            return
        if match[1].startswith("if"):
            guard = match[1] == "ifndef" and not self._began
            self.conditions.append(None if guard else directive)
        elif self.conditions:
            self.conditions.pop()
            if match[1] != "endif":
                self.conditions.append(directive)

    def _moved(self, kind: str, match: re.Match[str], line: int) -> Token:
        self._place = match.end()
        self._line += match[0].count("\n")
        return Token(kind, match[0], line)
