"""TFLite files, built with the flatbuffer builder alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.tools import require_module


@dataclass
class Flat:
    """A TFLite model under construction: tensors by name, operators in order."""

    tensors: dict[str, tuple] = field(default_factory=dict)
    operators: list[tuple] = field(default_factory=list)

    def tensor(self, name: str, scale: object = 0.1, zero_point: int = 0, kind: str = "INT8",
               data: bytes = b"", shape: tuple[int, ...] = ()) -> str:
        """Add a tensor; several scales make it per channel, and None leaves it without."""
        self.tensors[name] = (scale, zero_point, kind, data, shape)
        return name

    def add(self, code: str, inputs: str, output: str, **options) -> None:
        self.operators.append((code, inputs.split(), output, options))

    def write(self, path: Path) -> Path:
        """Write the model.

        Its inputs are the tensors that no operator makes and that have no data, its outputs those
        that no operator reads.
        """
        tfl = require_module("tflite")
        flatbuffers = require_module("flatbuffers")
        builder = flatbuffers.Builder(1024)
        places = {name: place for place, name in enumerate(self.tensors)}

        def ints(start, values):
            start(builder, len(values))
            for value in reversed(values):
                builder.PrependInt32(value)
            return builder.EndVector()

        def tables(start, offsets):
            start(builder, len(offsets))
            for offset in reversed(offsets):
                builder.PrependUOffsetTRelative(offset)
            return builder.EndVector()

        buffers, tensors = [], []
        for *_, data, _ in self.tensors.values():
            content = builder.CreateByteVector(data) if data else None
            tfl.BufferStart(builder)
            if content is not None:
                tfl.BufferAddData(builder, content)
            buffers.append(tfl.BufferEnd(builder))
        for place, (name, (scale, zero_point, kind, _, shape)) in enumerate(self.tensors.items()):
            label = builder.CreateString(name)
            sizes = ints(tfl.TensorStartShapeVector, shape)
            quantisation = self._quantisation(tfl, builder, scale, zero_point)
            tfl.TensorStart(builder)
            tfl.TensorAddName(builder, label)
            tfl.TensorAddShape(builder, sizes)
            tfl.TensorAddType(builder, getattr(tfl.TensorType, kind))
            tfl.TensorAddBuffer(builder, place)
            if quantisation is not None:
                tfl.TensorAddQuantization(builder, quantisation)
            tensors.append(tfl.TensorEnd(builder))
        codes = list(dict.fromkeys(code for code, *_ in self.operators))
        operators = []
        for code, inputs, output, options in self.operators:
            reads = ints(tfl.OperatorStartInputsVector, [places[name] for name in inputs])
            makes = ints(tfl.OperatorStartOutputsVector, [places[output]])
            kind, table = self._options(tfl, builder, code, options)
            tfl.OperatorStart(builder)
            tfl.OperatorAddOpcodeIndex(builder, codes.index(code))
            tfl.OperatorAddInputs(builder, reads)
            tfl.OperatorAddOutputs(builder, makes)
            if table is not None:
                tfl.OperatorAddBuiltinOptionsType(builder, kind)
                tfl.OperatorAddBuiltinOptions(builder, table)
            operators.append(tfl.OperatorEnd(builder))
        read = {name for _, inputs, _, _ in self.operators for name in inputs}
        made = {output for _, _, output, _ in self.operators}
        inputs = ints(tfl.SubGraphStartInputsVector,
                      [places[name] for name, (*_, data, _) in self.tensors.items()
                       if name not in made and not data])
        outputs = ints(tfl.SubGraphStartOutputsVector,
                       [places[name] for name in self.tensors if name not in read])
        tensor_list = tables(tfl.SubGraphStartTensorsVector, tensors)
        operator_list = tables(tfl.SubGraphStartOperatorsVector, operators)
        tfl.SubGraphStart(builder)
        tfl.SubGraphAddTensors(builder, tensor_list)
        tfl.SubGraphAddOperators(builder, operator_list)
        tfl.SubGraphAddInputs(builder, inputs)
        tfl.SubGraphAddOutputs(builder, outputs)
        subgraph = tfl.SubGraphEnd(builder)
        numbers = []
        for code in codes:
            number = getattr(tfl.BuiltinOperator, code)
            tfl.OperatorCodeStart(builder)
            tfl.OperatorCodeAddDeprecatedBuiltinCode(builder, min(number, 127))
            tfl.OperatorCodeAddBuiltinCode(builder, number)
            numbers.append(tfl.OperatorCodeEnd(builder))
        subgraphs = tables(tfl.ModelStartSubgraphsVector, [subgraph])
        code_list = tables(tfl.ModelStartOperatorCodesVector, numbers)
        buffer_list = tables(tfl.ModelStartBuffersVector, buffers)
        tfl.ModelStart(builder)
        tfl.ModelAddVersion(builder, 3)
        tfl.ModelAddOperatorCodes(builder, code_list)
        tfl.ModelAddSubgraphs(builder, subgraphs)
        tfl.ModelAddBuffers(builder, buffer_list)
        builder.Finish(tfl.ModelEnd(builder), file_identifier=b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path

    @staticmethod
    def _quantisation(tfl, builder, scale, zero_point):
        if scale is None:
            return None
        scales = [scale] if isinstance(scale, float | int) else list(scale)
        tfl.QuantizationParametersStartScaleVector(builder, len(scales))
        for value in reversed(scales):
            builder.PrependFloat32(np.float32(value))
        scale_list = builder.EndVector()
        tfl.QuantizationParametersStartZeroPointVector(builder, len(scales))
        for _ in scales:
            builder.PrependInt64(zero_point)
        zero_list = builder.EndVector()
        tfl.QuantizationParametersStart(builder)
        tfl.QuantizationParametersAddScale(builder, scale_list)
        tfl.QuantizationParametersAddZeroPoint(builder, zero_list)
        return tfl.QuantizationParametersEnd(builder)

    @staticmethod
    def _options(tfl, builder, code, options):
        """Return the kind and the table of an operator's options; None where there are none."""
        kinds = tfl.BuiltinOptions
        if code == "LEAKY_RELU":
            tfl.LeakyReluOptionsStart(builder)
            tfl.LeakyReluOptionsAddAlpha(builder, options["alpha"])
            return kinds.LeakyReluOptions, tfl.LeakyReluOptionsEnd(builder)
        if code == "GELU":
            tfl.GeluOptionsStart(builder)
            tfl.GeluOptionsAddApproximate(builder, options.get("approximate", False))
            return kinds.GeluOptions, tfl.GeluOptionsEnd(builder)
        if code in ("ADD", "MUL", "SUB") and options:
            word = code.capitalize()
            getattr(tfl, f"{word}OptionsStart")(builder)
            fused = getattr(tfl.ActivationFunctionType, options["fused"])
            getattr(tfl, f"{word}OptionsAddFusedActivationFunction")(builder, fused)
            return getattr(kinds, f"{word}Options"), getattr(tfl, f"{word}OptionsEnd")(builder)
        return None, None
