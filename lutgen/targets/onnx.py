"""ONNX: a model that is the table, the program or the function, with a test of every code."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lutgen.solution import Artifact, Solution, Verdict
from lutgen.targets import Options
from lutgen.targets._onnx_data import data_for
from lutgen.targets._onnx_graph import Graph
from lutgen.targets._onnx_integers import program_graph, table_graph
from lutgen.targets._onnx_model import model, tensor
from lutgen.targets._onnx_reals import float_graph, quantised_graph

MODEL = "model.onnx"
INPUT, OUTPUT = "test_data_set_0/input_0.pb", "test_data_set_0/output_0.pb"
"""The files of a solution, in the layout of ONNX's own backend tests, below its name."""


def outputs(name: str, options: Options) -> tuple[str, ...]:
    """Return the paths of the files of ``emit``."""
    return tuple(f"{name}/{path}" for path in (MODEL, INPUT, OUTPUT))


def emit(solution: Solution, options: Options) -> tuple[Artifact, ...]:
    """Return ``NAME/model.onnx`` and its test data: every code, and the output for it.

    Raises:
        UsageError: the function or a format cannot be said in this kind of model.
    """
    kind = kind_of(solution, options)
    data = data_for(solution, kind)
    contents = (
        model(solution, _graph(solution, kind), kind), tensor(data.x, "x"), tensor(data.y, "y")
    )
    paths = outputs(solution.spec.name, options)
    return tuple(
        Artifact(PurePosixPath(path), content, "onnx")
        for path, content in zip(paths, contents, strict=True)
    )


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Run the models in onnxruntime and in ONNX's reference evaluator, on every input code.

    The test data is compared with the program's codes too.
    """
    from lutgen.targets import _onnx_replay

    return _onnx_replay.replay(folder, solutions, options)


def kind_of(solution: Solution, options: Options) -> str:
    """Return the kind of model that the options ask for, ``auto`` being settled."""
    if options.onnx_kind != "auto":
        return options.onnx_kind
    return "lut" if solution.program.is_direct else "program"


def _graph(solution: Solution, kind: str) -> Graph:
    spec = solution.spec
    match kind:
        case "lut":
            return table_graph(solution.report.codes, spec.input, spec.output)
        case "program":
            return program_graph(solution.program)
        case "qdq":
            return quantised_graph(spec)
    return float_graph(spec)
