"""Parts of an ONNX model run by onnxruntime, optimisations off, or else by NumPy in float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lutgen.errors import ModelError, shown
from lutgen.formats import NumberFormat
from lutgen.models import _proto
from lutgen.models._constants import tensors_of
from lutgen.models._graph import CLIPPED, EVEN, decoded
from lutgen.models._slices import Slice

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto
    from onnxruntime import InferenceSession


def arithmetic() -> str:
    """Return what computes the codes of a model, with its version."""
    try:
        import onnxruntime
    except ImportError:
        return f"NumPy {np.__version__} in float32 (onnxruntime is not installed)"
    return f"onnxruntime {onnxruntime.__version__}, optimisations off"


def codes(
    model: ModelProto, scalars: Mapping[str, np.ndarray], part: Slice
) -> np.ndarray | None:
    """Return the output code of every code of a slice's root, as the model computes it.

    Args:
        model: all of it.
        scalars: its constants of one element.
        part: the slice.

    Returns:
        Integers of the output's type, ascending input codes; None where there is no value.

    Raises:
        ModelError: the runtime does not take these nodes.
    """
    inputs = np.arange(part.input.min_code, part.input.max_code + 1)
    floats = inputs.astype(np.float32)
    if np.isnan(part.evaluate(decoded(floats, part.input), CLIPPED)).any():
        return None
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        return part.evaluate(floats, EVEN).astype(code_type(part.output))
    sliced, rank = _model_of(model, scalars, part)
    shape = [1] * (rank - 1) + [len(inputs)]
    values = inputs.astype(code_type(part.input)).reshape(shape)
    (found,) = run(session(sliced.SerializeToString()), {part.root: values})
    return found.reshape(-1)


def session(content: bytes) -> InferenceSession:
    """Return a model ready to run in onnxruntime, with no optimisation and on one thread.

    Raises:
        ModelError: onnxruntime does not take it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
    # The exceptions of onnxruntime have no common class of their own.
    except Exception as problem:
        raise ModelError(f"onnxruntime: {shown(' '.join(str(problem).split()), 200)}") from None


def run(ready: InferenceSession, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return all outputs of a model.

    Raises:
        ModelError: onnxruntime fails.
    """
    try:
        return ready.run(None, inputs)
    except Exception as problem:
        raise ModelError(f"onnxruntime: {shown(' '.join(str(problem).split()), 200)}") from None


def code_type(codes: NumberFormat) -> np.dtype:
    """Return the NumPy type that holds the codes of an 8- or 16-bit format."""
    return np.dtype(f"{'' if codes.signed else 'u'}int{codes.width}")


def _model_of(
    model: ModelProto, scalars: Mapping[str, np.ndarray], part: Slice
) -> tuple[ModelProto, int]:
    """Return a slice as a model of its own, and the rank its input needs."""
    from onnx import helper, numpy_helper

    nodes = _nodes(model, part)
    known = tensors_of(model)
    made = {name for node in nodes for name in node.output} | {part.root}
    kept, rank = [], 1
    for name in dict.fromkeys(name for node in nodes for name in node.input):
        if not name or name in made:
            continue
        if name in known:
            tensor = _proto.copy(known[name])
            tensor.name = name
            rank = max(rank, len(tensor.dims))
        elif name in scalars:
            tensor = numpy_helper.from_array(scalars[name], name)
        else:
            raise ModelError(f"tensor {shown(name)}: is not a constant of one element")
        kept.append(tensor)
    graph = helper.make_graph(
        nodes,
        "unit",
        [helper.make_tensor_value_info(part.root, _element_type(part.input), None)],
        [helper.make_tensor_value_info(part.tensor, _element_type(part.output), None)],
        kept,
    )
    made_model = helper.make_model(graph, opset_imports=model.opset_import)
    made_model.ir_version = model.ir_version
    return made_model, rank


def _nodes(model: ModelProto, part: Slice) -> list[NodeProto]:
    """Return the nodes of a slice; what moves elements hands on all of them instead."""
    from onnx import helper

    moves = {step.node: step for step in part.moves}
    found = []
    for place in sorted({step.node for step in part.steps}):
        if place in moves:
            (tensor,) = moves[place].inputs
            node = helper.make_node("Identity", [tensor], [moves[place].output])
        else:
            node = _proto.copy(model.graph.node[place])
        twins = [part.twins.get(name, name) for name in node.input]
        del node.input[:]
        node.input.extend(twins)
        found.append(node)
    return found


def _element_type(codes: NumberFormat) -> int:
    from onnx import helper

    return helper.np_dtype_to_tensor_dtype(code_type(codes))
