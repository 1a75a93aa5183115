"""Every claim of every record, against the oracles: a fact in a record is a tested fact."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from importlib import import_module
from itertools import pairwise

import pytest
from mpmath import mp

from lutgen import activations
from lutgen.activations._record import NONDECREASING, NONINCREASING, Activation, Symmetry
from lutgen.errors import UnknownNameError, UsageError
from tests.activations.cases import CASE_IDS, CASES, facts_of, record_of
from tests.activations.oracles import DEFAULTS, ORACLES, Facts, value_at

every_name = pytest.mark.parametrize("name", DEFAULTS)
every_case = pytest.mark.parametrize(("name", "assignments"), CASES, ids=CASE_IDS)
every_parameter = pytest.mark.parametrize(
    ("name", "parameter"), [(name, key) for name, defaults in DEFAULTS.items() for key in defaults]
)

BITS = 160
NOISE = mp.ldexp(1, -100)

# Enough to tell tanh(60) from 1, so that a law that nearly holds is not taken for one.
LAW_BITS = 400
LAW_NOISE = mp.ldexp(1, -350)

# Dense where functions bend, and out to where unbounded ones must have shown it.
_DENSE = [Fraction(k, 24) for k in range(-240, 241)]
_WIDE = [sign * Fraction(2) ** k for sign in (-1, 1) for k in (-60, -30, -12, 4, 5, 6, 8, 20, 66)]
_GRID = {*_DENSE, *_WIDE, Fraction(1, 3), Fraction(-7, 9)}

# The extremes and the direction of a quotient of learned polynomials have no simple formula;
# its record may say None for any parameters.
NO_SIMPLE_FORMULA = {"pade_pau"}

UNBOUNDED = 30
"""What an unbounded function exceeds on the grid; log, the slowest, reaches 45."""


def number(
    name: str, x: Fraction, facts: Facts, *, derivative: bool = False, bits: int = BITS
) -> mp.mpf:
    """Return the oracle's value as an mpf."""
    found = value_at(name, x, facts, bits, derivative=derivative)
    if isinstance(found, Fraction):
        with mp.workprec(bits + 100):
            return mp.mpf(found.numerator) / found.denominator
    return found


@pytest.fixture(scope="module", params=CASES, ids=CASE_IDS)
def case(request: pytest.FixtureRequest) -> tuple[str, tuple[str, ...]]:
    """A name and its parameters; of module scope, so that ``grid_values`` serves two tests."""
    return request.param


@pytest.fixture(scope="module")
def grid_values(case: tuple[str, tuple[str, ...]]) -> list[mp.mpf]:
    """The oracle's values in ascending order of the inputs, its kinks among them."""
    name, facts = case[0], facts_of(*case)
    inputs = {*_GRID, *map(Fraction, ORACLES[name].kinks(**facts))}
    return [number(name, x, facts) for x in sorted(inputs)]


def fact(name: str, assignments: tuple[str, ...], which: str) -> object:
    record = record_of(name)
    return record.fact(which, record.parse_parameters(assignments))


# Names.


def test_catalogue_holds_exactly_the_expected_names() -> None:
    assert set(activations.names()) == set(DEFAULTS)


@every_name
def test_record_is_named_after_its_file(name: str) -> None:
    assert import_module(f"lutgen.activations.{name}").RECORD.name == name


@every_name
def test_record_is_found_by_its_name_in_capitals_and_with_hyphens(name: str) -> None:
    assert activations.get(name.upper().replace("_", "-")) is record_of(name)


@every_name
def test_aliases_find_the_record_and_no_other(name: str) -> None:
    record = record_of(name)
    taken = {*DEFAULTS, *(a for other in activations.catalogue() if other is not record
                          for a in other.aliases)}

    assert taken.isdisjoint(record.aliases)
    assert len(set(record.aliases)) == len(record.aliases)
    assert all(activations.get(alias) is record for alias in record.aliases)


