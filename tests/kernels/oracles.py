"""Kernels in mpmath and fractions, written from their papers: shares nothing with the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import mpmath
from mpmath import mp, mpf

mp.prec = 120

Real = Fraction | mpf


def real(x: Real) -> mpf:
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def sigmoid(x: Real) -> mpf:
    return 1 / (1 + mpmath.exp(-real(x)))


GATES: dict[str, Callable[[Real], Real]] = {
    "glu": sigmoid,
    "geglu": lambda x: real(x) * (1 + mpmath.erf(real(x) / mpmath.sqrt(2))) / 2,
    "geglu_tanh": lambda x: real(x) / 2 * (
        1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (real(x) + mpf("0.044715") * real(x) ** 3))
    ),
    "swiglu": lambda x: real(x) * sigmoid(x),
    "reglu": lambda x: x if x > 0 else Fraction(0),
    "bilinear": lambda x: x,
}


def softmax(row: Sequence[Real]) -> list[mpf]:
    powers = [mpmath.exp(real(x)) for x in row]
    total = mpmath.fsum(powers)
    return [power / total for power in powers]


def log_softmax(row: Sequence[Real]) -> list[mpf]:
    return [mpmath.log(p) for p in softmax(row)]


def softmin(row: Sequence[Real]) -> list[mpf]:
    return softmax([-x for x in row])


ROWS = {"softmax": softmax, "log_softmax": log_softmax, "softmin": softmin}


def error_lsb(
    code: int, exact: Real, scale: Fraction, zero_point: int, ends: tuple[int, int]
) -> mpf:
    """Return an output's error in LSB against the exact value, clipped to the codes."""
    wanted = real(exact) / real(scale) + zero_point
    return code - min(max(wanted, ends[0]), ends[1])
