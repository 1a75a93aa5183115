"""The stages in a row: request -> spec -> ideal -> program -> report -> artifacts -> folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lutgen import __version__, methods, samples, store, targets
from lutgen.accuracy import ErrorReport
from lutgen.errors import BudgetError, StoreError, UsageError
from lutgen.ideal import Ideal
from lutgen.methods import Candidate
from lutgen.reports import FACES
from lutgen.solution import Artifact, Solution
from lutgen.spec import BREAKPOINTS, METHODS, Spec
from lutgen.targets import Options

if TYPE_CHECKING:
    from lutgen.kernels import KernelSpec

GENERATOR = f"lutgen {__version__}"


def solve(spec: Spec | KernelSpec) -> Solution:
    """Return the program that answers ``spec``, measured on every input code of an activation.

    Raises:
        LutgenError: no program can answer it.
    """
    if not isinstance(spec, Spec):
        # Loaded here: a plain table does not need the kernels.
        from lutgen import kernels

        built, report = kernels.solve(spec)
        return Solution(spec, built.program, report)
    ideal = Ideal.of(spec)
    program = methods.approximate(ideal)
    return Solution(spec, program, ErrorReport.measure(program, ideal))


def nearest(spec: Spec | KernelSpec) -> tuple[Solution, BudgetError | None]:
    """Return the solution of ``spec``, or what comes nearest to one and why it is none.

    Raises:
        LutgenError: there is no program to look at.
    """
    try:
        return solve(spec), None
    except BudgetError as problem:
        if problem.nearest is None:
            raise
        report = ErrorReport.measure(problem.nearest, Ideal.of(spec))
        return Solution(spec, problem.nearest, report), problem


def spec_against(spec: Spec, text: str) -> Spec:
    """Return what a table is to be compared with.

    Args:
        spec: the table.
        text: a method, which is given the same limits; or the sidecar of another table.

    Raises:
        LutgenError: it is neither.
    """
    if text in METHODS:
        method = spec.method._replace(name=text, segments=None, aligned=None, fold="auto")
        return replace(spec, name=f"{spec.name}_{text}", method=method._replace(
            breakpoints=BREAKPOINTS[0]
        ))
    if not text.endswith(store.SIDECAR_SUFFIX):
        raise UsageError.about(
            "--against", f"must be a method or a file {store.SIDECAR_SUFFIX}", text,
            f"methods: {', '.join(METHODS)}",
        )
    path = Path(text)
    try:
        found = spec_from(store.read_sidecar(path)["spec"], path.parent)
    except (KeyError, TypeError, UsageError) as problem:
        raise StoreError(f"{path}: not a lutgen sidecar ({problem}); build it again") from None
    if not isinstance(found, Spec):
        raise UsageError.about("--against", "must be a table of a function of one number", text)
    return found


def spec_from(document: Mapping[str, object], folder: Path) -> Spec | KernelSpec:
    """Return the spec that a sidecar's JSON describes, of an activation or of a kernel.

    Args:
        document: what the spec's ``document()`` returned.
        folder: where the file of samples is, if it has some.

    Raises:
        UsageError: it describes none.
    """
    if "kernel" not in document:
        return Spec.from_document(document, folder)
    from lutgen.kernels import KernelSpec

    return KernelSpec.from_document(document)


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


class Job(NamedTuple):
    """What is to be written of one solution.

    Attributes:
        solution: a program that answers a spec.
        targets: names of the targets.
        options: the form of their files.
        faces: of the report, that are written beside them.
    """

    solution: Solution
    targets: tuple[str, ...]
    options: Options
    faces: tuple[str, ...] = ()


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
    return write([Job(solution, names, options) for solution in solutions], folder, force=force)


def write(
    jobs: Iterable[Job], folder: Path, more: Iterable[Artifact] = (), *, force: bool = False
) -> list[store.Written]:
    """Write the files of all jobs, each with its sidecar, and more artifacts; or none of them.

    Raises:
        StoreError: nothing was written.
    """
    artifacts: list[Artifact] = [*more]
    for solution, names, options, faces in jobs:
        made = [
            *emit(solution, names, options), *_samples(solution.spec), *_reports(solution, faces),
        ]
        artifacts += [*made, _sidecar(solution, made, options, folder)]
    return store.write(folder, artifacts, force=force)


def index(jobs: Iterable[Job]) -> list[Artifact]:
    """Return what leads to the reports of all jobs that have some."""
    reported = [job for job in jobs if job.faces]
    if not reported:
        return []
    from lutgen.reports import files

    return [
        artifact
        for face in FACES
        for artifact in files.indices(
            [job.solution for job in reported if face in job.faces], face
        )
    ]


def _reports(solution: Solution, faces: tuple[str, ...]) -> list[Artifact]:
    """Return the reports of a solution, where some are wanted."""
    if not faces:
        return []
    # Loaded here: a plain build prints a summary, and needs none of the plots.
    from lutgen.reports import files

    return files.reports(solution, faces)


def _samples(spec: Spec | KernelSpec) -> list[Artifact]:
    """Return the file of samples that the sidecar refers to, where there are some."""
    if getattr(spec, "samples", None) is None:
        return []
    notice = f"# Generated by {GENERATOR}: what {spec.name} is made of.\n"
    path = f"{spec.name}{samples.SUFFIX}"
    return [store.text_artifact(path, notice + spec.samples.body, samples.NAME)]


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
