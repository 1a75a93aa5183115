"""Every activation's value and derivative, against an independent definition in mpmath."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
from flint import arb
from mpmath import mp

from lutgen.numerics.reals import Anchored, Exact, Value, ball, exact, fraction, working_precision
from tests.activations.cases import (
    CASE_IDS,
    CASES,
    SPREAD,
    facts_of,
    int8_inputs,
    record_of,
)
from tests.activations.dual import Dual
from tests.activations.oracles import ORACLES, exact_at, number_at, parameters_of, value_at

PRECISION = 128
ORACLE_BITS = 260
MAX_BITS = 2**16
FAR = tuple(Fraction(x) for x in (-100, -64, -40, -16, 16, 40, 64, 100))

# The oracle's own error lies far below this, and so does every legitimate difference.
TOLERANCE = mp.ldexp(1, -200)


Point = tuple[Fraction, Value, Fraction | mp.mpf]


@pytest.fixture(scope="module", params=[False, True], ids=["value", "derivative"])
def derivative(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture(scope="module", params=CASES, ids=CASE_IDS)
def case(request: pytest.FixtureRequest) -> tuple[str, tuple[str, ...]]:
    """A name and its parameters; of module scope, so that ``points`` serves several tests."""
    return request.param


@pytest.fixture(scope="module")
def function(case: tuple, derivative: bool) -> Callable[[Exact], Value]:
    """The record's function under test."""
    name, assignments = case
    record = record_of(name)
    return record.bind(record.parse_parameters(assignments), derivative=derivative)


@pytest.fixture(scope="module")
def points(case: tuple, derivative: bool, function: Callable[[Exact], Value]) -> list[Point]:
    """Input, the record's answer at 128 bits, and the oracle's, for every input."""
    name, facts = case[0], facts_of(*case)
    # All INT8 codes with the defaults, every third with other parameters.
    codes = int8_inputs(record_of(name))[:: 3 if case[1] else 1]
    inputs = sorted({*codes, 0, *SPREAD, *ORACLES[name].kinks(**facts)})
    with working_precision(PRECISION):
        found = [function(exact(x)) for x in inputs]
    wanted = [
        value_at(name, Fraction(x), facts, ORACLE_BITS, derivative=derivative) for x in inputs
    ]
    return list(zip(inputs, found, wanted, strict=True))


def _mpf(value: Fraction) -> mp.mpf:
    return mp.mpf(value.numerator) / value.denominator


def _middle_and_radius(found: arb) -> tuple[mp.mpf, mp.mpf]:
    parts = (found.mid(), found.rad())
    return tuple(mp.ldexp(*map(int, part.man_exp())) for part in parts)


def _misses(found: Value, wanted: Fraction | mp.mpf) -> str | None:
    """Return what is wrong with ``found``, or None."""
    if isinstance(wanted, mp.mpf) and mp.isinf(wanted):
        return None if found == arb("inf" if wanted > 0 else "-inf") else f"{found} != {wanted}"
    if isinstance(found, Exact):
        if isinstance(wanted, Fraction):
            return None if fraction(found) == wanted else f"{found} != {wanted}"
        return f"the rational {found} for the irrational {mp.nstr(wanted, 30)}"
    with working_precision(PRECISION), mp.workprec(4 * ORACLE_BITS):
        enclosure = ball(found)
        if not enclosure.is_finite():
            return f"{found} for {mp.nstr(mp.mpf(wanted), 30)}"
        middle, radius = _middle_and_radius(enclosure)
        wanted = _mpf(wanted) if isinstance(wanted, Fraction) else wanted
        if radius > mp.mpf("1e-30") * max(1, abs(wanted)):
            return f"a ball of radius {mp.nstr(radius, 5)}"
        if abs(middle - wanted) > radius + TOLERANCE * max(1, abs(wanted)):
            return f"{mp.nstr(middle, 40)} != {mp.nstr(wanted, 40)}"
    return None


def test_enclosure_holds_the_oracle(points: list[Point]) -> None:
    """At INT8 codes, at other rationals, and at the kinks by their convention."""
    wrong = {str(x): text for x, found, wanted in points if (text := _misses(found, wanted))}

    assert wrong == {}


def test_rational_results_are_returned_as_rationals(points: list[Point]) -> None:
    """Only a rational shows a tie as a tie."""
    balls = {
        str(x): f"{found} instead of {wanted}"
        for x, found, wanted in points
        if isinstance(wanted, Fraction) and not isinstance(found, Exact)
    }

    assert balls == {}


def test_side_of_an_anchor_is_the_true_one(points: list[Point]) -> None:
    """Also close to 0, where the offset is large and a hasty side is most easily wrong."""
    wrong = {}
    for x, found, wanted in points:
        if isinstance(found, Anchored) and not isinstance(wanted, Fraction):
            with mp.workprec(4 * ORACLE_BITS), working_precision(PRECISION):
                rest = wanted - _mpf(fraction(found.anchor))
                # Closer than this the oracle itself cannot tell; the next test does.
                if abs(rest) > TOLERANCE and found.sign_of_offset() != mp.sign(rest):
                    wrong[str(x)] = f"{found.sign_of_offset()} != {mp.sign(rest)}"

    assert wrong == {}


