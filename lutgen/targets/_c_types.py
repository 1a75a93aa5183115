"""C's fixed-width integer types, and expressions whose type is known."""

from __future__ import annotations

from typing import NamedTuple

from lutgen.formats import NumberFormat
from lutgen.targets._literals import integer


class CType(NamedTuple):
    """A fixed-width integer type, or int.

    Attributes:
        bits: its width; int is known to have 16 at least.
        signed: whether it has negative numbers.
        plain: whether it is int itself.
    """

    bits: int
    signed: bool
    plain: bool = False

    def __str__(self) -> str:
        if self.plain:
            return "int"
        return f"{'' if self.signed else 'u'}int{self.bits}_t"

    def holds(self, *numbers: int) -> bool:
        """Return whether every one of the numbers is a value of this type."""
        low = -(2 ** (self.bits - 1)) if self.signed else 0
        high = 2 ** (self.bits - self.signed) - 1
        return low <= min(numbers) and max(numbers) <= high

    @property
    def numpy(self) -> str:
        """NumPy's name of it, in the machine's byte order; ``<`` before it for little-endian."""
        return f"{'i' if self.signed else 'u'}{self.bits // 8}"

    @property
    def promotes_exactly(self) -> bool:
        """Whether C turns it into a signed type that holds it, also where int has 16 bits."""
        return self.signed or self.bits == 8


INT16, INT32, UINT32, INT64 = CType(16, True), CType(32, True), CType(32, False), CType(64, True)
INT = CType(16, True, plain=True)

_TYPES = tuple(CType(bits, signed) for bits in (8, 16, 32, 64) for signed in (True, False))

# int16_t stands for plain int here: at least 16 bits, and the result of every promotion.
_ARITHMETIC = (INT16, INT32, UINT32, INT64)

_DIVISION = tuple(CType(bits, False) for bits in (16, 32, 64))


def smallest_type(low: int, high: int, *, like: CType | None = None) -> CType:
    """Return the smallest type that holds ``low .. high``, signed where both do.

    Args:
        low: lowest number.
        high: highest number.
        like: a type whose signedness the result must have.
    """
    kinds = _TYPES if like is None else [t for t in _TYPES if t.signed == like.signed]
    return next(t for t in kinds if t.holds(low, high))


def arithmetic_type(*numbers: int) -> CType:
    """Return the type to compute in so that none of the numbers leaves it."""
    return next(t for t in _ARITHMETIC if t.holds(*numbers))


def division_type(*numbers: int) -> CType:
    """Return the type to divide in so that none of the numbers, all at least 0, leaves it."""
    return next(t for t in _DIVISION if t.holds(*numbers))


def running_type(*numbers: int) -> CType:
    """Return the type of a variable that takes on these numbers: at least int, the fastest."""
    c_type = arithmetic_type(*numbers)
    return INT if c_type == INT16 else c_type


def code_type(number_format: NumberFormat) -> CType:
    """Return the type of the codes of a format: 8 bits for up to 8, else 16."""
    return CType(8 if number_format.width <= 8 else 16, number_format.signed)


class Text(NamedTuple):
    """An expression.

    Attributes:
        text: as it stands alone.
        type: C's type of it; int16_t where C says int.
        atomic: whether an operator may bind to it without brackets.
        number: its value where it is a literal.
    """

    text: str
    type: CType
    atomic: bool = False
    number: int | None = None

    def __str__(self) -> str:
        return self.text if self.atomic else f"({self.text})"


def literal(number: int) -> Text:
    """Return a literal, with the type it has at least."""
    text = integer(number)
    c_type = next(t for t in (INT16, INT32, INT64) if t.holds(number))
    return Text(text, c_type, not text.startswith("-"), number)


def cast(operand: Text, wanted: CType) -> Text:
    """Return the operand as ``wanted``, which holds it or is meant to cut it."""
    if operand.type == wanted and operand.atomic:
        return operand
    return Text(f"({wanted}){operand}", wanted, atomic=True)


def converted(expression: Text, wanted: CType) -> str:
    """Return the expression as a value of type ``wanted``, for an initialiser or a return."""
    # Short types are promoted by every operator, so only a bare name or cast has such a type.
    same = expression.type == wanted and (expression.atomic or wanted.bits >= 32)
    if wanted.plain:
        same = expression.type.bits <= 16 and expression.type.promotes_exactly
    if same or (expression.number is not None and wanted.holds(expression.number)):
        return expression.text
    return str(cast(expression, wanted))


def in_type(wanted: CType, *operands: Text) -> list[Text]:
    """Return the operands so that C computes in ``wanted``, which holds them all."""
    if wanted in (INT16, INT):
        return [o if o.type.promotes_exactly else cast(o, wanted) for o in operands]
    if not wanted.signed:
        return [_as_unsigned(o, wanted) for o in operands]
    # One operand of the type is enough: the usual conversions bring the others to it.
    variables = [o for o in operands if o.number is None] or list(operands)
    if any(o.type == wanted for o in variables):
        return list(operands)
    return [cast(o, wanted) if o is variables[0] else o for o in operands]


def comparable(wanted: CType, *operands: Text) -> list[Text]:
    """Return the operands so that comparing and choosing between them changes no value."""
    variables = [o for o in operands if o.number is None or o.number < 0]
    if all(o.type.promotes_exactly for o in variables):
        return list(operands)
    if not any(o.type.signed for o in variables):
        return list(operands)
    return [o if o.number is not None else cast(o, wanted) for o in operands]


def _as_unsigned(operand: Text, wanted: CType) -> Text:
    if operand.number is not None:
        return Text(f"{operand.text}u", wanted, atomic=True)
    return cast(operand, wanted)
