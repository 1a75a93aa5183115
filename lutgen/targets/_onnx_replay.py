"""Emitted models and their test data: every set, every runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lutgen.errors import ToolError, shown
from lutgen.solution import Solution, Verdict
from lutgen.targets import Options, stored
from lutgen.targets._onnx_data import Arrays, DataSet, data_for
from lutgen.targets.onnx import MODEL, kind_of, set_folder

RELATIVE, ABSOLUTE = 2.0**-16, 2.0**-20
"""How far from the exact value the float32 of a runtime may be, which has 24 bits: relative to
that value, and to the largest of all, since what a gate closes on has cancelled.
"""


Run = Callable[[bytes, Arrays, Sequence[str]], list[np.ndarray]]


class Runtime(NamedTuple):
    """Something that runs a model.

    Attributes:
        label: what the verdict says.
        run: returns the named outputs of a model, given as bytes, for inputs; raises where it
            cannot.
    """

    label: str
    run: Run


class Case(NamedTuple):
    """A solution, the folder of its files, and what they must hold."""

    solution: Solution
    folder: Path
    kind: str
    data: tuple[DataSet, ...]

    def verdict(self, tool: str, mismatches: int, note: str = "") -> Verdict:
        """Return what a tool found on all elements."""
        count = sum(each.count for each in self.data)
        return Verdict(self._name, "onnx", tool, count, mismatches, note=note)

    def failed(self, tool: str, problem: str) -> Verdict:
        """Return that a tool ran nothing, and why."""
        return Verdict(self._name, "onnx", tool, 0, 0, problem)

    @property
    def _name(self) -> str:
        return self.solution.spec.name


def replay(
    folder: Path, solutions: tuple[Solution, ...], options: Options
) -> tuple[Verdict, ...]:
    """Return a verdict for every solution on its test data, and one for each runtime."""
    found = runtimes()
    verdicts: list[Verdict] = []
    for solution in solutions:
        kind = kind_of(solution, options)
        case = Case(solution, folder / solution.spec.name, kind, data_for(solution, kind))
        verdicts += [check_data(case), *(run(case, runtime) for runtime in found)]
    return tuple(verdicts)


def check_data(case: Case) -> Verdict:
    """Return whether the test data is every input, and the output that the program gives."""
    tool, mismatches = "test data", 0
    for number, data in enumerate(case.data):
        wrong = np.zeros(data.count, bool)
        for file, _, expected in data.files:
            try:
                stored = _tensor(case.folder / set_folder(number) / file)
            except OSError as problem:
                return case.failed(tool, f"{problem.filename}: {problem.strerror}")
            # Whatever protobuf and ONNX raise on damaged bytes.
            except Exception as problem:
                return case.failed(tool, f"cannot be read: {shown(problem, 100)}")
            if (stored.dtype, stored.shape) != (expected.dtype, expected.shape):
                return case.failed(tool, f"holds {_kind(stored)}, not {_kind(expected)}")
            wrong |= (stored != expected).ravel()
        mismatches += int(np.count_nonzero(wrong))
    return case.verdict(tool, mismatches)


def run(case: Case, runtime: Runtime) -> Verdict:
    """Return what a runtime makes of the model."""
    try:
        results = _outputs(case, runtime)
    except ToolError as problem:
        return case.failed(runtime.label, str(problem))
    except OSError as problem:
        return case.failed(runtime.label, f"{problem.filename}: {problem.strerror}")
    # Each runtime has errors of its own.
    except Exception as problem:
        return case.failed(runtime.label, f"cannot run the model: {shown(problem, 200)}")
    for data, outputs in zip(case.data, results, strict=True):
        for expected, got in zip(data.outputs.values(), outputs, strict=True):
            if (got.dtype, got.shape) != (expected.dtype, expected.shape):
                return case.failed(runtime.label, f"gives {_kind(got)}, not {_kind(expected)}")
    # Output by output, all sets one after another.
    got = [_flat(outputs) for outputs in zip(*results, strict=True)]
    expected = [
        _flat(outputs) for outputs in zip(*(d.outputs.values() for d in case.data), strict=True)
    ]
    wrong, note = _COMPARISONS[case.kind](case, np.array(got), np.array(expected))
    return case.verdict(runtime.label, int(np.count_nonzero(wrong.any(axis=0))), note)


def _outputs(case: Case, runtime: Runtime) -> list[list[np.ndarray]]:
    """Return what a runtime gives for each set: the outputs in order."""
    content = stored(case.folder / MODEL)
    _check_face(content, case.data[0])
    return [runtime.run(content, data.inputs, list(data.outputs)) for data in case.data]


def _check_face(content: bytes, data: DataSet) -> None:
    """Check that a model takes and gives what its test data does, and needs no other file.

    Raises:
        ToolError: it does not.
    """
    import onnx

    graph = onnx.load_model_from_string(content).graph
    if any(onnx.external_data_helper.uses_external_data(t) for t in graph.initializer):
        raise ToolError("its tables are in another file; build it again")
    own = {tensor.name for tensor in graph.initializer}
    for side, ports, wanted in (
        ("inputs", graph.input, data.inputs), ("outputs", graph.output, data.outputs)
    ):
        names = [port.name for port in ports if port.name not in own]
        if names != [*wanted]:
            problem = f"its {side} are {shown(', '.join(names))}, not {', '.join(wanted)}"
            raise ToolError(f"cannot run the model: {problem}")


def _flat(arrays: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate([values.ravel() for values in arrays])


def runtimes() -> tuple[Runtime, ...]:
    """Return onnxruntime as it is and as it optimises, and ONNX's reference evaluator."""
    import onnx

    reference = Runtime(f"onnx reference {onnx.__version__}", _evaluate)
    try:
        import onnxruntime
    except ImportError:
        return (Runtime("onnxruntime", _not_installed), reference)
    levels = onnxruntime.GraphOptimizationLevel
    return (
        *(
            Runtime(
                f"onnxruntime {onnxruntime.__version__}, optimisations {word}",
                partial(_infer, level),
            )
            for word, level in (("off", levels.ORT_DISABLE_ALL), ("full", levels.ORT_ENABLE_ALL))
        ),
        reference,
    )


