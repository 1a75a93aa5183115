"""Whatever users write, emitted files are printable ASCII, and their words stay words.

The proof is the tools': descriptions that try to get out of their comments are built for every
target, and the files still compile, simulate and run to the same codes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen import manifest, pipeline, targets
from lutgen.cli import main
from lutgen.errors import UsageError
from lutgen.request import Request
from lutgen.solution import Solution
from lutgen.targets import Options, _literals, _provenance
from tests.tools import require_module, require_tool

HOSTILE = [
    "*/ int evil(void); /*",
    "*\\/ ??/ #error out",
    "\\",
    "ends in a trigraph ??/",
    "`include \"/etc/passwd\" `define module",
    "first\nendmodule\nmodule evil; initial $finish;\r\n#error\x00\x1b[31m",
    '", "evil": "\\" }, { \' """',
    "\u00fc\u4e2d\U0001f600\u202e\ufeff\x7f\x80",
    "{{ 7 * 7 }} {% for x in y %} {# gone #} {{ cycler.__init__.__globals__ }}",
    "*) (* keep *) end endmodule /* verilator lint_off */ // synthesis translate_off",
    "%s%n%d $display(\"x\") $finish; @(posedge clk)",
    "]]> <script>alert(1)</script> &amp; --> <!--",
    "x" * 5000,
    " ".join(["verilator"] * 60),
    " ".join(["synthesis translate_off"] * 20),
]
TARGETS = ("c", "verilog", "onnx", "json")


def solution(description: str, name: str = "act") -> Solution:
    request = Request("relu", bits=4, name=name, description=description)
    return pipeline.solve(request.resolve())


def texts(solved: Solution, options: Options = Options()) -> dict[str, str]:  # noqa: B008
    """Return the files of every target that are text, and the sidecar."""
    files = pipeline.rebuilt(solved, {name: options.concerning(name) for name in TARGETS})
    sidecar = pipeline.sidecar(files.name, files.document, [], Path("nowhere"))
    return {
        artifact.path.name: artifact.content.decode("ascii")
        for artifact in (*files.artifacts, sidecar)
        if artifact.path.suffix not in (".onnx", ".pb")
    }


NOTICE = r"(//| \*) (about|spec|          : )"
"""Begins the lines that tell of the description, and of the digest that it is part of."""

SPLIT = Options(c_layout="split", mem="readmemh", stream=True).checked()


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300) | st.sampled_from(HOSTILE))
def test_any_description_gives_printable_ascii(words: str) -> None:
    for options in (Options(), SPLIT):
        for name, text in texts(solution(words), options).items():
            assert re.fullmatch(r"[ -~\n]*", text), name


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_a_description_changes_nothing_but_comments(words: str) -> None:
    """Without the lines of the notice, the files are those without a description."""
    plain, described = texts(solution(""), SPLIT), texts(solution(words), SPLIT)

    for name in plain.keys() - {"act.json", "act.lutgen.json"}:
        ours, others = (
            [line for line in text.splitlines() if not re.match(NOTICE, line)]
            for text in (described[name], plain[name])
        )
        assert ours == others, name


@settings(max_examples=50, deadline=None)
@given(st.text() | st.sampled_from(HOSTILE))
def test_json_holds_the_description_as_it_was(words: str) -> None:
    document = json.loads(texts(solution(words))["act.lutgen.json"])

    assert document["spec"]["description"] == words


def test_no_line_of_a_users_text_begins_with_a_word_that_tools_obey() -> None:
    """Wherever the words fall, and however the lines are broken."""
    for words in ("verilator lint_off WIDTH", "synthesis translate_off", "synopsys full_case",
                  "pragma protect begin"):
        for length in range(0, 120):
            notice = _provenance.provenance(solution(f"{'x' * length} {words}"), [])
            first = [line.split()[0] for line in notice if line]
            assert not {*first} & {"verilator", "synthesis", "synopsys", "pragma"}


def test_the_tools_are_none_the_wiser(tmp_path: Path, capsys) -> None:
    """Every hostile description in every target, compiled, simulated and run."""
    for tool in ("gcc", "g++", "iverilog", "verilator", "yosys"):
        require_tool(tool)
    require_module("onnxruntime")
    lines = ['[defaults]\nbits = 4\nfunction = "relu"\ntarget = ["c", "verilog", "onnx", "json"]']
    for number, words in enumerate(HOSTILE):
        text = "".join(
            c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08X}" for c in words
        )
        lines.append(f'[[table]]\nname = "t{number}"\ndescription = "{text}"')
    (tmp_path / "lutgen.toml").write_text("\n".join(lines))
    place = str(tmp_path / "out")

    assert main(["build", "--manifest", str(tmp_path / "lutgen.toml"), "-o", place, "-q"]) == 0
    assert main(["verify", place]) == 0, capsys.readouterr().out
    assert main(["check", place, "-q"]) == 0


@pytest.mark.parametrize("words", ["verilator lint_off WIDTH", "synthesis translate_off"])
def test_the_tools_would_obey_were_it_not_for_the_mark(tmp_path, monkeypatch, words) -> None:
    monkeypatch.setattr(_provenance, "USERS_MARK", "")
    monkeypatch.setattr(_literals, "MAX_COMMENT_LENGTH", 10_000)
    solved = solution(f"{'x' * 83} {words} {'y' * 83} {words[:9]} frobnicate")
    pipeline.build([solved], ("verilog",), Options(), tmp_path)
    for tool in ("verilator", "yosys"):
        require_tool(tool)

    verdicts = targets.get("verilog").replay(tmp_path, (solved,), Options())

    assert [verdict for verdict in verdicts if not verdict.passed] != []


@pytest.mark.parametrize("name", ["verilator", "Verilator_x", "verilatory"])
def test_a_module_is_not_called_by_what_verilator_obeys(name: str) -> None:
    with pytest.raises(UsageError, match="Verilator obeys"):
        pipeline.emit(solution("", name=name), ("verilog",), Options())


def test_a_manifest_made_of_a_spec_says_the_same(tmp_path: Path) -> None:
    """What from-model writes; descriptions there are printable already."""
    for number, words in enumerate(HOSTILE):
        spec = solution("".join(c if " " <= c <= "~" else "?" for c in words)).spec
        path = tmp_path / f"{number}.toml"
        path.write_text(manifest.text([spec], ["c"], {}))
        (table,) = manifest.read(path, ("in_unsigned", "out_unsigned"), KEYS).tables

        assert table["description"] == spec.description


KEYS = ("function", "name", "in_bits", "in_scale", "in_zp", "out_bits", "out_scale", "out_zp",
        "rounding", "method", "description", "target")


def test_every_path_is_a_plain_name_below_the_folder() -> None:
    files = pipeline.rebuilt(solution(HOSTILE[0]), {n: Options() for n in TARGETS})

    for artifact in files.artifacts:
        assert isinstance(artifact.path, PurePosixPath) and not artifact.path.is_absolute()
        assert all(re.fullmatch(r"[A-Za-z0-9_.]+", part) for part in artifact.path.parts)
        assert ".." not in artifact.path.parts
