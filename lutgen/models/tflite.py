"""TFLite models as graphs of steps: each operator between its tensors' own quantisation.

The codes are computed in float64 with one rounding, half away from zero, for each operator.  The
kernels of LiteRT come close to that for 8 bits; for 16 bits, where they interpolate, and for
HARD_SWISH and LEAKY_RELU they are less exact.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from lutgen.errors import ModelError, UsageError, shown
from lutgen.formats import NumberFormat, affine
from lutgen.models import _proto
from lutgen.models._graph import DEQUANTISE, QUANTISE, Array, Graph, Step, rounded_away
from lutgen.models._naming import literal
from lutgen.models._slices import Slice
from lutgen.models._tflite_operators import OPERATORS, attributes, fused
from lutgen.models._unit import Model, units
from lutgen.numerics.literals import Number

_IDENTIFIER = b"TFL3"
_ARITHMETIC = "float64, rounded after each operator, half away from zero"

_ASTRAY = (struct.error, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What the accessors raise where the offsets in a file lead astray."""

def read(path: Path) -> Model:
    """Return the units of a quantised TFLite model.

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
        graph = _Reader.of(tflite.Model.GetRootAs(content, 0)).graph()
    except ModelError as problem:
        raise ModelError(f"{path.name}: {problem}") from None
    except _ASTRAY as problem:
        raise ModelError(
            f"{path.name}: not a TFLite model ({type(problem).__name__} while reading it)"
        ) from None
    try:
        found, notes = units(graph, _codes, rounded_away)
    except ModelError as problem:
        raise ModelError(f"{path.name}: {problem}") from None
    return Model(tuple(found), "half-away", _ARITHMETIC, tuple(notes))


def _codes(part: Slice) -> Array | None:
    """Return the output code of every code of a slice's root; None where one has no value."""
    inputs = np.arange(part.input.min_code, part.input.max_code + 1, dtype=np.float64)
    found = part.evaluate(inputs, rounded_away)
    return None if np.isnan(found).any() else found


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
        made: tensors that an operator so far makes.
    """

    model: object
    codes: list[str]
    steps: list[Step] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    scalars: dict[str, Array] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, model: object) -> _Reader:
        """Return the reader of a model."""
        import tflite

        names = {
            value: name for name, value in vars(tflite.BuiltinOperator).items() if name.isupper()
        }
        codes = [model.OperatorCodes(i) for i in _bounded(model.OperatorCodesLength())]
        # Old files have the code in a field of one byte; new ones keep that at its limit.
        numbers = [max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes]
        return cls(model, [names.get(number, f"operator {number}") for number in numbers])

    def graph(self) -> Graph:
        """Return all subgraphs as steps."""
        for place in _bounded(self.model.SubgraphsLength()):
            subgraph = self.model.Subgraphs(place)
            tensors = [subgraph.Tensors(i) for i in _bounded(subgraph.TensorsLength())]
            names = self._names(tensors, place)
            for i in _bounded(subgraph.OperatorsLength()):
                self._operator(subgraph.Operators(i), tensors, names)
            outputs = [subgraph.Outputs(i) for i in _bounded(subgraph.OutputsLength())]
            self.outputs |= {names[i] for i in outputs}
        return Graph(tuple(self.steps), tuple(self.nodes), self.scalars, frozenset(self.outputs))

    def _names(self, tensors: list, subgraph: int) -> list[str]:
        """Return the tensors' names; one that another tensor has already gets its place added."""
        names: list[str] = []
        taken: set[str] = set()
        for place, tensor in enumerate(tensors):
            name = (tensor.Name() or b"").decode("utf-8", "replace")
            if not name or name in taken or subgraph:
                name = f"{name}:{subgraph}:{place}"
            taken.add(name)
            names.append(name)
        return names

    def _operator(self, operator: object, tensors: list, names: list[str]) -> None:
        """Append the steps of one operator."""
        inputs = [operator.Inputs(i) for i in _bounded(operator.InputsLength())]
        outputs = [operator.Outputs(i) for i in _bounded(operator.OutputsLength())]
        code = self.codes[operator.OpcodeIndex()]
        place = len(self.nodes)
        self.nodes.append(f"{code} #{place}")
        for name in (names[i] for i in outputs):
            if name in self.made:
                raise ModelError(f"{self.nodes[place]}: tensor {shown(name)} is made twice")
            self.made.add(name)
        kind = None
        if code in OPERATORS and len(outputs) == 1 and inputs and min(inputs) >= 0:
            kind = _type(tensors[outputs[0]])
        if kind is None or any(
            _type(tensors[i]) is None and not self._constant(tensors[i]) for i in inputs
        ):
            read = tuple(names[i] for i in inputs if i >= 0)
            self.steps.append(Step("", read, "", place))
            return
        reals = tuple(
            self._real(tensors[i], names[i], side, place) for side, i in enumerate(inputs)
        )
        name, fixed = OPERATORS[code]
        made = f"{names[outputs[0]]}\0real"
        self.steps.append(Step(name, reals, made, place, {**fixed, **attributes(operator, code)}))
        for clip, limits in fused(operator, code):
            self.steps.append(Step(clip, (made,), f"{made}\0clipped", place, limits))
            made = f"{made}\0clipped"
        found = self._format(tensors[outputs[0]], names[outputs[0]], place)
        self.steps.append(Step(QUANTISE, (made,), names[outputs[0]], place, format=found))

    def _real(self, tensor: object, name: str, side: int, place: int) -> str:
        """Return the name of a tensor's real values, after the step that makes them."""
        real = f"{name}\0{place}.{side}"
        if self._constant(tensor):
            value = self._scalar(tensor, name, place)
            if value is not None:
                self.scalars[real] = value
            return real
        found = self._format(tensor, name, place)
        self.steps.append(Step(DEQUANTISE, (name,), real, place, format=found))
        return real

    def _constant(self, tensor: object) -> bool:
        """Return whether a tensor's data are in the file."""
        buffer = self.model.Buffers(tensor.Buffer())
        return buffer is not None and buffer.DataLength() > 0

    def _scalar(self, tensor: object, name: str, place: int) -> Array | None:
        """Return the real value of a constant of one element; None of a larger one."""
        import tflite

        data = self.model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
        if tensor.Type() == tflite.TensorType.FLOAT32 and len(data) == 4:
            return np.array(np.frombuffer(data, "<f4")[0], np.float64)
        kind = _type(tensor)
        if kind is None or len(data) != kind[0] // 8:
            return None
        codes = self._format(tensor, name, place)
        code = int.from_bytes(data, "little", signed=kind[1])
        return np.array(float(codes.decode(code)), np.float64)

    def _format(self, tensor: object, name: str, place: int) -> NumberFormat:
        """Return the format of a tensor's codes.

        Raises:
            ModelError: its quantisation is missing, per channel or not finite.
        """
        where = f"{self.nodes[place]}: tensor {shown(name)}"
        found = tensor.Quantization()
        count = 0 if found is None else found.ScaleLength()
        if count == 0:
            raise ModelError(f"{where}: has no scale")
        if count > 1:
            raise ModelError(f"{where}: is quantised per channel; activations must be per tensor")
        value = float(found.Scale(0))
        if not np.isfinite(value) or value <= 0:
            raise ModelError(f"{where}: scale is {value}; it must be a positive finite number")
        width, signed = _type(tensor)
        try:
            return affine(
                width,
                signed=signed,
                scale=Number(Fraction(value), literal(value)),
                zero_point=int(found.ZeroPoint(0)) if found.ZeroPointLength() else 0,
                side="in",
            )
        except UsageError as problem:
            raise ModelError(f"{where}: {problem}") from None


def _type(tensor: object) -> tuple[int, bool] | None:
    """Return width and sign of a tensor of codes; None of any other."""
    import tflite

    kinds = tflite.TensorType
    return {kinds.INT8: (8, True), kinds.UINT8: (8, False), kinds.INT16: (16, True)}.get(
        tensor.Type()
    )


def _bounded(count: int) -> range:
    """Return the places of so many things, which the file claims to have.

    Raises:
        ModelError: no model has as many.
    """
    if count > _proto.MAX_NODES:
        raise ModelError(f"claims to have {count} parts; at most {_proto.MAX_NODES} are read")
    return range(count)
