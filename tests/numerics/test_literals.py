"""Numbers as users write them: read exactly, or refused with the text that was wrong."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.errors import UsageError
from lutgen.numerics.literals import MAX_LITERAL_LENGTH, Number, nearest_float32

ACCEPTED = {
    "0": Fraction(0),
    "-0": Fraction(0),
    "7": Fraction(7),
    "+7": Fraction(7),
    "007": Fraction(7),
    "0.01": Fraction(1, 100),
    ".5": Fraction(1, 2),
    "5.": Fraction(5),
    "-2.50": Fraction(-5, 2),
    "1e-3": Fraction(1, 1000),
    "1E3": Fraction(1000),
    "1.5e+2": Fraction(150),
    ".25e1": Fraction(5, 2),
    "1/255": Fraction(1, 255),
    "-1/3": Fraction(-1, 3),
    "6.28/256": Fraction(157, 6400),
    "1e-2/4": Fraction(1, 400),
    "0x1p-7": Fraction(1, 128),
    "0X1P3": Fraction(8),
    "-0x1.8p1": Fraction(-3),
    "0xff": Fraction(255),
    "0xf": Fraction(15),
    # The e of a hexadecimal literal is a digit, whatever follows it.
    "0x1e500": Fraction(0x1E500),
    "0x1.": Fraction(1),
    "0.0039f": Fraction(float(np.float32(0.0039))),
    "0.1f": Fraction(13421773, 2**27),
    "1f": Fraction(1),
    "-0.1f": Fraction(-13421773, 2**27),
    "1e-45f": Fraction(1, 2**149),
    "  1/4 ": Fraction(1, 4),
    "1e400": Fraction(10**400),
}
REFUSED = (
    "",
    " ",
    "-",
    ".",
    "e5",
    "1e",
    "1e+",
    "--1",
    "+-1",
    "1 2",
    "1,5",
    "1_000",
    "0x",
    "0x.8p0",
    "0x1.8pz",
    "0xg",
    "1/2/3",
    "/2",
    "1/",
    "1/-2",
    "1/0x2",
    "1/2f",
    "0x1p-7f1",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "None",
    "1e401",
    "1e-401",
    "0x1p999",
    "1/1e999",
    "1j",
    "2**3",
    "2^3",
    "\u0661",
    "\uff11",
    "1\n2",
    "1" * (MAX_LITERAL_LENGTH + 1),
)


@pytest.mark.parametrize(("text", "value"), ACCEPTED.items(), ids=repr)
def test_literal_is_read_exactly(text: str, value: Fraction) -> None:
    number = Number.parse(text, "--in-scale")

    assert number.value == value
    assert isinstance(number.value, Fraction)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--in-scale: must be a finite number, got "):
        Number.parse(text, "--in-scale")


@pytest.mark.parametrize("text", ["1/0", "0/0", "1/0.00", "-1/0e5"])
def test_division_by_zero_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--lo: must not divide by zero, got ") as caught:
        Number.parse(text, "--lo")

    assert text in str(caught.value)


def test_refusal_says_what_to_write() -> None:
    with pytest.raises(UsageError, match=r"\(write 0.01, 1/255, 0x1p-7, or 0.0039f"):
        Number.parse("abc", "--lo")


def test_refusal_cuts_a_long_text_short() -> None:
    with pytest.raises(UsageError) as caught:
        Number.parse("9" * 100_000, "--lo")

    assert len(str(caught.value)) < 200


def test_longest_literal_is_still_read() -> None:
    assert Number.parse("1" * MAX_LITERAL_LENGTH, "--lo").value == int("1" * MAX_LITERAL_LENGTH)


def test_text_is_kept_without_blanks_and_does_not_count_in_equality() -> None:
    number = Number.parse(" 0.50 ", "--lo")

    assert number.text == "0.50"
    assert number == Number.of(Fraction(1, 2))
    assert hash(number) == hash(Number.of(Fraction(1, 2)))


def test_number_shows_the_rational() -> None:
    assert str(Number.parse("0.0625", "--lo")) == "1/16"
    assert Number.of(3).text == "3"
    assert Number.of(Fraction(1, 255)).text == "1/255"


@given(st.fractions(max_denominator=10**9).filter(lambda f: abs(f) < 10**9))
def test_fraction_text_is_read_back(value: Fraction) -> None:
    assert Number.parse(str(value), "x").value == value


@given(st.floats(1e-110, 1e110), st.sampled_from([-1, 1]))
def test_hexadecimal_float_is_read_back(size: float, sign: int) -> None:
    value = sign * size

    assert Number.parse(value.hex(), "x").value == Fraction(value)


@given(st.decimals(-9999, 9999, allow_nan=False, allow_infinity=False, places=12))
def test_decimal_text_is_read_exactly(value: object) -> None:
    assert Number.parse(str(value), "x").value == Fraction(value)


@given(st.text(max_size=80))
def test_any_text_gives_a_number_or_a_usage_error(text: str) -> None:
    try:
        number = Number.parse(text, "x")
    except UsageError as error:
        assert str(error).isascii()
        assert "\n" not in str(error)
    else:
        assert isinstance(number.value, Fraction)


def _float32_from_bits(bits: int) -> float:
    return struct.unpack("<f", struct.pack("<I", bits))[0]


_FINITE_BITS = st.integers(0, 0x7F7FFFFF)


@given(_FINITE_BITS)
def test_float32_numbers_are_their_own_nearest(bits: int) -> None:
    value = Fraction(_float32_from_bits(bits))

    assert nearest_float32(value) == value


@given(st.fractions(min_value=0, max_value=2**100, max_denominator=2**100))
def test_nearest_float32_is_the_one_numpy_picks_or_nearer(value: Fraction) -> None:
    """NumPy goes through a float64, so near a tie it may round twice; never the other way."""
    found, numpys = nearest_float32(value), Fraction(float(np.float32(float(value))))

    assert abs(found - value) <= abs(numpys - value)
    assert Fraction(float(np.float32(float(found)))) == found
    for towards in (0, 3e38):
        neighbour = np.nextafter(np.float32(float(found)), np.float32(towards))
        assert abs(found - value) <= abs(Fraction(float(neighbour)) - value)


@given(st.floats(0, 1e38, width=64))
def test_nearest_float32_of_a_float64_is_the_cast(value: float) -> None:
    assert nearest_float32(Fraction(value)) == Fraction(float(np.float32(value)))


@given(st.integers(0, 0x7F7FFFFE))
def test_nearest_float32_of_a_tie_is_even(bits: int) -> None:
    low, high = (Fraction(_float32_from_bits(b)) for b in (bits, bits + 1))
    even = low if bits % 2 == 0 else high

    assert nearest_float32((low + high) / 2) == even


def test_nearest_float32_does_not_round_twice() -> None:
    """Just above a tie of float32, by less than float64 can hold."""
    tie = 1 + Fraction(1, 2**24)

    assert nearest_float32(tie) == 1
    assert nearest_float32(tie + Fraction(1, 2**80)) == 1 + Fraction(1, 2**23)


def test_nearest_float32_of_tiny_values_is_subnormal_or_zero() -> None:
    tiny = Fraction(1, 2**149)

    assert nearest_float32(tiny * Fraction(3, 2)) == 2 * tiny
    assert nearest_float32(tiny / 2) == 0
    assert nearest_float32(tiny * Fraction(51, 100)) == tiny


@pytest.mark.parametrize("text", ["1e39f", "3.5e38f", "1e400f"])
def test_float32_beyond_the_largest_is_refused(text: str) -> None:
    """There is no nearest float32: the format overflows to infinity."""
    with pytest.raises(UsageError):
        Number.parse(text, "--in-scale")
