"""Two tables and an adder: every code within the tolerance, in as few bits as there can be."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from lutgen import activations, pipeline
from lutgen.errors import BudgetError
from lutgen.ideal import FAITHFUL, Ideal, Tolerance
from lutgen.methods import bipartite
from lutgen.methods._bipartite import Ends, Sums
from lutgen.methods._bipartite_layouts import smallest
from lutgen.methods._frames_of import frames_of
from lutgen.program import Program, Table, ops, run
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from tests.methods import exact

NARROW = {"input": Side("in", bits=5)}
UNSIGNED = {"input": Side("in", unsigned=True, scale="6/255", zero_point="100"),
            "output": Side("out", unsigned=True, scale="1/100", zero_point="60")}
AFFINE = {"input": Side("in", scale="0.0627451f", zero_point="3"),
          "output": Side("out", scale="0.047f", zero_point="-9")}
# What a symmetric bipartite table of the classical kind takes: bits at 16 bits, faithful.
CLASSICAL = {
    "gelu": (Side("out", scale="1/4096", zero_point="0"), 21_504),
    "silu": (Side("out", scale="1/4096", zero_point="0"), 19_456),
    "tanh": (Side("out", scale="1/32768", zero_point="0"), 63_488),
    "sigmoid": (Side("out", unsigned=True, scale="1/65536", zero_point="0"), 41_984),
}


def solved(name: str, **request: object) -> Solution:
    options = {key: request.pop(key) for key in [*request] if key in Method._fields}
    return pipeline.solve(Request(name, method=Method("bipartite", **options), **request).resolve())


def table_bits(program: Program) -> int:
    """Return the bits of all entries, as wide as the widest of their table."""
    return sum(
        table.depth * max(1, *(width(int(entry), signed=table.low < 0) for entry in table.values))
        for table in program.tables
    )


def width(entry: int, *, signed: bool) -> int:
    bits = next(bits for bits in range(64) if -(2**bits) <= entry < 2**bits)
    return bits + signed


def within(spec: Spec, codes: np.ndarray) -> bool:
    """Return whether every code keeps the tolerance, by the oracle."""
    faithful = spec.method.max_error == "faithful"
    limit = Fraction(1) if faithful else Fraction(spec.method.max_error)
    lo, hi = exact.tube(spec, limit, strict=faithful)
    return bool(((np.array(lo) <= codes) & (codes <= np.array(hi))).all())


@pytest.mark.parametrize("name", activations.names())
def test_every_int8_code_is_within_the_tolerance(name: str) -> None:
    for formats, limit in product(({}, AFFINE, UNSIGNED), ("0.5", "faithful")):
        solution = solved(name, max_error=limit, **formats)

        assert within(solution.spec, solution.report.codes), limit
        check_shape(solution.program)


@pytest.mark.parametrize("name", activations.names()[5::24])
def test_every_int16_code_is_within_the_tolerance(name: str) -> None:
    solution = solved(name, bits=16, max_error="0.625")

    assert within(solution.spec, solution.report.codes)
    check_shape(solution.program)


@pytest.mark.slow
@pytest.mark.parametrize("name", activations.names())
def test_every_int16_code_of_every_function(name: str) -> None:
    for limit in ("0.625", "faithful"):
        solution = solved(name, bits=16, max_error=limit)
        assert within(solution.spec, solution.report.codes), limit


def check_shape(program: Program) -> None:
    """At most two tables, each read once, and the core without a multiplication."""
    reads = [value for value in program.values if isinstance(value.op, ops.Lookup)]
    assert len(reads) == len(program.tables) <= 2
    products = [v.name for v in program.values if isinstance(v.op, ops.Mul | ops.Segment)]
    assert set(products) <= {"line"}
    for ref, value in enumerate(program.values):
        reached = run(replace(program, outputs=(program.outputs[0]._replace(ref=ref),)))
        assert (int(reached.min()), int(reached.max())) == (value.low, value.high), value.name


@pytest.mark.parametrize("name", CLASSICAL)
def test_no_more_bits_than_the_classical_symmetric_table(name: str) -> None:
    output, classical = CLASSICAL[name]
    solution = solved(name, bits=16, max_error="faithful", output=output,
                      input=Side("in", scale="1/4096", zero_point="0"))

    assert table_bits(solution.program) <= classical
    assert within(solution.spec, solution.report.codes)
    # Powers of two: the lowest code, which has no mirror image, takes no address of its own.
    assert all(math.log2(table.depth) % 1 == 0 for table in solution.program.tables)


def plain_bits(spec: Spec, tolerance: Tolerance) -> int:
    """Return the bits of the smallest tables that are not mirrored, unfolded."""
    (frame,) = frames_of(Ideal.of(spec), "off")
    demand = bipartite._by_address(frame.demand(tolerance))
    return smallest(demand, len(demand), None, mirrored=(False,)).bits


@pytest.mark.parametrize("limit", ["0.5", "faithful"])
@pytest.mark.parametrize("name", ["tanh", "gelu", "relu6", "cosine"])
def test_no_plain_tables_of_narrow_formats_are_smaller(name: str, limit: str) -> None:
    """Every split, every number of guard bits, every two widths, each decided by its own graph."""
    solution = solved(name, max_error=limit, fold="off", **NARROW)
    faithful = limit == "faithful"
    tolerance = FAITHFUL if faithful else Tolerance(Fraction(limit))
    found = plain_bits(solution.spec, tolerance)
    lo, hi = exact.tube(
        solution.spec, Fraction(1) if faithful else Fraction(limit), strict=faithful
    )
    sums = Oracle.of(solution.spec, lo, hi)

    assert sums.serve(found + 1)
    assert not sums.serve(found)
    assert table_bits(solution.program) <= found
    assert within(solution.spec, solution.report.codes)


class Oracle:
    """Plain tables by exhaustion, in Python integers; no code is shared with the search."""

    def __init__(self, windows: list[tuple[float, float]]) -> None:
        self.windows = windows
        self.bits = (len(windows) - 1).bit_length()

    @classmethod
    def of(cls, spec: Spec, lo: list[int], hi: list[int]) -> Oracle:
        """Return the windows of all codes in the order of their bit patterns."""
        low, high = spec.output.min_code, spec.output.max_code
        free = [
            (-math.inf if least == low else least, math.inf if most == high else most)
            for least, most in zip(lo, hi, strict=True)
        ]
        half = len(free) // 2
        return cls(free[half:] + free[:half])

    def serve(self, below: int) -> bool:
        """Return whether some tables of fewer bits serve every code."""
        for low in range(self.bits + 1):
            for middle in range(self.bits - low + 1):
                coarse, fine = 1 << (self.bits - low), 1 << (self.bits - middle)
                for fine_width in range((below - 1 - coarse) // fine + 1):
                    coarse_width = (below - 1 - fine * fine_width) // coarse
                    for guard in range(5):
                        if self._tables(low, middle, guard, coarse_width, fine_width):
                            return True
        return False

    def _tables(self, low: int, middle: int, guard: int, coarse: int, fine: int) -> bool:
        """Return whether there are tables of one layout, with entries of these widths."""
        size = 1 << (low + middle)
        blocks = [self.windows[start : start + size] for start in range(0, 1 << self.bits, size)]
        return any(
            all(_closes(block, low, guard, *ends) for block in blocks)
            for ends in product(ends_of(coarse), ends_of(fine))
        )


def ends_of(width: int) -> list[tuple[int, int]]:
    """Return what entries of a width hold: unsigned, and two's complement."""
    return [(0, 2**width - 1)] + [(-(2 ** (width - 1)), 2 ** (width - 1) - 1)] * (width > 0)


