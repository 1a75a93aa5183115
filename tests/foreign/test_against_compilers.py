"""Arrays as C compilers see them: the second opinion on every value that is read."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from lutgen.foreign import read_array
from tests.tools import require_tool

TYPES = [
    "int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "signed char", "unsigned char", "short",
    "unsigned short", "int", "unsigned", "long", "int_least8_t", "short unsigned int",
]
SUFFIXES = ["", "", "", "u", "U", "l", "UL", "ull", "LLU"]
CHARACTERS = [
    "'a'", "' '", "'\"'", r"'\n'", r"'\x7f'", r"'\101'", r"'\0'", r"'\''", r"'\\'", r"'\xff'",
    r"'\200'",
]
BETWEEN = [" ", " ", "\n", "\t", "/* x */", "/* { } , ; \" ' \n // */", "// a, b }\n", " \\\n "]


# A form of a number: @ is another number.
FORMS = [
    "- @", "(@)", "(- @ - 1)", "(int8_t)@", "(uint8_t)(@)", "(const unsigned char) @", "~@", "+ @",
    "@ + @", "@ - @ - @", "@ * 3", "@ & 0x7f | @ ^ 5", "(int)(@) / 7 % 5", "(1 << 11)",
    "(@) / (@ | 1)", "(@) % 100u", "((@ & 0xffff) >> 3)", "((int16_t)(@) << 2) & 0xfff",
    "((@) >> ((@) & 7))", "(uint32_t)@ / 3", "(unsigned long)(@) % 7", "((int)~(@) >> 1)",
]


def literal(rng: random.Random, depth: int = 0) -> str:
    """Return a constant expression of C, in one of its many spellings."""
    value = rng.choice([rng.randrange(300), rng.randrange(70000), rng.randrange(10), 2**31 + 5])
    if depth < 3 and rng.random() < 0.4:
        parts = rng.choice(FORMS).split("@")
        return parts[0] + "".join(literal(rng, depth + 1) + part for part in parts[1:])
    return rng.choice([
        f"{value}{rng.choice(SUFFIXES)}", f"0x{value:x}{rng.choice(SUFFIXES)}", f"0X{value:X}",
        f"0{value:o}", f"0b{value:b}", rng.choice(CHARACTERS), "INT8_MIN", "UINT8_MAX", "INT16_MIN",
        "INT32_MIN", "UINT32_MAX", f"INT16_C({value % 30000})", "SCHAR_MAX", "CHAR_BIT",
    ])


def array(rng: random.Random, name: str) -> str:
    """Return the definition of an array."""
    kind, length, place, items = rng.choice(TYPES), 0, 0, []
    for _ in range(rng.randrange(1, 12)):
        designator = ""
        if rng.random() < 0.2:
            first = rng.randrange(20)
            last = first + rng.randrange(4) if rng.random() < 0.4 else first
            designator = f"[{first} ... {last}] = " if last > first else f"[{hex(first)}] = "
            place = last
        items.append(f"{rng.choice(BETWEEN)}{designator}{literal(rng)}{rng.choice(BETWEEN)}")
        place += 1
        length = max(length, place)
    size = rng.choice(["", str(length + rng.randrange(3)), f"{length} * 1u + 2", "32 << 1"])
    storage = rng.choice(["static const", "const", "", "const volatile", "ALIGN(8) const"])
    attribute = rng.choice(["", " __attribute__((aligned(4)))", " PROGMEM", ' IN(".data", 1)'])
    comma = rng.choice(["", ",", ", "])
    return f"{storage} {kind} {name}[{size}]{attribute} = {{{','.join(items)}{comma}}};\n"


HEAD = """#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#define PROGMEM
#define ALIGN(n) __attribute__((aligned(n)))
#define IN(section, n) __attribute__((unused))
"""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("seed", range(3))
def test_every_entry_is_what_the_compiler_stores(tmp_path: Path, compiler: str, seed: int) -> None:
    tool = require_tool(compiler)
    rng = random.Random(seed)
    names = [f"t{number}" for number in range(40)]
    made = {name: array(rng, name) for name in names}
    prints = "".join(
        f'printf("%zu ", 8 * sizeof *{name});'
        f'for (unsigned i = 0; i < sizeof {name} / sizeof *{name}; i++)'
        f' printf("%lld ", (long long){name}[i]); puts("");\n'
        for name in names
    )
    source = tmp_path / "arrays.c"
    text = HEAD + "".join(made.values())
    source.write_text(f"{text}int main(void) {{\n{prints}return 0;\n}}\n")
    built = tmp_path / "arrays"
    subprocess.run([*tool.command, "-std=gnu11", "-w", str(source), "-o", str(built)], check=True)
    rows = subprocess.run([built], capture_output=True, text=True, check=True).stdout.splitlines()

    for name, row in zip(names, rows, strict=True):
        found = read_array(source, name)
        bits, *entries = map(int, row.split())
        assert found.entries == tuple(entries), made[name]
        assert found.type.bits == bits, made[name]
        if min(entries) < 0:
            assert found.type.signed
