"""ONNX: a model that is the table, the program or the function, with the data that tests it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from lutgen.errors import UsageError
from lutgen.solution import Artifact, Solution, Verdict
from lutgen.spec import Spec
from lutgen.targets import Options
from lutgen.targets._onnx_data import data_for
from lutgen.targets._onnx_graph import Graph
from lutgen.targets._onnx_integers import program_graph, table_graph
from lutgen.targets._onnx_model import model, tensor
from lutgen.targets._onnx_ports import ports_of
from lutgen.targets._onnx_reals import float_graph, quantised_graph

MODEL = "model.onnx"
"""The model of a solution, below its name."""


def set_folder(number: int) -> str:
    """Return the folder of a set of test data, in the layout of ONNX's own backend tests."""
    return f"test_data_set_{number}"


def outputs(name: str, options: Options) -> tuple[str, ...]:
    """Return the paths of the files of ``emit``, for a function of one number."""
    data = (f"{set_folder(0)}/{file}_0.pb" for file in ("input", "output"))
    return tuple(f"{name}/{path}" for path in (MODEL, *data))


def emit(solution: Solution, options: Options) -> tuple[Artifact, ...]:
    """Return ``NAME/model.onnx`` and its test data: inputs, and the outputs for them.

    Raises:
        UsageError: the function or a format cannot be said in this kind of model.
    """
    kind = kind_of(solution, options)
    files = {MODEL: model(solution, _graph(solution, kind), kind)}
    for number, data in enumerate(data_for(solution, kind)):
        for file, name, values in data.files:
            files[f"{set_folder(number)}/{file}"] = tensor(values, name)
    folder = PurePosixPath(solution.spec.name)
    return tuple(Artifact(folder / path, content, "onnx") for path, content in files.items())


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Run the models in onnxruntime and in ONNX's reference evaluator, on all of their test data.

    The test data is compared with the program's codes too.
    """
    from lutgen.targets import _onnx_replay

    return _onnx_replay.replay(folder, solutions, options)


def kind_of(solution: Solution, options: Options) -> str:
    """Return the kind of model that the options ask for, ``auto`` being settled."""
    if options.onnx_kind != "auto":
        return options.onnx_kind
    is_direct = isinstance(solution.spec, Spec) and solution.program.is_direct
    return "lut" if is_direct else "program"


def _graph(solution: Solution, kind: str) -> Graph:
    spec = solution.spec
    match kind:
        case "lut":
            if not isinstance(spec, Spec):
                raise UsageError(
                    f"--onnx-kind lut: {spec.activation.name} is no table of the codes of one "
                    "input; choose program"
                )
            return table_graph(spec, solution.report.codes)
        case "program":
            return program_graph(solution.program, ports_of(spec, kind))
        case "qdq":
            return quantised_graph(spec)
    return float_graph(spec)
