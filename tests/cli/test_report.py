"""``lutgen report`` and the reports of ``build``: files, gates, comparisons, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lutgen.cli import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_both_files_are_written_and_named(capsys, here: Path) -> None:
    code, out, err = run(capsys, "report", "gelu", "--html", "deep/a.html", "--md", "b.md")

    assert (code, err) == (0, "")
    assert out.startswith("Good enough: ")
    assert "wrote    deep/a.html" in out and "wrote    b.md" in out
    assert (here / "deep" / "a.html").read_bytes().startswith(b"<!DOCTYPE html>")


def test_json_goes_with_files(capsys, here: Path) -> None:
    code, out, _ = run(capsys, "report", "gelu", "--json", "--html", "a.html", "--md", "b.md")
    document = json.loads(out)

    assert code == 0 and (here / "a.html").exists() and (here / "b.md").exists()
    assert document["reviews"][0]["verdict"]["level"] == "good"


@pytest.mark.parametrize("name", ["a.html", "../a.html"])
def test_a_foreign_file_is_not_overwritten(capsys, here: Path, name: str) -> None:
    (here / name).write_text("mine")
    code, out, err = run(capsys, "report", "gelu", "--html", name)

    assert (code, out) == (1, "")
    assert "exists and was not made by lutgen" in err
    assert (here / name).read_text() == "mine"
    assert run(capsys, "report", "gelu", "--html", name, "--force", "-q") == (0, "", "")
    # Its own page it replaces without a word.
    assert run(capsys, "report", "tanh", "--html", name, "-q") == (0, "", "")
    (here / name).unlink()


def test_a_limit_that_cannot_be_kept_is_reported_and_fails(capsys, here: Path) -> None:
    words = ("report", "tanh", "--method", "pwl", "--segments", "4", "--max-error", "1")
    code, out, err = run(capsys, *words, "--html", "a.html")

    assert code == 1
    assert out.startswith("Not good enough: ")
    assert err.count("\n") == 1 and "cannot keep an error of at most 1 LSB" in err
    assert "Not good enough" in (here / "a.html").read_text()
    assert run(capsys, "build", *words[1:], "-o", "out")[:2] == (1, "")
    assert not (here / "out").exists()


@pytest.mark.parametrize(("words", "said"), [
    (("tanh", "--method", "pwl", "--segments", "4", "--require", "faithful"), "not faithful"),
    (("gelu", "--require", "correctly-rounded,monotone"), "not monotone"),
    (("gelu", "--require", "faithful", "--require", "monotone"), "not monotone"),
])
def test_a_requirement_that_is_not_kept_fails_in_one_line(capsys, here, words, said) -> None:
    code, out, err = run(capsys, "report", *words)
    assert code == 1
    assert out.startswith("Not good enough: ")
    assert said in err and err.startswith("error: ") and err.count("\n") == 1

    code, out, err = run(capsys, "build", *words, "-o", "out", "--report", "html")
    assert (code, out) == (1, "")
    assert said in err and err.count("\n") == 1
    assert not (here / "out").exists()


def test_requirements_that_are_kept_change_nothing(capsys) -> None:
    words = ("build", "tanh", "-o", "out", "--require", "faithful,correctly-rounded,monotone")

    assert run(capsys, *words)[0] == 0
    assert run(capsys, "verify", "out", "-q")[0] == 0


def test_the_reports_of_a_build_are_listed_and_verified_past(capsys, here: Path) -> None:
    words = ("build", "gelu", "--target", "c", "-o", "out")
    code, out, _ = run(capsys, *words, "--report", "html,md", "--json")
    document = json.loads(out)

    assert code == 0
    assert {(e["path"], e["target"]) for e in document["artifacts"]} == {
        ("gelu_s8.h", "c"), ("gelu_s8.report.html", "report-html"),
        ("gelu_s8.report.md", "report-md"), ("gelu_s8.lutgen.json", "sidecar"),
    }
    # A second build without a report keeps vouching for the pages of the same request.
    run(capsys, *words, "-q")
    sidecar = json.loads((here / "out" / "gelu_s8.lutgen.json").read_text())
    assert len(sidecar["artifacts"]) == 3
    assert run(capsys, "verify", "out", "-q")[0] == 0


def test_a_report_alone_leaves_the_target_be(capsys, here: Path) -> None:
    assert run(capsys, "build", "gelu", "--target", "json", "--report", "md", "-o", "out")[0] == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == [
        "gelu_s8.json", "gelu_s8.lutgen.json", "gelu_s8.report.md"
    ]


@pytest.mark.parametrize("against", ["pwl", "out/tanh_s8.lutgen.json"])
def test_a_table_is_compared_with_a_method_or_another_table(capsys, against: str) -> None:
    run(capsys, "build", "tanh", "--method", "pwl", "--max-error", "1", "-o", "out", "-q")
    words = ("report", "tanh", "--max-error", "2", "--method", "interp", "--against", against)
    code, out, _ = run(capsys, *words, "--html", "a.html", "--json")
    (review,), (table,) = json.loads(out)["reviews"], json.loads(out)["tables"]
    other = review["against"]

    assert code == 0
    assert (table["method"]["name"], other["table"]["method"]["name"]) == ("interp", "pwl")
    assert other["codes"]["differing"] >= other["codes"]["nearer"] + other["codes"]["farther"] > 0
    assert f"{other['codes']['differing']} of 256 codes differ" in Path("a.html").read_text()


def test_a_table_is_compared_with_itself(capsys) -> None:
    run(capsys, "build", "gelu", "-o", "out", "-q")
    _, out, _ = run(capsys, "report", "gelu", "--against", "out/gelu_s8.lutgen.json")

    assert "0 codes differ" in out


WRONG = [
    (("--html", ""), "--html"),
    (("--html", "."), "--html"),
    (("--html", "/"), "--html"),
    (("--html", "-"), "--html"),
    (("--md", ".."), "--md"),
    (("--md", "-", "--json"), "--json"),
    (("--md", "a", "--html", "./a"), "the same file"),
    (("--against", "magic"), "--against"),
    (("--against", ""), "--against"),
    (("--require", "exact"), "--require"),
    (("--require", ""), "--require"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_wrong_usage_is_one_line_and_writes_nothing(capsys, here, words, said) -> None:
    code, out, err = run(capsys, "report", "gelu", *words)

    assert (code, out) == (2, "")
    assert said in err and err.startswith("error: ") and err.count("\n") == 1 and len(err) < 400
    assert [*here.iterdir()] == []


@pytest.mark.parametrize(("content", "code"), [
    (None, 1), ("{", 1), ("[]", 1), ('{"schema": "lutgen.spec/1"}', 1),
    ('{"schema": "lutgen.spec/1", "spec": {"name": "a"}}', 1),
    ('{"schema": "lutgen.spec/1", "spec": 3}', 1),
    ('{"schema": "lutgen.spec/1", "spec": null}', 1),
])
def test_a_sidecar_that_is_none_is_named(capsys, here, content, code) -> None:
    if content is not None:
        (here / "x.lutgen.json").write_text(content)
    got, out, err = run(capsys, "report", "gelu", "--against", "x.lutgen.json")

    assert (got, out) == (code, "")
    assert "x.lutgen.json" in err and err.count("\n") == 1 and "internal" not in err


def test_a_kernel_is_compared_with_nothing_and_has_no_order(capsys) -> None:
    for words in (("--against", "lut"), ("--require", "monotone")):
        code, _, err = run(capsys, "report", "glu", *words)
        assert code == 2 and words[0] in err
    run(capsys, "build", "glu", "--target", "json", "-o", "out", "-q")
    code, _, err = run(capsys, "report", "gelu", "--against", "out/glu_s8.lutgen.json")
    assert code == 2 and "--against" in err


def test_a_kernel_has_a_report_too(capsys, here: Path) -> None:
    code, out, _ = run(capsys, "report", "softmax", "--require", "faithful", "--html", "a.html",
                       "--md", "b.md")

    assert code == 0 and out.startswith("Good enough: every measured output")
    assert "softmax_s8" in (here / "a.html").read_text()
