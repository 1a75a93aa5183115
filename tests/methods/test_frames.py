"""Residuals without folding, and folds by the ones' complement: wherever they serve, only there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.activations._record import Symmetry
from lutgen.errors import BudgetError
from lutgen.program import Program, ops, run
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from tests.methods import exact

AFFINE = {"input": Side("in", scale="1/16", zero_point="-5"),
          "output": Side("out", scale="1/16", zero_point="7")}
UNSIGNED = {"input": Side("in", unsigned=True, scale="1/16", zero_point="100"),
            "output": Side("out", unsigned=True, scale="1/32", zero_point="60")}
FORMATS = {"pow2": {}, "affine": AFFINE, "unsigned": UNSIGNED}
METHODS = ("lut", "pwl", "steps", "uniform", "interp")
OPEN = 10**6


def solved(name: str, method: Method, **request: object) -> Solution:
    return pipeline.solve(Request(name, method=method, **request).resolve())


def law_of(name: str) -> Symmetry | None:
    record = activations.get(name)
    return record.fact("symmetry", record.parse_parameters(()))


SYMMETRIC = [name for name in activations.names() if isinstance(law_of(name), Symmetry)]


def keeps(spec: Spec, codes: np.ndarray, limit: str) -> bool:
    """Return whether every code has the error asked for, against the oracle's exact value."""
    strict = limit == "faithful"
    lo, hi = exact.tube(spec, Fraction(1) if strict else Fraction(limit), strict=strict)
    return bool(((np.array(lo) <= codes) & (codes <= np.array(hi))).all())


