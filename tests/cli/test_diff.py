"""``lutgen diff``: what differs, which is nearer to the truth, and other people's tables."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from mpmath import mp

from lutgen.cli import main
from tests.activations.oracles import ORACLES

Codes = dict[int, int]


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(["diff", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def document(capsys, *words: str) -> dict:
    code, out, _ = run(capsys, *words, "--json")
    found = json.loads(out)
    assert found["schema"] == "lutgen.diff/1"
    assert code == (1 if found["differing"] else 0)
    return found


def built(folder: Path, *words: str) -> Path:
    assert main(["build", *words, "--target", "json,c", "-o", str(folder), "-q"]) == 0
    return folder


def codes_of(path: Path) -> Codes:
    """Return the codes in a JSON file by input code."""
    table = json.loads(path.read_text())
    bits, signed = table["input"]["bits"], table["input"]["signed"]
    low = -(2 ** (bits - 1)) if signed else 0
    return dict(enumerate(table["codes"], start=low))


def array(folder: Path, codes: Codes, kind: str = "int8_t", order: str = "address") -> str:
    """Write codes as somebody else would, and return the file."""
    size = len(codes)
    entries = sorted(codes) if order == "ascending" else sorted(codes, key=lambda c: c % size)
    path = folder / "theirs.c"
    rows = ",\n".join(str(codes[code]) for code in entries)
    path.write_text(f"const {kind} lut[{size}] = {{\n{rows}\n}};\n")
    return str(path)


@pytest.fixture
def gelu(tmp_path: Path) -> tuple[Path, Codes]:
    folder = built(tmp_path, "gelu", "--name", "g")
    return folder, codes_of(folder / "g.json")


def test_two_activations_are_compared_in_the_formats_of_the_first(capsys) -> None:
    found = document(capsys, "gelu", "gelu_tanh", "--bits", "12", "--out-scale", "0x1p-10")

    assert (found["codes"], found["output"]["scale"]) == (4096, "1/1024")
    assert found["truth"] == "gelu(x) = x/2 * (1 + erf(x / sqrt(2)))"
    assert found["a"]["error"]["misrounded"] == 0 < found["b"]["error"]["misrounded"]
    assert found["a"]["error"]["max_lsb"] <= 0.5 < found["b"]["error"]["max_lsb"]


def test_every_figure_is_what_mpmath_says(capsys) -> None:
    """Each code that differs, its exact value, both errors, and who is nearer."""
    found = document(capsys, "gelu", "gelu_tanh", "--bits", "10")
    scale = {side: Fraction(found[side]["scale"]) for side in ("input", "output")}
    seen = [item["code"] for item in found["differences"]]
    counts = {"a": 0, "b": 0, "both": 0}
    for item in found["differences"]:
        with mp.workdps(60):
            x = mp.mpf(item["code"]) * scale["input"].numerator / scale["input"].denominator
            exact = ORACLES["gelu"].value(x)
            t = exact * scale["output"].denominator / scale["output"].numerator
            errors = item["a"] - t, item["b"] - t
        assert item["exact"] == pytest.approx(float(exact), abs=1e-9)
        assert (item["error_a_lsb"], item["error_b_lsb"]) == pytest.approx(errors, abs=1e-9)
        nearer = "a" if abs(errors[0]) < abs(errors[1]) else "b"
        assert item["nearer"] == nearer and item["lsb"] == item["b"] - item["a"] != 0
        counts[nearer] += 1
    assert found["nearer"] == counts and counts["a"]
    assert (found["first"], found["last"]) == (min(seen), max(seen))
    assert len(seen) == found["differing"] == len(set(seen))
    sizes = [abs(item["lsb"]) for item in found["differences"]]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == found["largest_lsb"]


def test_equal_is_0_and_different_is_1(capsys, gelu) -> None:
    folder, _ = gelu
    files = [str(folder / "g.json"), str(folder / "g.lutgen.json"), "gelu"]
    for one in files:
        for other in files:
            code, out, err = run(capsys, one, other)
            assert (code, err) == (0, "") and "equal on all 256 codes" in out
    code, out, _ = run(capsys, files[0], "silu")
    assert code == 1 and "codes differ, by at most" in out
    assert run(capsys, files[0], "silu", "-q")[:2] == (1, "")


def test_an_edited_file_is_found_with_the_code_that_was_edited(capsys, gelu) -> None:
    folder, codes = gelu
    table = json.loads((folder / "g.json").read_text())
    table["codes"][128 + 40] += 3
    table["codes"][128 - 7] -= 1
    (folder / "edited.json").write_text(json.dumps(table))

    found = document(capsys, str(folder / "g.lutgen.json"), str(folder / "edited.json"))

    assert [(item["code"], item["a"], item["b"]) for item in found["differences"]] == [
        (40, codes[40], codes[40] + 3), (-7, codes[-7], codes[-7] - 1)
    ]
    assert (found["nearer"], found["first"], found["last"]) == ({"a": 2, "b": 0, "both": 0}, -7, 40)
    code, out, _ = run(capsys, str(folder / "g.lutgen.json"), str(folder / "edited.json"))
    assert code == 1 and "the first is -7, the last 40" in out
    assert out.splitlines()[-2].split()[:5] == ["40", "2.5", "40", "43", "+3"]


def rounded(rule: str) -> Codes:
    """Return relu from sixteenths to eighths, each tie by its rule."""
    exact = {code: Fraction(max(code, 0), 2) for code in range(-128, 128)}
    floor = {code: int(value + Fraction(1, 2)) for code, value in exact.items()}
    return {
        code: round(value) if rule == "half-even" else floor[code]
        for code, value in exact.items()
    }


def test_a_tie_rounded_the_other_way_is_told_as_such(capsys, tmp_path) -> None:
    source = array(tmp_path, rounded("half-up"))

    found = document(capsys, "relu", "--in-scale", "1/16", "--out-scale", "1/8",
                     "--from-c", source, "--symbol", "lut")

    assert found["nearer"] == {"a": 0, "b": 0, "both": found["differing"]}
    assert found["differing"] == 32 and found["largest_lsb"] == 1
    assert found["b"]["error"]["max_lsb"] == 0.5
    assert document(capsys, "relu", "--in-scale", "1/16", "--out-scale", "1/8", "--rounding",
                    "half-up", "--from-c", source, "--symbol", "lut")["differing"] == 0


@pytest.mark.parametrize("order", ["address", "ascending"])
def test_arrays_are_read_in_the_order_that_is_asked_for(capsys, gelu, order: str) -> None:
    folder, codes = gelu
    source = array(folder, codes, order=order)
    other = {"address": "ascending", "ascending": "address"}[order]
    words = ["gelu", "--from-c", source, "--symbol", "lut"]

    code, out, err = run(capsys, *words, "--order", order)
    assert (code, err) == (0, "") and f"is read in {order} order" in out
    code, out, err = run(capsys, *words, "--order", other)
    assert code == 1 and err.startswith("warning: ") and f"try --order {order}" in err
    code, out, err = run(capsys, *words)
    assert code == (order != "address") and "is read in address order" in out
    assert bool(err) == (order != "address")


def test_a_table_that_is_bad_either_way_gives_no_warning(capsys, gelu) -> None:
    folder, codes = gelu
    source = array(folder, dict.fromkeys(codes, 7))

    code, _, err = run(capsys, "gelu", "--from-c", source, "--symbol", "lut")

    assert (code, err) == (1, "")


@pytest.mark.parametrize("kind", ["int8_t", "uint8_t", "char", "signed char", "unsigned char",
                                  "int16_t", "int", "lut_t"])
def test_codes_are_read_from_any_type_that_holds_their_bits(capsys, gelu, kind: str) -> None:
    folder, codes = gelu
    as_bits = kind in ("uint8_t", "unsigned char")
    stored = {code: value % 256 if as_bits else value for code, value in codes.items()}
    source = array(folder, stored, kind)

    code, out, err = run(capsys, str(folder / "g.lutgen.json"), "--from-c", source, "--symbol",
                         "lut")

    assert (code, err) == (0, "")
    assert ("read as the bits of int8 codes" in out) == as_bits


def test_unsigned_codes_and_wide_codes_are_read(capsys, tmp_path) -> None:
    formats = ["--bits", "12", "--in-unsigned", "--out-unsigned", "--out-bits", "16"]
    folder = built(tmp_path, "sigmoid", *formats, "--name", "g", "--method", "lut")
    codes = codes_of(folder / "g.json")
    assert len(codes) == 4096 and max(codes.values()) > 32767

    for kind, wrap in (("uint16_t", 0), ("int16_t", 65536)):
        stored = {c: v - wrap * (v > 32767) for c, v in codes.items()}
        source = array(folder, stored, kind)
        found = document(capsys, "sigmoid", *formats, "--from-c", source, "--symbol", "lut")
        assert found["differing"] == 0


def test_one_wrong_entry_of_somebody_elses_table(capsys, gelu) -> None:
    folder, codes = gelu
    source = array(folder, {**codes, -3: codes[-3] + 2})

    code, out, _ = run(capsys, "gelu", "--from-c", source, "--symbol", "lut")

    assert code == 1
    assert "A gelu_s8, B lut in theirs.c: 1 of 256 codes differ, by at most 2 LSB" in out
    assert "nearer   A on 1 codes, B on 0" in out and "1 of 256 codes not the nearest" in out


def test_expressions_and_samples_are_compared_too(capsys, gelu, tmp_path) -> None:
    folder, codes = gelu
    by_hand = ["--expr", "x/2*(1 + erf(x*r))", "--param", "r=0.7071067811865476", "--name", "mine"]
    assert document(capsys, *by_hand, "gelu")["differing"] == 0
    found = document(capsys, *by_hand, "--from-c", array(folder, codes), "--symbol", "lut")
    assert (found["differing"], found["a"]["label"]) == (0, "mine")

    (tmp_path / "s.csv").write_text("x,y\n-8,0\n0,0\n8,8\n")
    built(tmp_path, "--table", str(tmp_path / "s.csv"), "--name", "ramp")
    for name in ("ramp.json", "ramp.lutgen.json"):
        found = document(capsys, str(tmp_path / name), "relu")
        assert found["differing"] == 0 and found["truth"].startswith("samples(x) = 3 points")
    (tmp_path / "ramp.lutgen.json").unlink()
    found = document(capsys, str(tmp_path / "ramp.json"), str(tmp_path / "ramp.json"))
    assert (found["truth"], found["nearer"], found["a"]["error"]) == (None, None, None)
    assert document(capsys, str(tmp_path / "ramp.json"), "relu")["truth"].startswith("relu(x)")


def test_parameters_go_to_those_that_have_them(capsys) -> None:
    same = document(capsys, "swish", "eswish", "--param", "beta=1")
    assert same["differing"] == 0
    found = document(capsys, "elu", "silu", "--param", "alpha=0.5")
    assert "alpha = 0.5" in found["truth"]
    assert "alpha = 0.5" in document(capsys, "elu", "silu", "--param", "alpha=0.5")["truth"]


def plain(text: str) -> Callable[[Path], list[str]]:
    """Return words that need no file."""
    return lambda folder: text.split()


def edited(change: Callable[[dict], object]) -> Callable[[Path], list[str]]:
    """Return the words that compare with an edited JSON file."""

    def words(folder: Path) -> list[str]:
        table = json.loads((folder / "g.json").read_text())
        change(table)
        (folder / "e.json").write_text(json.dumps(table))
        return ["gelu", str(folder / "e.json")]

    return words


def files(*texts: str) -> Callable[[Path], list[str]]:
    """Return the words that compare with files of these texts."""

    def words(folder: Path) -> list[str]:
        for number, text in enumerate(texts):
            (folder / f"f{number}.json").write_text(text)
        return ["gelu", *(str(folder / f"f{number}.json") for number in range(len(texts)))]

    return words


def source(text: str, *more: str) -> Callable[[Path], list[str]]:
    """Return the words that compare with an array of C."""

    def words(folder: Path) -> list[str]:
        (folder / "t.c").write_text(text)
        return ["gelu", "--from-c", str(folder / "t.c"), "--symbol", "t", *more]

    return words


def entries(*values: object) -> str:
    return f"int t[] = {{{', '.join(map(str, values))}}};"


WRONG = [
    (plain(""), "diff compares two tables, A and B, got 0"),
    (plain("gelu"), "got 1"),
    (plain("gelu silu relu"), "got 3"),
    (plain("gelu silu --from-c t.c --symbol t"), "one table with --from-c"),
    (plain("gelu --from-c t.c"), "--from-c needs --symbol"),
    (plain("gelu silu --symbol t"), "--symbol goes with --from-c"),
    (plain("gelu silu --order address"), "--order goes with --from-c"),
    (plain("gelu --from-c t.c --symbol t --order up"), "--order: must be"),
    (plain("gelu geluu"), "unknown activation"),
    (plain("glu --in-scale 1/16 gelu"), "glu takes several numbers"),
    (plain("gelu softmax"), "softmax takes several numbers"),
    (plain("gelu table.c"), "C source goes with --from-c"),
    (lambda folder: ["gelu", str(folder)], "must be an activation, NAME.lutgen.json or NAME.json"),
    (plain("gelu silu --param beta=1"), "no parameter"),
    (lambda folder: ["gelu", str(folder / "nowhere.json")], "nowhere.json: does not exist"),
    (lambda folder: ["gelu", str(folder / "pipe.json")], "pipe.json: is a pipe"),
    (lambda folder: ["gelu", str(folder / "g.json"), "--bits", "16"], "inputs differ"),
    (lambda folder: ["gelu", str(folder / "g.json"), "--out-scale", "1/8"], "outputs differ"),
    (plain("gelu --expr x --name q silu"), "got 3"),
    (files(""), "not JSON"),
    (files("[" * 100_000), "not JSON"),
    (files("[]"), "must have the schema lutgen.table/1"),
    (files("{}"), "must have the schema lutgen.table/1"),
    (files('{"schema": "lutgen.table/1"}'), "not a lutgen table"),
    (edited(lambda table: table.pop("codes")), "is missing"),
    (edited(lambda table: table["codes"].pop()), "has 255 entries, and 256 input codes of 8 bits"),
    (edited(lambda table: table.update(codes="abc")), "has 0 entries"),
    (edited(lambda table: table.update(codes=[table["codes"]])), "has 1 entries"),
    (edited(lambda table: table["codes"].__setitem__(3, 1.0)), 'entry 3 is "1.0"'),
    (edited(lambda table: table["codes"].__setitem__(3, True)), 'entry 3 is "True"'),
    (edited(lambda table: table["codes"].__setitem__(3, 128)), 'entry 3 is "128"'),
    (edited(lambda table: table["codes"].__setitem__(3, [1])), "entry 3 is"),
    (edited(lambda table: table["input"].update(bits=40)), "--in-bits"),
    (edited(lambda table: table["input"].update(bits="x")), "invalid literal"),
    (edited(lambda table: table["output"].update(scale_text="0")), "--out-scale"),
    (source(entries(1, 2, 3)), "t in t.c: has 3 entries, and 256 input codes of 8 bits"),
    (source(entries(*range(257))), "257 entries, and 256 input codes of 8 bits; it looks like"),
    (source(entries(*[200] * 256)), 'entry 0 is "200", which is no code from -128 to 127'),
    (source(f"uint16_t t[256] = {{{'-1,' * 256}}};"), 'entry 0 is "65535"'),
    (source("int8_t tt[] = {1};"), '--symbol: "t" is no array with an initialiser'),
    (plain("gelu --from-c nowhere.c --symbol t"), "nowhere.c: does not exist"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_wrong_usage_is_one_line(capsys, gelu, words, said: str) -> None:
    folder, _ = gelu
    os.mkfifo(folder / "pipe.json")

    code, out, err = run(capsys, *words(folder))

    assert (code, out) == (2, "")
    assert said in err and err.startswith("error: ") and err.count("\n") == 1


def test_a_broken_sidecar_is_a_failure_that_names_it(capsys, gelu) -> None:
    folder, _ = gelu
    (folder / "g.lutgen.json").write_text("{}")

    code, out, err = run(capsys, "gelu", str(folder / "g.lutgen.json"))

    assert (code, out) == (1, "") and "g.lutgen.json: not a lutgen sidecar" in err
    (folder / "g.lutgen.json").write_text('{"schema": "lutgen.spec/1", "spec": 3}')
    assert run(capsys, "gelu", str(folder / "g.lutgen.json"))[0] == 2
