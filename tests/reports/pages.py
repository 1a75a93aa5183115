"""Pages to test: made once by the command line, and read by a parser of the standard library."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

from lutgen.cli import main

HOSTILE = '</script><script>alert(1)</script> "quoted" \u00fc & <b> --> {{ 7 * 7 }}'

# What is shown differs: a table, pieces, many codes, saturation, a domain, a broken budget,
# another table beside it, and functions of several numbers.
REQUESTS = {
    "table": ["gelu"],
    "pieces": ["sigmoid", "--method", "pwl", "--require", "faithful,monotone"],
    "wide": ["tanh", "--bits", "16", "--method", "pwl", "--max-error", "4", "--against", "lut"],
    "steps": ["quant_relu", "--method", "steps"],
    "saturated": ["relu", "--out-scale", "1/64", "--rounding", "floor"],
    "domain": ["log", "--in-unsigned"],
    "crowded": ["sine", "--bits", "12", "--range=-400,400", "--method", "pwl", "--max-error", "2",
                "--out-scale", "1/4096"],
    "broken": ["silu", "--method", "interp", "--segments", "8", "--max-error", "0.5"],
    "tiny": ["linear", "--bits", "2"],
    "rows": ["softmax"],
    "gated": ["glu"],
}


@cache
def page_of(name: str) -> str:
    """Return the page of a request, made by the command line."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / f"{name}.html"
        code = main(["report", *REQUESTS[name], "--html", str(page), "-q"])
        assert code == (1 if name == "broken" else 0)
        return page.read_text(encoding="ascii")


class Page(HTMLParser):
    """What a page consists of.

    Attributes:
        elements: tags with their attributes, in order.
        texts: the text of every element, by its place in ``elements``, children included.
    """

    _VOID = ("meta", "link", "input", "br", "hr", "img")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.declaration = ""
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert self._open == [], "elements that are not closed"

    def handle_decl(self, decl: str) -> None:
        self.declaration = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        if tag not in self._VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for place in self._open:
            self.texts[place] += data

    def all(self, tag: str, **wanted: str) -> list[tuple[dict[str, str | None], str]]:
        """Return attributes and text of the elements with a tag and some attributes."""
        return [
            (attributes, text)
            for (name, attributes), text in zip(self.elements, self.texts, strict=True)
            if name == tag and all(
                attributes.get(key.strip("_").replace("_", "-")) == value
                for key, value in wanted.items()
            )
        ]
