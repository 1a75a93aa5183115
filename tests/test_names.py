"""Identifiers that every target takes."""

from __future__ import annotations

import pytest

from lutgen.errors import UsageError
from lutgen.names import check_identifier


@pytest.mark.parametrize("name", ["gelu_s8", "q", "Ffn1", "x" * 63])
def test_plain_names_pass(name: str) -> None:
    check_identifier("--name", name)


@pytest.mark.parametrize(
    "name",
    ["", "8bit", "_x", "x_", "a__b", "a-b", "a b", "a.b", "a/b", "../x", "x" * 64, "gel\u00fc",
     "\uff58", "int", "class", "module", "wire", "reg", "INT", "Module", "int8_t", "main", "a\n",
     "*/", "a;b", "a\\b", "a`b", "input", "signed", "logic", "restrict", "nullptr"],
)
def test_names_some_target_would_not_take_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        check_identifier("--name", name)
