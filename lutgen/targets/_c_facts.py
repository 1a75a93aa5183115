"""The macros of an emitted header: scales, zero points, error, hash."""

from __future__ import annotations

from collections.abc import Iterator

from lutgen.formats import NumberFormat
from lutgen.solution import Solution
from lutgen.spec import Spec
from lutgen.targets._c_functions import words
from lutgen.targets._literals import (
    decimal_above,
    float32,
    float32_hex,
    integer,
    own_comment,
)

WIDTH = 95
"""Longest line of the comment above the macros."""


def facts(solution: Solution) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the facts that a program may need."""
    prefix = solution.spec.name.upper()
    for side, number_format in _sides(solution).items():
        scale = number_format.scale
        yield f"{prefix}_{side}_SCALE", f"{float32(scale)} /* {float32_hex(scale)} */"
        yield f"{prefix}_{side}_SCALE_EXACT", f'"{scale}"'
        yield f"{prefix}_{side}_ZERO_POINT", _macro_integer(number_format.zero_point)
    for name, number in _limits(solution):
        yield f"{prefix}_{name}", str(number)
    yield f"{prefix}_MAX_ERROR_LSB", f"{decimal_above(_error(solution), 6)}f"
    if _is_exhaustive(solution):
        yield f"{prefix}_TABLE_SHA256", f'"{solution.codes_sha256}"'


def checks(solution: Solution) -> str:
    """Return C statements that hand over each fact that the header states: whether it is so.

    A header by a user's template need not state them all.
    """
    lines = []
    for name, text in facts(solution):
        value = text.partition(" /*")[0]
        holds = f"strcmp({name}, {value}) == 0" if value[0] == '"' else f"{name} == {value}"
        lines += [f"#ifdef {name}", f'    stated({holds}, "{name}");', "#endif"]
    return "\n".join(lines)


def facts_text(solution: Solution) -> str:
    """Return the comment above the macros."""
    spec, report = solution.spec, solution.report
    sides = error = order = ""
    if isinstance(spec, Spec):
        error, order = "the largest of all codes", "ascending input codes"
    elif _is_exhaustive(solution):
        error, order = "the largest of all inputs", "ascending inputs, the last one fastest"
        if len(spec.outputs) > 1:
            order += ", one output after the other"
    elif report.bound_lsb is not None:
        error = "one that no input passes"
    else:
        error = f"the largest of {report.stimulus.text}"
    if len(spec.inputs) > 1:
        of: dict[str, list[str]] = {}
        for port in spec.ports:
            of.setdefault(port.side.upper(), []).append(port.name)
        sides = "; " + ", ".join(f"{side} is of {words(names)}" for side, names in of.items())
    text = (
        f"real = SCALE * (code - ZERO_POINT){sides}.  The error is {error}, against the exact real "
        "value clipped to the output range."
    )
    if order:
        text += f"  The hash is of the output codes: {order}, little-endian."
    return "\n".join(own_comment(text, WIDTH))


def _sides(solution: Solution) -> dict[str, NumberFormat]:
    """Return the formats by what the macros call them."""
    spec = solution.spec
    if isinstance(spec, Spec):
        return {"IN": spec.input, "OUT": spec.output}
    found: dict[str, NumberFormat] = {}
    for port in spec.ports:
        found.setdefault(port.side.upper(), spec.inputs[port.name])
    if len(spec.outputs) == 1:
        return {**found, "OUT": spec.output}
    return {**found, **{name.upper(): codes for name, codes in spec.outputs.items()}}


def _limits(solution: Solution) -> Iterator[tuple[str, int]]:
    """Yield what a caller must not pass."""
    spec = solution.spec
    if isinstance(spec, Spec):
        return
    if "max_n" in spec.kernel.settings:
        yield "MAX_N", spec.settings.max_n
    if spec.channels is not None:
        yield "CHANNELS", spec.channels.count


def _is_exhaustive(solution: Solution) -> bool:
    return isinstance(solution.spec, Spec) or solution.report.stimulus.is_exhaustive


def _error(solution: Solution) -> float:
    """Return the largest error: of all inputs where they are run, else what is proved."""
    report = solution.report
    if _is_exhaustive(solution) or report.bound_lsb is None:
        return report.max_lsb
    return float(report.bound_lsb)


def _macro_integer(number: int) -> str:
    text = integer(number)
    return f"({text})" if text.startswith("-") else text
