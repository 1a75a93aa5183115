"""What hostile and unlucky users type: numbers, identifiers, words, options, files."""

from __future__ import annotations

import json

from hypothesis import strategies as st

NUMBERS = [
    "", " ", "0", "-0", "+0", "0.0", "-1", "1.5", "nan", "-nan", "inf", "-inf", "infinity", "1e",
    "e1", ".", "-", "+", "--", "+-1", "1/0", "0/0", "1/", "/1", "1/2/3", "0x", "0x.p", "0x1p",
    "0xg", "0b1", "0o7", "1_000", "1,2", "1,,2", ",", "1 2", "\t1", "1\n", "1e400", "1e-400",
    "1e999999999", "1e-999999999", "0x1p999999999", "0x1p-999999999", "1e999999999/1e999999999",
    "3.5e38f", "1e-60f", "0f", "1ff", "f", "9" * 64, "9" * 65, "9" * 5000, "0." + "0" * 70 + "1",
    "1" + "0" * 10**7, "0x" + "f" * 10**6, "\u0661\u0662", "\uff11", "\u00bd", "\u22121",
    "1\u00a0", "1\x00", "\x00", "\x1b[31m1", "\ud800", "\udcff", "True", "None", "[]", "{}", "1j",
    "1L",
    "__import__('os')", "$(id)", "2147483648", "-2147483649", "18446744073709551616",
]
IDENTIFIERS = [
    "", " ", "_", "__", "_a", "a_", "a__b", "0a", "9", "a b", "a-b", "a.b", "a/b", "../a", "/a",
    "a\\b", "C:a", "~", "a\nb", "a\x00b", "a\x1b[0m", "a\u200db", "\u00fc", "\uff41", "\u4e2d",
    "\u0430", "a" * 63, "a" * 64, "a" * 10**6, "while", "class", "module", "WHILE", "endmodule",
    "int8_t",
    "main", "exp", "end", "whole", "NAN", "x", "y", "clk", "in", "out", "en", "NULL", "con", "NUL",
    "aux.h", "lpt1",
    "a*/", "a`b", "a??/", 'a"b', "a'b", "a;b", "a{{b}}", "verilator", "\udcff", "\ud800", "-a",
    "--name", "a" * 255 + "/" + "b",
]
WORDS = st.sampled_from([*NUMBERS, *IDENTIFIERS]) | st.text(max_size=40)
SHORT = st.text(max_size=12)

numbers = st.sampled_from(NUMBERS) | SHORT | st.integers().map(str) | st.floats().map(str)
identifiers = st.sampled_from(IDENTIFIERS) | SHORT


def mostly(*good: str) -> st.SearchStrategy[str]:
    """Return good values, and now and then a hostile one."""
    return st.sampled_from(good) | st.sampled_from(good) | WORDS


SCALES = ("1/16", "0.047f", "0x1p-7", "1/255", "1", "0.1")
# Small widths, so that what makes sense is built at once.
VALUES = {
    "--bits": mostly("2", "4", "8", "8"),
    "--in-bits": mostly("3", "8"),
    "--out-bits": mostly("2", "7"),
    "--range": mostly("-4,4", "0,1", "-1e-3,1e3", "4,-4", "1,1") | st.tuples(numbers, numbers).map(
        ",".join
    ),
    "--grid": mostly("pow2", "symmetric", "affine"),
    "--in-format": mostly("Q4.4", "UQ0.8", "Q0.4", "Q8.0"),
    "--out-format": mostly("Q4.4", "UQ0.8", "Q99.99"),
    "--in-scale": mostly(*SCALES) | numbers,
    "--in-zp": mostly("0", "3", "-128", "127") | numbers,
    "--out-scale": mostly(*SCALES) | numbers,
    "--out-zp": mostly("0", "-128") | numbers,
    "--rounding": mostly("half-even", "half-away", "half-up", "floor"),
    "--param": mostly("alpha=1", "alpha=0.2", "beta=2", "=", "alpha", "a=b=c")
    | st.tuples(identifiers, numbers).map("=".join),
    "--method": mostly("lut", "interp", "uniform", "pwl", "steps", "quadratic", "auto"),
    "--segments": mostly("1", "4", "16") | numbers,
    "--aligned": mostly("0", "2") | numbers,
    "--breakpoints": mostly("free", "dyadic"),
    "--fold": mostly("auto", "on", "off", "residual", "complement", "window"),
    "--max-error": mostly("0.5", "1", "faithful", "0.4") | numbers,
    "--max-bytes": mostly("0", "64", "1000") | numbers,
    "--name": mostly("act", "t_1") | identifiers,
    "--target": mostly("c", "json", "verilog", "c,json", "c,,json", "c c"),
    "--c-layout": mostly("header", "split"),
    "--latency": mostly("0", "1", "5", "64") | numbers,
    "--mem": mostly("embedded", "readmemh", "mif", "coe"),
    "--rom": mostly("auto", "block", "distributed"),
    "--multiplier": mostly("auto", "whole"),
    "--onnx-kind": mostly("auto", "lut"),
    "--jobs": mostly("1") | numbers,
    "--candidates": mostly("json"),
}
FLAGS = (
    "--unsigned", "--in-unsigned", "--out-unsigned", "--derivative", "--exact", "--enable",
    "--stream", "--json", "-q", "-v", "--explain", "--list-outputs", "--force",
)
FUNCTIONS = mostly("gelu", "relu", "elu", "tanh", "log", "reciprocal", "leaky_relu", "maxout")

option = st.one_of(
    *(st.tuples(st.just(name), values) for name, values in VALUES.items()),
    st.sampled_from(FLAGS).map(lambda flag: (flag,)),
)
options = st.lists(option, max_size=5).map(lambda found: [word for pair in found for word in pair])

# TOML and JSON

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.sampled_from([*NUMBERS])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SHORT, inner, max_size=3),
    max_leaves=8,
)


def toml(value: object) -> str:
    """Return a value as TOML, inline; what TOML cannot say is something like it."""
    match value:
        case None:
            return "1979-05-27"
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return json.dumps(value.encode("utf-8", "replace").decode("utf-8")[:100_000])
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            pairs = (f"{toml(key)} = {toml(entry)}" for key, entry in value.items())
            return f"{{ {', '.join(pairs)} }}"
    raise TypeError(type(value))
