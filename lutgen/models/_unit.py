"""A unit: a part of a model that one table can replace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lutgen.errors import ModelError
from lutgen.formats import NumberFormat
from lutgen.models._graph import Array, Graph, Quantiser, saturated
from lutgen.models._naming import LINEAR, Found, find
from lutgen.models._slices import Slice, Tracer

Runner = Callable[[Slice], Array | None]
"""Returns the output code of every root code as a runtime computes it; None where it cannot."""


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
        rounded_once: the codes of its own graph without rounding between the steps, in float64.
    """

    nodes: tuple[str, ...]
    input_tensor: str
    output_tensor: str
    input: NumberFormat
    output: NumberFormat
    found: Found
    faithful: np.ndarray
    rounded_once: np.ndarray


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


def units(graph: Graph, run: Runner, quantise: Quantiser) -> tuple[list[Unit], list[str]]:
    """Return the units of a graph that are activations, and notes on what was left alone.

    Args:
        graph: the model.
        run: computes the codes of a slice.
        quantise: rounds as the model does.

    Raises:
        ModelError: a step cannot be computed, or no unit is an activation.
    """
    tracer = Tracer(graph)
    found, notes = [], []
    for part in tracer.slices():
        name = find(part)
        if name.activation == LINEAR:
            continue
        nodes = tuple(graph.nodes[i] for i in sorted({step.node for step in part.steps}))
        once = part.evaluate(_codes(part.input), saturated)
        faithful = run(part)
        if faithful is None or np.isnan(once).any():
            notes.append(f"{nodes[-1]}: has no value for some codes of its input; left alone")
            continue
        once = quantise((once - part.output.zero_point) * float(part.output.scale), part.output)
        found.append(Unit(
            nodes, part.root, part.tensor, part.input, part.output, name,
            faithful.astype(np.int64), once.astype(np.int64),
        ))
    notes += [
        f"{graph.nodes[node]}: its result is not quantised; left alone" for node in tracer.left
    ]
    if not found:
        raise ModelError(
            "no activation between integer tensors found" + (f" ({notes[0]})" if notes else "")
        )
    return found, notes


def _codes(codes: NumberFormat) -> Array:
    """Return all codes of a format as float64."""
    return np.arange(codes.min_code, codes.max_code + 1, dtype=np.float64)
