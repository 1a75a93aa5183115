"""The architecture, checked on the source: who may import, write, spawn and print."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "lutgen"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The stages, left to right.  A module may import its own stage and those before it.
STAGES = (
    ("errors", "signals", "reading"),
    ("plugins", "c_library", "processes"),
    ("numerics",),
    ("activations", "names"),
    ("formats",),
    ("sampling", "covering", "rows", "samples", "foreign"),
    ("expression",),
    ("models",),
    ("spec",),
    ("request",),
    ("ideal",),
    ("program",),
    ("accuracy",),
    ("methods",),
    ("kernels",),
    ("solution",),
    ("review",),
    ("rendering", "sandbox", "store", "workspaces", "toolchain", "reports"),
    ("targets", "depfile"),
    ("pipeline",),
    ("workers", "verify", "check", "area", "manifest", "extraction", "listing"),
    ("difference",),
    ("optimize",),
    ("cli",),
    ("__main__",),
)
RANK = {name: rank for rank, names in enumerate(STAGES) for name in names}

# What may be imported where: module -> the only places.
CONFINED = {
    "click": ("cli/",),
    "jinja2": ("rendering.py", "sandbox.py"),
    "subprocess": ("processes.py", "toolchain.py"),
    "flint": ("numerics/", "activations/", "sampling.py", "covering.py", "ideal.py", "request.py"),
}
# What may only be imported inside the function that needs it.
LAZY = ("onnx", "onnxruntime", "tflite", "google", "tomllib", "matplotlib", "scipy", "mpmath",
        "rich", "tempfile", "ctypes", "multiprocessing")

MAX_LINES = 400


def stage(path: Path) -> str:
    """Return the stage a module belongs to: the first part of its path."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> list[tuple[ast.stmt, str]]:
    """Return every import statement with the dotted names it brings."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def identity(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def backward_imports(path: Path, tree: ast.Module) -> list[str]:
    """Return the imports in ``tree`` that point from an earlier stage to a later one."""
    own = RANK.get(stage(path), -1)
    return [
        name
        for _, name in imports(tree)
        if name.startswith("lutgen.")
        and RANK.get(name.split(".")[1], -1) > own
        and stage(path) != "__init__"
    ]


def confined_imports(path: Path, tree: ast.Module) -> list[str]:
    """Return the imports in ``tree`` that belong to other places."""
    return [
        name
        for _, name in imports(tree)
        for package, places in CONFINED.items()
        if name.split(".")[0] == package
        and not any(identity(path).startswith(place) for place in places)
    ]


def eager_heavy_imports(tree: ast.Module) -> list[str]:
    """Return heavy imports that run when the module is imported."""
    top_level = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return [
        name for node, name in imports(tree) if node in top_level and name.split(".")[0] in LAZY
    ]


def calls(tree: ast.AST, names: tuple[str, ...]) -> list[str]:
    """Return the calls to any of the named functions or methods."""
    found = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        f"line {function.lineno}"
        for function in found
        if getattr(function, "id", None) in names or getattr(function, "attr", None) in names
    ]


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_imports_point_one_way(path: Path) -> None:
    assert stage(path) in RANK or stage(path) == "__init__", "name the stage in STAGES"

    assert backward_imports(path, parse(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_each_outside_library_has_one_place(path: Path) -> None:
    assert confined_imports(path, parse(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_heavy_modules_are_imported_where_they_are_needed(path: Path) -> None:
    assert eager_heavy_imports(parse(path)) == []


WRITERS = ("write_text", "write_bytes", "mkdir", "replace_file", "rename", "unlink", "rmdir")


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_only_the_store_writes_to_disk(path: Path) -> None:
    if stage(path) in ("store", "workspaces"):
        return

    assert calls(parse(path), WRITERS) == []


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_only_the_command_line_prints(path: Path) -> None:
    printing = ("print",) if stage(path) == "cli" else ("print", "echo")

    assert calls(parse(path), printing) == []


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_nothing_evaluates_text_or_swallows_everything(path: Path) -> None:
    tree = parse(path)
    bare = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.type is None]

    assert calls(tree, ("eval", "exec", "compile_expression")) == []
    assert bare == []


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", MODULES, ids=identity)
def test_every_module_and_public_name_says_what_it_is(path: Path) -> None:
    tree = parse(path)
    kinds = (ast.FunctionDef, ast.ClassDef)
    public = [n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]

    silent = [node.name for node in public if not ast.get_docstring(node)]

    assert ast.get_docstring(tree), "module docstring"
    assert silent == []


def test_between_spec_and_report_no_float_decides() -> None:
    """From numerics to methods, floats are neither parsed, written as literals nor rounded."""
    stages = ("numerics", "activations", "formats", "spec", "ideal", "program", "methods")
    found = {}
    for path in MODULES:
        if stage(path) not in stages:
            continue
        tree = parse(path)
        literals = [
            f"line {node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, float)
        ]
        # A real range for people to read is the one use of float() among the formats.
        floats = [] if stage(path) == "formats" else calls(tree, ("float",))
        if literals or floats:
            found[identity(path)] = literals + floats

    assert found == {}


def test_no_module_is_called_utils() -> None:
    assert [path for path in MODULES if re.search("util|helper|misc|common", path.name)] == []


@pytest.mark.parametrize(
    ("check", "where", "source"),
    [
        (backward_imports, "formats.py", "from lutgen.spec import Spec"),
        (backward_imports, "program/ops.py", "import lutgen.targets.c"),
        (confined_imports, "spec.py", "import click"),
        (confined_imports, "targets/c.py", "def f():\n    import subprocess"),
        (confined_imports, "reports/terminal.py", "from jinja2 import Template"),
    ],
)
def test_the_checks_above_see_a_fault(check, where: str, source: str) -> None:
    assert check(PACKAGE / where, ast.parse(source)) != []


def test_the_check_for_heavy_imports_sees_a_fault() -> None:
    assert eager_heavy_imports(ast.parse("import onnx.parser")) == ["onnx.parser"]
    assert eager_heavy_imports(ast.parse("def f():\n    import onnx")) == []


def test_the_check_for_calls_sees_a_fault() -> None:
    assert calls(ast.parse("path.write_text('x')"), WRITERS) == ["line 1"]
    assert calls(ast.parse("eval(text)"), ("eval",)) == ["line 1"]
