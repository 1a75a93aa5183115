"""``lutgen diff``: two tables, or a table and an array in somebody else's C source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lutgen import activations
from lutgen.accuracy import ErrorReport
from lutgen.cli._options import FilePath, output_options, request_from, request_options
from lutgen.difference import Difference, Differing
from lutgen.errors import UnknownNameError, UsageError
from lutgen.foreign import read_array
from lutgen.listing import ORDERS, Listing, from_array, from_file, from_request
from lutgen.request import Request
from lutgen.spec import format_document

if TYPE_CHECKING:
    from lutgen.kernels import KernelRequest

DIFF_SCHEMA = "lutgen.diff/1"
SHOWN = 10


@click.command("diff")
@click.argument("tables", metavar="A [B]", nargs=-1)
@click.option("--from-c", "source", metavar="FILE", type=FilePath(),
              help="B is an array in this C source.")
@click.option("--symbol", metavar="NAME", help="Name of the array.")
@click.option("--order", metavar="|".join(ORDERS),
              help="Entries by the bits of the input code read as unsigned (default), or by the "
              "input code.")
@request_options
@output_options
def command(
    tables: tuple[str, ...],
    source: Path | None,
    symbol: str | None,
    order: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: object,
) -> int:
    """Print where the tables A and B differ, and which is nearer to the exact function.

    A and B are activations, built in memory with the options given (correctly rounded, unless
    --method says otherwise), or files of lutgen's: NAME.lutgen.json or NAME.json. B takes the
    formats of A. Exit status: 0 equal, 1 different.

    \b
    lutgen diff gelu gelu_tanh --bits 16
    lutgen diff old/gelu_s8.lutgen.json new/gelu_s8.json
    lutgen diff gelu --in-scale 0.05f --out-scale 0.05f --from-c table.c --symbol gelu_lut
    """
    _check(source, symbol, order)
    a, b = _two(tables, options, source)
    if source is not None:
        array = read_array(source, str(symbol))
        b = from_array(array, source.name, a, order)
    found = Difference.between(a, b)
    for warning in b.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
    elif not quiet:
        click.echo(_text(found, None if verbose else SHOWN))
    return 1 if found.differing else 0


def _check(source: Path | None, symbol: str | None, order: str | None) -> None:
    """Refuse options of an array where there is none, and an array without its name."""
    if source is None:
        for option, value in (("--symbol", symbol), ("--order", order)):
            if value is not None:
                raise UsageError(f"{option} goes with --from-c FILE, which holds the array")
    elif symbol is None:
        raise UsageError("--from-c needs --symbol, the name of the array")
    if order not in (None, *ORDERS):
        raise UsageError.about("--order", f"must be {' or '.join(ORDERS)}", order)


def _two(
    tables: tuple[str, ...], options: dict[str, object], source: Path | None
) -> tuple[Listing, Listing | None]:
    """Return both tables, the second one only where it is no array.

    Raises:
        UsageError: there are too few or too many, or they cannot be had.
    """
    own = options["expr"] is not None or options["table"] is not None
    sources: list[str | None] = [*([None] if own else []), *tables]
    wanted = 1 if source is not None else 2
    if len(sources) != wanted:
        need = "one table with --from-c" if source is not None else "two tables, A and B"
        raise UsageError(f"diff compares {need}, got {len(sources)} (see lutgen diff --help)")
    files = {place: from_file(Path(name)) for place, name in enumerate(sources) if _is_file(name)}
    names = [name for place, name in enumerate(sources) if place not in files]
    requests = _requests(names, options)
    found: list[Listing] = []
    for place in range(wanted):
        if place in files:
            found.append(files[place])
            continue
        request = next(requests)
        # The first table says the formats; one that says nothing takes those of the file.
        given = found[0] if found else files.get(1)
        if isinstance(request, Request) and given is not None and (
            request.is_open or (found and 0 not in files)
        ):
            request = request.in_formats(given.input, given.output)
        found.append(from_request(request))
    return found[0], found[1] if len(found) > 1 else None


def _requests(
    names: list[str | None], options: dict[str, object]
) -> Iterator[Request | KernelRequest]:
    """Yield the request of each activation, and of what --expr or --table says where it is None.

    Each takes the parameters that it has; what none has goes to the first, which refuses it.
    """
    theirs = [set() if name is None else _parameters_of(name) for name in names]
    for place, name in enumerate(names):
        params = [
            text for text in options["params"]
            if (key := text.partition("=")[0].strip()) in theirs[place]
            or (place == 0 and not any(key in known for known in theirs))
        ]
        own = {} if name is None else {"expr": None, "table": None, "name": None}
        own["method"] = options["method"] or "lut"
        yield request_from(name, {**options, "params": params, **own})


def _parameters_of(name: str) -> set[str]:
    """Return the parameters of an activation; none where there is no such activation."""
    try:
        return {parameter.name for parameter in activations.get(name).parameters}
    except UnknownNameError:
        return set()


def _is_file(name: str | None) -> bool:
    """Return whether an argument is a file of lutgen's; a file of another kind is refused."""
    if name is None or name.endswith(".json"):
        return name is not None
    if "/" in name or "." in name:
        raise UsageError.about(
            "A, B", "must be an activation, NAME.lutgen.json or NAME.json", name,
            "C source goes with --from-c",
        )
    return False


