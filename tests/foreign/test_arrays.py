"""Declarations: which array is meant, what is skipped on the way, and what is refused."""

from __future__ import annotations

import os
import subprocess
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.errors import UsageError
from lutgen.foreign import MAX_BYTES, read_array
from tests.tools import require_tool


def written(folder: Path, text: str) -> Path:
    path = folder / "table.c"
    path.write_text(text, encoding="utf-8")
    return path


FOUND = [
    "const int8_t t[] = {1, 2, 3};",
    "static const int8_t t[3] PROGMEM = {1, 2, 3};",
    "const __flash int8_t t[3] = {1, 2, 3,};",
    "__attribute__((aligned(16), section(\".x[]={9}\"))) int8_t t[3] = {1, 2, 3};",
    "int8_t t[3] __attribute__((aligned(4))) = {1, 2, 3};",
    "alignas(16) constexpr std::int8_t t[3]{1, 2, 3};",
    "[[gnu::unused]] static const int8_t t[3] [[gnu::aligned(4)]] = {1, 2, 3};",
    "static [[maybe_unused]] const int8_t t[3] = {1, 2, 3};",
    "extern const int8_t t[3];\nconst int8_t t[3] = {1, 2, 3};",
    "const int8_t t[N] = {1, 2, 3};",
    "const int8_t t[sizeof(int8_t) * N + 1] = {1, 2, 3};",
    "/* int8_t t[] = {9}; */ // int8_t t[] = {9};\nint8_t t[] = {1, 2, 3};",
    "#define T int8_t t[] = {9}; /* \n int8_t t[] = {9}; */ \\\n int8_t t[] = {9};\n"
    "int8_t t[] = {1, 2, 3};",
    "const char *s = \"int8_t t[] = {9};\"; int8_t t[] = {1, 2, 3};",
    "char c = '\"', d = '{'; int8_t t[] = {1, 2, 3};",
    "int8_t other[2] = {4, 5}, t[3] = {1, 2, 3}, more[] = {6};",
    "int8_t tt[] = {9}; int8_t _t[] = {9}; int8_t t2[] = {9}; int8_t t[] = {1, 2, 3};",
    "int f(int8_t t[3]) { return t[0] == t[1] ? t[2] : t[1]; }\nint8_t t[] = {1, 2, 3};",
    "void g(void) { x.t[3] = 5; static const int8_t t[3] = {1, 2, 3}; }",
    "extern \"C\" { namespace n { const int8_t t[3] = {1, 2, 3}; } }",
    "#ifndef H\n#define H\nint8_t t[] = {1, 2, 3};\n#endif",
    "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint8_t t[] = {1, 2, 3};\n"
    "#ifdef __cplusplus\n}\n#endif",
    "# 1 \"x.c\"\nint8_t t[] = {1,\n# 7 \"x.c\"\n2,\n#pragma x\n#line 9\n3};",
    "int8_t t[] = { [2] = 3, [0] = 1, 2 };",
    "int8_t t[] = { [0 ... 1] = 1, [1] = 2, 3 };",
    # A decimal literal is never unsigned by itself, a hexadecimal one may be.
    "int t[] = { -2147483653 / 2147483653 + 2, -0x80000005 / 0x80000005 + 2, 3 };",
    "int8_t t[3] = { static_cast<std::int8_t>(1), INT8_C(2), int8_t(3) };",
    "\ufeffint8_t t[] = {1, 2, 3};\r\n",
    "float f[2][2] = {{1.5f, 2}, {3, X}}; void *p[] = {f, \"}\"}; int8_t t[] = {1, 2, 3};",
]


@pytest.mark.parametrize("text", FOUND)
def test_the_array_is_found_whatever_stands_around_it(tmp_path, text: str) -> None:
    found = read_array(written(tmp_path, text), "t")

    assert (found.entries, found.wrapped, found.condition) == ((1, 2, 3), 0, "")
    assert found.type.bits == (32 if text.startswith("int t") else 8)


def test_what_is_left_out_is_zero_and_what_does_not_fit_wraps(tmp_path) -> None:
    path = written(tmp_path, "int8_t t[4] = {0xF8, 200};\nstatic const t_t u[2] = {300, -5};")

    assert read_array(path, "t")[3:] == ((-8, -56, 0, 0), 2, "")
    # Of a type that the source does not tell, numbers are what they are.
    assert read_array(path, "u")[2:] == (None, (300, -5), 0, "")


