"""Tables to compare: what a spec builds, a file of lutgen's, or an array in somebody else's C.

A table that was not made by lutgen takes its formats from the one it is compared with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lutgen import pipeline, reading, store
from lutgen.errors import UsageError, shown, wrong_part
from lutgen.foreign import Array
from lutgen.formats import NumberFormat
from lutgen.reports.document import TABLE_SCHEMA
from lutgen.request import Request
from lutgen.spec import Spec, format_from

if TYPE_CHECKING:
    from lutgen.kernels import KernelRequest, KernelSpec

ORDERS = ("address", "ascending")
"""How the entries of an array are ordered: by the bits of the input code read as unsigned, or by
the input code."""

_ORDER_TEXTS = {
    "address": "entry i is for the input code whose bits, read as unsigned, are i",
    "ascending": "entry 0 is for the lowest input code",
}

MAX_TABLE_BYTES = 1 << 23

# How many times nearer the other order has to be to be worth a warning.
_FAR_BETTER = 4


class Listing(NamedTuple):
    """The output code of every input code, and what is known of where it comes from.

    Attributes:
        label: what it is called here.
        codes: int64, shape (2**width,), ascending input codes.
        input: format of the input codes.
        output: format of the output codes.
        spec: what it is meant to be; None where nothing says so.
        notes: how it was read, as far as that is not obvious.
        warnings: what is suspicious about it.
    """

    label: str
    codes: np.ndarray
    input: NumberFormat
    output: NumberFormat
    spec: Spec | None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def from_request(request: Request | KernelRequest) -> Listing:
    """Return the table that a request asks for.

    Raises:
        LutgenError: the request makes no sense, or no program answers it.
    """
    spec = _of_one_number(request.resolve())
    return _built(spec, spec.name)


def from_file(path: Path) -> Listing:
    """Return the table of a sidecar or of a JSON file of lutgen's.

    Raises:
        LutgenError: it is neither, or cannot be read.
    """
    if path.name.endswith(store.SIDECAR_SUFFIX):
        document = _member(store.read_sidecar(path), "spec", path)
        return _built(_of_one_number(pipeline.spec_from(document, path.parent)), path.name)
    document = _json(path)
    if "kernel" in document or "inputs" in document or "outputs" in document:
        raise UsageError(f"{path}: is of a function of several numbers; diff compares those of one")
    try:
        sides = [format_from(document[side], side[:-3]) for side in ("input", "output")]
        codes = np.array(document["codes"], dtype=object)
        label = path.name
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise UsageError(
            f"{path}: not a lutgen table ({wrong_part(problem)}); build it again"
        ) from None
    return Listing(label, _checked(codes, *sides, str(path)), *sides, _spec_of(document, path))


def from_array(array: Array, source: str, other: Listing, order: str | None) -> Listing:
    """Return the table that an array of C is, in the formats of another.

    Args:
        array: what was read.
        source: name of the file.
        other: the table it is compared with.
        order: one of ``ORDERS``; None takes the first.

    Raises:
        UsageError: it has not one entry for each input code, or an entry that is no output code.
    """
    where = f"{array.name} in {source}"
    notes = [f"{where} is read in {order or ORDERS[0]} order ({_ORDER_TEXTS[order or ORDERS[0]]})"]
    written = np.array(array.entries, dtype=object)
    output = other.output
    kind = array.type
    if kind and kind.bits == output.width and kind.signed != output.signed:
        # The bits of a code are the code, whatever type they were stored in.
        half = 2 ** (output.width - 1) if output.signed else 0
        written = (written + half) % 2**output.width - half
        if kind.signed is not None:
            codes = f"{'' if output.signed else 'u'}int{output.width} codes"
            notes.append(f"its {kind.text} entries are read as the bits of {codes}")
    if array.wrapped:
        notes.append(f"{array.wrapped} entries do not fit {kind.text} and wrap, as in C")
    if array.condition:
        notes.append(f"it is under {array.condition}, which is taken to hold")
    entries = _checked(written, other.input, output, where)
    orders = {"address": _ascending(entries, other.input), "ascending": entries}
    taken = orders[order or ORDERS[0]]
    warnings = _suspicion(taken, orders, order or ORDERS[0], other)
    return Listing(where, taken, other.input, output, None, tuple(notes), warnings)


def _of_one_number(spec: Spec | KernelSpec) -> Spec:
    """Return the spec, once it is known to be one of a table.

    Raises:
        UsageError: its function takes several numbers.
    """
    if isinstance(spec, Spec):
        return spec
    raise UsageError(
        f"{spec.activation.name} takes several numbers; diff compares functions of one "
        f"(lutgen report {spec.activation.name} tells its error)"
    )


def _built(spec: Spec, label: str) -> Listing:
    """Return the table that a spec builds."""
    codes = pipeline.solve(spec).report.codes
    return Listing(label, codes, spec.input, spec.output, spec)


def _ascending(entries: np.ndarray, codes: NumberFormat) -> np.ndarray:
    """Return entries in address order by ascending input code."""
    return np.roll(entries, -codes.min_code) if codes.signed else entries


def _suspicion(
    taken: np.ndarray, orders: Mapping[str, np.ndarray], order: str, other: Listing
) -> tuple[str, ...]:
    """Return a warning where the entries fit far better in the order that was not taken."""
    wrong = {name: int(abs(codes - other.codes).sum()) for name, codes in orders.items()}
    rival = next(name for name in ORDERS if name != order)
    if wrong[rival] * _FAR_BETTER < wrong[order]:
        mean = {name: total / len(taken) for name, total in wrong.items()}
        return (
            f"in {rival} order the mean difference is {mean[rival]:.3g} LSB instead of "
            f"{mean[order]:.3g}; try --order {rival}",
        )
    return ()


def _checked(
    codes: np.ndarray, inputs: NumberFormat, output: NumberFormat, where: str
) -> np.ndarray:
    """Return codes as int64, known to be one for each input code and of the output format."""
    depth = 2**inputs.width
    if codes.shape != (depth,):
        count = len(codes) if codes.ndim else 0
        hint = "give the width of the input (--in-bits)"
        if count in (257, 513, 1025, 2049):
            hint = "it looks like knots to interpolate, which this does not do"
        raise UsageError(
            f"{where}: has {count} entries, and {depth} input codes of {inputs.width} bits; {hint}"
        )
    for place, code in enumerate(codes):
        if type(code) is not int or not output.min_code <= code <= output.max_code:
            raise UsageError(
                f"{where}: entry {place} is {shown(code)}, which is no code from "
                f"{output.min_code} to {output.max_code}; give the output format "
                "(--out-bits, --out-unsigned)"
            )
    return codes.astype(np.int64)


def _spec_of(document: Mapping[str, object], path: Path) -> Spec | None:
    """Return what a table says it is meant to be, None where that is not to be had."""
    samples = path.with_name(f"{document.get('name')}{store.SIDECAR_SUFFIX}")
    if document.get("activation") == "samples":
        # What it is made of is told by the sidecar, where that is still there.
        if not samples.is_file():
            return None
        told = store.read_sidecar(samples).get("spec")
        return Spec.from_document(told, path.parent) if isinstance(told, dict) else None
    method = {"name": "lut"}
    try:
        return Spec.from_document({"description": "", **document, "method": method}, path.parent)
    except UsageError:
        return None


def _json(path: Path) -> dict[str, object]:
    """Return the document in a JSON file of a table."""
    try:
        document = json.loads(reading.text(reading.content(path, MAX_TABLE_BYTES)))
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}; give a table of lutgen's") from None
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"{path}: not JSON ({wrong_part(problem)})") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != TABLE_SCHEMA:
        raise UsageError.about(str(path), f"must have the schema {TABLE_SCHEMA}", schema)
    return document


def _member(document: Mapping[str, object], name: str, path: Path) -> Mapping[str, object]:
    found = document.get(name)
    if not isinstance(found, dict):
        raise UsageError(f"{path}: not a lutgen sidecar ({name} is missing); build it again")
    return found
