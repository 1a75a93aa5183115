"""Sidecars: each target keeps the options it was written with, whatever is built after it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lutgen.cli import main
from lutgen.targets import CONCERNS, NAMES, Options


def build(folder: Path, *words: str) -> dict[str, object]:
    """Build gelu and return what its sidecar says."""
    assert main(["build", "gelu", *words, "-q", "-o", str(folder)]) == 0
    return json.loads((folder / "gelu_s8.lutgen.json").read_text())


def test_a_later_build_of_another_target_keeps_the_options_of_the_first(tmp_path, capsys) -> None:
    """A split source and a header without one would be looked for under other options."""
    build(tmp_path, "--target", "c", "--c-layout", "split")
    document = build(tmp_path, "--target", "verilog", "--latency", "0")

    assert document["options"] == {"c": {"c_layout": "split"}, "verilog": {"latency": 0}}
    assert main(["verify", str(tmp_path)]) == 0, capsys.readouterr().out
    assert (tmp_path / "gelu_s8.c").is_file()


def test_a_later_build_of_the_same_target_replaces_its_options(tmp_path) -> None:
    build(tmp_path, "--target", "c,json", "--c-layout", "split")
    document = build(tmp_path, "--target", "c")

    assert document["options"] == {"c": {}, "json": {}}
    assert [entry["path"] for entry in document["artifacts"]] == ["gelu_s8.h", "gelu_s8.json"]


def test_a_build_of_another_spec_keeps_nothing(tmp_path) -> None:
    build(tmp_path, "--target", "c,json")
    document = build(tmp_path, "--target", "c", "--rounding", "floor")

    assert document["options"] == {"c": {}}


def test_options_of_other_targets_are_not_kept_with_a_target(tmp_path) -> None:
    document = build(tmp_path, "--target", "c,json", "--latency", "3", "--c-layout", "split")

    assert document["options"] == {"c": {"c_layout": "split"}, "json": {}}


def test_every_option_concerns_exactly_one_target() -> None:
    concerned = [option for options in CONCERNS.values() for option in options]

    assert set(CONCERNS) == set(NAMES)
    assert sorted(concerned) == sorted(Options._fields)


def rename(document: dict) -> None:
    document["spec"]["name"] = "other"


BROKEN = [
    (lambda d: d.update(options={}), "lists files of targets without options"),
    (lambda d: d.update(options={}, artifacts=[]), "lists no files"),
    (lambda d: d.update(options=3), "not a lutgen sidecar"),
    (lambda d: d.update(options={"c": []}), "not a lutgen sidecar"),
    (lambda d: d["options"].update(c={"frob": 1}), "frob"),
    (lambda d: d["options"].update(c={"c_layout": 1}), "c_layout"),
    (lambda d: d["options"].update(c={"enable": 1}), "enable"),
    (lambda d: d["options"].update(c={"latency": True}), "latency"),
    (lambda d: d["options"].update(c={"latency": 10**9}), "--latency"),
    (lambda d: d["options"].update(cobol={}), "lists files of targets without options"),
    (lambda d: d.update(artifacts=[3]), "not a lutgen sidecar"),
    (lambda d: d.pop("artifacts"), "not a lutgen sidecar"),
    (lambda d: d.pop("spec"), "not a lutgen sidecar"),
    (rename, "must be called by that name"),
]


@pytest.mark.parametrize(("damage", "said"), BROKEN, ids=range(len(BROKEN)))
def test_a_damaged_sidecar_is_one_line_of_error(tmp_path, capsys, damage, said) -> None:
    document = build(tmp_path)
    damage(document)
    (tmp_path / "gelu_s8.lutgen.json").write_text(json.dumps(document))

    code = main(["verify", str(tmp_path)])
    out, err = capsys.readouterr()

    assert (code, out) == (1, "")
    assert said in err and "gelu_s8.lutgen.json" in err
    assert err.startswith("error: ") and err.count("\n") == 1


@pytest.mark.parametrize("damage", [damage for damage, _ in BROKEN], ids=range(len(BROKEN)))
def test_a_damaged_sidecar_is_made_anew_by_a_build(tmp_path, damage) -> None:
    first = build(tmp_path)
    document = json.loads(json.dumps(first))
    damage(document)
    (tmp_path / "gelu_s8.lutgen.json").write_text(json.dumps(document, indent=2))

    assert build(tmp_path, "--force") == first
