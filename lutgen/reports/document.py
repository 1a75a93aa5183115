"""The JSON face: ``lutgen.table/1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lutgen.accuracy import ErrorReport
from lutgen.formats import NumberFormat
from lutgen.methods import Candidate
from lutgen.program import Program
from lutgen.solution import Solution
from lutgen.spec import Spec, format_document

if TYPE_CHECKING:
    from lutgen.kernels import KernelReport, KernelSpec

TABLE_SCHEMA = "lutgen.table/1"


def table_document(solution: Solution, **extra: str) -> dict[str, object]:
    """Return a solution as a JSON object, without its codes.

    Args:
        solution: what to describe.
        extra: further top-level members, placed after the schema.
    """
    spec, report = solution.spec, solution.report
    return {
        "schema": TABLE_SCHEMA,
        **extra,
        "name": spec.name,
        "activation": spec.activation.name,
        **_expression(spec),
        "definition": spec.definition,
        "derivative": spec.derivative,
        "parameters": {key: str(number.value) for key, number in spec.parameters.items()},
        **_formats("input", spec.inputs),
        **_formats("output", spec.outputs),
        "rounding": spec.rounding,
        "method": method_document(solution.program),
        "error": {
            "max_lsb": report.max_lsb,
            "max_real": report.max_real,
            "rms_lsb": report.rms_lsb,
            "bias_lsb": report.bias_lsb,
            "misrounded": report.misrounded,
            "faithful": report.faithful,
            "saturated": report.saturated,
            "outside_domain": report.outside,
            "monotonicity_breaks": report.monotonicity_breaks,
            "unused_output_codes": report.unused_codes,
            "worst": [worst._asdict() for worst in report.worst],
            **_proof(report),
        },
        "storage_bytes": report.storage_bytes,
        "sha256": solution.codes_sha256,
        "spec_sha256": spec.digest,
    }


def _expression(spec: Spec | KernelSpec) -> dict[str, object]:
    """Return the expression that the function is, where it is one."""
    text = spec.expression if isinstance(spec, Spec) else None
    return {} if text is None else {"expression": text}


def _formats(side: str, formats: Mapping[str, NumberFormat]) -> dict[str, object]:
    """Return ``input``, or ``inputs`` by name where there are several."""
    shown = {name: format_document(codes) for name, codes in formats.items()}
    return {f"{side}s": shown} if len(shown) > 1 else {side: next(iter(shown.values()))}


def _proof(report: ErrorReport | KernelReport) -> dict[str, object]:
    """Return on what inputs a kernel was measured, and what is proved of all."""
    if isinstance(report, ErrorReport):
        return {}
    bound = report.bound_lsb
    return {
        "measured_on": report.stimulus.text,
        "exhaustive": report.stimulus.is_exhaustive,
        "proved_max_lsb": None if bound is None else float(bound),
    }


def method_document(program: Program) -> dict[str, object]:
    """Return how a program approximates; members that do not apply are left out."""
    members = {
        "name": program.method,
        "segments": program.segments,
        "real_minimum": program.minimum,
        "fold": program.fold,
        "steps": len(program.values),
    }
    return {key: value for key, value in members.items() if value is not None}


def candidate_document(candidate: Candidate, report: ErrorReport | None) -> dict[str, object]:
    """Return one candidate of ``--candidates json``; without a report it keeps no tolerance."""
    kept = {} if report is None else {
        **method_document(candidate.program),
        "storage_bytes": report.storage_bytes,
        "cost": candidate.cost,
        "max_lsb": report.max_lsb,
    }
    return {"name": candidate.method.name, "fold": candidate.fold, "kept": bool(kept), **kept}
