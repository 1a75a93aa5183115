"""A quantised ONNX model with tables in place of its units, and both models compared."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lutgen.errors import ModelError, shown
from lutgen.models import _inlining, _proto, _runtime
from lutgen.models._unit import Unit
from lutgen.numerics.arrays import from_npy

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

MAX_UNPACKED = 1 << 27
"""Size of the largest inputs that are unpacked."""


class Difference(NamedTuple):
    """How far one output of two models is apart.

    Attributes:
        output: its name.
        elements: how many it has.
        differing: how many of them differ.
        largest: the largest difference.
    """

    output: str
    elements: int
    differing: int
    largest: float


def rewritten(path: Path, tables: Iterable[tuple[Unit, np.ndarray]], notice: str) -> bytes:
    """Return a model whose units are tables: Cast, Add and Gather in place of their nodes.

    What moves elements on the way through a unit moves its codes instead.

    Args:
        path: the ONNX model.
        tables: the units and their output codes, ascending input codes.
        notice: what the model says about itself.

    Raises:
        ModelError: the model cannot be read, or became too large.
    """
    from onnx import helper

    model = _inlining.load(path)
    graph = model.graph
    replaced = {unit.output_tensor: (unit, codes) for unit, codes in tables}
    copies = {copy: unit.output_tensor for unit, _ in replaced.values() for copy in unit.copies}
    taken = {node.name for node in graph.node} | {t.name for t in graph.initializer} | {
        name for node in graph.node for name in node.output
    }
    nodes: list[NodeProto] = []
    for node in graph.node:
        made = next((n for n in node.output if n in replaced or n in copies), None)
        prefix = _free(f"lutgen_{len(nodes)}", taken)
        if made in replaced:
            unit, codes = replaced[made]
            moves = [(graph.node[move.node], move.tensor) for move in unit.moves]
            more, tensors = _table(unit, codes, moves, prefix)
            nodes += more
            graph.initializer.extend(tensors)
        elif made in copies:
            nodes.append(helper.make_node("Identity", [copies[made]], [made], prefix))
        else:
            nodes.append(node)
    _replace_nodes(graph, nodes)
    entry = model.metadata_props.add()
    entry.key, entry.value = "lutgen", notice
    try:
        return model.SerializeToString(deterministic=True)
    except ValueError as problem:
        raise ModelError(f"{path.name}: cannot be written ({shown(problem, 80)[1:-1]})") from None


def compare(path: Path, other: bytes, inputs: Mapping[str, np.ndarray]) -> list[Difference]:
    """Return how far two models are apart, both run by onnxruntime with optimisations off.

    Args:
        path: the one model.
        other: the other one, with the same inputs and outputs.
        inputs: what both are given.

    Raises:
        ModelError: onnxruntime is not installed, or takes neither model nor inputs.
    """
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        raise ModelError("--compare needs onnxruntime; pip install onnxruntime") from None
    sessions = [_runtime.session(content) for content in (_proto.content(path), other)]
    wanted = [value.name for value in sessions[0].get_inputs()]
    for name in wanted:
        if name not in inputs:
            raise ModelError(
                f"there is no array {shown(name)}, an input of the model, but "
                f"{', '.join(map(shown, list(inputs)[:4])) or 'none'}"
            )
    for name in inputs:
        if name not in wanted:
            raise ModelError(f"array {shown(name)} is no input of the model")
    first, second = (_runtime.run(session, dict(inputs)) for session in sessions)
    found = []
    for value, one, two in zip(sessions[0].get_outputs(), first, second, strict=True):
        if not isinstance(one, np.ndarray) or one.dtype.kind not in "biuf":
            continue
        apart = np.abs(one.astype(np.float64) - two.astype(np.float64))
        largest = float(np.max(apart, initial=0))
        found.append(Difference(value.name, one.size, int(np.count_nonzero(apart)), largest))
    return found


def read_inputs(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays in an NPZ file, by name.

    Raises:
        ModelError: not such a file, or one that unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(_proto.content(path))) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED:
                raise ModelError(f"{path}: unpacks to more than {MAX_UNPACKED >> 20} MiB")
            if not all(map(_is_plain, members)):
                raise ModelError(f"{path}: is packed or encrypted in a way that NPZ files are not")
            return {m.filename.removesuffix(".npy"): from_npy(archive.read(m)) for m in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as problem:
        raise ModelError(f"{path}: not arrays of numbers ({shown(problem, 80)[1:-1]})") from None


def _is_plain(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is packed as NumPy packs it: stored or deflated, not encrypted."""
    encrypted = member.flag_bits & 1
    return member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not encrypted


def _table(
    unit: Unit, codes: np.ndarray, moves: list[tuple[NodeProto, str]], prefix: str
) -> tuple[list[NodeProto], list[TensorProto]]:
    """Return the nodes and the constants that stand for a unit.

    Args:
        unit: what to replace.
        codes: its table.
        moves: the nodes that move elements on the way, each with the tensor it makes.
        prefix: of all new names.
    """
    from onnx import TensorProto, helper, numpy_helper

    wide, place, table, first = (f"{prefix}_{part}" for part in ("x", "place", "table", "first"))
    nodes, codes_at = [], unit.input_tensor
    # Operators that move elements all take floats, which hold codes of 16 bits exactly.
    for number, (node, tensor) in enumerate(moves):
        if not nodes:
            nodes.append(_cast(codes_at, f"{prefix}_codes", TensorProto.FLOAT))
            codes_at = f"{prefix}_codes"
        moved = _proto.copy(node)
        moved.name = f"{prefix}_moved{number}"
        made = [name and f"{moved.name}_{i}" for i, name in enumerate(node.output)]
        moved.input[0], codes_at = codes_at, made[list(node.output).index(tensor)]
        moved.output[:] = made
        nodes.append(moved)
    nodes += [
        _cast(codes_at, wide, TensorProto.INT32),
        helper.make_node("Add", [wide, first], [place], place),
        helper.make_node("Gather", [table, place], [unit.output_tensor], table, axis=0),
    ]
    tensors = [
        numpy_helper.from_array(np.array(-unit.input.min_code, np.int32), first),
        numpy_helper.from_array(codes.astype(_runtime.code_type(unit.output)), table),
    ]
    return nodes, tensors


def _cast(tensor: str, made: str, kind: int) -> NodeProto:
    """Return the conversion to an element type."""
    from onnx import helper

    return helper.make_node("Cast", [tensor], [made], made, to=kind)


def _replace_nodes(graph: GraphProto, nodes: list[NodeProto]) -> None:
    """Make ``nodes`` the nodes of a graph, without those and the constants nothing reads now."""
    used = {value.name for value in graph.output}
    kept = []
    for node in reversed(nodes):
        if used.isdisjoint(node.output):
            continue
        kept.append(node)
        used |= {*node.input, *_proto.subgraph_inputs(node)}
    # Copied first: they belong to the list that is emptied.
    copies = [type(node).FromString(node.SerializeToString()) for node in reversed(kept)]
    del graph.node[:]
    graph.node.extend(copies)
    constants = [tensor for tensor in graph.initializer if tensor.name in used]
    copies = [type(tensor).FromString(tensor.SerializeToString()) for tensor in constants]
    del graph.initializer[:]
    graph.initializer.extend(copies)


def _free(stem: str, taken: set[str]) -> str:
    """Return a prefix that no name in the model begins with."""
    while any(name.startswith(stem) for name in taken):
        stem += "_"
    return stem
