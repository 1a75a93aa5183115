"""Is the emitted code right?  Every file in a folder, run on every input code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lutgen import pipeline, samples, store, targets
from lutgen.errors import LutgenError, StoreError, UsageError, wrong_part
from lutgen.reports import FACES
from lutgen.reports import TARGETS as REPORTS
from lutgen.solution import Solution, Verdict
from lutgen.targets import Options


class Described(NamedTuple):
    """What a sidecar describes.

    Attributes:
        folder: where the files are.
        solution: what they are made of.
        forms: the options of each target that was written, by its name.
        templated: those of them that were written with templates of the user's.
        faces: of the report, that are beside them.
    """

    folder: Path
    solution: Solution
    forms: dict[str, Options]
    templated: frozenset[str]
    faces: tuple[str, ...]


def verify(folder: Path) -> list[Verdict]:
    """Replay every artifact below ``folder`` against the program its spec gives.

    Raises:
        StoreError: the folder holds no sidecar, or one that cannot be read.
    """
    batches: dict[tuple[Path, str, Options], list[Solution]] = defaultdict(list)
    verdicts: list[Verdict] = []
    for place, solution, forms, *_ in read_sidecars(folder):
        for target, options in forms.items():
            batches[place, target, options].append(solution)
    for (place, target, options), solutions in batches.items():
        verdicts += targets.get(target).replay(place, tuple(solutions), options)
    return verdicts


def read_sidecars(folder: Path) -> Iterator[Described]:
    """Yield what every sidecar below a folder asks for.

    Raises:
        StoreError: there is no sidecar, or one that cannot be read.
    """
    return map(read, sidecars(folder))


def sidecars(folder: Path) -> list[Path]:
    """Return the sidecars below a folder.

    Raises:
        StoreError: there is none.
    """
    found = sorted(folder.rglob(f"*{store.SIDECAR_SUFFIX}"))
    if not found:
        raise StoreError(f"{folder}: no {store.SIDECAR_SUFFIX} files here; build something first")
    return found


def read(path: Path) -> Described:
    """Return what a sidecar describes, once all of it is known to make sense.

    Raises:
        LutgenError: it cannot be read, or nothing answers its spec.
    """
    document = store.read_sidecar(path)
    try:
        spec = pipeline.spec_from(document["spec"], path.parent)
        if path.name != f"{spec.name}{store.SIDECAR_SUFFIX}":
            raise UsageError(f"is about {spec.name}; it must be called by that name")
        forms = {
            name: Options.from_document(form)
            for name, form in sorted(document["options"].items())
        }
        if not document["artifacts"]:
            raise UsageError("lists no files; build it again")
        listed = {str(entry["target"]) for entry in document["artifacts"]}
        # Reports and samples are no code that could be run.
        if listed - {samples.NAME, *REPORTS} != {*forms}:
            raise UsageError("lists files of targets without options; build it again")
        templated = frozenset(dict(document.get("templates", {})))
        if not templated <= forms.keys():
            raise UsageError("has templates of targets that it does not list; build it again")
        for target in forms:
            targets.get(target)
    except LutgenError as problem:
        raise StoreError(f"{path}: {problem}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        reason = wrong_part(problem)
        raise StoreError(f"{path}: not a lutgen sidecar ({reason}); build it again") from None
    faces = tuple(face for face, name in zip(FACES, REPORTS, strict=True) if name in listed)
    return Described(path.parent, pipeline.solve(spec), forms, templated, faces)
