"""The replay of kernels: functions of several numbers or of rows, on the inputs of the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from lutgen.rendering import render
from lutgen.solution import Solution, Verdict
from lutgen.targets._c_facts import checks
from lutgen.targets._c_interface import Input, Interface
from lutgen.targets._c_replay_plan import JOINED, Calls, Plan
from lutgen.targets._c_replay_tables import selftest_problem
from lutgen.targets._c_selftest import has_selftest

COST = 2**17
"""Work of a kernel, in table entries."""

_plan = lru_cache(maxsize=32)(Plan.of)


def cost(solution: Solution) -> int:
    """Return how much work a solution is, in table entries."""
    return COST


def driver(solutions: Sequence[Solution]) -> bytes:
    """Return the program that runs the functions and writes what they give to stdout."""
    return render("c/replay_kernels.c.jinja", kernels=tuple(map(_row, solutions)))


def data(solution: Solution) -> dict[str, bytes]:
    """Return the file that the program reads: codes by columns, then the tables of calls."""
    plan = _plan(solution)
    face = plan.interface
    columns = [_noisy(each, plan.single[each.port]) for each in face.inputs if plan.single]
    columns += [_noisy(each, plan.arrays[each.port]) for each in face.arrays]
    tables = [calls.table for calls in plan.calls]
    return {f"{solution.spec.name}.in": b"".join(each.tobytes() for each in (*columns, *tables))}


def _noisy(source: Input, codes: np.ndarray) -> np.ndarray:
    """Return codes as C has them, with something in the bits above them, which do not count."""
    spare = source.type.bits - source.format.width
    noise = (np.arange(len(codes)) * 7) % 2**spare << source.format.width
    pattern = (codes % 2**source.format.width) | noise
    return pattern.astype(f"u{source.type.bits // 8}")


def output_size(solution: Solution) -> int:
    """Return how many bytes the program writes for a solution."""
    plan = _plan(solution)
    size = sum(output.type.bits // 8 for output in plan.interface.outputs)
    runs = _count(plan.single) * size
    for calls in plan.calls:
        runs += _count(plan.arrays) * (
            size if calls.over is None else plan.interface.outputs[calls.output].type.bits // 8
        )
    return runs + np.dtype(np.intc).itemsize * has_selftest(solution)


def verdict(solution: Solution, label: str, output: bytes) -> Verdict:
    """Return the verdict on what the program wrote for one solution."""
    plan = _plan(solution)
    outputs = plan.interface.outputs
    reader = _Reader(output)
    wrong_single = np.zeros(_count(plan.single), dtype=bool)
    for each in outputs if plan.single else ():
        wanted = plan.wanted_single[each.name]
        wrong_single |= reader.next(each.type.numpy, len(wanted)) != wanted
    wrong_arrays = np.zeros(_count(plan.arrays), dtype=bool)
    for calls in plan.calls:
        written = outputs if calls.over is None else [outputs[calls.output]]
        for each in written:
            wanted = plan.wanted_arrays[each.name]
            wrong_arrays |= reader.next(each.type.numpy, len(wanted)) != wanted
    mismatches = int(np.count_nonzero(wrong_single) + np.count_nonzero(wrong_arrays))
    if plan.single and not plan.interface.once:
        # The same inputs in both.
        mismatches = int(np.count_nonzero(wrong_single | wrong_arrays))
    problem = ""
    if has_selftest(solution):
        returned = int(reader.next("i4", 1)[0])
        problem = selftest_problem(returned, int(np.count_nonzero(wrong_single)))
    return Verdict(
        solution.spec.name, "c", label, solution.report.stimulus.count, mismatches, problem
    )


class _Reader:
    """Takes arrays from bytes, one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0

    def next(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self._content, kind, count, self._place)
        self._place += found.nbytes
        return found


def _count(columns: object) -> int:
    return len(next(iter(columns.values()))) if columns else 0


# The driver


def _row(solution: Solution) -> tuple[object, ...]:
    """Return a solution's stem, the statements that replay it, and what checks its macros."""
    plan = _plan(solution)
    lines = [*_setup(plan)]
    if plan.single:
        lines += _single(plan)
    for number, calls in enumerate(plan.calls):
        lines += _run(plan, calls, number)
    if has_selftest(solution):
        lines += [f"verdict = {solution.spec.name}_selftest();", "put(&verdict, sizeof(verdict));"]
    declared = ["int verdict;"] if has_selftest(solution) else []
    body = "\n".join(f"    {line}" if line else "" for line in [*declared, *lines])
    return solution.spec.name, body, checks(solution)


def _setup(plan: Plan) -> Iterator[str]:
    """Yield the declarations: columns and tables are read in the order of the file."""
    face = plan.interface
    single, count = _count(plan.single), _count(plan.arrays)
    yield f'FILE *const file = opened("{face.stem}.in");'
    if plan.single:
        for each in face.inputs:
            yield (
                f"{each.type} *const single_{each.port} = "
                f"({each.type} *)column(file, {single}u, sizeof({each.type}));"
            )
    for each in face.arrays:
        yield (
            f"{each.type} *const in_{each.port} = "
            f"({each.type} *)column(file, {count}u, sizeof({each.type}));"
        )
    for number, calls in enumerate(plan.calls):
        yield (
            f"const int32_t *const calls{number} = "
            f"(const int32_t *)column(file, {calls.table.size}u, sizeof(int32_t));"
        )
    room = max(single, count)
    for output in face.outputs:
        yield f"{output.type} *const out_{output.name} = ({output.type} *)memory({room}u + 1u, " \
              f"sizeof({output.type}));"
    if any(calls.form in JOINED for calls in plan.calls):
        yield f"{face.inputs[0].type} *const joined = ({face.inputs[0].type} *)memory(" \
              f"2u * {count}u, sizeof({face.inputs[0].type}));"
    # Volatile, or compilers inline and unroll everything here, and take long over it.
    for form in dict.fromkeys(calls.form for calls in plan.calls):
        yield f"void (*const volatile by_{form})({_types(face, form)}) = {_function(face, form)};"
    if plan.single:
        yield f"{_returned(face)} (*const volatile scalar)({_scalar_types(face)}) = {face.stem};"
    yield "size_t i;"
    yield ""


