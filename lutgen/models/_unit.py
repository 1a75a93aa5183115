"""A unit: a part of a model that one table can replace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lutgen.errors import ModelError
from lutgen.formats import NumberFormat
from lutgen.models._formulas import Formula, formula_of
from lutgen.models._graph import CLIPPED, Array, Graph, decoded
from lutgen.models._naming import LINEAR, Found, find
from lutgen.models._operators import ACTIVATIONS
from lutgen.models._slices import MAX_STEPS, Slice, Tracer

Runner = Callable[[Slice], Array | None]
"""Returns the output code of every root code as a runtime computes it; None where it cannot."""

Encoder = Callable[[Array, NumberFormat], Array]
"""Returns codes of reals."""

MAX_UNITS = 4096
"""As many tables as a manifest may have."""


class Move(NamedTuple):
    """A node that moves elements on the way through a unit.

    Attributes:
        node: its place among the model's nodes.
        tensor: what it makes.
    """

    node: int
    tensor: str


@dataclass(frozen=True, eq=False)
class Unit:
    """A maximal part of a model that depends on one integer tensor.

    Attributes:
        nodes: names of its nodes, in the model's order.
        input_tensor: the integer tensor it depends on.
        output_tensor: the integer tensor it makes.
        input: format of the input codes.
        output: format of the output codes.
        found: which activation it is.
        faithful: the codes the model computes step by step: int64, ascending input codes.
        formula: its real function as an expression, where the catalogue has no name for it.
        rounded_once: the codes of its own graph without rounding between the steps, in float64.
        moves: nodes that move elements on the way, in order.
        copies: tensors besides the output that get the same codes.
    """

    nodes: tuple[str, ...]
    input_tensor: str
    output_tensor: str
    input: NumberFormat
    output: NumberFormat
    found: Found
    faithful: np.ndarray
    formula: Formula | None
    rounded_once: np.ndarray
    moves: tuple[Move, ...]
    copies: tuple[str, ...]


class Model(NamedTuple):
    """What a quantised model holds for tables.

    Attributes:
        units: in the model's order.
        rounding: the rule of its quantisers.
        arithmetic: what computed the faithful codes.
        notes: what was left alone, and why.
    """

    units: tuple[Unit, ...]
    rounding: str
    arithmetic: str
    notes: tuple[str, ...]


def units(
    graph: Graph, run: Runner, encode: Encoder
) -> tuple[list[Unit], list[str]]:
    """Return the units of a graph that are activations, and notes on what was left alone.

    Args:
        graph: the model.
        run: computes the codes of a slice.
        encode: makes codes of reals as the model does.

    Raises:
        ModelError: no unit is an activation, or there are too many.
    """
    tracer = Tracer(graph)
    found, notes, seen = [], [], set()
    slices = tracer.slices()
    if len(slices) > MAX_UNITS:
        raise ModelError(f"has more than {MAX_UNITS} parts for tables; give a piece of it")
    for part in slices:
        places = sorted({step.node for step in part.steps})
        seen.update(places)
        nodes = tuple(graph.nodes[place] for place in places)
        try:
            unit = _unit(part, nodes, run, encode, tracer)
        except ModelError as problem:
            notes.append(f"{nodes[-1]}: {problem}; left alone")
            continue
        if unit is not None:
            found.append(unit)
    notes += _left_alone(graph, tracer, seen.union(tracer.left))
    if not found:
        reason = f"({notes[0]})" if notes else (
            "(from one to the other, all operators must be known ones, and work on each element)"
        )
        raise ModelError(f"no activation between integer tensors found {reason}")
    return found, notes


def _unit(
    part: Slice, nodes: tuple[str, ...], run: Runner, encode: Encoder, tracer: Tracer
) -> Unit | None:
    """Return a slice as a unit; None of a mere rescale.

    Raises:
        ModelError: a step cannot be computed, or some codes have no value.
    """
    name = find(part)
    if name.activation == LINEAR:
        return None
    once = part.evaluate(_reals(part.input), CLIPPED)
    faithful = None if np.isnan(once).any() else run(part)
    if faithful is None:
        raise ModelError("has no value for some codes of its input")
    return Unit(
        nodes, part.root, part.tensor, part.input, part.output, name,
        faithful.astype(np.int64),
        formula_of(part) if name.activation is None else None,
        encode(once, part.output).astype(np.int64),
        tuple(Move(step.node, step.output) for step in part.moves),
        tuple(twin for twin, first in tracer.twins.items() if first == part.tensor),
    )


def _left_alone(graph: Graph, tracer: Tracer, seen: set[int]) -> Iterator[str]:
    """Yield a note for every node that may be an activation and is part of no unit."""
    for node in tracer.large:
        yield f"{graph.nodes[node]}: depends on more than {MAX_STEPS} steps; left alone"
    for node in tracer.left:
        yield f"{graph.nodes[node]}: its result is not quantised; left alone"
    for step in graph.steps:
        if step.operator in ACTIVATIONS and step.node not in seen:
            yield f"{graph.nodes[step.node]}: is not computed from codes of one tensor; left alone"
    for node in graph.closed:
        yield f"{graph.nodes[node]}: what is inside it was not looked into"


def _reals(codes: NumberFormat) -> Array:
    """Return what all codes of a format stand for, as float64."""
    return decoded(np.arange(codes.min_code, codes.max_code + 1, dtype=np.float64), codes)