def opened(spec: Spec, lo: np.ndarray, hi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return windows without an end where the output saturates."""
    return (
        np.where(lo == spec.output.min_code, -OPEN, lo),
        np.where(hi == spec.output.max_code, OPEN, hi),
    )


def distances(spec: Spec) -> np.ndarray:
    return np.array(spec.input.codes) - spec.input.zero_point


# Residual: f(x) less a line for positive x


def bits_needed(spec: Spec, k: int) -> int:
    """Return the bits of an entry if k output codes are left out per positive input code."""
    table = exact.rounded_table(spec)
    lo, hi = opened(spec, table, table)
    line = spec.output.zero_point + k * np.maximum(distances(spec), 0)
    entries = [
        max(low, min(high, 0))
        for low, high in zip((lo - line).tolist(), (hi - line).tolist(), strict=True)
    ]
    low, high = min(entries), max(entries)
    if low >= 0 or high <= 0:
        return max(high, -low).bit_length()
    return next(bits for bits in range(2, 40) if -(2**bits) <= 2 * low <= 2 * high < 2**bits)


def width_of(program: Program) -> int:
    """Return the bits of an entry of a program's only table."""
    (table,) = program.tables
    if table.low >= 0:
        return table.high.bit_length()
    return max(table.high.bit_length(), (-table.low - 1).bit_length()) + 1


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("name", activations.names())
def test_a_residual_is_the_table_in_the_fewest_bits_or_there_is_none(
    name: str, formats: str
) -> None:
    whole = solved(name, Method("lut", fold="off"), **FORMATS[formats])
    best = min(bits_needed(whole.spec, k) for k in range(1, 65))
    codes = exact.rounded_table(whole.spec)
    try:
        solution = solved(name, Method("lut", fold="residual"), **FORMATS[formats])
    except BudgetError:
        assert best >= max(width_of(whole.program), 1)
        return
    assert solution.report.codes.tolist() == codes.tolist()
    assert solution.program.fold == "residual"
    assert width_of(solution.program) == best < width_of(whole.program)
    (table,) = solution.program.tables
    assert table.depth == 256


WIDTHS = {"gelu": 2, "gelu_tanh": 2, "silu": 3, "mish": 3, "hard_swish": 3, "elu": 5, "celu": 5,
          "leaky_relu": 1, "relu": 0, "softplus": 5}


@pytest.mark.parametrize("name", WIDTHS)
def test_known_functions_have_entries_this_narrow(name: str) -> None:
    program = solved(name, Method("lut", fold="residual")).program
    operations = [type(value.op) for value in program.values]

    assert width_of(program) == WIDTHS[name]
    assert program.tables[0].low >= 0
    assert ops.Select not in operations
    if name in ("gelu", "silu", "elu"):
        # One table, the larger of x and 0, one subtraction: nothing saturates after it.
        assert operations.count(ops.Sub) == 1
        assert ops.Clamp not in operations


@pytest.mark.parametrize(("name", "width"), [("gelu", 10), ("silu", 11), ("elu", 12)])
def test_sixteen_bits_keep_their_table_in_fewer(name: str, width: int) -> None:
    formats = {"input": Side("in", bits=16, scale="1/4096"),
               "output": Side("out", bits=16, scale="1/4096")}
    solution = solved(name, Method("lut", fold="residual", exact=True), **formats)

    assert width_of(solution.program) == width
    assert solution.report.codes.tolist() == exact.rounded_table(solution.spec).tolist()


@pytest.mark.parametrize("method", [*METHODS, "quadratic"])
@pytest.mark.parametrize("name", ["gelu", "elu", "softplus", "leaky_relu", "selu", "srelu"])
def test_every_method_keeps_the_tolerance_on_a_residual(name: str, method: str) -> None:
    for formats in FORMATS.values():
        for limit in ("0.5", "faithful"):
            options = Method(method, fold="residual", max_error=limit)
            try:
                solution = solved(name, options, **formats)
            except BudgetError:
                assert formats and name in ("selu", "srelu", "softplus")
                continue
            assert solution.program.fold == "residual"
            assert keeps(solution.spec, solution.report.codes, limit), (formats, limit)


# Complement: d and -1 - d share an entry


def served(spec: Spec, lo: np.ndarray, hi: np.ndarray) -> bool:
    """Return whether some core serves both signs, by trying every constant of the law."""
    lo, hi = opened(spec, lo, hi)
    d = distances(spec)
    law = law_of(spec.activation.name)
    zero = spec.input.zero_point - spec.input.min_code
    half = min(zero, len(d) - zero)

    def agree(low: np.ndarray, high: np.ndarray) -> bool:
        right, left = slice(zero, zero + half), slice(zero - half, zero)
        return bool((
            np.maximum(low[right], low[left][::-1]) <= np.minimum(high[right], high[left][::-1])
        ).all())

    if law.sign > 0:
        k = -law.slope * spec.input.scale / spec.output.scale
        line = int(k) * np.maximum(d, 0)
        return law.offset == 0 and k.denominator == 1 and agree(lo - line, hi - line)
    return law.slope == 0 and any(
        agree(np.where(d < 0, total - hi, lo), np.where(d < 0, total - lo, hi))
        for total in range(-600, 600)
    )


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("name", SYMMETRIC)
def test_a_complement_fold_is_there_exactly_where_windows_meet(name: str, formats: str) -> None:
    for limit in ("exact", "faithful", "1.5", "4"):
        options = Method("lut", fold="complement", exact=limit == "exact",
                         max_error=None if limit == "exact" else limit)
        spec = Request(name, method=options, **FORMATS[formats]).resolve()
        if limit == "exact":
            lo = hi = exact.rounded_table(spec)
        elif limit == "faithful":
            lo, hi = map(np.array, exact.tube(spec, Fraction(1), strict=True))
        else:
            lo, hi = map(np.array, exact.tube(spec, Fraction(limit)))
        try:
            solution = pipeline.solve(spec)
        except BudgetError:
            assert not served(spec, lo, hi), limit
            continue
        assert served(spec, lo, hi), limit
        assert ((lo <= solution.report.codes) & (solution.report.codes <= hi)).all()
        assert solution.program.fold == "complement"
        (table,) = solution.program.tables
        d = distances(spec)
        assert table.depth == 1 + max(d.max(), (~d).max())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["gelu", "silu", "softplus", "relu", "hard_tanh", "bent_identity",
                                  "hard_sigmoid"])
