"""Every write to disk: complete or not at all, and never over somebody else's file."""

from __future__ import annotations

from lutgen.store.locks import locked
from lutgen.store.ownership import MARKER, check_unshared, is_ours
from lutgen.store.sidecars import (
    SIDECAR_SCHEMA,
    SIDECAR_SUFFIX,
    describe,
    read_sidecar,
    sidecar,
    text_artifact,
)
from lutgen.store.superseded import superseded_files
from lutgen.store.transaction import Transaction, Written, write

__all__ = [
    "MARKER",
    "SIDECAR_SCHEMA",
    "SIDECAR_SUFFIX",
    "Transaction",
    "Written",
    "check_unshared",
    "describe",
    "is_ours",
    "locked",
    "read_sidecar",
    "sidecar",
    "superseded_files",
    "text_artifact",
    "write",
]
