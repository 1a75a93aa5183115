"""The gated unit of swish, ``a * swish(b)``."""

from __future__ import annotations

from lutgen.kernels._gated import gated_unit

RECORD = gated_unit("swiglu", "swish", "Shazeer 2020, arXiv:2002.05202")
