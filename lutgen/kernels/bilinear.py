"""The gated unit without a curve, ``a * b``."""

from __future__ import annotations

from lutgen.kernels._gated import gated_unit

RECORD = gated_unit(
    "bilinear", "linear",
    "Dauphin et al. 2016, arXiv:1612.08083; Shazeer 2020, arXiv:2002.05202",
)
