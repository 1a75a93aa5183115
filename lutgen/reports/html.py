"""The HTML face: one file that holds all it needs, for a browser, a phone or paper."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256

from lutgen import __version__
from lutgen.accuracy import ErrorReport
from lutgen.rendering import Markup, fragment, page
from lutgen.reports import _against, _kernel
from lutgen.reports import _sections as sections
from lutgen.review import Review

GENERATOR = f"lutgen {__version__}"

# What is shown of a review, in order; a section that has nothing to show is left out.
SECTIONS = (
    sections.verdict,
    sections.asked,
    sections.curves,
    sections.worst,
    sections.sources,
    sections.pieces,
    sections.coverage,
    _against.storage,
    _against.comparison,
)
KERNEL_SECTIONS = (
    sections.verdict, sections.asked, _kernel.measured, _kernel.worst, _kernel.sizes,
)


def review_page(review: Review) -> str:
    """Return the page of one table."""
    spec = review.solution.spec
    whole = isinstance(review.report, ErrorReport)
    return assembled(
        title=f"{spec.name}: error report",
        header=sections.header(review),
        sections=[section(review) for section in (SECTIONS if whole else KERNEL_SECTIONS)],
        footer=[
            ("Request", f"SHA-256 {spec.digest}"),
            ("Output codes", f"SHA-256 {review.solution.codes_sha256}"),
        ],
        points=sections.points(review) if whole else None,
    )


def assembled(
    *,
    title: str,
    header: Markup,
    sections: list[Markup | None],
    footer: list[tuple[str, str]],
    points: list[str] | None = None,
) -> str:
    """Return a page: ASCII, without a word of another file.

    Args:
        title: of the window.
        header: the head of the page.
        sections: in order; None is left out.
        footer: labels and texts.
        points: what the reader steps through; None where there is nothing to step through.
    """
    style = fragment("report/style.css.jinja")
    script = Markup("") if points is None else fragment("report/script.js.jinja")
    # Nothing runs and nothing is fetched but what is in the file: the browser checks the hashes.
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return page(
        "report/page.html.jinja",
        generator=GENERATOR,
        title=title,
        policy=policy,
        style=style,
        script=script,
        points=Markup(json.dumps(points, separators=(",", ":")).replace("<", "\\u003c")),
        header=header,
        sections=[section for section in sections if section is not None],
        footer=[*footer, ("Made by", f"{GENERATOR}; this file is CC0-1.0")],
    )


def _hash(text: str) -> str:
    """Return what a browser compares an inline style or script with."""
    return f"sha256-{b64encode(sha256(text.encode('ascii')).digest()).decode('ascii')}"
