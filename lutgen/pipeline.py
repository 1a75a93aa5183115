"""The stages in a row: request -> spec -> ideal -> program -> report -> artifacts -> folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lutgen import __version__, methods, store, targets
from lutgen.accuracy import ErrorReport
from lutgen.errors import StoreError
from lutgen.ideal import Ideal
from lutgen.methods import Candidate
from lutgen.solution import Artifact, Solution
from lutgen.spec import Spec
from lutgen.targets import Options

GENERATOR = f"lutgen {__version__}"


def solve(spec: Spec) -> Solution:
    """Return the program that answers ``spec``, measured on every input code.

    Raises:
        LutgenError: no program can answer it.
    """
    ideal = Ideal.of(spec)
    program = methods.approximate(ideal)
    return Solution(spec, program, ErrorReport.measure(program, ideal))


def explore(spec: Spec) -> tuple[list[Candidate], list[ErrorReport | None]]:
    """Return the candidates for ``spec``, each with its error; None where it keeps none."""
    ideal = Ideal.of(spec)
    found = methods.candidates(ideal)
    reports = [c.program and ErrorReport.measure(c.program, ideal) for c in found]
    return found, reports


def emit(solution: Solution, names: Iterable[str], options: Options) -> list[Artifact]:
    """Return the files of the named targets, in memory."""
    return [
        artifact for name in names for artifact in targets.get(name).emit(solution, options)
    ]


def build(
    solutions: Iterable[Solution],
    names: tuple[str, ...],
    options: Options,
    folder: Path,
    *,
    force: bool = False,
) -> list[store.Written]:
    """Write the files of all solutions for the named targets, each with its sidecar.

    Raises:
        StoreError: nothing was written.
    """
    artifacts: list[Artifact] = []
    for solution in solutions:
        made = emit(solution, names, options)
        artifacts += [*made, _sidecar(solution, made, options, folder)]
    return store.write(folder, artifacts, force=force)


def _sidecar(
    solution: Solution, made: list[Artifact], options: Options, folder: Path
) -> Artifact:
    """Return the sidecar, which keeps vouching for other targets' files of the same spec."""
    spec = solution.spec
    document = {
        "digest": spec.digest,
        "spec": spec.document(),
        "options": options.document(),
    }
    kept = []
    path = folder / f"{spec.name}{store.SIDECAR_SUFFIX}"
    if path.is_file():
        try:
            before = store.read_sidecar(path)
            if before.get("digest") == spec.digest:
                targets_now = {artifact.target for artifact in made}
                kept = [e for e in before["artifacts"] if e["target"] not in targets_now]
        except (StoreError, KeyError, TypeError):
            kept = []
    return store.sidecar(spec.name, document, made, GENERATOR, kept)