def _infer(
    level: object, model: bytes, inputs: Arrays, outputs: Sequence[str]
) -> list[np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    # Failures are raised; what is logged besides would mix with the verdicts.
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(outputs, dict(inputs))


def _evaluate(model: bytes, inputs: Arrays, outputs: Sequence[str]) -> list[np.ndarray]:
    import onnx
    from onnx.reference import ReferenceEvaluator

    # What float32 does at poles and limits is compared, not warned of.
    with np.errstate(all="ignore"):
        evaluator = ReferenceEvaluator(onnx.load_model_from_string(model))
        return evaluator.run(outputs, dict(inputs))


def _not_installed(model: bytes, inputs: Arrays, outputs: Sequence[str]) -> list[np.ndarray]:
    raise ToolError("not run: onnxruntime is not installed; pip install onnxruntime")


def _tensor(path: Path) -> np.ndarray:
    import onnx

    found = onnx.load_tensor_from_string(stored(path))
    if onnx.external_data_helper.uses_external_data(found):
        raise ValueError("its data is in another file")
    return onnx.numpy_helper.to_array(found)


def _kind(values: np.ndarray) -> str:
    return f"{values.dtype} of shape {list(values.shape)}"


def _same(case: Case, got: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, str]:
    return got != expected, ""


def _near(case: Case, got: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, str]:
    """Codes may differ by one; by more, where the program itself is farther from the function."""
    distance = abs(got.astype(np.int64) - expected)
    allowed = 1 + int(case.solution.report.max_lsb)
    count, largest = np.count_nonzero(distance), distance.max()
    if case.solution.report.misrounded:
        note = f"{count} codes differ by at most {largest}, the method's own error included"
    else:
        note = f"the runtime's float32 rounds {count} codes differently, by at most {largest}"
    return distance > allowed, note


def _close(case: Case, got: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, str]:
    """Float32 may differ from the exact value as far as its own rounding reaches."""
    expected = expected.astype(np.float64)
    scale = max(1, np.max(abs(expected), where=np.isfinite(expected), initial=0))
    with np.errstate(invalid="ignore"):
        distance = np.where(got == expected, 0, abs(got - expected))
    wrong = ~(distance <= ABSOLUTE * scale + RELATIVE * abs(expected))
    return wrong, f"at most {np.max(distance):.1e} off"


_COMPARISONS = {"lut": _same, "program": _same, "qdq": _near, "float": _close}
