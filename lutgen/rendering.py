"""The one Jinja environment: templates arrange text and compute nothing.

A user's templates, which may replace those of the same name, are rendered by ``sandbox``.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["Markup", "environment", "fragment", "page", "render", "replaceable", "replaced_by",
           "source", "template_root", "text"]

if TYPE_CHECKING:
    from lutgen.sandbox import Sandbox


def _is_markup(name: str | None) -> bool:
    """Return whether values are escaped in a template: in those of HTML."""
    return name is not None and name.endswith(".html.jinja")


SETTINGS = {
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": _is_markup,
    # Templates hold no constants to fold, and a cold start compiles them.
    "optimized": False,
}

_PACKAGE = Path(__file__).resolve().parent

_sandbox: ContextVar[Sandbox | None] = ContextVar("sandbox", default=None)


@cache
def template_root() -> Path:
    """Return the folder of the templates: in the wheel inside the package, else beside it."""
    for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("lutgen: template folder not found; reinstall the package")


@cache
def environment() -> Environment:
    """Return the environment in which every template of lutgen's own is rendered."""
    return Environment(loader=FunctionLoader(source), **SETTINGS)


def render(template: str, **view: object) -> bytes:
    """Return ``template`` filled with ``view``: ASCII bytes with LF line ends.

    Args:
        template: path below the template root, such as ``c/header.h.jinja``.
        view: flat values: strings, integers, tuples of them.

    Raises:
        TemplateError: a template of the user's cannot be rendered.
    """
    sandbox = _sandbox.get()
    if sandbox is not None:
        return sandbox.render(template, view)
    return text(template, **view).encode("ascii")


def text(template: str, **view: object) -> str:
    """Return ``template`` filled with ``view``, as text; see ``render``."""
    return environment().get_template(template).render(view)


def fragment(template: str, **view: object) -> Markup:
    """Return ``template`` filled with ``view``, to be placed into a page as it stands.

    Args:
        template: path below the template root.
        view: flat values; in a template of HTML, texts are escaped and fragments are not.
    """
    # All values were escaped when the template was filled.
    return Markup(text(template, **view))


def page(template: str, **view: object) -> str:
    """Return a template of HTML filled with ``view``, in printable ASCII: the rest as references.

    Args:
        template: path below the template root.
        view: as for ``fragment``.
    """
    return re.sub(r"[^ -~\n]", reference, text(template, **view))


def reference(match: re.Match[str]) -> str:
    """Return a character as HTML and Markdown refer to it.

    A question mark stands for what nobody should see: a control character, or a mark that turns
    the direction of what follows.
    """
    return f"&#{ord(match[0])};" if match[0].isprintable() else "?"


@contextlib.contextmanager
def replaced_by(folder: Path | None) -> Iterator[None]:
    """Let templates in ``folder`` take the place of those of the same name, for a while.

    Args:
        folder: of the user's templates; None leaves all as it is.
    """
    if folder is None:
        yield
        return
    from lutgen.sandbox import Sandbox

    token = _sandbox.set(Sandbox.of(folder))
    try:
        yield
    finally:
        _sandbox.reset(token)


def replaceable() -> frozenset[str]:
    """Return the names of the templates of targets' files, which a user's may replace."""
    root = template_root()
    names = (path.relative_to(root).as_posix() for path in root.rglob("*.jinja"))
    return frozenset(name for name in names if not re.search("^report/|/(replay|area)", name))


def source(name: str) -> str | None:
    """Return the text of a template; None for a name that leads out of the folder."""
    path = template_root().joinpath(name).resolve()
    inside = path.is_relative_to(template_root())
    return path.read_text(encoding="utf-8") if inside and path.is_file() else None
