"""The replay of tables: functions of one number, on every value of their parameter's type."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lutgen.rendering import render
from lutgen.solution import Solution, Verdict
from lutgen.targets._c_facts import checks
from lutgen.targets._c_types import code_type
from lutgen.targets._literals import integer


def driver(solutions: Sequence[Solution]) -> bytes:
    """Return the program that runs the functions and writes what they give to stdout."""
    return render("c/replay.c.jinja", tables=tuple(map(_row, solutions)))


def data(solution: Solution) -> dict[str, bytes]:
    """Return the files that the program reads: none, for it makes every input itself."""
    return {}


def cost(solution: Solution) -> int:
    """Return how much work a solution is, in table entries."""
    return len(solution.report.codes)


def output_size(solution: Solution) -> int:
    """Return how many bytes the program writes for a solution."""
    inputs, results = code_type(solution.spec.input), code_type(solution.spec.output)
    runs = 4 if inputs == results else 3
    return runs * 2**inputs.bits * (results.bits // 8) + np.dtype(np.intc).itemsize


def verdict(solution: Solution, label: str, output: bytes) -> Verdict:
    """Return the verdict on what the program wrote for one solution."""
    name, spec, expected = solution.spec.name, solution.spec, solution.report.codes
    inputs, results = code_type(spec.input), code_type(spec.output)
    verdict_size = np.dtype(np.intc).itemsize
    runs = np.frombuffer(output[:-verdict_size], results.numpy)
    # The runs take all values of the input type; of each, only the low bits count.
    first = -(2 ** (inputs.bits - 1)) if inputs.signed else 0
    position = (np.arange(2**inputs.bits) + first - spec.input.min_code) % len(expected)
    wrong = (runs.reshape(-1, 2**inputs.bits) != expected[position]).any(axis=0)
    mismatches = len(np.unique(position[wrong]))
    selftest = int(np.frombuffer(output[-verdict_size:], np.intc)[0])
    return Verdict(
        name, "c", label, len(expected), mismatches, selftest_problem(selftest, mismatches)
    )


def selftest_problem(returned: int, mismatches: int) -> str:
    """Return what is wrong with a self-test, or nothing."""
    if bool(returned) == bool(mismatches):
        return ""
    return f"its self-test returns {returned} with {mismatches} wrong codes"


def _row(solution: Solution) -> tuple[object, ...]:
    inputs, results = code_type(solution.spec.input), code_type(solution.spec.output)
    first = -(2 ** (inputs.bits - 1)) if inputs.signed else 0
    count = 2**inputs.bits
    return (
        solution.spec.name, str(inputs), str(results), integer(first), count, inputs == results,
        checks(solution),
    )
