"""Tables of one's own: points in CSV and NPY files, joined by straight lines."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.cli import main
from lutgen.errors import UsageError
from lutgen.formats import NumberFormat
from lutgen.numerics.arrays import from_npy
from lutgen.numerics.literals import Number
from lutgen.numerics.reals import exact, fraction
from lutgen.rows import MAX_BYTES, MAX_POINTS
from lutgen.samples import Samples

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

    with pytest.raises(UsageError, match=r"mine.csv: must hold input codes .*300. .in the row of"):
        found.activation(NumberFormat(8, True, Fraction(1)), NumberFormat(8, True, Fraction(1)))


WRONG = [
    ("", "is empty"),
    ("\n\n# nothing\n", "has no row of numbers"),
    ("x,y\n", "has no row of numbers"),
    ("1,2\n", "must have 2 to 65536 rows of numbers, got 1"),
    ("1,2\n\n# a comment\n1,3\n", "line 4: x = 1 is there twice"),
    ("1,2\n0.5,3\n", "line 2: x = 1/2 comes after 1"),
    ("1,2\n3\n", "line 2: has 1 column, needs 2"),
    ("1\n2,3\n", "line 2: has 2 columns, needs 1"),
    ("1,2,3\n4,5,6\n", "line 1: has more than 2 columns"),
    ("1,2\n2,3" + ",4" * 100_000, "line 2: has more than 2 columns"),
    ("1,2\n2,nan\n", "line 2: must be a finite number"),
    ("nan,inf\n1,2\n2,3\n", "line 1: must be a finite number"),
    ("1,2\n-Infinity,2\n", "line 2: must be a finite number"),
    ("1,2\n2,1e999\n", "line 2"),
    ("1,2\n2," + "9" * 5000, "line 2: must be a finite number"),
    ("x,y\nx,y\n", "line 2"),
    ("x,y\nvolt,ampere\n1,2\n", "line 2"),
    ("x,1\n1,2\n", "line 1"),
    ("1,2\n2,\n", "line 2: column 2 is empty"),
    ("1,2\n,3\n", "line 2: column 1 is empty"),
    ("1;2\n;\n", "line 2: column 1 is empty"),
    ("1,5;2,5\n2,5;3,5\n", "line 1: a decimal comma"),
    ("1.5\t2\n2,5\t3\n", "line 2: a decimal comma"),
    ("1 2\n3 4\n", 'line 1: columns end at commas, semicolons or tabs, got "1 2"'),
    ("1|2\n3|4\n", 'line 1: columns end at commas, semicolons or tabs, got "1.2"'),
    ("1\n2\n\n4\n", "line 3: is empty"),
    ("y\n1\n#N/A\n4\n", "line 3: must be a finite number"),
    ("1,2\n3,#DIV/0!\n", "line 2: must be a finite number"),
    ('"1,2\n3,4\n', "line 1: must be a finite number"),
    ("1,2\n2,1e40\n", r"line 2: must be a number up to 2\^120"),
    ('"1,0","0,5"\n', "columns end at commas; numbers have a point"),
    ("1,2\n2,=cmd|' /C calc'!A0\n", "line 2"),
    ("input code,output code\n0,1\n1,1.5\n", "line 3: must be a code"),
    ("input code,output code\n0,1\n1,99999999999999999999\n", "line 3: must be a code"),
    ("\0\0\0", "line 1"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=lambda v: repr(v)[:30])
def test_a_wrong_file_is_named_with_its_line(tmp_path, text, said) -> None:
    with pytest.raises(UsageError, match=said):
        Samples.read(file(tmp_path, text))


ENCODINGS = [
    ("utf-8-sig", "", None),
    ("utf-16", "", "is UTF-16"),
    ("utf-16-be", "\ufeff", "is UTF-16"),
    ("latin-1", "# Stra\xdfe\n", "line 1: byte 0xdf is not UTF-8"),
    ("utf-8", "# Stra\xdfe\n", None),
]


@pytest.mark.parametrize(("encoding", "head", "said"), ENCODINGS)
def test_text_is_utf_8_with_or_without_its_mark(tmp_path, encoding, head, said) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(f"{head}x,y\r\n-1,2\r\n1,3\r\n".encode(encoding))

    if said is None:
        assert Samples.read(path).x == (-1, 1)
        return
    with pytest.raises(UsageError, match=said):
        Samples.read(path)


@pytest.mark.parametrize(
    "text",
    ["-1,2\n1,3\n", "-1;2\n1;3\n", "-1\t2\n1\t3\n", "-1,2\r1,3\r", '"-1","2"\n"1","3"',
     "x, y\n-1;2\n1;3\n", '"time (s)";"V"\n-1;2\n1;3\n', "\n# c\n-1 , 2\n\n1,3", "_,y\n-1,2\n1,3"],
)
def test_the_ways_to_write_the_same_points(tmp_path, text) -> None:
    found = Samples.read(file(tmp_path, text))

    assert (found.x, found.y) == ((-1, 1), (2, 3))


def npy(folder: Path, array: np.ndarray) -> Path:
    np.save(folder / "mine.npy", array, allow_pickle=True)
    return folder / "mine.npy"


ARRAYS = [
    (np.array([{}, {}], dtype=object), "Python objects"),
    (np.array(["a", "b"]), "dtype"),
    (np.array([1j, 2]), "dtype complex128"),
    (np.array([(1, 2)], dtype=[("x", "i4"), ("y", "i4")]), "dtype"),
    (np.array(["2020-01-01"], dtype="M8[D]"), "dtype"),
    (np.array(3.0), r"shape \(\)"),
    (np.zeros((2, 100)), r"shape \(2, 100\)"),
    (np.zeros((4, 2, 1)), r"shape \(4, 2, 1\)"),
    (np.zeros((0,)), "2 to 65536 rows of numbers, got 0"),
    (np.zeros((5, 0)), r"shape \(5, 0\)"),
    (np.zeros(MAX_POINTS + 1, dtype="i1"), "65537 rows"),
    (np.array([[0, 1], [1, np.nan]]), "index 1: must be a finite number up .*nan"),
    (np.array([[0, 1], [1, 2], [np.inf, 2]]), "index 2: must be a finite number up .*inf"),
    (np.array([[0, 1], [0, 2]]), "index 1: x = 0 is there twice"),
    (np.array([[0, 1], [1, 2], [0.5, 2]]), "index 2: x = 1/2 comes after 1"),
]


@pytest.mark.parametrize(("array", "said"), ARRAYS, ids=lambda v: str(v)[:20])
def test_a_wrong_array_is_named_with_what_is_wrong(tmp_path, array, said) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Samples.read(npy(tmp_path, array))

    assert "mine.npy" in str(caught.value)


GOOD = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }"


def forged(header: bytes, data: bytes = bytes(32), version: bytes = b"\x01\x00") -> bytes:
    padded = header.ljust(117) + b"\n"
    return b"\x93NUMPY" + version + len(padded).to_bytes(2, "little") + padded + data


FORGED = [
    (forged(GOOD.replace(b"(2, 2)", b"(1000000000000, 2)")), "takes 16000000000000 bytes"),
    (forged(GOOD.replace(b"(2, 2)", b"(-2, -2)")), "which no array can have"),
    (forged(GOOD.replace(b"(2, 2)", b"(True, 4)")), "which no array can have"),
    (forged(GOOD, bytes(31)), "takes 32 bytes; 31 follow"),
    (forged(GOOD, bytes(33)), "takes 32 bytes; 33 follow"),
    (forged(GOOD)[:60], "cannot be read"),
    (b"\x93NUMPY", "ends within its header"),
    (b"\x93NUMPX" + forged(GOOD)[6:], "first bytes"),
    (forged(GOOD, version=b"\x03\x00"), "version 3.0"),
    (forged(b"{'descr': 'O', 'fortran_order': False, 'shape': (2,), }"), "Python objects"),
    (forged(b"__import__('os').system('false')"), "cannot be read"),
    (forged(b"{'descr': '<f8', 'shape': (2, 2), }"), "cannot be read"),
    (forged(b"[" * 100), "cannot be read"),
    (forged(b"'" * 3), "cannot be read"),
    (forged(GOOD.replace(b"<f8", b"<f16")), "dtype"),
    (forged(GOOD.replace(b"2, 2", b"2L, 2")), "index 1: x = 0 is there twice"),
    (b"PK\x03\x04 and more", "is a ZIP archive"),
    (b"\x80\x04\x95 and more", "is a pickle"),
]


@pytest.mark.parametrize(("content", "said"), FORGED, ids=lambda v: repr(v)[-30:])
def test_a_forged_header_is_not_believed(tmp_path, content, said) -> None:
    for name in ("mine.npy", "mine.csv"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said):
        Samples.read(tmp_path / "mine.npy")
    # What a file holds says more than what it is called.
    with pytest.raises(UsageError):
        Samples.read(tmp_path / "mine.csv")


@given(st.binary(max_size=200), st.binary(max_size=40))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_header_at_all_makes_a_traceback(header: bytes, data: bytes) -> None:
    with suppress(ValueError):
        from_npy(forged(header, data))


PIECES = [*"0123456789.,;eE+-\t \n\"#xnaif/p\x00\x1a", "\r\n", "\xff", "1,2\n"]


@given(st.lists(st.sampled_from(PIECES)))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_text_at_all_makes_a_traceback(tmp_path_factory, cells: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes("".join(cells).encode("latin-1"))

    with suppress(UsageError):
        Samples.read(path)


def test_what_may_never_end_is_not_opened(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")

    for path in (tmp_path / "pipe.csv", Path("/dev/zero"), tmp_path, tmp_path / "nowhere.csv"):
        with pytest.raises(UsageError, match=r"not a regular file|does not exist"):
            Samples.read(path)
    (tmp_path / "long.csv").write_bytes(b"1" * (MAX_BYTES + 1))
    with pytest.raises(UsageError, match="is larger than"):
        Samples.read(tmp_path / "long.csv")


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
@pytest.mark.parametrize("option", ["--table", "--channels"])
def test_what_is_no_file_is_one_line(capsys, tmp_path, option, kind) -> None:
    path = tmp_path / "mine.csv"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to("mine.csv")
    words = ["build", *([] if option == "--table" else ["prelu"]), option, str(path)]

    assert main([*words, "--name", "q", "-o", str(tmp_path / "o")]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: {option}") and "mine.csv" in err and err.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_file_may_be_called_anything_and_the_error_is_one_line(capsys, tmp_path) -> None:
    path = file(tmp_path, "nan", "a\nb\x1b[31m.csv")

    assert main(["build", "--table", str(path), "--name", "own"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "a b?[31m.csv, line 1" in err


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
