"""Every table of a manifest: built over processes, told in one table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from lutgen import pipeline, workers
from lutgen.check import Finding, compare, compare_artifacts
from lutgen.cli._clashes import watched
from lutgen.cli._manifest import Batch, Entry, Made, known_paths, make
from lutgen.cli._options import echo_files
from lutgen.depfile import Upkeep
from lutgen.pipeline import Files
from lutgen.reports import FACES, index_name, terminal
from lutgen.solution import Artifact
from lutgen.store import SIDECAR_SUFFIX, Written

if TYPE_CHECKING:
    from lutgen.reports.index import Line

T = TypeVar("T")


class Told(NamedTuple):
    """What is kept of the tables while their files go to the disk."""

    documents: list[dict[str, object]]
    rows: list[tuple[str, ...]]
    texts: list[str]
    lines: dict[str, list[Line]]

    def files(self, made: Iterable[Made]) -> Iterator[Files]:
        """Yield the files of tables, and note what is said of them."""
        for table in made:
            self.documents.append(table.document)
            self.rows.append(table.row)
            self.texts.append(table.text)
            for face, line in table.lines.items():
                self.lines.setdefault(face, []).append(line)
            yield table.files

    def indices(self) -> Iterator[Artifact]:
        """Yield what leads to the reports, once all tables are noted."""
        if self.lines:
            from lutgen.reports.files import indices

            for face in FACES:
                yield from indices(self.lines.get(face, []), face)


def build_batch(
    batch: Batch, processes: int | None, *, force: bool, upkeep: Upkeep | None, progress: bool
) -> tuple[Told, list[Written]]:
    """Write the files of every table, or none of them.

    Args:
        batch: the tables.
        processes: how many may work; None for as many as there are processors, where it pays.
        force: overwrite files that lutgen did not make.
        upkeep: what the system that builds wants to know.
        progress: show it, where stderr is a terminal.

    Raises:
        LutgenError: nothing was written.
    """
    told = Told([], [], [], {})
    with _followed(_made(batch, processes), len(batch.entries), show=progress) as made:
        files = watched(told.files(made), [entry.name for entry in batch.entries])
        written = pipeline.write_files(
            files, batch.folder, told.indices(), force=force, upkeep=upkeep
        )
    return told, written


def outputs(batch: Batch) -> Iterator[Path]:
    """Yield the paths that building the tables would write, in that order."""
    for entry in batch.entries:
        yield from (batch.folder / path for path in _paths(entry))
    for entry in batch.entries:
        yield batch.folder / f"{entry.name}{SIDECAR_SUFFIX}"
    # What leads to the reports of a manifest.
    if batch.path is not None:
        for face in FACES:
            if any(face in entry.faces for entry in batch.entries):
                yield batch.folder / index_name(face)


def findings(batch: Batch, processes: int | None) -> Iterator[Finding]:
    """Yield how the files that building a manifest would write differ from those there are."""
    told = Told([], [], [], {})
    for files in told.files(_made(batch, processes)):
        yield from compare(files, batch.folder)
    yield from compare_artifacts(told.indices(), batch.folder)


def show_batch(told: Told, written: list[Written], folder: Path, *, verbose: bool) -> None:
    """Print a line for each table and one for the files; with ``verbose`` everything."""
    if verbose:
        for text in told.texts:
            click.echo(text)
        echo_files(written)
    for line in terminal.columns([terminal.ROW_HEAD, *told.rows]):
        click.echo(line)
    changed = sum(item.changed for item in written)
    click.echo(
        f"{len(told.rows)} tables: {changed} files written, {len(written) - changed} kept as they "
        f"were, in {folder}"
    )


def _made(batch: Batch, processes: int | None) -> Iterator[Made]:
    """Yield every table, in order."""
    codes = sum(entry.codes for entry in batch.entries)
    return workers.each(make, batch.entries, workers.processes_for(codes, processes))


def _paths(entry: Entry) -> Iterable[Path]:
    """Return the paths of a table's files; where its program decides, it is made."""
    listed = known_paths(entry)
    return [a.path for a in make(entry).files.artifacts] if listed is None else listed


@contextmanager
def _followed(items: Iterable[T], total: int, *, show: bool) -> Iterator[Iterable[T]]:
    """Yield ``items``, with a bar on stderr that follows them, where that is a terminal."""
    if not show or sys.stderr is None or not sys.stderr.isatty():
        yield items
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield bar.track(items, total, description="tables")
