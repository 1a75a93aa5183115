"""Every method on every function as hardware: simulated, and at 8 bits proven, on every code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lutgen import activations, methods, pipeline
from lutgen.accuracy import ErrorReport
from lutgen.errors import BudgetError
from lutgen.ideal import Ideal
from lutgen.request import Request
from lutgen.solution import Solution
from lutgen.spec import Method
from lutgen.targets import Options, verilog
from tests.targets import programs
from tests.targets.programs import wrapped
from tests.tools import require_tool

METHODS = {
    "lut": Method("lut"),
    "interp": Method("interp"),
    "uniform": Method("uniform"),
    "pwl": Method("pwl"),
    "steps": Method("steps"),
    "quadratic": Method("quadratic"),
    "bipartite": Method("bipartite"),
    "dyadic": Method("pwl", breakpoints="dyadic"),
    "folded": Method("lut", fold="on"),
    "residual": Method("lut", fold="residual"),
    "window": Method("lut", fold="window"),
}
SPREAD = ("tanh", "exp", "hard_swish")


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    for name in ("verilator", "iverilog", "yosys"):
        require_tool(name)


def solutions(label: str, names: tuple[str, ...], bits: int) -> list[Solution]:
    """Return the solutions of one method; a function that it cannot serve is left out."""
    found = []
    for name in names:
        try:
            request = Request(name, bits=bits, method=METHODS[label], name=f"{label}_{name}")
            found.append(pipeline.solve(request.resolve()))
        except BudgetError:
            continue
    return found


def failures(folder: Path, found: list[Solution], options: Options = Options()) -> list[str]:  # noqa: B008
    """Write the modules, replay them in every tool, and return what went wrong."""
    options = options.checked()
    pipeline.build(found, ("verilog",), options, folder)
    verdicts = verilog.replay(folder, tuple(found), options)
    tools = {v.tool.split()[0] for v in verdicts}
    narrow = any(s.spec.input.width <= 8 for s in found)
    assert tools == {"Verilator", "Icarus"} | ({"Yosys"} if narrow else set())
    assert {verdict.name for verdict in verdicts} == {s.spec.name for s in found}
    return [f"{v.name} {v.tool} {v.problem or v.mismatches}" for v in verdicts if not v.passed]


@pytest.mark.parametrize("label", METHODS)
def test_int8_of_every_function(label: str, tmp_path: Path) -> None:
    found = solutions(label, activations.names(), 8)

    assert len(found) > (50 if METHODS[label].fold == "auto" else 15)
    assert failures(tmp_path, found) == []


@pytest.mark.parametrize("label", [m for m in METHODS if METHODS[m].name != "lut"])
def test_int16_of_a_spread(label: str, tmp_path: Path) -> None:
    found = solutions(label, SPREAD, 16)

    assert len(found) >= 2
    assert failures(tmp_path, found) == []


GROUPS = [activations.names()[start::30] for start in range(30)]
DEEP = ("lut",)
OF_INT16 = ("interp", "uniform", "pwl", "steps", "quadratic", "bipartite")


def solved_together(name: str, labels: tuple[str, ...]) -> list[Solution]:
    """Return a function's 16-bit solutions by several methods, from one set of exact values."""
    ideal = Ideal.of(Request(name, bits=16, method=Method("lut")).resolve())
    found = []
    for label in labels:
        spec = replace(ideal.spec, name=f"{label}_{name}", method=METHODS[label].checked())
        chosen = replace(ideal, spec=spec)
        try:
            program = methods.approximate(chosen)
        except BudgetError:
            continue
        found.append(Solution(spec, program, ErrorReport.measure(program, chosen)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("names", GROUPS, ids="-".join)
def test_int16_of_every_function(names: tuple[str, ...], tmp_path: Path) -> None:
    """All methods, some functions at a time; plain tables, of a megabit, from files."""
    for labels, options in ((OF_INT16, Options()), (DEEP, Options(mem="readmemh"))):
        found = [solution for name in names for solution in solved_together(name, labels)]

        assert len(found) >= len(names) * (1 if labels == DEEP else 4)
        assert failures(tmp_path / options.mem, found, options) == []


@pytest.mark.parametrize(
    "options",
    [
        Options(latency=0), Options(latency=1), Options(latency=3, enable=True), Options(),
        Options(multiplier="whole", mem="readmemh"), Options(stream=True), Options(rom="block"),
    ],
    ids=str,
)
def test_programs_at_the_corners_in_every_form(options: Options, tmp_path: Path) -> None:
    found = [wrapped(program) for program in programs.by_hand()[:: 4 if options.stream else 3]]
    found += [wrapped(programs.at_random(seed)) for seed in range(options.latency or 0, 30, 6)]

    assert failures(tmp_path, found, options) == []
