"""``lutgen.toml``: many tables in one file, each asked for by the options of ``build``."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lutgen import reading
from lutgen.errors import UsageError, shown
from lutgen.samples import SUFFIX
from lutgen.spec import Spec

FILE_NAME = "lutgen.toml"
MAX_BYTES = 1 << 20
MAX_TABLES = 4096
MAX_LINE = 10_000
"""Characters; the time that Python's reader takes for a dotted key grows with its square."""

PATHS = frozenset(["table", "channels", "template_dir"])
"""Options that name a file or folder; in a manifest it is in the manifest's folder."""

_TEXTS = frozenset([*PATHS, "function", "name", "description", "output"])
"""Keys whose values are no numbers."""

_ADVICE = "keys are the options of lutgen build, with _ for -"
_LONGEST_NAME = 255
_MOST_DIGITS = 4300
"""Of a whole number, which Python turns into one."""

Options = dict[str, object]


class NumberText(str):
    """A number with a point, or one that is not finite, as it is written."""

    __slots__ = ()


class Manifest(NamedTuple):
    """The tables of a manifest.

    Attributes:
        folder: where the manifest is, which its paths are relative to.
        output: where the files go; None where it does not say.
        tables: the options of each, defaults included: texts, true or false, and lists of texts.
    """

    folder: Path
    output: Path | None
    tables: tuple[Options, ...]


def find(folder: Path) -> Path | None:
    """Return the manifest of a folder: ``lutgen.toml``, else a pyproject that holds one."""
    path = folder / FILE_NAME
    # Whatever has that name is meant to be one, and what is wrong with it is worth a word.
    if os.path.lexists(path):
        return path
    path = folder / "pyproject.toml"
    return path if _holds_tables(path) else None


def _holds_tables(path: Path) -> bool:
    """Return whether a project's file, which is most often none of ours, holds a manifest."""
    try:
        return b"[tool.lutgen" in reading.content(path, MAX_BYTES)
    except OSError:
        return False


def read(path: Path, flags: Collection[str], texts: Collection[str]) -> Manifest:
    """Return the tables of a manifest, checked as far as that goes without making them.

    Args:
        path: ``lutgen.toml``, or a ``pyproject.toml`` with ``[tool.lutgen]``.
        flags: options that are true or false.
        texts: options that take a value.

    Raises:
        UsageError: not such a file, an unknown key, or a value of the wrong kind.
    """
    document, prefix = _document(path), ""
    if path.name == "pyproject.toml":
        document = _table(_table(document.get("tool", {}), f"{path}: tool").get("lutgen", {}),
                          f"{path}: tool.lutgen")
        prefix = "tool.lutgen."
    _check_keys(
        document, ("defaults", "table"), str(path),
        f"the keys of a table go under [{prefix}defaults] or [[{prefix}table]]",
    )
    defaults = dict(_table(document.get("defaults", {}), f"{path}, defaults"))
    output = defaults.pop("output", None)
    tables = document.get("table", [])
    if not isinstance(tables, list) or not 1 <= len(tables) <= MAX_TABLES:
        there = len(tables) if isinstance(tables, list) else "a single one, or no table"
        raise UsageError(
            f"{path}: must have 1 to {MAX_TABLES} tables, got {there}; begin each with "
            f"[[{prefix}table]], in double brackets"
        )
    found = []
    known = (*flags, *texts)
    _check_keys(defaults, known, f"{path}, defaults", _ADVICE)
    for number, table in enumerate(tables, start=1):
        where = f"{path}, table {number}"
        own = _table(table, where)
        if "output" in own:
            raise UsageError(
                f"{where}, output: all tables go into one folder; write it into [{prefix}defaults]"
            )
        _check_keys(own, known, where, _ADVICE)
        merged = {**defaults, **own}
        options = {key: _value(key, value, flags, where) for key, value in merged.items()}
        for key in PATHS & options.keys():
            options[key] = str(path.parent / _inside(str(options[key]), f"{where}, {key}"))
        found.append(options)
    place = None if output is None else path.parent / _inside(output, f"{path}, output")
    return Manifest(path.parent, place, tuple(found))


def text(specs: Iterable[Spec], targets: Iterable[str], form: Mapping[str, object]) -> str:
    """Return the manifest that asks for exactly these tables, in the folder it is in.

    Args:
        specs: the tables; those of samples name the file beside them.
        targets: what each is written for.
        form: options about the form of the files that are not at their defaults.
    """
    lines = [
        "# The tables of a model, made by lutgen from-model.  Edit it, and run: lutgen build",
        "",
        "[defaults]",
        f"target = {json.dumps(list(targets))}",
        *(f"{key} = {json.dumps(value)}" for key, value in form.items()),
        'output = "."',
    ]
    for spec in specs:
        lines += ["", "[[table]]", *(f"{key} = {value}" for key, value in _entry(spec))]
    return "\n".join([*lines, ""])


