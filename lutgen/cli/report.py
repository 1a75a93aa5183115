"""``lutgen report``: the error report only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from lutgen import pipeline, store
from lutgen.accuracy import requirements
from lutgen.cli._options import (
    echo_files,
    output_options,
    request_from,
    request_options,
    require_option,
)
from lutgen.errors import BudgetError, UsageError
from lutgen.reports import html, markdown, reviewed
from lutgen.review import Review
from lutgen.spec import Spec
from lutgen.store import Written

_STDOUT = "-"


@click.command("report")
@click.argument("function", metavar="[NAME]", required=False)
@request_options
@require_option
@click.option("--html", "html_file", metavar="FILE", help="Write the report as one HTML file.")
@click.option("--md", "md_file", metavar="FILE",
              help="Write it as Markdown, short enough for a comment; - is stdout.")
@click.option("--against", metavar="METHOD|FILE",
              help="Compare with another method, or with the table of a .lutgen.json.")
@click.option("--force", is_flag=True, help="Overwrite files that lutgen did not make.")
@output_options
def command(
    function: str | None,
    required_lists: tuple[str, ...],
    html_file: str | None,
    md_file: str | None,
    against: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: object,
) -> None:
    """Print the error of the activation NAME on every input code; no code is written.

    Where a limit cannot be kept, the report is that of the program that comes nearest, and the
    exit code is 1.

    \b
    lutgen report tanh --bits 16 --range=-4,4 --html tanh.html
    lutgen report silu --in-format Q4.4 --out-format Q4.4 --json
    lutgen report gelu --bits 16 --against interp --require faithful --md -
    """
    names = requirements.parse(required_lists)
    _check_outputs(html_file, md_file, as_json)
    spec = request_from(function, options).resolve()
    other = None
    if against is not None:
        if not isinstance(spec, Spec):
            name = spec.activation.name
            raise UsageError(f"--against: {name} takes several numbers; leave it out")
        other, _ = pipeline.nearest(pipeline.spec_against(spec, against))
    solution, problem = pipeline.nearest(spec)
    review = Review.of(solution, names, other)
    written = _write("--html", html_file, html.review_page, review, force)
    if md_file == _STDOUT:
        click.echo(markdown.review_text(review), nl=False)
    else:
        written += _write("--md", md_file, markdown.review_text, review, force)
        if as_json:
            click.echo(json.dumps(reviewed.document(review), indent=2))
        elif not quiet:
            click.echo(reviewed.text(review))
            echo_files(written)
    if problem is not None:
        raise problem
    for _, reason in review.judgement.broken:
        raise BudgetError(f"{spec.name}: {reason}")


def _check_outputs(html_file: str | None, md_file: str | None, as_json: bool) -> None:
    """Refuse places for files that are none, or that two things would be written to.

    Raises:
        UsageError: it names the option.
    """
    for option, name in (("--html", html_file), ("--md", md_file)):
        if name is not None and Path(name).name in ("", ".."):
            raise UsageError.about(option, "must be the name of a file", name)
    if html_file == _STDOUT:
        raise UsageError("--html -: a page is no text to read; give a file")
    if md_file == _STDOUT and as_json:
        raise UsageError("--md - and --json both go to stdout; give --md a file")
    if html_file is not None and md_file is not None and Path(html_file) == Path(md_file):
        raise UsageError("--html and --md name the same file; give two")


def _write(
    option: str, name: str | None, face: Callable[[Review], str], review: Review, force: bool
) -> list[Written]:
    """Write one face of the report, where a file is named."""
    if name is None:
        return []
    path = Path(name)
    artifact = store.text_artifact(path.name, face(review), "report")
    return store.write(path.parent, [artifact], force=force, chosen_by=option)
