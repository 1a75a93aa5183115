"""``--template-dir``: templates of the user's."""

from __future__ import annotations

from pathlib import Path

import click

from lutgen.cli._options import F, FilePath


def template_option(command: F) -> F:
    """Add ``--template-dir``."""
    return click.option("--template-dir", metavar="DIR", type=FilePath(),
                        help="Templates that replace lutgen's of the same name.")(command)


def templates_from(options: dict[str, object]) -> Path | None:
    """Return the folder in ``--template-dir``, and take it out of ``options``.

    Raises:
        UsageError: it is no folder, or replaces nothing.
    """
    text = options.pop("template_dir")
    if text is None:
        return None
    # Loaded here: a build without it needs neither.
    from lutgen.rendering import replaceable
    from lutgen.sandbox import check_folder

    folder = Path(str(text))
    check_folder(folder, replaceable())
    return folder