def _entry(spec: Spec) -> Iterable[tuple[str, str]]:
    """Yield the keys of a table with their values as TOML."""
    if spec.samples is not None:
        yield "table", json.dumps(f"{spec.name}{SUFFIX}")
    elif spec.expression is not None:
        yield "expr", json.dumps(spec.expression)
    else:
        yield "function", json.dumps(spec.activation.name)
    if spec.parameters:
        pairs = (f"{key} = {json.dumps(n.text)}" for key, n in spec.parameters.items())
        yield "params", f"{{ {', '.join(pairs)} }}"
    yield "name", json.dumps(spec.name)
    for side, codes in (("in", spec.input), ("out", spec.output)):
        yield f"{side}_bits", str(codes.width)
        if not codes.signed:
            yield f"{side}_unsigned", "true"
        yield f"{side}_scale", json.dumps(codes.scale_text)
        yield f"{side}_zp", str(codes.zero_point)
    yield "rounding", json.dumps(spec.rounding)
    for key, value in spec.method.document().items():
        yield ("method" if key == "name" else key), json.dumps(value)
    if spec.description:
        yield "description", json.dumps(spec.description)


def _document(path: Path) -> Mapping[str, object]:
    """Return the TOML in a file; numbers with a point stay the text they are."""
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import tomli as tomllib
    content = _content(path)
    try:
        # Nothing but a text that never ends is wrong behind the last line.
        return tomllib.loads(f"{content}\n", parse_float=NumberText)
    except RecursionError:
        raise UsageError(f"{path}: not TOML (nested too deeply)") from None
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"{path}: not TOML ({shown(problem, 100)[1:-1]})") from None
    except ValueError:
        # All that Python refuses of what is TOML is a whole number of very many digits.
        found = re.search(rf"[0-9_]{{{_MOST_DIGITS}}}", content)
        line = f", line {content.count(chr(10), 0, found.start()) + 1}" if found else ""
        raise UsageError(f"{path}{line}: a number has too many digits") from None


def _content(path: Path) -> str:
    """Return the text of a manifest, with one character at the end of each line."""
    try:
        content = re.sub("\r\n?", "\n", reading.text(reading.content(path, MAX_BYTES)))
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}; give a lutgen.toml") from None
    except ValueError as problem:
        raise UsageError(f"{path}: {problem}") from None
    for number, line in enumerate(content.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise UsageError(f"{path}: line {number} is longer than {MAX_LINE} characters")
    return content


def _table(
    value: object, where: str, what: str = "must be a table of options"
) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise UsageError.about(where, what, value)
    return value


def _check_keys(
    given: Mapping[str, object], known: Collection[str], where: str, advice: str
) -> None:
    """Refuse keys that are not known, with the nearest that is, or else advice."""
    for key in given:
        if key not in known:
            near = get_close_matches(key[:80].lower().replace("-", "_"), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else advice
            raise UsageError(f"{where}: unknown key {shown(key)}; {hint}")


def _value(key: str, value: object, flags: Collection[str], where: str) -> object:
    """Return the value of an option as the command line would have it."""
    argument = f"{where}, {key}"
    if key in flags:
        if not isinstance(value, bool):
            raise UsageError.about(argument, "must be true or false", value)
        return value
    if key == "params":
        pairs = _table(value, argument, "must be a table such as { alpha = 0.1 }").items()
        return [f"{name}={_text(number, f'{argument}.{name}')}" for name, number in pairs]
    if key == "range" and isinstance(value, list):
        return ",".join(_text(end, argument) for end in value)
    if key in ("target", "report", "require"):
        return [_text(name, argument) for name in (value if isinstance(value, list) else [value])]
    if key in _TEXTS and not _is_text(value):
        raise UsageError.about(argument, "must be a text in quotation marks", value)
    if value == "" and key != "description":
        raise UsageError(f"{argument}: must not be empty; leave it out for its default")
    return _text(value, argument)


def _is_text(value: object) -> bool:
    """Return whether a value is written in quotation marks."""
    return isinstance(value, str) and not isinstance(value, NumberText)


def _text(value: object, argument: str) -> str:
    """Return a text or a number as text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError.about(argument, "must be a text or a number", value)
    try:
        return str(value)
    except ValueError:
        raise UsageError(f"{argument}: has too many digits") from None


def _inside(text: object, argument: str) -> PurePosixPath:
    """Return a relative path that stays in the manifest's folder."""
    if not _is_text(text) or not text:
        raise UsageError.about(argument, "must be a text in quotation marks, not empty", text)
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or "\0" in text:
        raise UsageError.about(argument, "must be a path inside the manifest's folder", text)
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in path.parts):
        raise UsageError.about(argument, f"must have names of at most {_LONGEST_NAME} bytes", text)
    return path