def test_far_out_the_side_of_the_limit_is_decided(
    case: tuple, derivative: bool, function: Callable[[Exact], Value]
) -> None:
    """Where a function hugs a rational, the record tells on which side, at up to x = 100."""
    name, facts, wrong = case[0], facts_of(*case), {}
    for x in FAR:
        if exact_at(name, x, facts, derivative=derivative) is not None:
            continue
        hug = ORACLES[name].hug(x, **facts)[derivative]
        if hug is not None and (side := _decided_side(function, x, hug[0])) != hug[1]:
            wrong[str(x)] = f"{side} instead of {hug[1]} beside {hug[0]}"

    assert wrong == {}


def _decided_side(function: Callable, x: Fraction, anchor: Fraction) -> int:
    """Return the sign of ``function(x) - anchor`` as the record shows it; 0 if it does not."""
    bits, wanted = PRECISION, exact(anchor)
    while bits <= MAX_BITS:
        with working_precision(bits):
            found = function(exact(x))
            if isinstance(found, Anchored) and found.anchor == wanted:
                side = found.sign_of_offset()
            else:
                rest = ball(found) - wanted
                side = 1 if rest > 0 else -1 if rest < 0 else 0
        if side:
            return side
        bits *= 4
    return 0


def test_more_bits_give_a_smaller_ball_that_still_holds_the_value(
    case: tuple, derivative: bool, function: Callable[[Exact], Value]
) -> None:
    name, facts, wrong = case[0], facts_of(*case), {}
    for x in (Fraction(-9, 2), Fraction(-1, 3), Fraction(2, 7), Fraction(3)):
        wanted = value_at(name, x, facts, 700, derivative=derivative)
        if isinstance(wanted, Fraction) or mp.isinf(wanted):
            continue
        for bits in (30, 60, 500):
            with working_precision(bits), mp.workprec(2000):
                middle, radius = _middle_and_radius(ball(function(exact(x))))
                off = abs(middle - wanted) - radius
                if off > mp.ldexp(1, -600) or radius > mp.ldexp(1 + abs(wanted), 20 - bits):
                    wrong[f"{x}, {bits} bits"] = f"{middle} +/- {radius} for {wanted}"

    assert wrong == {}


# The oracles themselves: the parts that are data are checked against the formulas.


def test_oracles_limits_agree_with_high_precision(
    case: tuple, derivative: bool
) -> None:
    name, facts, wrong = case[0], facts_of(*case), {}
    for x in (Fraction(-40), Fraction(-12), Fraction(12), Fraction(40)):
        if exact_at(name, x, facts, derivative=derivative) is not None:
            continue
        hug = ORACLES[name].hug(x, **facts)[derivative]
        # exp(-2 exp(12)) would need half a million bits.
        if hug is None or (name == "tanhexp" and x > 6):
            continue
        for bits in (400, 3000, 21000):
            number = number_at(name, x, facts, bits, derivative=derivative)
            with mp.workprec(2 * bits):
                rest = number - _mpf(hug[0])
            if abs(rest) > mp.ldexp(1, 40 - bits):
                break
        near = abs(rest) < mp.mpf("0.1") and mp.sign(rest) == hug[1]
        if not near and abs(rest) < mp.mpf("0.1"):
            wrong[str(x)] = f"{mp.nstr(rest, 5)} is not on side {hug[1]} of {hug[0]}"

    assert wrong == {}


@pytest.mark.parametrize("derivative", [False, True], ids=["value", "derivative"])
def test_tanhexp_hugs_on_the_side_that_the_oracle_says(derivative: bool) -> None:
    number = number_at("tanhexp", Fraction(6), {}, 2000, derivative=derivative)
    anchor, side = ORACLES["tanhexp"].hug(Fraction(6))[derivative]

    with mp.workprec(4000):
        assert mp.sign(number - _mpf(anchor)) == side


def test_oracles_rational_points_agree_with_mpmath(
    case: tuple, derivative: bool
) -> None:
    """What is exact by the formula or by data is also what the numbers say."""
    name, facts, wrong = case[0], facts_of(*case), {}
    kinks = ORACLES[name].kinks(**facts)
    if name == "quant_relu":
        return  # a step function on fractions only; its derivative is a convention
    for x in (*SPREAD, *map(Fraction, range(-4, 5)), Fraction(3, 4)):
        exact_value = exact_at(name, x, facts, derivative=derivative)
        if not isinstance(exact_value, Fraction) or (derivative and x in kinks):
            continue
        number = number_at(name, x, facts, 300, derivative=derivative)
        with mp.workprec(800):
            # Central differences across a removable corner of |A(x)| leave an error of the step.
            if abs(number - _mpf(exact_value)) > mp.mpf("1e-40"):
                wrong[str(x)] = f"{mp.nstr(number, 30)} != {exact_value}"

    assert wrong == {}


@pytest.mark.parametrize("name", [name for name, oracle in ORACLES.items() if oracle.rational])
def test_rational_oracles_are_exact_everywhere(name: str) -> None:
    facts = parameters_of(name)
    for x in SPREAD:
        for derivative in (False, True):
            assert isinstance(exact_at(name, x, facts, derivative=derivative), Fraction)


def _dual_examples() -> Iterator[tuple[object, Fraction]]:
    x = Dual(Fraction(3, 2), Fraction(1))
    yield 2 * x * x - x / 3 + 1, Fraction(17, 3)
    yield 1 / x, Fraction(-4, 9)
    yield (1 - x) / (x - 4), Fraction(12, 25)
    yield abs(-x), Fraction(1)
    yield max(x, 2), Fraction(0)


def test_forward_differentiation_gives_known_slopes() -> None:
    for found, wanted in _dual_examples():
        assert (found.slope if isinstance(found, Dual) else 0) == wanted
