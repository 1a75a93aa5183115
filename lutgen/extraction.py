"""Tables for the units of a quantised model: which specs answer it, and how good they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lutgen import pipeline
from lutgen.accuracy import ErrorReport
from lutgen.errors import LutgenError, shown
from lutgen.ideal import Ideal
from lutgen.models import Model, Unit
from lutgen.request import Request, Side
from lutgen.samples import Samples
from lutgen.solution import Solution
from lutgen.spec import Method, Spec

TABLES = ("faithful", "ideal")
"""What a table holds: the codes that the model computes, or the real function rounded once."""

UNNAMED = "unit"
_DESCRIBED = 4


class Entry(NamedTuple):
    """A unit and the table that can replace it; units of equal tables share it.

    Attributes:
        unit: the part of the model.
        solution: the program of its table.
        differing: for how many input codes the model's own codes and the real function's differ.
        max_lsb: largest error of the program against the real function, in LSB; None where
            neither the catalogue nor an expression says what that is.
    """

    unit: Unit
    solution: Solution
    differing: int
    max_lsb: float | None


def extract(model: Model, tables: str, method: Method) -> list[Entry]:
    """Return the table of every unit of a model, in its order.

    A table that has the model's codes and those of the real function alike is built from the name
    of the function, or from an expression where it has none; others are built from samples.

    Args:
        model: what was read.
        tables: one of ``TABLES``.
        method: how the tables are approximated; as whole tables where that is left open and
            neither an error nor a size is asked for.

    Raises:
        LutgenError: a table cannot be built.
    """
    if method.name is None:
        method = method._replace(name="auto" if method.bounded else "lut")
    found: dict[tuple[object, ...], list[tuple[Unit, Request, Ideal | None, int]]] = {}
    for unit in model.units:
        named, ideal = _real(unit, model, method)
        codes = unit.rounded_once if ideal is None else ideal.codes
        differing = int(np.count_nonzero(codes != unit.faithful))
        wanted = unit.faithful if tables == TABLES[0] else codes
        request = named
        if ideal is None or not np.array_equal(wanted, codes):
            request = _sampled(unit, wanted, model, method)
        key = (
            request.function, request.expression, request.parameters,
            request.samples and request.samples.sha256,
            unit.input, unit.output, unit.found.activation,
        )
        found.setdefault(key, []).append((unit, request, ideal, differing))
    names: set[str] = set()
    entries = {}
    for members in found.values():
        units = [unit for unit, *_ in members]
        solution = pipeline.solve(_spec(members[0][1], units, model, tables, names))
        for unit, _, ideal, differing in members:
            error = ideal and ErrorReport.measure(solution.program, ideal).max_lsb
            entries[unit.output_tensor] = Entry(unit, solution, differing, error)
    return [entries[unit.output_tensor] for unit in model.units]


def solutions(entries: Iterable[Entry]) -> list[Solution]:
    """Return the distinct tables of the entries, in order."""
    return list({entry.solution.spec.name: entry.solution for entry in entries}.values())


def _real(unit: Unit, model: Model, method: Method) -> tuple[Request | None, Ideal | None]:
    """Return the request for the real function of a unit, and its exact values.

    There are none where neither the catalogue nor an expression says what the function is.

    Raises:
        LutgenError: a value of a function of the catalogue cannot be enclosed.
    """
    request = Request(
        function=unit.found.activation or "",
        parameters=unit.found.parameters,
        input=Side.asking_for("in", unit.input),
        output=Side.asking_for("out", unit.output),
        rounding=model.rounding,
        method=method,
    )
    if unit.found.activation is not None:
        return request, Ideal.of(request.resolve())
    if unit.formula is None:
        return None, None
    text, parameters = unit.formula
    request = request._replace(expression=text, parameters=parameters, name=UNNAMED)
    try:
        return request, Ideal.of(request.resolve())
    except LutgenError:
        # It has no value somewhere, or none that can be decided; the model's own codes have.
        return None, None


def _sampled(unit: Unit, codes: np.ndarray, model: Model, method: Method) -> Request:
    """Return the request for a table of given codes."""
    return Request(
        function="",
        input=Side.asking_for("in", unit.input),
        output=Side.asking_for("out", unit.output),
        rounding=model.rounding,
        method=method,
        name=UNNAMED,
        samples=Samples(tuple(unit.input.codes), tuple(codes.tolist()), in_codes=True),
    )


def _spec(
    request: Request, units: list[Unit], model: Model, tables: str, names: set[str]
) -> Spec:
    """Return the spec of a table, with a name of its own and a word on where it comes from."""
    first = units[0]
    types = dict.fromkeys([first.input.suffix, first.output.suffix])
    stem = "_".join([first.found.activation or UNNAMED, *types])
    name, count = stem, 1
    while name in names:
        count += 1
        name = f"{stem}_{count}"
    names.add(name)
    made = [shown(unit.output_tensor)[1:-1] for unit in units[:_DESCRIBED]]
    more = len(units) - len(made)
    what = first.found.activation or "a function without a name"
    description = f"{what} that makes {', '.join(made)}{f' and {more} more' if more else ''}"
    if request.samples:
        how = model.arithmetic if tables == TABLES[0] else "float64, rounded once"
        description += f", as computed by {how}"
    return request._replace(name=name, description=description).resolve()
