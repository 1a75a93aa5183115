"""The one Jinja environment: templates arrange text and compute nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["Markup", "environment", "fragment", "page", "render", "template_root", "text"]

_PACKAGE = Path(__file__).resolve().parent


@cache
def template_root() -> Path:
    """Return the folder of the templates: in the wheel inside the package, else beside it."""
    for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("lutgen: template folder not found; reinstall the package")


@cache
def environment() -> Environment:
    """Return the environment in which every template is rendered."""
    return Environment(
        loader=FunctionLoader(_source),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=_is_markup,
        # Templates hold no constants to fold, and a cold start compiles them.
        optimized=False,
    )


def render(template: str, **view: object) -> bytes:
    """Return ``template`` filled with ``view``: ASCII bytes with LF line ends.

    Args:
        template: path below the template root, such as ``c/header.h.jinja``.
        view: flat values: strings, integers, tuples of them.
    """
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
    """Return a template of HTML filled with ``view``, in ASCII: the rest as references.

    Args:
        template: path below the template root.
        view: as for ``fragment``.
    """
    return text(template, **view).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _is_markup(name: str | None) -> bool:
    """Return whether values are escaped in a template: in those of HTML."""
    return name is not None and name.endswith(".html.jinja")


def _source(name: str) -> str | None:
    """Return the text of a template; None for a name that leads out of the folder."""
    path = template_root().joinpath(name).resolve()
    inside = path.is_relative_to(template_root())
    return path.read_text(encoding="utf-8") if inside and path.is_file() else None
