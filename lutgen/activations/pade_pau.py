"""Pade activation unit: a quotient of polynomials without poles."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq_poly

from lutgen.activations._nearby import BITS, near
from lutgen.activations._record import EVEN, ODD, Activation, Parameter, Symmetry
from lutgen.numerics.reals import Exact, Value, exact, working_precision

_P = ("0.02996348", "0.61690165", "2.37539147", "3.06608078", "1.52474449", "0.25281987")
_Q = ("1.19160814", "4.40811795", "0.91111034", "0.34885983")


def value(x: Exact, **coefficients: Exact) -> Value:
    """Return ``p(x) / (1 + |q(x)|)``, which is rational: ties are seen as ties."""
    p, q = _polynomials(**coefficients)
    return p(x) / (1 + abs(q(x)))


def derivative(x: Exact, **coefficients: Exact) -> Value:
    """Return the derivative of the quotient; at a zero of q, ``|q|`` counts as flat."""
    p, q = _polynomials(**coefficients)
    height = q(x)
    divisor = 1 + abs(height)
    slope = q.derivative()(x) * ((height > 0) - (height < 0))
    return (p.derivative()(x) * divisor - p(x) * slope) / divisor**2


def _polynomials(**coefficients: Exact) -> tuple[fmpq_poly, fmpq_poly]:
    """Return p and q."""
    p = [coefficients[f"p{degree}"] for degree in range(6)]
    q = [coefficients[f"q{degree}"] for degree in range(1, 5)]
    return fmpq_poly(p), fmpq_poly([0, *q])


def _symmetry(**c: Fraction) -> Symmetry | None:
    """Odd or even powers alone in p, over a divisor that is even either way."""
    if any((c["q1"], c["q3"])) and any((c["q2"], c["q4"])):
        return None
    if not any((c["p0"], c["p2"], c["p4"])):
        return ODD
    return EVEN if not any((c["p1"], c["p3"], c["p5"])) else None


def _kinks(**coefficients: Fraction) -> tuple[Fraction, ...]:
    """The simple zeros of q that are none of p: only there ``|q|`` makes a corner."""
    p, q = _polynomials(**{name: exact(number) for name, number in coefficients.items()})
    found = []
    for factor, multiplicity in q.factor()[1]:
        if multiplicity > 1 or p % factor == 0:
            continue
        if factor.degree() == 1:
            found.append(near(-factor[0] / factor[1]))
            continue
        with working_precision(BITS):
            zeros = [zero for zero, _ in factor.complex_roots()]
            found += [near(zero.real) for zero in zeros if zero.imag == 0]
    return tuple(sorted(found))


RECORD = Activation(
    name="pade_pau",
    value=value,
    derivative=derivative,
    summary="Pade activation unit: a polynomial over 1 plus the size of another.",
    formula="(p0 + p1*x + p2*x**2 + p3*x**3 + p4*x**4 + p5*x**5) / "
    "(1 + abs(q1*x + q2*x**2 + q3*x**3 + q4*x**4))",
    source="Molina et al. 2019, arXiv:1907.06732",
    note="Not the article's PAU, which is pau.  The coefficients are learned; the defaults are "
    "within 0.03 of leaky_relu on [-3, 3] only.  An irrational kink is stated to 64 bits.",
    aliases=("pade_activation_unit",),
    parameters=(
        *(
            Parameter(f"p{degree}", literal, meaning=f"coefficient of x**{degree} above")
            for degree, literal in enumerate(_P)
        ),
        *(
            Parameter(f"q{degree}", literal, meaning=f"coefficient of x**{degree} below")
            for degree, literal in enumerate(_Q, start=1)
        ),
    ),
    symmetry=_symmetry,
    kinks=_kinks,
    kink_rule="that of p, as if the divisor was flat there",
)
