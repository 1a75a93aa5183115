"""TFLite models as graphs of steps: each operator between its tensors' own quantisation.

Their codes are those that LiteRT's kernels compute.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lutgen.errors import ModelError, shown
from lutgen.models import _proto, litert
from lutgen.models._graph import DEQUANTISE, QUANTISE, Array, Coding, Graph, Step, decoded, evaluate
from lutgen.models._graph import rounded_away as encode
from lutgen.models._slices import Slice
from lutgen.models._tflite_operators import CLOSED, OPERATORS, attributes, fused
from lutgen.models._tflite_tensors import Tensors, bounded
from lutgen.models._unit import Model, units

_IDENTIFIER = b"TFL3"

_ASTRAY = (struct.error, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What the accessors raise where the offsets in a file lead astray."""


def read(path: Path, kernels: str) -> Model:
    """Return the units of a quantised TFLite model.

    Args:
        path: its file.
        kernels: which of ``litert.KERNELS`` compute its codes.

    Raises:
        ModelError: not such a model; the message names the operator where there is one.
    """
    try:
        import tflite
    except ImportError:
        raise ModelError(
            f"{path.name}: reading it needs the package tflite; pip install 'lutgen[tflite]'"
        ) from None
    content = _proto.content(path)
    if content[4:8] != _IDENTIFIER:
        raise ModelError(f"{path.name}: not a TFLite model")
    try:
        reader = _Reader.of(tflite.Model.GetRootAs(content, 0))
        graph = reader.graph()
    except ModelError as problem:
        raise ModelError(f"{path.name}: {problem}") from None
    except _ASTRAY:
        raise ModelError(
            f"{path.name}: not a TFLite model (its parts lead out of the file; is it cut short?)"
        ) from None
    runner = _Runner(reader.operators, graph.nodes, kernels)
    try:
        found, notes = units(graph, runner.codes, encode)
    except ModelError as problem:
        raise ModelError(f"{path.name}: {problem}") from None
    return Model(
        tuple(found), "half-away", litert.KERNELS[kernels].label,
        (*notes, *dict.fromkeys(runner.notes)),
    )


@dataclass
class _Runner:
    """Computes slices operator by operator.

    Attributes:
        operators: by their nodes.
        nodes: their names.
        kernels: which of ``litert.KERNELS``.
        notes: on operators that LiteRT has no kernel for.
    """

    operators: Mapping[int, litert.Operator]
    nodes: tuple[str, ...]
    kernels: str
    notes: list[str] = field(default_factory=list)

    def codes(self, part: Slice) -> Array | None:
        """Return the output code of every code of a slice's root; None where one has no value."""
        values = {part.root: np.arange(part.input.min_code, part.input.max_code + 1)}
        for end in part.steps:
            if end.operator != QUANTISE:
                continue
            operator = self.operators[end.node]
            inputs = [values[t.name] if t.codes is None else t.codes for t in operator.inputs]
            found = litert.run(operator, inputs, self.kernels)
            if found is None:
                steps = [step for step in part.steps if step.node == end.node]
                found = self._rounded(part, steps, values)
                self.notes.append(
                    f"{self.nodes[end.node]}: LiteRT has no such kernel known here for "
                    f"{operator.inputs[0].format.suffix}; its codes are exact values rounded once"
                )
            if found is None:
                return None
            values[end.output] = found
        return values[part.tensor]

    def _rounded(self, part: Slice, steps: list[Step], values: Mapping[str, Array]) -> Array | None:
        """Return what an operator makes of codes in float64, with one rounding."""
        floats = {name: codes.astype(np.float64) for name, codes in values.items()}
        known = {**part.scalars, **floats}
        found = evaluate(steps, known, steps[-1].output, Coding(encode, decoded))
        return None if np.isnan(found).any() else found.astype(np.int64)


