"""Is the emitted code right?  Every file in a folder, run on every input code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from lutgen import pipeline, samples, store, targets
from lutgen.errors import LutgenError, StoreError
from lutgen.reports import TARGETS as REPORTS
from lutgen.solution import Solution, Verdict
from lutgen.targets import Options


def verify(folder: Path) -> list[Verdict]:
    """Replay every artifact below ``folder`` against the program its spec gives.

    Raises:
        StoreError: the folder holds no sidecar, or one that cannot be read.
    """
    batches: dict[tuple[Path, str, Options], list[Solution]] = defaultdict(list)
    verdicts: list[Verdict] = []
    for place, solution, options, listed in read_sidecars(folder):
        for target in listed:
            batches[place, target, options].append(solution)
    for (place, target, options), solutions in batches.items():
        verdicts += targets.get(target).replay(place, tuple(solutions), options)
    return verdicts


def read_sidecars(folder: Path) -> Iterator[tuple[Path, Solution, Options, list[str]]]:
    """Yield what every sidecar below a folder asks for.

    Yields:
        The folder of the files, the solution, its options and the targets that were written.

    Raises:
        StoreError: there is no sidecar, or one that cannot be read.
    """
    sidecars = sorted(folder.rglob(f"*{store.SIDECAR_SUFFIX}"))
    if not sidecars:
        raise StoreError(f"{folder}: no {store.SIDECAR_SUFFIX} files here; build something first")
    for path in sidecars:
        yield (path.parent, *_read(path))


def _read(path: Path) -> tuple[Solution, Options, list[str]]:
    """Return the solution that a sidecar asks for, its options, and the targets it lists."""
    document = store.read_sidecar(path)
    try:
        spec = pipeline.spec_from(document["spec"], path.parent)
        options = Options(**document["options"]).checked()
        # Reports and samples are no code that could be run.
        others = {samples.NAME, *REPORTS}
        listed = sorted({str(entry["target"]) for entry in document["artifacts"]} - others)
        for target in listed:
            targets.get(target)
    except LutgenError as problem:
        raise StoreError(f"{path}: {problem}") from None
    except (KeyError, TypeError) as problem:
        raise StoreError(f"{path}: not a lutgen sidecar ({problem}); build it again") from None
    return pipeline.solve(spec), options, listed
