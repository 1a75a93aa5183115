"""One method on one spec: the frames to try, and the smallest error for a given size."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from types import ModuleType

from lutgen.ideal import Ideal, Tolerance
from lutgen.methods._auto import Candidate
from lutgen.methods._frames import Frame
from lutgen.methods._frames_of import frames_of
from lutgen.methods._least import HALF, least
from lutgen.program import Program, TooWideError
from lutgen.spec import Method

# A fold that leaves more storage than this is taken without a look at the unfolded program.
_A_HANDFUL = 64


def within(ideal: Ideal, tolerance: Tolerance, options: Method) -> list[Candidate]:
    """Return the programs of one method that keep a tolerance, the preferred fold first.

    Args:
        ideal: what the exact function demands.
        tolerance: which codes are acceptable.
        options: the method.
    """
    module = _module(options)
    found = []
    for frame in _preferred(module, ideal, options):
        program = _approximate(module, frame, tolerance, options)
        if program is not None and _over(program, options):
            program = None
        found.append(Candidate(options, frame.fold, program))
        if program is not None and (frame.fold == "none" or program.storage_bytes > _A_HANDFUL):
            break
    return found


def least_error(
    ideal: Ideal, options: Method, most: Fraction | None = None, *, every_fold: bool = False
) -> Candidate:
    """Return the program of one method with the smallest error for the asked size.

    Bisection takes it that what a size allows at one error it allows at every larger one.  That
    is so for a number of segments; for a number of bytes it nearly is.

    Args:
        ideal: what the exact function demands.
        options: the method and its size.
        most: a program with a greater error, in LSB, is of no use; it is not looked for.
        every_fold: compare the folds; else take the first in order of preference that serves.
    """
    module = _module(options)
    best = Candidate(options, "none", None)
    for frame in _preferred(module, ideal, options):
        programs: dict[Fraction, Program] = {}

        def works(
            limit: Fraction, frame: Frame = frame, programs: dict[Fraction, Program] = programs
        ) -> bool:
            program = _approximate(module, frame, Tolerance(limit), options)
            if program is None or _over(program, options):
                return False
            programs[limit] = program
            return True

        # Below half an LSB there is nothing to be gained: some codes have no acceptable output.
        if most is not None and (most <= HALF or not works(most)):
            continue
        start = HALF
        if hasattr(module, "lower_bound"):
            start = module.lower_bound(frame, options)
        limit = least(works, start, most)
        if limit is not None and (most is None or limit < most):
            best, most = Candidate(options, frame.fold, programs[limit]), limit
            if not every_fold:
                break
    return best


def _module(options: Method) -> ModuleType:
    return import_module(f"lutgen.methods.{options.name}")


def _approximate(
    module: ModuleType, frame: Frame, tolerance: Tolerance, options: Method
) -> Program | None:
    """Return the method's program, labelled with how it was made."""
    try:
        program = module.approximate(frame, tolerance, options)
    except TooWideError:
        return None
    if program is None:
        return None
    return replace(program, method=options.name, fold=frame.fold)


def _over(program: Program, options: Method) -> bool:
    return options.max_bytes is not None and program.storage_bytes > options.max_bytes


def _preferred(module: ModuleType, ideal: Ideal, options: Method) -> list[Frame]:
    """Return the frames to try in order: by itself a method is folded where that is worth it."""
    tried = frames_of(ideal, options.fold)
    if options.fold == "auto" and module.worth_folding(options):
        return tried[::-1]
    return tried
