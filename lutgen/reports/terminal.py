"""The terminal face: what was built and how good it is, in a screenful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lutgen.accuracy import ErrorReport, WorstCode
from lutgen.formats import NumberFormat
from lutgen.methods import STEP_BYTES, Candidate
from lutgen.program import Program
from lutgen.solution import Solution

if TYPE_CHECKING:
    from lutgen.kernels import KernelReport


def summary(solution: Solution) -> str:
    """Return the definition, the formats and the error in a few lines."""
    spec, report = solution.spec, solution.report
    rows = [
        *_formats("input", spec.inputs),
        *_formats("output", spec.outputs),
        ("method", method(solution.program)),
        ("storage", f"{report.storage_bytes} bytes"),
        ("rounding", spec.rounding),
        ("error", _error(report)),
        *_proof(report),
        *(("note", note) for note in _notes(report)),
    ]
    lines = [f"{spec.name}: {spec.definition}", *(f"  {label:<8} {text}" for label, text in rows)]
    return "\n".join(lines)


def full(solution: Solution) -> str:
    """Return the summary followed by the codes with the largest errors."""
    if isinstance(solution.report, ErrorReport):
        head = f"  {'code':>7} {'x':>12} {'exact':>14} {'got':>7} {'error/LSB':>10}"
        rows = [_worst(worst) for worst in solution.report.worst]
    else:
        head = f"  {'exact':>14} {'got':>7} {'error/LSB':>10}  input codes"
        rows = [
            f"  {w.exact:>14.8g} {w.got:>7} {w.error_lsb:>+10.5f}  {w.code}"
            for w in solution.report.worst
        ]
    return "\n".join([summary(solution), "  worst codes", head, *rows])


def _formats(label: str, formats: Mapping[str, NumberFormat]) -> list[tuple[str, str]]:
    """Return a row for each format, with its name where there are several."""
    several = len(formats) > 1
    return [
        (label, f"{name}: {codes.description}" if several else codes.description)
        for name, codes in formats.items()
    ]


def _proof(report: ErrorReport | KernelReport) -> list[tuple[str, str]]:
    """Return on what inputs a kernel was measured, and what is proved of all."""
    if isinstance(report, ErrorReport):
        return []
    rows = [("measured", report.stimulus.text)]
    if report.bound_lsb is not None:
        rows.append(("proved", f"at most {float(report.bound_lsb):.4f} LSB for every input"))
    return rows


ROW_HEAD = ("table", "function", "input", "output", "method", "max LSB", "bytes")


def row(solution: Solution) -> tuple[str, ...]:
    """Return a solution as a line under ``ROW_HEAD``."""
    spec, report = solution.spec, solution.report
    sides = (
        ", ".join(f"{s.suffix} {s.scale_text} {s.zero_point}" for s in formats.values())
        for formats in (spec.inputs, spec.outputs)
    )
    derivative = "d/dx " if getattr(spec, "derivative", False) else ""
    segments = solution.program.segments
    how = solution.program.method + (f", {segments} segments" if segments is not None else "")
    return (
        spec.name, f"{derivative}{spec.activation.name}", *sides, how,
        f"{report.max_lsb:.4f}", str(report.storage_bytes),
    )


def columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows of cells as lines with the cells below each other."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [f"  {'  '.join(map(str.ljust, row, widths))}".rstrip() for row in rows]


def method(program: Program) -> str:
    """Return how a program approximates, in a few words."""
    parts = [program.method]
    if program.segments is not None:
        parts.append(f"{program.segments} segments")
    if program.minimum is not None:
        parts.append(f"at least {program.minimum} with real coefficients")
    if program.fold != "none":
        parts.append(f"folded ({program.fold})")
    return ", ".join(parts)


def explanation(found: list[Candidate], reports: list[ErrorReport | None]) -> str:
    """Return the candidates with bytes, steps, cost and error, and what decides between them."""
    head = (
        f"  {'candidate':<12} {'fold':<5} {'segments':>8} {'bytes':>7} {'cost':>7} {'max LSB':>8}"
    )
    rows = [_candidate(c, report) for c, report in zip(found, reports, strict=True)]
    why = (
        f"  cost = bytes of storage + {STEP_BYTES} for every step. Where an error is asked for, "
        "the least cost wins;\n  where a size is, the least error. A method that cannot do better "
        "than those before it\n  is not searched to the end."
    )
    return "\n".join([head, *rows, why])


def _candidate(candidate: Candidate, report: ErrorReport | None) -> str:
    name = f"  {candidate.method.name:<12} {candidate.fold:<5}"
    if report is None:
        return f"{name} has nothing better"
    segments = "" if candidate.program.segments is None else str(candidate.program.segments)
    return (
        f"{name} {segments:>8} {report.storage_bytes:>7} {candidate.cost:>7} "
        f"{report.max_lsb:>8.4f}"
    )


def _error(report: ErrorReport) -> str:
    verdict = (
        "correctly rounded" if report.misrounded == 0
        else f"faithful, {report.misrounded} codes not the nearest" if report.faithful
        else f"not faithful, {report.misrounded} codes not the nearest"
    )
    return (
        f"max {report.max_lsb:.4f} LSB ({report.max_real:.3g} real), rms {report.rms_lsb:.4f}, "
        f"bias {report.bias_lsb:+.4f}; {verdict}"
    )


def _notes(report: ErrorReport) -> list[str]:
    notes = []
    if report.saturated:
        notes.append(f"{report.saturated} input codes saturate")
    if report.outside:
        notes.append(f"{report.outside} input codes lie outside the domain: nearest limit taken")
    if report.monotonicity_breaks:
        notes.append(f"{report.monotonicity_breaks} steps break the promised monotonicity")
    if report.unused_codes:
        notes.append(f"{report.unused_codes} output codes are never used")
    return notes


def _worst(worst: WorstCode) -> str:
    return (
        f"  {worst.code:>7} {worst.x:>12.6g} {worst.exact:>14.8g} {worst.got:>7} "
        f"{worst.error_lsb:>+10.5f}"
    )