@pytest.mark.parametrize("head", ["#if X", "#ifdef X", "#if 0\n#else", "#if Y\n#elif X"])
def test_a_condition_around_the_array_is_told(tmp_path, head: str) -> None:
    text = f"#ifndef H\n#define H\n{head}\nint8_t t[] = {{1}};\n#endif\n#endif\nint8_t u[] = {{1}};"
    path = written(tmp_path, text)

    found = read_array(path, "t").condition
    assert found == f"{head.splitlines()[-1]} of line {2 + len(head.splitlines())}"
    assert read_array(path, "u").condition == ""


REFUSED = [
    ("", "holds no array with an initialiser"),
    ("extern const int8_t t[3];", "holds no array with an initialiser"),
    ("int8_t lut[] = {1}; int8_t tab[] = {1};", '"t" is no array with an initialiser'),
    ("int8_t t = {1}; int8_t tt[] = {1};", "it has tt"),
    ("int8_t t[] = {1};\nint8_t t[] = {2};", "more than once in {path} (lines 1 and 2)"),
    ("#if A\nint8_t t[] = {1};\n#else\nint8_t t[] = {2};\n#endif", "(lines 2 and 4)"),
    ("\nint8_t t[2] = {1,\n#if A\n2\n#endif\n};", 'line 3: "#if A" inside the array'),
    ("int8_t t[2] = {1, 2\n#endif\n};", "line 2"),
    ("int8_t t[] = {\n#include \"data.inc\"\n};", 'line 2: "#include'),
    ("int8_t t[2][2] = {{1, 2}, {3, 4}};", "has 2 dimensions"),
    ("int8_t t[] = {{1, 2}, {3, 4}};", "more than one dimension"),
    ("std::array<int8_t, 2> t = {1, 2};", "holds no array"),
    ("float t[] = {1.0f};", "an array of float"),
    ("const struct s t[] = {1};", "an array of struct"),
    ("int8_t t[] = {1.5};", "1.5 is not an integer"),
    ("int8_t t[] = {1e3};", "1e3 is not an integer"),
    ("int8_t t[] = {0x};", "0x is not an integer"),
    ("int8_t t[] = {08};", "08 is not an integer"),
    ("int8_t t[] = {0x1p3};", "0x1p3 is not an integer"),
    ("int8_t t[] = {18446744073709551616};", "more than 64 bits"),
    (f"int8_t t[] = {{{'9' * 999}}};", "has more than 64 bits"),
    ("const int8_t *t[] = {0, 0};", "is an array of pointers"),
    ("int8_t t[] = {A};", "line 1: A is not a number here; preprocess"),
    ("int8_t t[] = {f(1)};", "f is not a number here"),
    ("int8_t t[] = {sizeof(int)};", "sizeof is not a number here"),
    ("char t[] = \"abc\";", "given as a text"),
    ("char t[] = {\"abc\"};", "a text where a number is needed"),
    ("int8_t t[] = {'ab'};", "no number on every compiler"),
    ("int8_t t[] = {'\u00e9'};", "no number on every compiler"),
    ("int8_t t[] = {1 2};", '"," or "}" is needed, got "2"'),
    ("int8_t t[] = {1,, 2};", "a number is needed"),
    ("int8_t t[] = {--1};", "a number is needed"),
    ("int8_t t[] = {1 << 32};", "a shift by 32 bits"),
    ("int8_t t[] = {1 / 0};", "a division by zero"),
    ("int8_t t[] = {1 ? 2 : 3};", '"," or "}" is needed'),
    ("int8_t t[] = {.x = 1};", "a number is needed"),
    ("int8_t t[2] = {[2] = 1};", "entry 2 of t"),
    ("int8_t t[2] = {[1] = 1, 2};", "entry 2 of t"),
    ("int8_t t[] = {[-1] = 1};", "entry -1 of t"),
    ("int8_t t[] = {[1 ... 0] = 1};", "entry 0 of t"),
    ("int8_t t[] = {[0 ... 99999999999] = 1};", "entry 99999999999 of t"),
    ("int8_t t[100000] = {1};", "t has 100000 entries; 1 to 65536 are read"),
    ("int8_t t[0] = {};", "t has 0 entries"),
    ("int8_t t[] = {1, 2", "the file ends"),
    ("int8_t t[] = {", "the file ends"),
    ("int8_t t[", "the file ends"),
    ("int8_t t[] = {(1, 2)};", "a closing parenthesis is needed"),
    ("int8_t t[] = {" + "(" * 5000, "more than 32 signs and parentheses"),
    ("int8_t t[] = {" + "- " * 5000, "more than 32 signs and parentheses"),
    ("int8_t t[] = {1}; /* never ends", None),
    ("/* never ends", "a comment that never ends"),
    ("int8_t t[] = {1}; x /* never ends", None),
    ("\0\0\0\0", "is not C source in UTF-8"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=lambda v: ascii(v)[:40])
def test_what_is_refused_is_one_line_with_file_and_line(tmp_path, text, said) -> None:
    path = written(tmp_path, text)
    if said is None:
        # What stands behind the array is read too: it may be defined twice.
        said = "a comment that never ends"
    with pytest.raises(UsageError) as caught:
        read_array(path, "t")

    message = str(caught.value)
    assert said.replace("{path}", str(path)) in message
    assert str(path) in message and "\n" not in message and len(message) < 400


def test_files_that_are_none_are_refused_and_nothing_hangs(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.c")
    (tmp_path / "long.c").write_bytes(b" " * (MAX_BYTES + 1))
    (tmp_path / "wide.c").write_text("int8_t t[] = {1};", encoding="utf-16")

    for path in (tmp_path, tmp_path / "pipe.c", tmp_path / "nowhere.c", tmp_path / "long.c",
                 tmp_path / "wide.c", Path("/dev/zero")):
        with pytest.raises(UsageError, match=r"^--from-c: "):
            read_array(path, "t")


@pytest.mark.parametrize("piece", ["/*/", "#/*", "#if\n", '"', "'", "(", "[", "{", "-", "t[", "a ",
                                   "t[]={", "\\", "0x", "\\\n", "t[[", "#\\\n", "/*", "//"])
def test_repeated_without_end_it_still_answers_in_time_that_is_linear(tmp_path, piece) -> None:
    """A quarter of a megabyte of each; what is quadratic would take hours."""
    path = written(tmp_path, "int8_t t[2] = {1, 2};\n" + piece * (2**18 // len(piece)))

    with suppress(UsageError):
        read_array(path, "t")


PIECES = [*"{}[]()=,;#*-+/\\'\"\n 0123456789xuLabt", "int8_t ", "t[", "] = {", "/*", "*/", "//",
          "#if", "#endif\n", "0x1F", "...", "<<", "(int8_t)", "INT8_MIN", "static const ", "\u00e9"]


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
@settings(max_examples=600, deadline=None, derandomize=True)
def test_garbage_is_an_array_or_a_usage_error(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.c"
    path.write_bytes(f"int8_t t[] = {{ {text}".encode("utf-8", "surrogatepass"))

    with suppress(UsageError):
        assert len(read_array(path, "t").entries) <= 65536


def test_headers_of_this_tool_are_read(tmp_path) -> None:
    header = Path(__file__).resolve().parent.parent.parent / "generated" / "gelu_s8.h"

    found = read_array(header, "gelu_s8_lut")

    assert (len(found.entries), found.type.text, found.condition) == (256, "int8", "")


def test_a_preprocessed_file_is_read(tmp_path) -> None:
    """What the messages advise, cc -E -P, mends what only a preprocessor can say."""
    source = written(
        tmp_path,
        "#include <stdint.h>\n#define ROW(a) a, a + 1\n#define N 4\n"
        "#ifdef A\nint8_t t[] = {9};\n#else\nint8_t t[N] = { ROW(1),\n#if N == 4\n"
        "INT8_MIN\n#endif\n};\n#endif\n",
    )
    with pytest.raises(UsageError, match="preprocess the file first"):
        read_array(source, "t")
    compiler = require_tool("gcc")
    other = tmp_path / "plain.c"
    command = [*compiler.command, "-E", "-P", str(source), "-o", str(other)]
    subprocess.run(command, check=True)

    assert read_array(other, "t").entries == (1, 2, -128, 0)


LONG = [
    "1", "1'", "/", "a/", " ", "\\\n", "\\", "'", '"', '"\\"', "#", "#\n", "// \\\n", "/*", "{",
    "L'a",
]


@pytest.mark.parametrize("piece", LONG)
@pytest.mark.parametrize("head", ["", "#", "//", "int8_t t[] = {"])
def test_no_file_takes_much_memory(tmp_path, head: str, piece: str) -> None:
    """The more a token repeats, the more Python's expressions remember of it."""
    path = written(tmp_path, head + piece * (200_000 // len(piece)))
    tracemalloc.start()
    try:
        with pytest.raises(UsageError):
            read_array(path, "t")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 30 * 200_000
