"""The gated unit of relu, ``a * relu(b)``."""

from __future__ import annotations

from lutgen.kernels._gated import gated_unit

RECORD = gated_unit("reglu", "relu", "Shazeer 2020, arXiv:2002.05202")
