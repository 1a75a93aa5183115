"""``python -m lutgen``."""

from __future__ import annotations

from lutgen.cli import entry

entry()
