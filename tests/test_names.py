"""Identifiers that every target takes."""

from __future__ import annotations

import pytest

from lutgen.errors import UsageError
from lutgen.names import check_identifier


@pytest.mark.parametrize(
    "name",
    ["gelu_s8", "q", "Ffn1", "x" * 63, "ELU", "SIGMOID", "ERF_S8", "reluf", "isgated", "gelu_t"],
)
def test_plain_names_pass(name: str) -> None:
    check_identifier("--name", name)


@pytest.mark.parametrize(
    "name",
    ["", "8bit", "_x", "x_", "a__b", "a-b", "a b", "a.b", "a/b", "../x", "x" * 64, "gel\u00fc",
     "\uff58", "int", "class", "module", "wire", "reg", "INT", "Module", "int8_t", "main", "a\n",
     "NULL", "EOF", "errno", "INT8_MIN", "UINT_LEAST16_MAX", "int_fast8_t", "SIZE_MAX", "CHAR_BIT",
     "NAN", "HUGE_VAL", "M_PI", "stdin", "expf", "tanhl", "clog", "gamma", "j0", "index", "linux",
     "offsetof", "remove", "PRIu8", "ENOENT", "SIGINT", "std", "end", "i", "whole", "LUTGEN_ALIGN",
     "*/", "a;b", "a\\b", "a`b", "input", "signed", "logic", "restrict", "nullptr"],
)
def test_names_some_target_would_not_take_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        check_identifier("--name", name)
