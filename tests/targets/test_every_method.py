"""Every method on every function: the emitted headers, compiled and run on every code."""

from __future__ import annotations

from pathlib import Path

import pytest

from lutgen import activations, pipeline
from lutgen.errors import BudgetError
from lutgen.request import Request
from lutgen.solution import Solution
from lutgen.spec import METHODS, Method
from lutgen.targets import Options, c
from tests.tools import require_tool

SPREAD = ("gelu", "tanh", "exp", "hard_swish", "pau")


def solutions(method: str, names: tuple[str, ...], bits: int) -> list[Solution]:
    """Return the solutions of one method; a function that it cannot serve is left out."""
    found = []
    for name in names:
        try:
            request = Request(name, bits=bits, method=Method(method), name=f"{method}_{name}")
            found.append(pipeline.solve(request.resolve()))
        except BudgetError:
            continue
    return found


def failures(folder: Path, found: list[Solution]) -> list[str]:
    """Write the headers, replay them with every compiler, and return what went wrong."""
    pipeline.build(found, ("c",), Options(), folder)
    verdicts = c.replay(folder, tuple(found), Options())
    assert {verdict.name for verdict in verdicts} == {s.spec.name for s in found}
    return [f"{v.name} {v.tool} {v.problem or v.mismatches}" for v in verdicts if not v.passed]


@pytest.mark.parametrize("method", METHODS)
def test_int8_of_every_function(method: str, tmp_path: Path) -> None:
    require_tool("gcc")
    found = solutions(method, activations.names(), 8)

    assert len(found) > 50
    assert failures(tmp_path, found) == []


@pytest.mark.parametrize("method", METHODS)
def test_int16_of_a_spread(method: str, tmp_path: Path) -> None:
    require_tool("gcc")
    found = solutions(method, SPREAD, 16)

    assert len(found) >= 3
    assert failures(tmp_path, found) == []


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_int16_of_every_function(method: str, tmp_path: Path) -> None:
    require_tool("gcc")
    found = solutions(method, activations.names(), 16)

    assert len(found) > 40
    assert failures(tmp_path, found) == []