def _function(face: Interface, form: str) -> str:
    return face.stem if form == "row" else f"{face.stem}_{form}"


def _types(face: Interface, form: str) -> str:
    """Return the types of the parameters of a function of arrays."""
    if form in JOINED:
        sources = [f"const {face.inputs[0].type} *"]
    else:
        sources = [f"const {i.type} *" if i.array else str(i.type) for i in face.inputs]
    counts = ["size_t", "size_t"] if form == "rows" else ["size_t"]
    return ", ".join([*sources, *(f"{o.type} *" for o in face.outputs), *counts])


def _scalar_types(face: Interface) -> str:
    sinks = [f"{o.type} *" for o in face.outputs] if len(face.outputs) > 1 else []
    return ", ".join([*(str(each.type) for each in face.inputs), *sinks])


def _returned(face: Interface) -> str:
    return "void" if len(face.outputs) > 1 else str(face.outputs[0].type)


def _single(plan: Plan) -> list[str]:
    """Return the statements that call the function of single numbers."""
    face, count = plan.interface, _count(plan.single)
    sources = [f"single_{each.port}[i]" for each in face.inputs]
    if len(face.outputs) == 1:
        call = f"out_{face.outputs[0].name}[i] = scalar({', '.join(sources)});"
    else:
        sinks = [f"&out_{output.name}[i]" for output in face.outputs]
        call = f"scalar({', '.join([*sources, *sinks])});"
    return [
        f"for (i = 0u; i < {count}u; i++) {{", f"    {call}", "}",
        *(f"put(out_{o.name}, {count}u * sizeof({o.type}));" for o in face.outputs),
    ]


def _run(plan: Plan, calls: Calls, number: int) -> Iterator[str]:
    """Yield the statements that make some calls and write what they give."""
    face, count = plan.interface, _count(plan.arrays)
    rows, width = calls.table.shape
    joined = calls.form in JOINED
    over, under = calls.over, face.outputs[calls.output]
    if over is not None and not joined:
        yield f"memcpy(out_{under.name}, in_{over.port}, {count}u * sizeof({under.type}));"
    if over is None:
        yield f"by_{calls.form}({', '.join(_nothing(face, calls.form))});"
    yield f"for (i = 0u; i < {rows}u; i++) {{"
    yield f"    const int32_t *const call = &calls{number}[{width}u * i];"
    yield "    const size_t start = (size_t)call[0];"
    if calls.form == "rows":
        yield "    const size_t rows_here = (size_t)call[1];"
        yield "    const size_t n = (size_t)call[2];"
    else:
        yield "    const size_t n = (size_t)call[1];"
    yield ""
    if joined:
        yield from _join(plan, calls.form)
    arguments = _arguments(face, calls)
    yield f"    by_{calls.form}({', '.join(arguments)});"
    if joined and over is not None:
        yield f"    memcpy(&out_{under.name}[start], joined, n * sizeof({under.type}));"
    if over is None:
        past = "start + rows_here * n" if calls.form == "rows" else "start + n"
        for output in face.outputs:
            yield f"    untouched(&out_{output.name}[{past}], sizeof({output.type}));"
    yield "}"
    for output in face.outputs if over is None else [under]:
        yield f"put(out_{output.name}, {count}u * sizeof({output.type}));"
    if over is not None:
        for output in face.outputs:
            yield f"poison(out_{output.name}, ({count}u + 1u) * sizeof({output.type}));"


def _nothing(face: Interface, form: str) -> list[str]:
    """Return the arguments for no element at all."""
    joined = form in JOINED
    sources = ["NULL"] if joined else ["NULL" if each.array else "0" for each in face.inputs]
    return [*sources, *["NULL"] * len(face.outputs), *["0u"] * (2 if form == "rows" else 1)]


def _join(plan: Plan, form: str) -> Iterator[str]:
    """Yield the statements that lay both inputs of a gated unit into one row."""
    first, second = plan.interface.joined
    places = ("j", "n + j") if form == "halves" else ("2u * j", "2u * j + 1u")
    yield "    size_t j;"
    yield ""
    yield "    for (j = 0u; j < n; j++) {"
    for each, place in zip((first, second), places, strict=True):
        yield f"        joined[{place}] = in_{each.port}[start + j];"
    yield "    }"


def _arguments(face: Interface, calls: Calls) -> list[str]:
    """Return the arguments of one call."""
    under = face.outputs[calls.output]
    counts = ["rows_here", "n"] if calls.form == "rows" else ["n"]
    if calls.form in JOINED:
        target = "joined" if calls.over is not None else f"&out_{under.name}[start]"
        return ["joined", target, *counts]
    column = 3 if calls.form == "rows" else 2
    arguments = []
    for each in face.inputs:
        if not each.array:
            arguments.append(f"({each.type})call[{column}]")
            column += 1
        elif calls.over is not None and each.port == calls.over.port:
            arguments.append(f"&out_{under.name}[start]")
        else:
            arguments.append(f"&in_{each.port}[start]")
    return [*arguments, *(f"&out_{output.name}[start]" for output in face.outputs), *counts]