def test_every_method_keeps_the_tolerance_on_a_complement_fold(name: str, method: str) -> None:
    for limit in ("faithful", "2"):
        options = Method(method, fold="complement", max_error=limit)
        solution = solved(name, options)

        assert solution.program.fold == "complement"
        assert keeps(solution.spec, solution.report.codes, limit)
        check_intervals(solution)


def check_intervals(solution: Solution) -> None:
    """Every step takes exactly the values its interval says."""
    program = solution.program
    for ref, value in enumerate(program.values):
        reached = run(replace(program, outputs=(program.outputs[0]._replace(ref=ref),)))
        assert (int(reached.min()), int(reached.max())) == (value.low, value.high), value.name


@pytest.mark.parametrize("method", ["lut", "pwl"])
@pytest.mark.parametrize("name", ["gelu", "silu", "hard_swish"])
def test_sixteen_bits_fold_by_the_complement_where_a_code_changes_little(
    name: str, method: str
) -> None:
    formats = {"input": Side("in", bits=16, scale="1/4096"),
               "output": Side("out", bits=16, scale="1/4096")}
    options = Method(method, fold="complement", max_error="faithful")
    solution = solved(name, options, **formats)

    assert keeps(solution.spec, solution.report.codes, "faithful")
    u = next(value for value in solution.program.values if value.name == "u")
    assert (u.low, u.high) == (0, 2**15 - 1)


def test_an_odd_function_can_turn_between_two_codes() -> None:
    """x itself is odd about -1/2 if codes d and -1 - d are paired: no carry anywhere."""
    solution = solved("linear", Method("lut", fold="complement"),
                      input=Side("in", scale="1/8"), output=Side("out", scale="1/8"))
    program = solution.program

    assert solution.report.misrounded == 0
    assert [program.values[value.op.a].op for value in program.values
            if isinstance(value.op, ops.Sub)] == [ops.Const(-1), ops.Const(-1)]
    (table,) = program.tables
    assert table.values.tolist() == list(range(128))


def test_the_number_a_complement_core_works_on_takes_no_carry() -> None:
    program = solved("gelu", Method("lut", fold="complement", max_error="faithful")).program
    d, minus_one, mirrored, u = program.values[:4]

    assert minus_one.op == ops.Const(-1)
    assert mirrored.op == ops.Sub(1, 0)
    assert u.op == ops.Select(0, 2, 0)
    assert d.name == "x"


# Refusals, choice, faults


@pytest.mark.parametrize(("name", "fold"), [
    ("tanh", "residual"), ("abs", "residual"), ("tanh", "complement"), ("exp", "complement"),
])
@pytest.mark.parametrize("method", ["lut", "pwl", "auto"])
def test_a_frame_that_does_not_exist_is_refused(name: str, fold: str, method: str) -> None:
    with pytest.raises(BudgetError, match=f"^{name}_s8: {method} cannot keep "):
        solved(name, Method(method, fold=fold, max_error="faithful"))


def test_a_refused_complement_fold_tells_the_error_it_needs() -> None:
    with pytest.raises(BudgetError, match=r"the best it reaches is 0\.6\d+ LSB"):
        solved("gelu", Method("lut", fold="complement"))


def test_no_method_takes_the_new_frames_by_itself() -> None:
    for method in (*METHODS, "auto"):
        for fold in ("auto", "on"):
            solution = solved("gelu", Method(method, fold=fold))
            assert solution.program.fold in ("none", "even")


@pytest.mark.parametrize("fold", ["residual", "complement"])
def test_an_entry_off_by_one_is_seen(fold: str) -> None:
    """The comparison itself, on a table whose every entry is used."""
    solution = solved("gelu", Method("lut", fold=fold, max_error="0.625"))
    program = solution.program
    (table,) = program.tables
    moved = replace(table, values=table.values + (np.arange(table.depth) == 9))
    values = tuple(
        value._replace(op=value.op._replace(table=moved)) if isinstance(value.op, ops.Lookup)
        else value
        for value in program.values
    )

    assert keeps(solution.spec, run(program), "0.625")
    assert not keeps(solution.spec, run(replace(program, values=values)), "0.625")
