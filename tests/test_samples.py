"""Tables of one's own: points in CSV and NPY files, joined by straight lines."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from lutgen.cli import main
from lutgen.errors import UsageError
from lutgen.formats import NumberFormat
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import exact, fraction
from lutgen.samples import MAX_POINTS, Samples

REALS = "# a comment\nx; y\n-2; 1/3\n0; 0\n\n1; 0x1p-1\n"


def at(function, x: object) -> Fraction:
    return fraction(function(exact(Fraction(x))))


def file(folder: Path, text: str, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_points_are_exact_and_joined_by_lines(tmp_path) -> None:
    record = Samples.read(file(tmp_path, REALS)).activation(None, None)

    assert [at(record.value, x) for x in (-9, -2, -1, 0, "1/4", 1, 9)] == [
        Fraction(1, 3), Fraction(1, 3), Fraction(1, 6), 0, Fraction(1, 8), Fraction(1, 2),
        Fraction(1, 2),
    ]
    assert [at(record.derivative, x) for x in (-9, -2, -1, 0, 1)] == [
        0, Fraction(-1, 6), Fraction(-1, 6), Fraction(1, 2), 0
    ]
    assert (record.bounds, record.monotone, record.default_range) == (
        (0, Fraction(1, 2)), None, (-2, 1)
    )


def test_one_column_is_spread_over_the_range(tmp_path) -> None:
    path = file(tmp_path, "1\n2\n4\n")
    ends = Number.of(0), Number.of(1)

    assert Samples.read(path, ends).x == (0, Fraction(1, 2), 1)
    with pytest.raises(UsageError, match="needs --range"):
        Samples.read(path)


@pytest.mark.parametrize("kind", ["<f8", "<f4", ">f8", "<i2"])
def test_npy_files_hold_the_same(tmp_path, kind: str) -> None:
    np.save(tmp_path / "mine.npy", np.array([[0, 3], [1, 4]], dtype=kind))

    found = Samples.read(tmp_path / "mine.npy")

    assert (found.x, found.y) == ((0, 1), (3, 4))


def test_codes_mean_what_the_formats_say(tmp_path) -> None:
    path = file(tmp_path, "Input code,Output code\n-128,5\n127,-3\n")
    eighth = NumberFormat(8, True, Fraction(1, 8), 3)

    record = Samples.read(path).activation(eighth, NumberFormat(8, True, Fraction(1, 2), 1))

    assert at(record.value, Fraction(-131, 8)) == 2
    assert at(record.value, Fraction(124, 8)) == -2
    assert record.monotone == "nonincreasing"


def test_a_code_that_is_none_of_the_format_is_refused(tmp_path) -> None:
    found = Samples.read(file(tmp_path, "input code,output code\n0,5\n300,3\n"))

    with pytest.raises(UsageError, match="must hold codes from -128 to 127, got \"300\""):
        found.activation(NumberFormat(8, True, Fraction(1)), NumberFormat(8, True, Fraction(1)))


WRONG = [
    ("", "must have one or two numbers"),
    ("1,2\n", "must have 2 to"),
    ("1,2\n1,3\n", "must ascend"),
    ("1,2\n0,3\n", "must ascend"),
    ("1,2\n3\n", "one or two numbers in every row"),
    ("1,2,3\n4,5,6\n", "one or two numbers in every row"),
    ("1,2\n2,nan\n", "line 2: must be a finite number"),
    ("1,2\n2,1e999\n", "line 2"),
    ("x,y\nx,y\n", "line 2"),
    ("1,2\n2,\n", "line 2"),
    ("input code,output code\n0,1\n1,1.5\n", "line 3: must be a code"),
    ("input code,output code\n0,1\n1,99999999999999999999\n", "line 3: must be a code"),
    ("\0\0\0", "line 1"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=lambda v: repr(v)[:30])
def test_a_wrong_file_is_named_with_its_line(tmp_path, text, said) -> None:
    with pytest.raises(UsageError, match=said):
        Samples.read(file(tmp_path, text))


def test_too_many_points_and_files_that_are_none_are_refused(tmp_path) -> None:
    long = "".join(f"{x},0\n" for x in range(MAX_POINTS + 1))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    np.save(tmp_path / "infinite.npy", np.array([1.0, np.inf]))

    for path in (file(tmp_path, long), tmp_path / "nowhere.csv", tmp_path,
                 tmp_path / "objects.npy", tmp_path / "infinite.npy"):
        with pytest.raises(UsageError):
            Samples.read(path)


def test_a_build_keeps_its_samples_and_verify_finds_them(capsys, tmp_path) -> None:
    out = tmp_path / "out"
    words = ["build", "--table", str(file(tmp_path, REALS)), "--name", "ramp", "-o", str(out),
             "--target", "c,json", "-q"]
    assert main(words) == 0
    kept = out / "ramp.samples.csv"
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    assert main(["build", "--table", str(kept), *words[3:]]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert main(["verify", str(out), "-q"]) == 0

    kept.write_text(kept.read_text().replace("1,1/2", "1,1/3"))
    assert main(["verify", str(out), "-q"]) == 1
    assert "changed since the table was built" in capsys.readouterr().err
    kept.unlink()
    assert main(["verify", str(out), "-q"]) == 1


def test_codes_come_back_exactly_from_every_method_that_is_exact(capsys, tmp_path) -> None:
    given = np.random.default_rng(5).integers(-128, 128, 256)
    rows = "".join(f"{x},{y}\n" for x, y in zip(range(-128, 128), given, strict=True))
    path = file(tmp_path, f"input code,output code\n{rows}")

    main(["build", "--table", str(path), "--name", "own", "--in-scale", "0.047f", "--in-zp", "3",
          "--out-scale", "1/255", "--out-zp", "-4", "--target", "json", "-o", str(tmp_path), "-q"])

    document = json.loads((tmp_path / "own.json").read_text())
    assert document["codes"] == given.tolist()
    assert document["error"]["max_lsb"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gelu", "--table", "mine.csv"], "give one of them"),
        (["--table", "mine.csv"], "--table needs --name"),
        (["--table", "codes.csv", "--name", "own"], "mean nothing without --in-scale"),
        (["--table", "mine.csv", "--name", "own", "--param", "alpha=1"], "no parameter"),
    ],
)
def test_options_that_do_not_go_with_a_table(capsys, tmp_path, monkeypatch, words, said) -> None:
    monkeypatch.chdir(tmp_path)
    file(tmp_path, REALS)
    file(tmp_path, "input code,output code\n0,1\n1,2\n", "codes.csv")

    assert main(["build", *words]) == 2
    assert said in capsys.readouterr().err
