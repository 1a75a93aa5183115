"""What sections are put together from: tables, notes, facts."""

from __future__ import annotations

from lutgen.rendering import Markup, fragment

Cells = tuple[tuple[str, str], ...]
"""Texts of cells with their classes."""

Row = tuple[str, Markup, Cells]
"""A row: its class, its head and its cells."""


def section(id: str, title: str, lead: str, parts: list[Markup]) -> Markup:
    """Return a section of the page.

    Args:
        id: what links to it say.
        title: its heading.
        lead: a paragraph before the rest; may be empty.
        parts: the rest.
    """
    return fragment("report/section.html.jinja", id=id, title=title, lead=lead, parts=parts)


def table(
    id: str, caption: str, columns: tuple[tuple[str, str], ...], rows: list[Row]
) -> Markup:
    """Return a table that scrolls by itself where it is too wide.

    Args:
        id: of the table.
        caption: what it shows.
        columns: heads with their classes: ``text`` for what is not a number.
        rows: as ``Row`` says.
    """
    return fragment(
        "report/table.html.jinja", id=id, caption=caption, columns=columns, rows=rows
    )


def head(text: str, kind: str = "", *, link: str = "", place: str = "") -> Markup:
    """Return the head of a row.

    Args:
        text: what it says.
        kind: its class.
        link: where it leads, relative to the page.
        place: the step of the plots that it shows on request.
    """
    return fragment("report/cell.html.jinja", text=text, kind=kind, link=link, place=place)


def facts(rows: list[tuple[str, str, str]]) -> Markup:
    """Return labels with their texts, each with its class; what has no text is left out."""
    return fragment("report/facts.html.jinja", facts=[row for row in rows if row[1]])


def note(text: str) -> Markup:
    """Return a paragraph in small print."""
    return fragment("report/note.html.jinja", text=text)
