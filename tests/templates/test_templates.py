"""Templates arrange text; they do not compute."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from lutgen.rendering import environment, render, template_root

TEMPLATES = sorted(
    path.relative_to(template_root()).as_posix() for path in template_root().rglob("*.jinja")
)
FORBIDDEN = (
    nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow,
    nodes.Compare, nodes.Assign, nodes.AssignBlock, nodes.Getattr, nodes.Getitem, nodes.Filter,
    nodes.FilterBlock, nodes.Test, nodes.Concat,
)


def source(name: str) -> str:
    return (template_root() / name).read_text(encoding="utf-8")


def computing_nodes(text: str) -> list[str]:
    tree = environment().parse(text)
    return [f"line {n.lineno}: {type(n).__name__}" for n in tree.find_all(FORBIDDEN)]


def test_there_are_templates() -> None:
    assert TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_only_substitutes_loops_and_branches(name: str) -> None:
    assert computing_nodes(source(name)) == []


@pytest.mark.parametrize(
    "text",
    ["{{ a + 1 }}", "{{ a.b }}", "{{ a[0] }}", "{{ a | upper }}", "{% set a = 1 %}",
     "{% if a == 1 %}{% endif %}", "{{ a ~ b }}", "{% if a is defined %}{% endif %}"],
)
def test_the_check_sees_a_template_that_computes(text: str) -> None:
    assert computing_nodes(text) != []


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_first_line_lists_the_view(name: str) -> None:
    assert source(name).startswith("{#")


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_plain_ascii_without_trim_marks(name: str) -> None:
    text = source(name)

    assert text.isascii()
    assert "{%-" not in text and "-%}" not in text and "{{-" not in text
    assert text.endswith("\n") and "\r" not in text and "\t" not in text


def test_an_undefined_variable_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ missing }}").render()


def test_the_loader_stays_inside_the_template_folder() -> None:
    for name in ("../pyproject.toml", "c/../../pyproject.toml", "/etc/passwd"):
        with pytest.raises(jinja2.TemplateNotFound):
            render(name)


def test_templates_are_found_in_a_checkout() -> None:
    assert template_root() == Path(__file__).resolve().parents[2] / "templates"
