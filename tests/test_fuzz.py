"""The command line under hostile input: an answer or one line of error, soon, and nothing else.

Hypothesis chooses; the number of examples is fixed.  Processor time is limited, which a busy
machine does not change.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lutgen.cli import MAX_MESSAGE, main
from tests.strategies import (
    FUNCTIONS,
    SHORT,
    VALUES,
    WORDS,
    identifiers,
    mostly,
    numbers,
    options,
    toml,
    values,
)

ROOT = Path(__file__).resolve().parent.parent

SECONDS = 20
"""Of processor time, for one command."""

fuzzed = settings(
    deadline=None, max_examples=120,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _late(number: int, frame: FrameType | None) -> None:
    raise AssertionError(f"took more than {SECONDS} seconds")


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Let what runs take only so much processor time."""
    before = signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Make a new folder the working folder, for a while."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def run(words: Sequence[str]) -> tuple[int, str, str]:
    """Run a command in this process; return its code and what it said."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]), limited():
        code = main(list(words))
    return code, *(stream.buffer.getvalue().decode("utf-8") for stream in streams)


def check_answer(words: Sequence[str], place: Path) -> int:
    """Run a command and return its code, once it has answered as it should.

    Args:
        words: of the command line.
        place: the working folder; a command that fails leaves it as it was.
    """
    before = sorted(place.rglob("*"))
    code, out, err = run(words)
    if code == 0:
        assert err == ""
        return 0
    assert code in (1, 2)
    assert re.fullmatch(r"error: [^\n]+\n", err), err
    assert err[:-1].isprintable() and len(err) < MAX_MESSAGE + 100, err
    assert not err.startswith("error: internal"), err
    assert out == ""
    assert sorted(place.rglob("*")) == before
    return code


@fuzzed
@given(command=st.sampled_from(["build", "build", "report"]), function=FUNCTIONS, words=options)
def test_options_in_any_combination(command: str, function: str, words: list[str]) -> None:
    with folder() as place:
        code = check_answer([command, function, *words], place)
        stray = [path for path in place.rglob("*") if ".lutgen-tmp" in path.name]
        assert stray == []
        if code == 0 and command == "build" and "--list-outputs" not in words:
            assert check_answer(["check", "-q"], place) == 0


@pytest.mark.parametrize("option", VALUES)
def test_every_option_with_every_hostile_value(option: str) -> None:
    @settings(fuzzed, max_examples=30)
    @given(VALUES[option] | numbers | identifiers)
    def examined(value: str) -> None:
        with folder() as place:
            check_answer(["build", "elu", "--bits", "4", f"{option}={value}"], place)

    examined()


@fuzzed
@given(st.lists(WORDS | st.sampled_from([*VALUES, "build", "report", "show", "list", "verify"])))
def test_words_without_any_sense(words: list[str]) -> None:
    with folder() as place:
        code, _, err = run(words)
        if words and code:
            assert re.fullmatch(r"error: [^\n]+\n", err) and "internal" not in err, err
        assert [path for path in place.rglob("*") if ".lutgen-tmp" in path.name] == []


@fuzzed
@given(name=WORDS, command=st.sampled_from(["show", "verify", "check", "from-model"]))
def test_names_that_are_none(name: str, command: str) -> None:
    with folder() as place:
        name = sayable(name)
        if not name.startswith("-"):
            assert check_answer([command, name], place) or command == "show"


KEYS = [option.removeprefix("--").replace("-", "_") for option in VALUES]
KEYS += ["function", "target", "params", "description", "table", "exact", "optimize"]
keys = st.sampled_from(KEYS) | SHORT
tables = st.lists(st.dictionaries(keys, values, max_size=4), min_size=1, max_size=3)


def manifest(text: str | bytes, *words: str) -> int:
    """Build a manifest of this text."""
    with folder() as place:
        content = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        (place / "lutgen.toml").write_bytes(content)
        return check_answer(["build", "--jobs", "1", *words], place)


@fuzzed
@given(defaults=st.dictionaries(keys, values, max_size=2), found=tables)
def test_manifests_of_wrong_values(defaults: dict, found: list[dict]) -> None:
    lines = ["[defaults]", *(f"{toml(k)} = {toml(v)}" for k, v in defaults.items())]
    for table in found:
        merged = {"function": "relu", "bits": 4, **table}
        lines += ["[[table]]", *(f"{toml(k)} = {toml(v)}" for k, v in merged.items())]
    manifest("\n".join(lines))


@fuzzed
@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_manifests_that_are_not_toml(text: str) -> None:
    assert manifest(text) != 0


HUGE = {
    "nesting": "a = " + "[" * 100_000,
    "tables": "[" * 900 + "a" + "]" * 900,
    "dotted": ".".join(["a"] * 100_000) + " = 1",
    "inline": "a = " + "{a=" * 50_000,
    "digits": f"[[table]]\nfunction = 'gelu'\nbits = {'9' * 500_000}",
    "hexadecimal": f"[[table]]\nfunction = 'gelu'\nbits = 0x{'9' * 500_000}",
    "string": f"[[table]]\nfunction = '{'g' * 900_000}'",
    "key": f"[[table]]\n{'k' * 900_000} = 1",
    "length": "#" * (1 << 21),
    "many": "[[table]]\n" * 5000,
    "keys": "[[table]]\n" + "".join(f"k{n} = 1\n" for n in range(60_000)),
    "nul": "[[table]]\nfunction = 'gelu'\x00",
    "output": '[defaults]\noutput = "a\\u0000b"\n[[table]]\nfunction = "gelu"',
    "climb": '[defaults]\noutput = "a/../../b"\n[[table]]\nfunction = "gelu"',
    "long path": f'[defaults]\noutput = "{"a" * 5000}"\n[[table]]\nfunction = "gelu"',
    "deep path": f'[defaults]\noutput = "{"a/" * 5000}"\n[[table]]\nfunction = "gelu"',
    "bom": "\ufeff[[table]]\nfunction = 3",
    "params": "[[table]]\nfunction = 'elu'\nparams = {" + ", ".join(
        f"k{n} = 1" for n in range(20_000)
    ) + "}",
}


@pytest.mark.parametrize("name", HUGE)
def test_manifests_that_are_too_much(name: str) -> None:
    assert manifest(HUGE[name]) != 0


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "loop"])
def test_manifests_that_are_no_files(kind: str) -> None:
    with folder() as place:
        path = place / "m.toml"
        match kind:
            case "fifo":
                os.mkfifo(path)
            case "folder":
                path.mkdir()
            case "device":
                path.symlink_to("/dev/zero")
            case "loop":
                path.symlink_to("m.toml")
        for words in (["build", "--manifest"], ["check", "--manifest"], ["build", "--table"],
                      ["from-model"], ["verify"]):
            named = ["--name", "q"] if "--table" in words else []
            assert check_answer([*words, "m.toml", *named], place) in (1, 2)


@settings(fuzzed, max_examples=12)
@given(
    command=st.sampled_from(["build", "report"]), function=FUNCTIONS,
    words=options | st.lists(WORDS, max_size=3),
)
def test_processes_stay_within_memory_and_time(command: str, function: str, words) -> None:
    """The same from outside: arguments as the system passes them, and limits that it enforces."""
    given = [sayable(word)[:100_000] for word in (command, function, *words)]
    with folder() as place:
        found = subprocess.run(
            [sys.executable, "-m", "lutgen", *map(os.fsencode, given)],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, cwd=place,
            preexec_fn=bounded, check=False,
        )
        err = found.stderr.decode("utf-8")
        assert found.returncode in (0, 1, 2), err
        assert re.fullmatch(r"error: [^\n]+\n" if found.returncode else "", err), err
        assert "internal" not in err


def sayable(word: str) -> str:
    """Return a word that the system can pass: no NUL; lone surrogates only that stand for bytes."""
    return re.sub("[\0\ud800-\udc7f\udd00-\udfff]", "?", word)


def bounded() -> None:
    """Let a process have 1 GiB of address space and half a minute of a processor."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))


