"""Every error lutgen raises on purpose.

LutgenError                       something the user can mend
|-- UsageError                    the request makes no sense            (exit 2)
|   |-- UnknownNameError          no such activation, method or target
|   `-- OutsideDomainError        an expression has no value at an input
|-- UndecidableRoundingError      the exact value cannot be told from a rounding boundary
|-- BudgetError                   no program keeps the asked-for error or size
|-- ModelError                    a model cannot be read, or has nothing to tabulate
|-- StoreError                    the files cannot be written or read
|-- TemplateError                 a template of the user's cannot be rendered
|-- PluginError                   a plug-in cannot be loaded, or fails
`-- ToolError                     a compiler or simulator is missing or failed
"""

from __future__ import annotations

from fractions import Fraction


class LutgenError(Exception):
    """Base of all errors that are reported to the user as one line, without a traceback."""

    exit_code = 1


class UsageError(LutgenError):
    """The request makes no sense; the message names the argument, the value and the way out."""

    exit_code = 2

    @classmethod
    def about(cls, argument: str, problem: str, got: object, advice: str = "") -> UsageError:
        """Return the error in its one form: argument, problem, value cut short, way out.

        Args:
            argument: what the user typed the value for, for example ``--in-scale``.
            problem: what the value must be.
            got: the offending value; at most 40 characters of it are shown.
            advice: what to do instead, shown in brackets.
        """
        hint = f" ({advice})" if advice else ""
        return cls(f"{argument}: {problem}, got {shown(got)}{hint}")


class UnknownNameError(UsageError):
    """A name that is not in the catalogue; the message suggests the nearest ones."""

    @classmethod
    def among(cls, kind: str, name: str, known: list[str]) -> UnknownNameError:
        """Return the error for ``name``, which is not one of the ``known`` names of a ``kind``."""
        from difflib import get_close_matches

        near = get_close_matches(name[:80].lower(), known, n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else (
            f"known: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"
        )
        return cls(f"unknown {kind} {shown(name)}; {hint}")


class OutsideDomainError(UsageError):
    """An expression has no value at an input; the message names the code, x and the part."""

    def __init__(self, part: str, reason: str, x: Fraction, code: int | None = None) -> None:
        """Make the message.

        Args:
            part: the part of the expression that has no value.
            reason: why not.
            x: the input.
            code: its code, where that is known.
        """
        self.part, self.reason, self.x = part, reason, x
        at = f"x = {_number(x)}" if code is None else f"input code {code} (x = {_number(x)})"
        super().__init__(
            f"--expr: {shown(part)} has no value at {at}: {reason}; choose an input format "
            "without such codes, or give a value there with where(condition, a, b)"
        )

    def at_code(self, code: int) -> OutsideDomainError:
        """Return the error with the input code that x is."""
        return OutsideDomainError(self.part, self.reason, self.x, code)


class UndecidableRoundingError(LutgenError):
    """An exact value lies so close to a rounding boundary that no precision decided it."""


class BudgetError(LutgenError):
    """No program keeps the asked-for error or size; the message says the best reachable.

    Attributes:
        nearest: the program, or the solution, that comes nearest; None where none is known.
    """

    def __init__(self, message: str, nearest: object = None) -> None:
        super().__init__(message)
        self.nearest = nearest


class ModelError(LutgenError):
    """A model cannot be read, or has nothing to tabulate; the message names the node."""


class StoreError(LutgenError):
    """Files cannot be written or read."""


class TemplateError(LutgenError):
    """A template of the user's cannot be rendered; the message names it, and the line."""


class PluginError(LutgenError):
    """A plug-in cannot be loaded, or fails; the message names its distribution."""


class ToolError(LutgenError):
    """A compiler, simulator or runtime is missing, failed or took too long."""


def _number(value: Fraction) -> str:
    """Return a rational for a message: its decimal where that is short, else near it."""
    text = f"{float(value):.12g}"
    return text if Fraction(text) == value else f"{value}, about {float(value):.6g}"


def wrong_part(problem: Exception) -> str:
    """Return what is wrong in a JSON document, by what Python raised on the way through it."""
    match problem:
        case KeyError():
            return f"{shown(problem.args[0])} is missing"
        case RecursionError():
            return "it is nested too deeply"
        case TypeError() | AttributeError():
            return f"a value is of another kind: {shown(problem, 80)[1:-1]}"
    return shown(problem, 100)[1:-1]


def shown(value: object, limit: int = 40) -> str:
    """Return ``value`` quoted for a message: one line, printable ASCII, at most ``limit`` long."""
    text = (value if isinstance(value, str) else str(value))[: limit + 1]
    text = "".join(c if " " <= c <= "~" else "?" for c in text)
    return f'"{text if len(text) <= limit else text[: limit - 3] + "..."}"'


def printable(text: str) -> str:
    """Return ``text`` with a question mark for all that no terminal should see: one line."""
    return "".join(c if c.isprintable() else "?" for c in text)