def _closes(
    block: list[tuple[float, float]],
    low: int,
    guard: int,
    coarse: tuple[int, int],
    fine: tuple[int, int],
) -> bool:
    """Return whether the graph of differences of one block has no negative cycle.

    Nodes: 0 is the number 0, then the coarse entries, then the negated fine entries.
    """
    places, unit = 1 << low, 1 << guard
    cells = len(block) >> low
    edges = []
    for cell in range(1, cells + 1):
        edges += [(0, cell, coarse[1]), (cell, 0, -coarse[0])]
    for place in range(cells + 1, cells + 1 + places):
        edges += [(0, place, -fine[0]), (place, 0, fine[1])]
    for index, (least, most) in enumerate(block):
        cell, place = 1 + (index >> low), 1 + cells + index % places
        edges += [(place, cell, (most + 1) * unit - 1), (cell, place, -least * unit)]
    edges = [edge for edge in edges if edge[2] < math.inf]
    distance = [0] * (1 + cells + places)
    for _ in distance:
        moved = False
        for start, stop, length in edges:
            if distance[start] + length < distance[stop]:
                distance[stop], moved = distance[start] + length, True
        if not moved:
            return True
    return False


@pytest.mark.parametrize("mirrored", [False, True])
def test_entries_are_found_where_there_are_any(mirrored: bool) -> None:
    """Random sums of two cells and four places, against all entries that there are."""
    random = np.random.default_rng(1)
    coarse, fine = Ends(0, 5), Ends(-2, 3)
    totals = all_sums(coarse, fine, mirrored)
    outcomes = []
    for _ in range(400):
        low = random.integers(-2, 6, (1, 2, 4))
        sums = Sums(Ends(low, low + random.integers(1, 5, low.shape)), mirrored)
        exist = ((sums.ends.low <= totals) & (totals <= sums.ends.high)).all((1, 2)).any()
        found = sums.entries(coarse, fine)
        outcomes.append((bool(exist), found is not None))
        assert sums.coarse_need(fine) is not None or not exist
        if found is not None:
            total = found.coarse + at_places(found.fine, mirrored)
            assert (sums.ends.low <= total).all() and (total <= sums.ends.high).all()

    assert 20 < outcomes.count((True, True)) < 380
    assert outcomes.count((False, True)) == 0
    # Plain entries are found wherever they exist; mirrored ones nearly so.
    assert outcomes.count((True, False)) <= (2 if mirrored else 0)