def leaves(document: object, path: tuple = ()) -> Iterator[tuple]:
    """Yield the way to everything in a JSON document."""
    if path:
        yield path
    items = document.items() if isinstance(document, dict) else (
        enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield from leaves(value, (*path, key))


@pytest.fixture(scope="module")
def sidecar() -> dict:
    with folder() as place:
        assert run(["build", "elu", "--bits", "4", "--target", "c,json"])[0] == 0
        return json.loads((place / "generated" / "elu_s4.lutgen.json").read_text())


@fuzzed
@given(data=st.data())
def test_sidecars_that_were_tampered_with(sidecar: dict, data: st.DataObject) -> None:
    document = json.loads(json.dumps(sidecar))
    for _ in range(data.draw(st.integers(1, 2))):
        *way, last = data.draw(st.sampled_from(sorted(leaves(document), key=repr)))
        holder = document
        for key in way:
            holder = holder[key]
        if data.draw(st.booleans()):
            holder[last] = data.draw(values)
        else:
            del holder[last]
    with folder() as place:
        (place / "elu_s4.lutgen.json").write_text(json.dumps(document))
        code, _, err = run(["check", "."])
        assert code == 1
        assert re.fullmatch(r"error: [^\n]+\n|build again [a-z ]+\n", err) and "internal" not in err
        # A build beside it is a build.
        assert run(["build", "elu", "--bits", "4", "-q", "-o", ".", "--force"])[0] == 0


@fuzzed
@given(
    st.lists(st.tuples(numbers, numbers).map(",".join) | SHORT).map("\n".join)
    | st.binary(max_size=400).map(lambda b: b.decode("latin-1")),
    mostly("-1,1", "0,1"),
    st.sampled_from(["mine.csv", "mine.npy", "mine"]),
)
def test_tables_of_anything(text: str, covered: str, name: str) -> None:
    with folder() as place:
        (place / name).write_bytes(text.encode("utf-8", "replace"))
        check_answer(
            ["build", "--table", name, f"--range={covered}", "--name", "q", "--bits", "4"], place
        )


@settings(fuzzed, max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(["m.onnx", "m.tflite", "m"]))
def test_models_of_anything(content: bytes, name: str) -> None:
    with folder() as place:
        (place / name).write_bytes(content)
        assert check_answer(["from-model", name], place) != 0
