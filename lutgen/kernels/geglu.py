"""The gated unit of gelu, ``a * gelu(b)``."""

from __future__ import annotations

from lutgen.kernels._gated import gated_unit

RECORD = gated_unit("geglu", "gelu", "Shazeer 2020, arXiv:2002.05202")
