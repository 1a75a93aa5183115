"""The functions that an ONNX model defines itself, put in the place of their calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lutgen.errors import ModelError, shown
from lutgen.models import _proto

if TYPE_CHECKING:
    from onnx import FunctionProto, ModelProto, NodeProto

MAX_DEPTH = 64
"""How deep functions may call each other."""

Key = tuple[str, str, str]
"""Domain, name and overload of a function."""


def load(path: Path) -> ModelProto:
    """Return the model in a file, its own functions put in the place of their calls.

    Raises:
        ModelError: not such a model, or its functions cannot be put in place.
    """
    model = _proto.load(path)
    functions = {_key(function, function.name): function for function in model.functions}
    calls = list(_calls(model.graph.node, functions))
    if not calls:
        return model
    try:
        sizes = _sizes(functions)
        if sum(sizes[key] for key in calls) + len(model.graph.node) > _proto.MAX_NODES:
            raise ModelError(f"its functions make more than {_proto.MAX_NODES} nodes")
        found = _inlined(model)
    except ModelError as problem:
        raise ModelError(f"{path}: {problem}") from None
    _proto.check_names(path, found.graph)
    return found


def _inlined(model: ModelProto) -> ModelProto:
    from onnx import inliner

    try:
        return inliner.inline_local_functions(model)
    # Whatever the checks in C++ find wrong with a function.
    except Exception as problem:
        text = shown(" ".join(str(problem).split()), 100)[1:-1]
        raise ModelError(f"its functions cannot be put in place ({text})") from None


def _key(item: FunctionProto | NodeProto, name: str) -> Key:
    return item.domain, name, item.overload


def _calls(nodes: Iterable[NodeProto], functions: dict[Key, FunctionProto]) -> Iterator[Key]:
    """Yield the functions that nodes call, those in graphs inside nodes included."""
    for node in nodes:
        for inner in _proto.nodes_inside(node):
            if _key(inner, inner.op_type) in functions:
                yield _key(inner, inner.op_type)


def _sizes(functions: dict[Key, FunctionProto]) -> dict[Key, int]:
    """Return how many nodes each function makes where it is called.

    The most that is of interest is one more than a model may have.
    """
    called = {key: list(_calls(function.node, functions)) for key, function in functions.items()}
    sizes: dict[Key, int] = {}
    # The leaves first, then what calls them alone: each round goes one call deeper.
    for _ in range(MAX_DEPTH):
        ready = [k for k in functions if k not in sizes and all(c in sizes for c in called[k])]
        if not ready:
            break
        for key in ready:
            size = len(functions[key].node) + sum(sizes[name] for name in called[key])
            sizes[key] = min(size, _proto.MAX_NODES + 1)
    left = [key for key in functions if key not in sizes]
    if left:
        raise ModelError(
            f"function {shown(left[0][1])} calls itself, or calls go more than {MAX_DEPTH} deep"
        )
    return sizes
