"""The gated unit of gelu_tanh, ``a * gelu_tanh(b)``."""

from __future__ import annotations

from lutgen.kernels._gated import gated_unit

RECORD = gated_unit(
    "geglu_tanh", "gelu_tanh", "Shazeer 2020, arXiv:2002.05202, with gelu's tanh form"
)
