"""The gated linear unit, ``a * sigmoid(b)``."""

from __future__ import annotations

from lutgen.kernels._gated import gated_unit

RECORD = gated_unit("glu", "sigmoid", "Dauphin et al. 2016, arXiv:1612.08083")
