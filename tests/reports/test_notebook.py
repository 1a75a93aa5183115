"""What a notebook shows: the same figures, escaped, and nothing heavy loaded for it."""

from __future__ import annotations

import pytest

from lutgen import pipeline
from lutgen.request import Request, Side
from lutgen.spec import Method
from tests.reports.pages import Page


@pytest.fixture(params=["gelu", "log", "linear"])
def solution(request):
    return pipeline.solve(Request(request.param).resolve())


def test_a_report_shows_its_figures_and_its_errors(solution) -> None:
    page = Page(solution.report._repr_html_())
    shown = " ".join(text for _, text in page.all("td"))

    assert f"max {solution.report.max_lsb:.4f} LSB" in shown
    assert solution.spec.input.description in shown
    (svg, _), = page.all("svg")
    assert svg["role"] == "img" and svg["aria-label"].startswith("error from ")
    assert len(solution.report._repr_html_()) < 60_000


def test_a_report_is_a_table_without_html_too(solution) -> None:
    lines = solution.report._repr_markdown_().splitlines()

    assert lines[0] == f"**`{solution.spec.name}`**"
    assert all(line.count("|") == 3 for line in lines[2:])


def test_a_solution_shows_its_tables_and_a_table_its_entries() -> None:
    solution = pipeline.solve(Request("tanh", method=Method("pwl", segments=4)).resolve())
    page = Page(solution._repr_html_())

    assert [text for _, text in page.all("caption")] == [t.name for t in solution.program.tables]
    table = solution.program.tables[0]
    assert ", ".join(map(str, table.values.tolist()[:4])) in table._repr_html_()


def test_what_users_wrote_is_escaped() -> None:
    solution = pipeline.solve(Request("gelu", output=Side("out", scale="1/16")).resolve())
    object.__setattr__(solution.spec, "name", "<script>")

    assert "<script>" not in solution.report._repr_html_()
