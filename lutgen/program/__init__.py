"""The bit-true definition of a table: a short straight-line list of integer operations.

A method builds a ``Program`` with a ``Builder``; NumPy runs it (``evaluate``), accuracy
measures it, and every target prints it.
"""

from __future__ import annotations

from lutgen.program.builder import Builder, Program, Value
from lutgen.program.dyadic import Region, dyadic_regions
from lutgen.program.evaluate import evaluate, run
from lutgen.program.table import Table, TooWideError

__all__ = [
    "Builder", "Program", "Region", "Table", "TooWideError", "Value",
    "dyadic_regions", "evaluate", "run",
]