@dataclass
class _Reader:
    """Reads the operators of one model.

    Attributes:
        model: the flatbuffer's root.
        codes: the operators' names, by their index in the model.
        steps: made so far.
        nodes: names made so far.
        scalars: constants of one element, found so far.
        outputs: of all subgraphs, found so far.
        read: tensors that an operator so far reads.
        made: those that one makes.
        operators: those on integer tensors so far, by their nodes.
        closed: nodes with activations inside, so far.
    """

    model: object
    codes: list[str]
    steps: list[Step] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    scalars: dict[str, Array] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    operators: dict[int, litert.Operator] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, model: object) -> _Reader:
        """Return the reader of a model."""
        import tflite

        names = {
            value: name for name, value in vars(tflite.BuiltinOperator).items() if name.isupper()
        }
        codes = [model.OperatorCodes(i) for i in bounded(model.OperatorCodesLength())]
        # Old files have the code in a field of one byte; new ones keep that at its limit.
        numbers = [max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes]
        return cls(model, [names.get(number, f"operator {number}") for number in numbers])

    def graph(self) -> Graph:
        """Return all subgraphs as steps."""
        for place in bounded(self.model.SubgraphsLength()):
            subgraph = self.model.Subgraphs(place)
            tensors = Tensors.of(self.model, place)
            for i in bounded(subgraph.OperatorsLength()):
                self._operator(subgraph.Operators(i), tensors)
            outputs = [subgraph.Outputs(i) for i in bounded(subgraph.OutputsLength())]
            self.outputs |= {tensors.names[i] for i in outputs}
        return Graph(
            tuple(self.steps), tuple(self.nodes), self.scalars, frozenset(self.outputs),
            tuple(self.closed),
        )

    def _operator(self, operator: object, tensors: Tensors) -> None:
        """Append the steps of one operator."""
        inputs = [operator.Inputs(i) for i in bounded(operator.InputsLength())]
        outputs = [operator.Outputs(i) for i in bounded(operator.OutputsLength())]
        code = self.codes[operator.OpcodeIndex()]
        place = len(self.nodes)
        self.nodes.append(f"{code} #{place}")
        if code in CLOSED:
            self.closed.append(place)
        self.read.update(tensors.names[i] for i in inputs if i >= 0)
        for name in (tensors.names[i] for i in outputs):
            if name in self.made or name in self.read:
                what = "twice" if name in self.made else "after it is read"
                raise ModelError(f"{self.nodes[place]}: tensor {shown(name)} is made {what}")
            self.made.add(name)
        known = []
        if code in OPERATORS and len(outputs) == 1 and inputs and min(inputs) >= 0:
            known = [tensors.read(i, self.nodes[place]) for i in (*inputs, *outputs)]
        if known and None not in known:
            self._known(place, code, operator, known)
        else:
            read = tuple(tensors.names[i] for i in inputs if i >= 0)
            self.steps.append(Step("", read, "", place))

    def _known(
        self, place: int, code: str, operator: object, tensors: list[litert.Tensor]
    ) -> None:
        """Append the steps of an elementwise operator, the last of whose tensors it makes."""
        *inputs, output = tensors
        name, fixed = OPERATORS[code]
        options = {**fixed, **attributes(operator, code)}
        reals = tuple(f"{tensor.name}\0{place}.{side}" for side, tensor in enumerate(inputs))
        for real, (tensor, codes, constant) in zip(reals, inputs, strict=True):
            if constant is None:
                self.steps.append(Step(DEQUANTISE, (tensor,), real, place, format=codes))
            else:
                self.scalars[real] = decoded(constant.astype(np.float64), codes).reshape(())
        made = f"{output.name}\0real"
        self.steps.append(Step(name, reals, made, place, options))
        for clip, limits in fused(operator, code):
            self.steps.append(Step(clip, (made,), f"{made}\0clipped", place, limits))
            made, options = f"{made}\0clipped", {**options, **limits}
        self.steps.append(Step(QUANTISE, (made,), output.name, place, format=output.format))
        self.operators[place] = litert.Operator(code, tuple(inputs), output, options)
