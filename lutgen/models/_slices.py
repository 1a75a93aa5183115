"""Where the units of a model begin and end: its steps followed from every integer tensor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lutgen.formats import NumberFormat
from lutgen.models._graph import (
    DEQUANTISE,
    MOVE,
    QUANTISE,
    Array,
    Coding,
    Graph,
    Step,
    evaluate,
)
from lutgen.models._operators import STRAIGHT

MAX_STEPS = 512
"""What is longer or wider is left alone: nobody writes an activation of so many operators."""


class Slice(NamedTuple):
    """A maximal part of a model that depends on one integer tensor, the root.

    Attributes:
        root: the tensor it begins at.
        input: the root's format.
        tensor: the integer tensor it ends at.
        output: that tensor's format.
        steps: from the root to the end, in order.
        curved: whether an operator on the way is more than a straight line.
        scalars: the constants the steps begin with.
        moves: those of the steps that move elements, in order; every way takes the same ones.
        twins: tensors with the same codes as others, which the steps name in their place.
    """

    root: str
    input: NumberFormat
    tensor: str
    output: NumberFormat
    steps: tuple[Step, ...]
    curved: bool
    scalars: Mapping[str, Array]
    moves: tuple[Step, ...]
    twins: Mapping[str, str]

    @property
    def operators(self) -> tuple[Step, ...]:
        """The steps that compute: they neither quantise nor move anything."""
        return tuple(s for s in self.steps if s.format is None and s.operator != MOVE)

    def evaluate(self, values: Array, coding: Coding) -> Array:
        """Return the outputs for values of the root, in their floating-point type.

        Args:
            values: codes, or the reals they stand for, as the coding has it.
            coding: what the slice's quantising and dequantising steps do.
        """
        scalars = {
            name: value if value.dtype == bool else value.astype(values.dtype)
            for name, value in self.scalars.items()
        }
        return evaluate(self.steps, {**scalars, self.root: values}, self.tensor, coding)


class _Reach(NamedTuple):
    """What a tensor that depends on one integer tensor is known by.

    Attributes:
        root: that integer tensor.
        input: its format.
        bases: the integer tensors it was last computed from.
        length: how many steps lie between it and the root.
        curved: whether one of them is more than a straight line.
        bent: whether one of those since the bases is.
        moved: the tensors on the way whose elements were moved; only what was moved alike is
            joined, since an element of one has to meet the same element of the other.
    """

    root: str
    input: NumberFormat
    bases: frozenset[str]
    length: int = 0
    curved: bool = False
    bent: bool = False
    moved: tuple[str, ...] = ()


class Tracer:
    """Follows the steps of a graph once, in order.

    Attributes:
        left: nodes whose curved result never becomes codes.
        large: nodes that end a slice of too many steps.
        twins: tensors that a step makes with the codes of another, by that other's name.
    """

    def __init__(self, graph: Graph) -> None:
        self.left: list[int] = []
        self.large: list[int] = []
        self.twins: dict[str, str] = {}
        self._graph = graph
        self._quantised: dict[tuple[str, NumberFormat], str] = {}
        self._made: dict[str, tuple[int, Step]] = {}
        self._reach: dict[str, _Reach] = {}
        self._kept: set[str] = set()

    def slices(self) -> list[Slice]:
        """Return the maximal slices in the order of their ends."""
        for place, given in enumerate(self._graph.steps):
            step = given._replace(inputs=tuple(self.twins.get(n, n) for n in given.inputs))
            if step.operator == QUANTISE and self._is_twin(step):
                continue
            found = self._follow(step) if step.elementwise else None
            if found is not None:
                self._reach[step.output] = found
                self._made[step.output] = place, step
            else:
                self._leave(step.inputs)
        self._leave(self.twins.get(name, name) for name in self._graph.outputs)
        ends = [
            name
            for name, (_, step) in self._made.items()
            if step.operator == QUANTISE and name in self._kept and not self._rescales(name)
        ]
        return [found for found in map(self._slice, ends) if found is not None]

    def _is_twin(self, step: Step) -> bool:
        """Return whether a quantiser makes what another has made, and note it.

        Some quantisers give each reader of a tensor a quantiser of its own, all alike.
        """
        first = self._quantised.setdefault((step.inputs[0], step.format), step.output)
        if first != step.output:
            self.twins[step.output] = first
        return first != step.output

    def _follow(self, step: Step) -> _Reach | None:
        """Return what the output of a step depends on, None where that is not one root."""
        if step.operator == DEQUANTISE:
            return self._enter(step)
        known = [name for name in step.inputs if name and name not in self._graph.scalars]
        reaches = [self._reach.get(name) for name in known]
        if not reaches or None in reaches:
            return None
        first = reaches[0]
        length = 1 + max(reach.length for reach in reaches)
        origins = {(reach.root, reach.input, reach.moved) for reach in reaches}
        bases = frozenset().union(*(reach.bases for reach in reaches))
        # What is done with codes as codes, such as moving them, makes another root.
        if len(origins) > 1 or length > MAX_STEPS or not bases.isdisjoint(known):
            return None
        if step.operator == QUANTISE:
            # So does moving them as reals, where that is all.
            if first.moved[-1:] == (step.inputs[0],) and not first.bent:
                return None
            return first._replace(bases=frozenset([step.output]), length=length, bent=False)
        if step.operator == MOVE:
            return first._replace(length=length, moved=(*first.moved, step.output))
        straight = step.operator in STRAIGHT or (
            (step.operator == "Mul" and len(known) == 1)
            or (step.operator == "Div" and known == [step.inputs[0]])
        )
        return first._replace(
            bases=bases,
            length=length,
            curved=not straight or any(reach.curved for reach in reaches),
            bent=not straight or any(reach.bent for reach in reaches),
        )

    def _enter(self, step: Step) -> _Reach | None:
        """Return what a dequantised tensor depends on: a unit before it, or itself as a root."""
        (codes,) = step.inputs
        before = self._reach.get(codes)
        if before is not None:
            if before.length < MAX_STEPS and self._made[codes][1].format == step.format:
                return before._replace(length=before.length + 1, bent=False)
            self._leave([codes])
        if codes in self._graph.scalars:
            return None
        return _Reach(codes, step.format, frozenset([codes]))

    def _leave(self, names: Iterable[str]) -> None:
        """Note that tensors are read by something that is no part of a unit."""
        for name in names:
            reach = self._reach.get(name)
            if reach is None:
                continue
            self._kept |= reach.bases
            if reach.bent:
                self.left.append(self._made[name][1].node)

    def _rescales(self, name: str) -> bool:
        """Return whether an end is no more than another scale for an end that is kept as well."""
        root = self._reach[name].root
        while True:
            before = self._reach[self._made[name][1].inputs[0]]
            if before.bent or len(before.bases) != 1:
                return False
            (name,) = before.bases
            if name == root:
                return False
            if name in self._kept:
                return self._reach[name].curved

    def _slice(self, end: str) -> Slice | None:
        """Return the slice that ends at an integer tensor, None where it is too wide.

        Its steps are gathered backwards.
        """
        reach = self._reach[end]
        waiting, steps = [end], {}
        while waiting:
            if len(steps) > MAX_STEPS:
                self.large.append(self._made[end][1].node)
                return None
            name = waiting.pop()
            if name == reach.root or name not in self._made:
                continue
            place, step = self._made[name]
            if place not in steps:
                steps[place] = step
                waiting += [name for name in step.inputs if name]
        ordered = tuple(steps[place] for place in sorted(steps))
        used = {name for step in ordered for name in step.inputs}
        return Slice(
            root=reach.root,
            input=reach.input,
            tensor=end,
            output=self._made[end][1].format,
            steps=ordered,
            curved=reach.curved,
            scalars={name: self._graph.scalars[name] for name in used & self._graph.scalars.keys()},
            moves=tuple(self._made[name][1] for name in reach.moved),
            twins=self.twins,
        )
