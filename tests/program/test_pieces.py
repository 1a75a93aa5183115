"""The pieces of a program, against what is known of hand-made ones and of the methods."""

from __future__ import annotations

import numpy as np
import pytest

from lutgen import pipeline
from lutgen.formats import NumberFormat
from lutgen.program import Builder, Program, Table
from lutgen.program.pieces import piece_starts
from lutgen.request import Request
from lutgen.spec import Method

S4 = NumberFormat(4, True, 1)


def starts(program: Program) -> list[int]:
    """Return the first input code of every piece."""
    low = next(iter(program.inputs.values())).min_code
    return [low + index for index in piece_starts(program).tolist()]


def finished(build) -> Program:
    b = Builder("t")
    return b.finish(build(b, b.input("x", S4)), NumberFormat(12, True, 1))


def test_a_line_is_one_piece() -> None:
    assert starts(finished(lambda b, x: b.mul("y", x, b.const(3)))) == [-8]


def test_breakpoints_begin_pieces_wherever_their_number_is_used() -> None:
    def build(b: Builder, x: int) -> int:
        segment = b.segment("s", x, (-2, 5))
        return b.mul("y", x, b.lookup("k", Table("k", np.array([1, 2, 3]), ""), segment))

    assert starts(finished(build)) == [-8, -2, 5]


def test_a_map_whose_entries_agree_begins_no_piece() -> None:
    """Four runs of four codes are mapped to segments 0, 0, 1, 1: two pieces."""
    def build(b: Builder, x: int) -> int:
        run = b.shift_right("r", b.add("p", x, b.const(8)), 2)
        segment = b.lookup("s", Table("map", np.array([0, 0, 1, 1]), ""), run)
        return b.mul("y", x, b.lookup("k", Table("k", np.array([5, 7]), ""), segment))

    assert starts(finished(build)) == [-8, 0]


def test_both_sides_of_a_fold_are_pieces_of_their_own() -> None:
    def build(b: Builder, x: int) -> int:
        u = b.max("u", x, b.sub("m", b.const(0), x))
        k = b.lookup("k", Table("k", np.array([1, 4]), ""), b.segment("s", u, (3,)))
        core = b.mul("c", u, k)
        return b.select("y", x, b.sub("t", b.const(0), core), core)

    assert starts(finished(build)) == [-8, -2, 0, 3]


def test_a_branch_that_is_not_taken_begins_no_piece() -> None:
    """The table is only read by negative codes; what its address does elsewhere is no matter."""
    def build(b: Builder, x: int) -> int:
        address = b.low_bits("a", x, 2)
        entry = b.lookup("e", Table("e", np.array([1, 2, 3, 4]), ""), address)
        return b.select("y", x, entry, b.const(9))

    assert starts(finished(build)) == [*range(-8, 0), 0]


@pytest.mark.parametrize(("method", "count"), [
    (Method("pwl", segments=6, fold="off"), 6),
    (Method("uniform", segments=16, fold="off"), 16),
    (Method("interp", segments=32, fold="off"), 32),
    (Method("pwl", segments=5, aligned=3, fold="off"), 5),
])
def test_a_method_has_the_pieces_that_it_was_asked_for(method: Method, count: int) -> None:
    program = pipeline.solve(Request("tanh", method=method).resolve()).program

    assert len(piece_starts(program)) == count


def test_every_code_of_a_direct_table_is_its_own_piece() -> None:
    program = pipeline.solve(Request("gelu").resolve()).program

    assert piece_starts(program).tolist() == list(range(256))