@every_name
def test_aliases_are_lower_case_identifiers(name: str) -> None:
    """``get`` folds case and hyphens, so any other alias could never be found."""
    assert all(re.fullmatch("[a-z][a-z0-9_]*", alias) for alias in record_of(name).aliases)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("logistic", "sigmoid"),
        ("expit", "sigmoid"),
        ("identity", "linear"),
        ("gelu_erf", "gelu"),
        ("gelu_new", "gelu_tanh"),
        ("e_swish", "eswish"),
        ("E-Swish", "eswish"),
    ],
)
def test_aliases_of_the_catalogue_are_known(alias: str, name: str) -> None:
    assert activations.get(alias).name == name


@pytest.mark.parametrize(
    ("typed", "meant"), [("geluu", "gelu"), ("sigmoyd", "sigmoid"), ("Hard_Swisch", "hard_swish")]
)
def test_misspelling_suggests_the_name(typed: str, meant: str) -> None:
    with pytest.raises(UnknownNameError, match=f"did you mean .*'{meant}'") as caught:
        activations.get(typed)

    assert typed in str(caught.value)


@pytest.mark.parametrize("typed", ["", "zzzzzz", "_record", "__init__", "os", "../gelu", "gelu.py"])
def test_what_is_no_activation_is_refused(typed: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown activation"):
        activations.get(typed)


def _modules_after(statement: str) -> set[str]:
    """Return the catalogue's files that a fresh interpreter has imported; helpers do not count."""
    code = (
        f"import sys; from lutgen import activations; {statement};"
        "print(*[m for m in sys.modules if m.startswith('lutgen.activations.')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    found = {module.rpartition(".")[2] for module in run.stdout.split()}
    return {module for module in found if not module.startswith("_")}


def test_getting_one_activation_imports_only_its_file() -> None:
    assert _modules_after("activations.get('gelu')") == {"gelu"}


def test_listing_the_names_imports_no_activation() -> None:
    assert _modules_after("activations.names()") == set()


# Texts.


def _texts(record: Activation) -> Iterator[tuple[str, str]]:
    for field in ("summary", "formula", "source", "note", "kink_rule", "domain"):
        yield field, getattr(record, field)
    for parameter in record.parameters:
        yield f"meaning of {parameter.name}", parameter.meaning
    if record.constraint:
        yield "constraint", record.constraint[0]


@every_name
def test_texts_are_one_line_of_printable_ascii(name: str) -> None:
    strange = {
        field: text
        for field, text in _texts(record_of(name))
        if not re.fullmatch("[ -~]*", text) or text != text.strip()
    }

    assert strange == {}


@every_name
def test_summary_formula_and_source_are_given(name: str) -> None:
    record = record_of(name)

    assert record.summary.endswith(".")
    assert record.formula
    assert record.source


@every_name
def test_formula_mentions_every_parameter(name: str) -> None:
    record = record_of(name)
    words = set(re.findall("[A-Za-z_][A-Za-z_0-9]*", record.formula))

    assert {parameter.name for parameter in record.parameters} <= words


@every_name
def test_default_range_is_two_ascending_whole_numbers(name: str) -> None:
    low, high = record_of(name).default_range

    assert isinstance(low, int)
    assert isinstance(high, int)
    assert low < high


@every_name
def test_univariate_records_have_one_input(name: str) -> None:
    assert record_of(name).arity == 1


# Parameters.


@every_name
def test_parameters_and_default_literals_are_those_of_the_catalogue(name: str) -> None:
    found = {parameter.name: parameter.default for parameter in record_of(name).parameters}

    assert found == DEFAULTS[name]
    assert list(found) == list(DEFAULTS[name])


@every_case
def test_parsed_parameters_are_exact_and_complete(name: str, assignments: tuple[str, ...]) -> None:
    found = record_of(name).parse_parameters(assignments)

    assert {key: number.value for key, number in found.items()} == facts_of(name, assignments)


@every_name
def test_unknown_parameter_is_refused_by_name(name: str) -> None:
    with pytest.raises(UsageError, match=f'--param: {name} has no parameter "gain"'):
        record_of(name).parse_parameters(["gain=1"])


@every_parameter
def test_parameter_given_twice_is_refused_by_name(name: str, parameter: str) -> None:
    text = f"{parameter}={DEFAULTS[name][parameter]}"

    with pytest.raises(UsageError, match=f'--param: "{parameter}" is given twice'):
        record_of(name).parse_parameters([text, text])


@every_parameter
def test_what_is_no_number_is_refused_by_name(name: str, parameter: str) -> None:
    for text in ("", "nan", "inf", "1/0", "one", "1e999", "2^300", "0x", "1 2"):
        with pytest.raises(UsageError, match=f"--param {parameter}: must "):
            record_of(name).parse_parameters([f"{parameter}={text}"])


@every_parameter
def test_extreme_numbers_are_refused_by_name(name: str, parameter: str) -> None:
    for text in ("1e30", "-1e30", "1e-60"):
        with pytest.raises(UsageError, match=f"--param {parameter}: must be 0 or between"):
            record_of(name).parse_parameters([f"{parameter}={text}"])


@pytest.mark.parametrize("name", ["leaky_relu", "relu"])
def test_assignment_without_equals_sign_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match='--param: must be name=value, got "alpha"'):
        record_of(name).parse_parameters(["alpha"])


@every_parameter
def test_value_outside_its_domain_is_refused_by_name(name: str, parameter: str) -> None:
    (found,) = (p for p in record_of(name).parameters if p.name == parameter)
    outside = [text for text in ("0", "-1", "1/2", "2", "-1/3", "100000")
               if not found.domain.contains(Fraction(text))]
    for text in outside:
        with pytest.raises(UsageError, match=f"--param {parameter}: must be") as caught:
            record_of(name).parse_parameters([f"{parameter}={text}"])
        assert found.domain.text in str(caught.value)
        assert f'"{text}"' in str(caught.value)


NONSENSE = (
    "celu alpha=0",
    "softplus beta=0",
    "parametric_softplus beta=0",
    "quant_relu levels=0",
    "quant_relu levels=3/2",
    "quant_relu levels=-4",
    "pau b1=-1",
    "pau b2=-1/2",
    "evonorm_b0_seed v=2",
    "evonorm_b0_seed v=-1",
    "evonorm_b0_seed v=1 eps=0",
    "evonorm_b0_seed running_v=-1",
    "evonorm_b0 var_batch=-1",
    "evonorm_b0 var_inst=-1",
    "evonorm_b0 var_batch=0 var_inst=0 eps=0",
    "evonorm_s0 var_group=-1",
    "evonorm_s0 var_group=0 eps=0",
)
"""Parameters that divide by zero, take the root of a negative number, or count in halves."""


@pytest.mark.parametrize("text", NONSENSE)
def test_parameters_without_a_meaning_are_refused(text: str) -> None:
    name, *assignments = text.split()

    with pytest.raises(UsageError, match="--param"):
        record_of(name).parse_parameters(assignments)


BROKEN_CONSTRAINTS = {
    "hard_tanh": "lo=2 hi=1",
    "rrelu": "lower=1/2 upper=1/4",
    "srelu": "tl=2 tr=1",
    "lut": "lo=1 hi=1",
}


@pytest.mark.parametrize("name", BROKEN_CONSTRAINTS)
def test_broken_constraint_is_refused_with_name_and_values(name: str) -> None:
    assignments = BROKEN_CONSTRAINTS[name].split()
    record = record_of(name)
    assert record.constraint is not None

    with pytest.raises(UsageError, match=f"--param: {name} needs ") as caught:
        record.parse_parameters(assignments)
    assert record.constraint[0] in str(caught.value)
    assert assignments[0] in str(caught.value)


# Facts.


def _law_holds(law: Symmetry, name: str, facts: Facts, x: Fraction) -> bool:
    left, right = value_at(name, -x, facts, LAW_BITS), value_at(name, x, facts, LAW_BITS)
    shift = law.offset + law.slope * x
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == law.sign * right + shift
    with mp.workprec(LAW_BITS + 100):
        left, right, shift = (
            mp.mpf(v.numerator) / v.denominator if isinstance(v, Fraction) else v
            for v in (left, right, shift)
        )
        return bool(abs(left - law.sign * right - shift) < LAW_NOISE * (1 + abs(left)))


POINTS = [Fraction(text) for text in ("1/9", "1/3", "3/4", "1", "7/5", "2", "17/6", "4", "7", "9")]


@every_case
def test_symmetry_holds(name: str, assignments: tuple[str, ...]) -> None:
    law, facts = fact(name, assignments, "symmetry"), facts_of(name, assignments)

    assert law is None or [x for x in POINTS if not _law_holds(law, name, facts, x)] == []


@every_case
def test_no_symmetry_is_missed(name: str, assignments: tuple[str, ...]) -> None:
    """Where some law ``f(-x) = sign f(x) + offset + slope x`` holds, the record states one."""
    facts = facts_of(name, assignments)
    found = [law for law in _candidate_laws(name, facts)
             if all(_law_holds(law, name, facts, x) for x in POINTS)]

    assert not found or fact(name, assignments, "symmetry") is not None, found[0].text


def _candidate_laws(name: str, facts: Facts) -> Iterator[Symmetry]:
    """Yield the only laws that fit at two points, if their numbers are simple."""
    a, b = Fraction(1, 3), Fraction(7, 5)
    with mp.workprec(BITS + 100):
        at = [number(name, x, facts) for x in (a, -a, b, -b)]
        if not all(map(mp.isfinite, at)):
            return
        for sign in (-1, 1):
            rest_a, rest_b = at[1] - sign * at[0], at[3] - sign * at[2]
            slope = (rest_b - rest_a) * 15 / 16
            offset = rest_a - slope / 3
            yield Symmetry(sign, _simple(offset), _simple(slope))


def _simple(value: mp.mpf) -> Fraction:
    """Return the nearest fraction with a small denominator."""
    return Fraction(int(mp.floor(mp.ldexp(value, 90))), 2**90).limit_denominator(10**9)


def test_monotone_is_true_and_not_missed(case: tuple, grid_values: list[mp.mpf]) -> None:
    steps = [mp.mpf(0) if a == b else b - a for a, b in pairwise(grid_values)]
    rises, falls = (any(sign * step > NOISE for step in steps) for sign in (1, -1))

    claim = fact(*case, "monotone")

    # A constant is both; either may be claimed.
    wanted = {NONDECREASING} if not falls else set()
    wanted |= {NONINCREASING} if not rises else set()
    if not wanted or case[0] in NO_SIMPLE_FORMULA:
        wanted.add(None)
    assert claim in wanted


def test_bounds_hold_and_are_close(case: tuple, grid_values: list[mp.mpf]) -> None:
    """Within 1e-3 of the extremes on the grid; and None only where values grow large."""
    low, high = fact(*case, "bounds")

    with mp.workprec(BITS + 100):
        for bound, reached, sign in (
            (low, -min(grid_values), -1),
            (high, max(grid_values), +1),
        ):
            if bound is not None or case[0] not in NO_SIMPLE_FORMULA:
                _check_bound(bound, reached, sign)


def _check_bound(bound: Fraction | None, reached: mp.mpf, sign: int) -> None:
    if bound is None:
        assert reached > UNBOUNDED
    else:
        limit = sign * mp.mpf(Fraction(bound).numerator) / Fraction(bound).denominator
        assert reached <= limit + NOISE
        assert limit - reached < mp.mpf("0.001")


@every_case
def test_listed_kinks_are_kinks(name: str, assignments: tuple[str, ...]) -> None:
    facts = facts_of(name, assignments)
    kinks = fact(name, assignments, "kinks")

    assert sorted(set(kinks)) == list(kinks)
    assert [k for k in kinks if not _is_kink(name, Fraction(k), facts)] == []


def _is_kink(name: str, kink: Fraction, facts: Facts) -> bool:
    """Tell whether the value jumps, or the slopes on both sides differ or are unbounded."""
    step = Fraction(1, 2**30)
    value = [number(name, kink + side * step, facts) for side in (-1, 0, 1)]
    slope = [number(name, kink + side * step, facts, derivative=True) for side in (-1, 1)]
    if not all(map(mp.isfinite, value)):
        return True
    jump = max(abs(value[1] - value[0]), abs(value[2] - value[1]))
    steep = max(map(abs, slope)) > 1000
    return bool(jump > 1e-4 or steep or abs(slope[1] - slope[0]) > 1e-6)


@every_case
def test_every_kink_is_listed(name: str, assignments: tuple[str, ...]) -> None:
    """Between the listed kinks neither the value nor the derivative jumps.

    The edge of a domain, where the value is infinite, need not be listed.
    """
    facts = facts_of(name, assignments)
    kinks = [Fraction(k) for k in fact(name, assignments, "kinks")]
    edges = sorted({*(Fraction(k, 4) + Fraction(1, 77) for k in range(-24, 25)), *kinks, 0})
    missed = {}
    for left, right in pairwise(edges):
        # Beside a listed kink, start a little away from it.
        near = Fraction(1, 2**20)
        start = left + near * (left in kinks)
        end = right - near * (right in kinks)
        for derivative in (False, True):
            curve = partial(number, name, facts=facts, derivative=derivative)
            jump = _jump_between(curve, start, end)
            if jump is not None and not _irrational_kink(name, facts, *jump):
                missed[f"{'slope' if derivative else 'value'} near {float(jump[0])}"] = jump

    assert missed == {}


def _jump_between(
    function: Callable[[Fraction], mp.mpf], left: Fraction, right: Fraction
) -> tuple[Fraction, Fraction] | None:
    """Return where the difference of the two ends remains however close they are, by bisection."""
    low, high = function(left), function(right)
    if not (mp.isfinite(low) and mp.isfinite(high)):
        return None
    for _ in range(45):
        if abs(high - low) <= mp.mpf("0.005") * max(1, abs(low), abs(high)):
            return None
        middle = (left + right) / 2
        value = function(middle)
        if abs(value - low) > abs(high - value):
            right, high = middle, value
        else:
            left, low = middle, value
    return left, right


def _irrational_kink(name: str, facts: Facts, left: Fraction, right: Fraction) -> bool:
    """Tell whether the formula has a kink at an irrational input here, which no record can list."""
    if name == "pade_pau":

        def sign(x: Fraction) -> Fraction:
            return x * sum(facts[f"q{k}"] * x ** (k - 1) for k in (1, 2, 3, 4))

    elif name == "evonorm_b0":

        def sign(x: Fraction) -> mp.mpf:
            terms = (facts["var_inst"] + facts["eps"], facts["var_batch"] + facts["eps"])
            inst, batch = (mp.sqrt(mp.mpf(t.numerator) / t.denominator) for t in terms)
            return mp.mpf((facts["v"] * x).numerator) / (facts["v"] * x).denominator + inst - batch

    else:
        return False
    with mp.workprec(300):
        return bool(sign(left) * sign(right) < 0)


@every_case
def test_kink_rule_is_given_where_there_are_kinks(
    name: str, assignments: tuple[str, ...]
) -> None:
    assert record_of(name).kink_rule or not fact(name, assignments, "kinks")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tanh", "f(-x) = -f(x)"),
        ("sigmoid", "f(-x) = 1 - f(x)"),
        ("gelu", "f(-x) = f(x) - x"),
        ("cosine", "f(-x) = f(x)"),
        ("bent_identity", "f(-x) = f(x) - 2 x"),
        ("eswish", "f(-x) = f(x) - 3/2 x"),
    ],
)
def test_symmetry_reads_as_a_law(name: str, text: str) -> None:
    assert fact(name, (), "symmetry").text == text