def _document(found: Difference) -> dict[str, object]:
    """Return a comparison as JSON, every code that differs included."""
    return {
        "schema": DIFF_SCHEMA,
        "a": _side(found, 0),
        "b": _side(found, 1),
        "truth": found.truth and found.truth.definition,
        "rounding": found.truth and found.truth.rounding,
        "input": format_document(found.a.input),
        "output": format_document(found.a.output),
        "codes": len(found.a.codes),
        "differing": len(found.differing),
        "largest_lsb": found.largest,
        "first": found.ends and found.ends[0],
        "last": found.ends and found.ends[1],
        "nearer": found.nearer,
        "differences": [item._asdict() for item in found.differing],
    }


def _side(found: Difference, place: int) -> dict[str, object]:
    """Return one of the two tables as JSON."""
    table = (found.a, found.b)[place]
    report = found.reports and found.reports[place]
    return {
        "label": table.label,
        "notes": list(table.notes),
        "warnings": list(table.warnings),
        "error": report and {
            "max_lsb": report.max_lsb,
            "rms_lsb": report.rms_lsb,
            "bias_lsb": report.bias_lsb,
            "misrounded": report.misrounded,
        },
    }


def _text(found: Difference, limit: int | None) -> str:
    """Return a comparison as lines, with at most ``limit`` of the codes that differ."""
    count, every = len(found.differing), len(found.a.codes)
    head = f"A {found.a.label}, B {found.b.label}: "
    if count:
        first, last = found.ends
        head += (
            f"{count} of {every} codes differ, by at most {found.largest} LSB; "
            f"the first is {first}, the last {last}"
        )
    else:
        head += f"equal on all {every} codes"
    rows = [("input", found.a.input.description), ("output", found.a.output.description)]
    if found.truth is None:
        rows.append(("truth", "not known: neither table says what it is meant to be"))
    else:
        rows += [
            ("truth", found.truth.definition),
            *((f"error {name}", _error(report, every))
              for name, report in zip("AB", found.reports, strict=True)),
        ]
    if count and found.nearer is not None:
        a, b, both = found.nearer.values()
        rows.append(("nearer", f"A on {a} codes, B on {b}, equally near on {both}"))
    rows += [("note", note) for note in found.b.notes]
    lines = [head, *(f"  {label:<8} {text}" for label, text in rows)]
    if count:
        shown = found.differing[:limit]
        largest = "codes that differ" if len(shown) == count else f"the {len(shown)} largest"
        lines += [f"  {largest}", _HEAD, *map(_row, shown)]
    return "\n".join(lines)


_HEAD = (
    f"  {'code':>7} {'x':>12} {'A':>7} {'B':>7} {'B-A':>6} {'exact':>14} {'error A':>10} "
    f"{'error B':>10}  nearer"
)


def _row(item: Differing) -> str:
    row = f"  {item.code:>7} {item.x:>12.6g} {item.a:>7} {item.b:>7} {item.lsb:>+6}"
    if item.exact is None:
        return row
    nearer = item.nearer if item.nearer == "both" else str(item.nearer).upper()
    return (
        f"{row} {item.exact:>14.8g} {item.error_a_lsb:>+10.5f} {item.error_b_lsb:>+10.5f}  {nearer}"
    )


def _error(report: ErrorReport, codes: int) -> str:
    wrong = f"{report.misrounded} of {codes} codes not the nearest"
    return (
        f"max {report.max_lsb:.4f} LSB, rms {report.rms_lsb:.4f}, bias {report.bias_lsb:+.4f}; "
        f"{wrong if report.misrounded else 'correctly rounded'}"
    )
