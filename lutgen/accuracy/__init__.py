"""How good a program is, on every input code: the error report and the figures drawn from it.

``report`` is the error itself; ``envelope``, ``histogram`` and ``runs`` condense it for plots and
tables, ``split`` says where it comes from, ``judgement`` sets it against what was asked for,
``requirements`` are gates, ``comparison`` sets two tables side by side.
"""

from __future__ import annotations

from lutgen.accuracy.report import WORST_CODES, ErrorReport, WorstCode, error_in_lsb

__all__ = ["WORST_CODES", "ErrorReport", "WorstCode", "error_in_lsb"]
