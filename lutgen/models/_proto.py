"""An ONNX file as a protobuf message, once it is known to be harmless."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from lutgen import reading
from lutgen.errors import ModelError, shown

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

Message = TypeVar("Message")

MAX_BYTES = 1 << 30
"""Size of the largest file that is read."""

MAX_NODES = 200_000


def content(path: Path) -> bytes:
    """Return the bytes of a model file.

    Raises:
        ModelError: not a regular file, or too large.
    """
    try:
        return reading.content(path, MAX_BYTES)
    except OSError as problem:
        raise ModelError(f"{path}: cannot be read ({problem.strerror})") from None


def load(path: Path) -> ModelProto:
    """Return the model in a file; nothing else is read, wherever the file points.

    Raises:
        ModelError: not an ONNX model, or one with data in other files.
    """
    from google.protobuf.message import DecodeError
    from onnx import ModelProto, TensorProto

    model = ModelProto()
    try:
        model.ParseFromString(content(path))
    except (DecodeError, RecursionError, ValueError) as problem:
        raise ModelError(f"{path}: not an ONNX model ({shown(problem, 80)[1:-1]})") from None
    if not model.graph.node:
        raise ModelError(f"{path}: not an ONNX model, or one without nodes")
    count = 0
    for node_or_tensor in _everything(model):
        if isinstance(node_or_tensor, TensorProto):
            if node_or_tensor.data_location == TensorProto.EXTERNAL or node_or_tensor.external_data:
                raise ModelError(
                    f"{path}: tensor {shown(node_or_tensor.name)} has its data in another file, "
                    "which is not read; save the model with its data inside"
                )
        else:
            count += 1
    if count > MAX_NODES:
        raise ModelError(f"{path}: has more than {MAX_NODES} nodes")
    check_names(path, model.graph)
    return model


def scalar(tensor: TensorProto) -> np.ndarray | None:
    """Return the only element of a constant, shape (); None where it has none or several.

    Raises:
        ModelError: its data do not fit its shape and type.
    """
    from onnx import numpy_helper

    if math.prod(tensor.dims) != 1 or any(size < 1 for size in tensor.dims):
        return None
    try:
        found = numpy_helper.to_array(tensor)
        return found.reshape(()) if found.dtype.kind in "fiub" else _as_float32(found)
    except KeyError:
        reason = f"element type {tensor.data_type} is not known"
    except (ValueError, TypeError) as problem:
        reason = shown(problem, 80)[1:-1]
    raise ModelError(f"constant {shown(tensor.name)}: cannot be read ({reason})")


def copy(message: Message) -> Message:
    """Return a node or a tensor that belongs to no model."""
    made = type(message)()
    made.CopyFrom(message)
    return made


def subgraph_inputs(node: NodeProto) -> set[str]:
    """Return the names that graphs inside a node read; some are of the graph around it."""
    graphs = [graph for attribute in node.attribute for graph in _graphs(attribute)]
    return {
        name
        for graph in graphs
        for item in _nodes_and_tensors(graph)
        if hasattr(item, "op_type")
        for name in item.input
    } | {value.name for graph in graphs for value in graph.output}


def casts_to(node: NodeProto) -> np.dtype:
    """Return the type that a Cast makes; one without a kind for what NumPy has not."""
    from onnx import helper

    number = next((attribute.i for attribute in node.attribute if attribute.name == "to"), 0)
    try:
        return np.dtype(helper.tensor_dtype_to_np_dtype(number))
    except (KeyError, TypeError, ValueError):
        return np.dtype("V")


def nodes_inside(node: NodeProto) -> Iterator[NodeProto]:
    """Yield a node, and those of the graphs inside it."""
    return (item for item in _inside(node) if hasattr(item, "op_type"))


def _as_float32(found: np.ndarray) -> np.ndarray | None:
    """Return a constant of a small floating-point type; None for text and the like."""
    return found.astype(np.float32).reshape(()) if found.dtype.name == "bfloat16" else None


def _everything(model: ModelProto) -> Iterator[NodeProto | TensorProto]:
    """Yield every node and tensor of a model, of graphs inside nodes and of functions too."""
    yield from _nodes_and_tensors(model.graph)
    for function in model.functions:
        for node in function.node:
            yield from _inside(node)
    for training in model.training_info:
        yield from _nodes_and_tensors(training.initialization)
        yield from _nodes_and_tensors(training.algorithm)


def _nodes_and_tensors(graph: GraphProto) -> Iterator[NodeProto | TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        yield from _inside(node)


def _inside(node: NodeProto) -> Iterator[NodeProto | TensorProto]:
    yield node
    for attribute in node.attribute:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        # As deep as the parser went, which allows a hundred messages inside each other.
        for graph in _graphs(attribute):
            yield from _nodes_and_tensors(graph)


def _graphs(attribute: object) -> list[GraphProto]:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def check_names(path: Path, graph: GraphProto) -> None:
    """Refuse a graph with names that are not text, or that makes a tensor twice or too late."""
    declared = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    names = [item.name for item in declared]
    for node in graph.node:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output]
    # The parser hands over as bytes what is not UTF-8.
    if not all(isinstance(name, str) for name in names):
        raise ModelError(f"{path}: holds names that are not UTF-8; not a valid model")
    made = {tensor.name for tensor in graph.initializer}
    read: set[str] = set()
    for node in graph.node:
        read.update(node.input)
        for name in filter(None, node.output):
            if name in made or name in read:
                what = "twice" if name in made else "after it is read"
                raise ModelError(f"{path}: tensor {shown(name)} is made {what}; not a valid model")
            made.add(name)