def at_places(fine: np.ndarray, mirrored: bool) -> np.ndarray:
    return np.concatenate([-1 - fine[..., ::-1], fine], -1) if mirrored else fine


def all_sums(coarse: Ends, fine: Ends, mirrored: bool) -> np.ndarray:
    """Return the sums of all entries between the ends, shape (..., 2 cells, 4 places)."""
    entries = np.array([*product(range(fine.low, fine.high + 1), repeat=2 if mirrored else 4)])
    levels = np.array([*product(range(coarse.low, coarse.high + 1), repeat=2)])
    places = at_places(entries, mirrored)
    return (levels[:, None, :, None] + places[None, :, None, :]).reshape(-1, 2, 4)


@pytest.mark.parametrize("fold", ["off", "on", "residual", "complement"])
def test_every_frame_keeps_the_tolerance(fold: str) -> None:
    """Zero points in the middle and elsewhere, where the numbers of codes are no power of two."""
    folds = set()
    for name, zero_points in product(
        ("tanh", "gelu", "sigmoid", "silu", "abs", "softplus"), (("0", "0"), ("-5", "7"))
    ):
        formats = {"input": Side("in", scale="1/16", zero_point=zero_points[0]),
                   "output": Side("out", scale="1/16", zero_point=zero_points[1])}
        try:
            solution = solved(name, fold=fold, max_error="faithful", **formats)
        except BudgetError:
            continue
        folds.add(solution.program.fold)
        assert within(solution.spec, solution.report.codes), (name, zero_points)
        check_shape(solution.program)
    expected = {"off": {"none"}, "on": {"even", "odd"}}
    assert folds == expected.get(fold, {fold})


def test_it_is_folded_by_itself() -> None:
    whole = solved("tanh", fold="off", max_error="faithful")
    half = solved("tanh", max_error="faithful")

    assert (whole.program.fold, half.program.fold) == ("none", "odd")
    assert table_bits(half.program) <= 0.6 * table_bits(whole.program)


@pytest.mark.parametrize("name", ["gelu", "tanh", "exp", "log", "rsqrt", "sinc"])
def test_correctly_rounded_codes_can_be_asked_for(name: str) -> None:
    solution = solved(name, exact=True)

    assert solution.report.codes.tolist() == exact.rounded_table(solution.spec).tolist()


@pytest.mark.parametrize("name", ["gelu", "tanh", "exp"])
def test_a_budget_is_kept_and_buys_accuracy(name: str) -> None:
    errors = []
    for budget in (24, 60, 200):
        solution = solved(name, max_bytes=budget)
        assert solution.program.storage_bytes <= budget
        errors.append(solution.report.max_lsb)

    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0]
    assert errors[-1] <= 1


def test_a_budget_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(BudgetError, match="the best it reaches is"):
        solved("tanh", max_bytes=20, max_error="faithful")


def test_bytes_that_are_no_limit_change_nothing() -> None:
    free = solved("gelu", bits=16, max_error="faithful").program
    limited = solved("gelu", bits=16, max_error="faithful", max_bytes=free.storage_bytes).program

    assert table_bits(limited) == table_bits(free)


@pytest.mark.parametrize("table", [0, 1])
def test_a_damaged_entry_is_seen(table: int) -> None:
    """The check before a program is returned, and the oracle's, both see one wrong entry."""
    solution = solved("tanh", bits=16, max_error="faithful")
    spec, program = solution.spec, solution.program
    (frame,) = frames_of(Ideal.of(spec), "on")
    damaged = with_damage(program, program.tables[table])

    bipartite.check(program, frame, FAITHFUL)
    with pytest.raises(AssertionError, match="codes miss the tolerance"):
        bipartite.check(damaged, frame, FAITHFUL)
    assert within(spec, run(program))
    assert not within(spec, run(damaged))


def with_damage(program: Program, table: Table) -> Program:
    """Return the program with one entry of a table four output codes too high."""
    values = table.values.copy()
    values[len(values) // 3] += 16
    damaged = Table(table.name, values, table.meaning)
    return replace(program, values=tuple(
        value._replace(op=value.op._replace(table=damaged))
        if isinstance(value.op, ops.Lookup) and value.op.table is table else value
        for value in program.values
    ))


def test_entries_go_near_to_the_exact_values() -> None:
    """Faithful tables have room; used well, most codes are the nearest ones."""
    report = solved("gelu", bits=16, max_error="faithful").report

    assert report.misrounded < 0.15 * 65536
    assert report.rms_lsb < 0.33
