"""The stages in a row: request -> spec -> ideal -> program -> report -> artifacts -> folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from lutgen import __version__, methods, rendering, reports, samples, store, targets
from lutgen.accuracy import ErrorReport
from lutgen.errors import BudgetError, StoreError, UsageError
from lutgen.ideal import Ideal
from lutgen.methods import Candidate
from lutgen.solution import Artifact, Solution
from lutgen.spec import BREAKPOINTS, METHODS, Spec
from lutgen.targets import Options

if TYPE_CHECKING:
    from lutgen.depfile import Apart, Upkeep
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
        solution = Solution(spec, built.program, report)
        shortfall = kernels.shortfall(spec, report)
        if shortfall:
            raise BudgetError(shortfall, solution)
        return solution
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
        if isinstance(problem.nearest, Solution):
            return problem.nearest, problem
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


def explore(spec: Spec) -> tuple[Solution, list[Candidate], list[ErrorReport | None]]:
    """Return what ``solve`` does, and the candidates, each with its error; None where it has none.

    Raises:
        LutgenError: no program can answer ``spec``.
    """
    ideal = Ideal.of(spec)
    found = methods.candidates(ideal)
    program = methods.choose(found, ideal)
    reports = [c.program and ErrorReport.measure(c.program, ideal) for c in found]
    return Solution(spec, program, ErrorReport.measure(program, ideal)), found, reports


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


class Files(NamedTuple):
    """The files of one table, in memory, and what its sidecar will say of them.

    Attributes:
        name: identifier of the table.
        document: what a rebuild needs.
        artifacts: the files.
    """

    name: str
    document: dict[str, object]
    artifacts: tuple[Artifact, ...]


def files_of(job: Job) -> Files:
    """Return the files of a job, without the sidecar: that depends on what is there already."""
    forms = {name: job.options.concerning(name) for name in job.targets}
    return rebuilt(job.solution, forms, job.faces)


def rebuilt(
    solution: Solution,
    forms: Mapping[str, Options],
    faces: Iterable[str] = (),
    templates: Mapping[str, Path] | None = None,
) -> Files:
    """Return the files of a solution, without the sidecar.

    Args:
        solution: a program that answers a spec.
        forms: the targets by their names, each with the options that concern it.
        faces: of the report, that go beside them.
        templates: folders of the user's templates, by the targets that use them.

    Raises:
        LutgenError: a target cannot express the program, or a template cannot be rendered.
    """
    spec, templates = solution.spec, templates or {}
    used = _digests(templates)
    document = {
        "digest": spec.digest,
        "spec": spec.document(),
        "options": {name: form.document() for name, form in forms.items()},
        **({"templates": used} if used else {}),
    }
    made: list[Artifact] = []
    for name, form in forms.items():
        with rendering.replaced_by(templates.get(name)):
            made += emit(solution, [name], form)
    made += [*_samples(spec), *_reports(solution, tuple(faces))]
    return Files(spec.name, document, tuple(made))


def _digests(templates: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Return the hashes of the user's templates, by the targets that use them."""
    if not templates:
        return {}
    from lutgen.sandbox import digests

    found = {
        name: digests(folder, name, {*targets.NAMES}) for name, folder in sorted(templates.items())
    }
    return {name: hashes for name, hashes in found.items() if hashes}


def outputs(
    name: str, forms: Mapping[str, Options], faces: Iterable[str], *, sampled: bool
) -> list[PurePosixPath] | None:
    """Return the paths that ``rebuilt`` would give; None where the program has to tell.

    Args:
        name: identifier of the table.
        forms: as for ``rebuilt``.
        faces: the same.
        sampled: whether the table is made of samples.
    """
    found = [
        listed(name, form) if (listed := getattr(targets.get(target), "outputs", None)) else None
        for target, form in forms.items()
    ]
    if None in found:
        return None
    more = [f"{name}{samples.SUFFIX}"] if sampled else []
    more += [reports.file_name(name, face) for face in faces]
    return [PurePosixPath(path) for paths in [*found, more] for path in paths]


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
    jobs: Iterable[Job], folder: Path, more: Iterable[Artifact] = (), *, force: bool = False,
    upkeep: Upkeep | Apart | None = None,
) -> list[store.Written]:
    """Write the files of all jobs, each with its sidecar, and more artifacts; or none of them.

    Raises:
        LutgenError: nothing was written.
    """
    return write_files(map(files_of, jobs), folder, more, force=force, upkeep=upkeep)


def write_files(
    tables: Iterable[Files],
    folder: Path,
    more: Iterable[Artifact] = (),
    *,
    force: bool = False,
    upkeep: Upkeep | Apart | None = None,
) -> list[store.Written]:
    """Write the files of all tables as they arrive, and show them once all are there.

    Args:
        tables: what to write.
        folder: where.
        more: further files, which no sidecar lists.
        force: overwrite files that lutgen did not make.
        upkeep: what the system that builds wants to know, or what the files must be apart from.

    Raises:
        LutgenError: nothing was written.
    """
    with store.Transaction(folder, force=force) as transaction:
        described = []
        for name, document, artifacts in tables:
            for artifact in artifacts:
                transaction.add(artifact)
            described.append((name, document, [store.describe(a) for a in artifacts]))
        with store.locked(folder):
            store.check_unshared(
                {name: [str(entry["path"]) for entry in entries] for name, _, entries in described},
                folder,
            )
            for name, document, entries in described:
                for path in store.superseded_files(name, entries, folder):
                    transaction.drop(path)
                transaction.add(sidecar(name, document, entries, folder))
            for artifact in more:
                transaction.add(artifact)
            if upkeep is not None:
                upkeep.add_to(transaction, transaction.places)
            return transaction.commit()


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


def sidecar(
    name: str,
    document: dict[str, object],
    entries: Iterable[dict[str, object]],
    folder: Path,
) -> Artifact:
    """Return the sidecar of a table.

    Args:
        name: identifier of the table.
        document: what a rebuild needs.
        entries: what ``store.describe`` says of the files.
        folder: where an earlier sidecar of the same spec vouches for files of other targets, and
            for reports, which this one keeps vouching for.
    """
    return store.sidecar(name, document, entries, GENERATOR, folder, reports.TARGETS)
