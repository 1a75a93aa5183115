"""The methods: each turns what the exact function demands into a program.

A method is a module with

- ``approximate(frame, tolerance, options) -> Program | None``: the smallest program of its kind
  that keeps the tolerance, or None;
- ``worth_folding(options) -> bool``: whether it is folded without being asked;
- optionally ``lower_bound(frame, options) -> Fraction``: an error that is certainly too small for
  the asked size, to start the search from.

What is common to them is here: which frames to try, the search for the smallest error where a
size is given instead, and the choice between methods.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from lutgen.accuracy import ErrorReport
from lutgen.errors import BudgetError
from lutgen.ideal import EXACT, FAITHFUL, NEAREST, Ideal, Tolerance
from lutgen.methods import _search
from lutgen.methods._auto import (
    CANDIDATES,
    LEAST_STEPS,
    STEP_BYTES,
    Candidate,
    cheapest,
    step_count,
)
from lutgen.numerics.literals import Number
from lutgen.program import Program
from lutgen.spec import FAITHFUL_WORD, Method, Spec

__all__ = [
    "STEP_BYTES", "Candidate", "alternatives", "approximate", "asked_tolerance", "candidates",
    "choose", "most_bytes", "step_count", "tolerance_of",
]

DEFAULT_TOLERANCE = Tolerance(Fraction(5, 8))
"""What 16-bit outputs are approximated to, where neither an error nor a size is asked for."""

# Up to this width of the input, every method is searched to its end in no time.
_WELL_SEARCHED_BITS = 10


def approximate(ideal: Ideal) -> Program:
    """Return the program that answers the spec.

    Raises:
        BudgetError: what is asked cannot be kept; the message says the best reachable.
    """
    return choose(candidates(ideal), ideal)


def choose(found: list[Candidate], ideal: Ideal) -> Program:
    """Return the one of the candidates that answers the spec.

    Raises:
        BudgetError: none does; the message says the best reachable.
    """
    tolerance = asked_tolerance(ideal)
    if tolerance is None:
        # A size is given: the most accurate of what fits.
        best, _ = _most_accurate(found, ideal)
    else:
        best = cheapest(found, ideal.spec.method.max_bytes)
    if best is None:
        raise _refusal(ideal, tolerance)
    return best.program


def candidates(ideal: Ideal) -> list[Candidate]:
    """Return every program looked at for the spec, in order of preference.

    ``auto`` tells each method what the cheapest program so far costs, or how far the most accurate
    one is off, so that a method which cannot do better need not search to the end.
    """
    options = ideal.spec.method
    tolerance = asked_tolerance(ideal)
    if tolerance is None:
        return _of_least_error(ideal)
    found: list[Candidate] = []
    for method in _tried(options):
        chosen = method._replace(fold=options.fold, max_bytes=options.max_bytes)
        best = cheapest(found, options.max_bytes)
        if best is not None:
            budget = best.cost - STEP_BYTES * LEAST_STEPS
            chosen = chosen._replace(max_bytes=max(budget, 0))
        found += _search.within(ideal, tolerance, chosen)
    return found


def alternatives(ideal: Ideal, tolerance: Tolerance) -> list[Candidate]:
    """Return what each method makes of a spec by itself, for comparison.

    Unlike ``candidates``, no method is told what the others cost.  But none is looked at beyond
    ``most_bytes``, except the direct table, which shows what there is to be saved.
    """
    found = []
    for method in CANDIDATES:
        limit = None if method.name == "lut" else most_bytes(ideal.spec)
        tried = _search.within(ideal, tolerance, method._replace(max_bytes=limit))
        nothing = Candidate(method, "none", None)
        found.append(cheapest(tried, None) or nothing)
    return found


def most_bytes(spec: Spec) -> int:
    """Return the storage up to which methods are compared: for wide inputs, a part of a table."""
    direct = 2**spec.input.width * (1 if spec.output.width <= 8 else 2)
    return direct if spec.input.width <= _WELL_SEARCHED_BITS else direct // 8


def asked_tolerance(ideal: Ideal) -> Tolerance | None:
    """Return the tolerance to keep; None where a size is given and the error is to be least."""
    options = ideal.spec.method
    asked = tolerance_of(options)
    if asked is not None:
        return asked
    if options.name == "lut":
        return EXACT
    if options.segments is not None or options.max_bytes is not None:
        return None
    return NEAREST if ideal.spec.output.width <= 8 else DEFAULT_TOLERANCE


def tolerance_of(method: Method) -> Tolerance | None:
    """Return the tolerance that a method's options give; None where they leave it open."""
    if method.exact:
        return EXACT
    if method.max_error == FAITHFUL_WORD:
        return FAITHFUL
    if method.max_error is not None:
        return Tolerance(Number.parse(method.max_error, "--max-error").value)
    return None


def _tried(options: Method) -> tuple[Method, ...]:
    return CANDIDATES if options.name == "auto" else (options,)


def _of_least_error(ideal: Ideal, *, every_fold: bool = False) -> list[Candidate]:
    """Return what each method has that is nearer than those before it, for the asked size."""
    options = ideal.spec.method
    found: list[Candidate] = []
    for method in _tried(options):
        chosen = method._replace(fold=options.fold, max_bytes=options.max_bytes)
        _, error = _most_accurate(found, ideal)
        most = None if error is None else Fraction(error)
        found.append(_search.least_error(ideal, chosen, most, every_fold=every_fold))
    return found


def _most_accurate(
    found: list[Candidate], ideal: Ideal
) -> tuple[Candidate | None, float | None]:
    """Return the candidate that is off by the least, and by how many LSB; None without any."""
    fitting = [
        (candidate, ErrorReport.measure(candidate.program, ideal).max_lsb)
        for candidate in found
        if candidate.program is not None
    ]
    return min(fitting, key=lambda pair: pair[1], default=(None, None))


def _refusal(ideal: Ideal, tolerance: Tolerance | None) -> BudgetError:
    """Return the error for a request that no program answers."""
    spec = ideal.spec
    options = spec.method
    fold = None if options.fold in ("auto", "off") else options.fold
    limits = (
        ("--segments", options.segments), ("--max-bytes", options.max_bytes),
        ("--aligned", options.aligned), ("--fold", fold),
    )
    given = " and ".join(f"{option} {value}" for option, value in limits if value is not None)
    head = f"{spec.name}: {options.name} cannot keep "
    advice = f"allow more,{' no --fold,' if fold else ''} or another --method"
    if tolerance is None:
        return BudgetError(f"{head}{given}; {advice}")
    head += tolerance.text if tolerance.limit is None else f"an error of {tolerance.text}"
    head += f" with {given}" if given else ""
    relaxed = replace(spec, method=options._replace(max_error=None, exact=False))
    loosened = replace(ideal, spec=relaxed)
    best, error = _most_accurate(_of_least_error(loosened, every_fold=True), loosened)
    if best is not None:
        reached = f"{head}; the best it reaches is {error:.4f} LSB"
        return BudgetError(reached, best.program)
    return BudgetError(f"{head}; {advice}")
