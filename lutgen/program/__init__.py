"""The bit-true definition of a table: a short straight-line list of integer operations.

A method builds a ``Program`` with a ``Builder``; NumPy runs it (``evaluate``), accuracy
measures it, and every target prints it.
"""

from __future__ import annotations

from lutgen.program.builder import Builder, Output, Program, Value
from lutgen.program.dyadic import Region, dyadic_regions
from lutgen.program.evaluate import evaluate, evaluate_all, run
from lutgen.program.table import Table, TooWideError

__all__ = [
    "Builder", "Output", "Program", "Region", "Table", "TooWideError", "Value",
    "dyadic_regions", "evaluate", "evaluate_all", "run",
]
