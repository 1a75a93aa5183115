"""``lutgen from-model``: a table for each activation of a quantised model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

import click

from lutgen import manifest, models, pipeline, store
from lutgen.cli._options import (
    FilePath,
    echo_files,
    method_from,
    method_options,
    output_options,
    target_options,
    target_options_from,
    targets_from,
    targets_option,
)
from lutgen.depfile import Apart
from lutgen.errors import ModelError, UsageError, shown
from lutgen.extraction import TABLES, Entry, extract, solutions
from lutgen.models import Unit, rewriting
from lutgen.models.rewriting import Difference
from lutgen.reports import terminal
from lutgen.reports.document import table_document
from lutgen.solution import Artifact
from lutgen.spec import METHODS
from lutgen.store import text_artifact

MODEL_SCHEMA = "lutgen.model/1"

_MOST_NOTES = 12
"""More are counted, not printed; a model that is mostly float would print one for each node."""

_HEAD = ("node", "function", "input", "output", "table", "method", "max LSB", "bytes", "differ")


@click.command("from-model")
@click.argument("path", metavar="MODEL", type=FilePath())
@click.option("--tables", default=TABLES[0], show_default=True, metavar="|".join(TABLES),
              help="As the model computes it step by step, or the real function rounded once.")
@click.option("--method", metavar="|".join(METHODS),
              help="How the tables are approximated; auto with an error or a size, else lut.")
@method_options
@click.option("--kernels", default=models.KERNELS[0], show_default=True,
              metavar="|".join(models.KERNELS),
              help="Whose codes a TFLite model computes: LiteRT's kernels of microcontrollers or "
                   "of processors.")
@click.option("--rewrite", metavar="OUT.onnx", type=FilePath(),
              help="Write the model with its units replaced by the tables.")
@click.option("--compare", metavar="INPUTS.npz", type=FilePath(),
              help="Run both models in onnxruntime and report outputs that differ.")
@targets_option
@target_options
@click.option("-o", "--output", default="generated", show_default=True, metavar="DIR",
              type=FilePath(), help="Where the files go.")
@click.option("--force", is_flag=True, help="Overwrite files that lutgen did not make.")
@output_options
def command(
    path: Path,
    tables: str,
    kernels: str,
    rewrite: Path | None,
    compare: Path | None,
    target_lists: tuple[str, ...],
    output: Path,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: object,
) -> None:
    """Write one table for each activation of the quantised model MODEL, and a lutgen.toml.

    \b
    lutgen from-model model.onnx -o include
    lutgen from-model model.tflite --tables ideal --target c,verilog -o include
    lutgen from-model model.onnx -o include --rewrite tables.onnx --compare inputs.npz
    """
    names = targets_from(target_lists)
    form = target_options_from(options)
    method = method_from(options)
    if method.name is not None:
        method.checked()
    for option, value, known in (
        ("--tables", tables, TABLES), ("--kernels", kernels, models.KERNELS)
    ):
        if value not in known:
            raise UsageError.about(option, f"must be one of {', '.join(known)}", value)
    model = models.read(path, kernels)
    entries = extract(model, tables, method)
    found = solutions(entries)
    other, differences = _other_model(path, entries, rewrite, compare)
    toml = manifest.text([solution.spec for solution in found], names, form.document())
    write = partial(
        pipeline.write,
        [pipeline.Job(solution, names, form) for solution in found],
        output,
        [text_artifact(manifest.FILE_NAME, toml, "manifest")],
        force=force,
    )
    written = write() if rewrite is None else _with_model(write, rewrite, other, force=force)
    if not quiet:
        _echo_notes(model.notes, every=verbose)
    if as_json:
        document = {
            "schema": MODEL_SCHEMA,
            "arithmetic": model.arithmetic,
            "units": [_unit(entry) for entry in entries],
            "notes": list(model.notes),
            "tables": [table_document(solution) for solution in found],
            **({"comparison": [d._asdict() for d in differences]} if compare else {}),
            "artifacts": [item.entry for item in written],
        }
        click.echo(json.dumps(document, indent=2))
    elif not quiet:
        click.echo(
            f"{path.name}: {len(entries)} activations, {len(found)} tables; {tables} codes; "
            f"the model's own by {model.arithmetic}"
        )
        _echo_summary(entries, differences)
        if verbose:
            for solution in found:
                click.echo(terminal.full(solution))
        echo_files(written)


def _echo_notes(notes: Sequence[str], *, every: bool) -> None:
    """Print what was left alone, on stderr."""
    first = notes if every else notes[:_MOST_NOTES]
    for note in first:
        click.echo(f"note: {note}", err=True)
    if len(first) < len(notes):
        click.echo(f"note: {len(notes) - len(first)} more with -v", err=True)


def _echo_summary(entries: list[Entry], differences: list[Difference]) -> None:
    """Print the table of the units, and how far the rewritten model is apart."""
    for line in _rows(entries):
        click.echo(line)
    for tensor, elements, differing, largest in differences:
        apart = f"{differing} of {elements} differ, at most {largest:.6g}"
        click.echo(f"  compared {shown(tensor)[1:-1]}: {apart}")


def _with_model(
    write: Callable[..., list[store.Written]], rewrite: Path, other: bytes, *, force: bool
) -> list[store.Written]:
    """Write the tables and the model that holds them, or nothing at all."""
    with store.Transaction(rewrite.parent, force=force, chosen_by="--rewrite") as transaction:
        transaction.add(Artifact(PurePosixPath(rewrite.name), other, "rewrite"))
        written = write(upkeep=Apart("--rewrite", rewrite))
        return written + transaction.commit()


def _other_model(
    path: Path, entries: list[Entry], rewrite: Path | None, compare: Path | None
) -> tuple[bytes, list[Difference]]:
    """Return the model with tables in place of its units, and how far the two are apart."""
    if rewrite is None and compare is None:
        return b"", []
    if path.suffix.lower() != ".onnx":
        raise UsageError("--rewrite and --compare need an ONNX model")
    if rewrite is not None and rewrite.exists() and rewrite.samefile(path):
        raise UsageError("--rewrite would overwrite the model; give it another name")
    tables = [(entry.unit, entry.solution.report.codes) for entry in entries]
    notice = f"Generated by {pipeline.GENERATOR}: activations are tables"
    other = rewriting.rewritten(path, tables, notice)
    if compare is None:
        return other, []
    inputs = rewriting.read_inputs(compare)
    try:
        return other, rewriting.compare(path, other, inputs)
    except ModelError as problem:
        raise ModelError(f"--compare: {compare}: {problem}") from None


def _unit(entry: Entry) -> dict[str, object]:
    """Return a unit as JSON."""
    unit = entry.unit
    return {
        "nodes": list(unit.nodes),
        "input_tensor": unit.input_tensor,
        "output_tensor": unit.output_tensor,
        "activation": unit.found.activation,
        "expression": unit.formula and unit.formula.text,
        "parameters": dict(
            text.split("=")
            for text in (unit.formula.parameters if unit.formula else unit.found.parameters)
        ),
        "near": unit.found.near,
        "table": entry.solution.spec.name,
        "codes_that_differ": entry.differing,
        "max_lsb": entry.max_lsb,
    }


def _rows(entries: list[Entry]) -> list[str]:
    """Return the summary as a table; ``differ`` counts codes of the model that are not ideal."""
    rows = [_HEAD]
    for entry in entries:
        unit, solution = entry.unit, entry.solution
        others = len(unit.nodes) - 1
        mark = "~" if unit.found.near else ""
        parameters = f" {', '.join(unit.found.parameters)}" if unit.found.parameters else ""
        rows.append((
            shown(unit.nodes[-1])[1:-1] + (f" +{others}" if others else ""),
            f"{mark}{unit.found.activation or _unnamed(unit)}{parameters}",
            f"{unit.input.suffix} {unit.input.scale_text} {unit.input.zero_point}",
            f"{unit.output.suffix} {unit.output.scale_text} {unit.output.zero_point}",
            solution.spec.name,
            terminal.method(solution.program),
            "-" if entry.max_lsb is None else f"{entry.max_lsb:.4f}",
            str(solution.report.storage_bytes),
            f"{entry.differing}/{len(unit.faithful)}",
        ))
    return terminal.columns(rows)


def _unnamed(unit: Unit) -> str:
    """Return what a unit is called that has no name in the catalogue."""
    return shown(unit.formula.text)[1:-1] if unit.formula else "no name"
