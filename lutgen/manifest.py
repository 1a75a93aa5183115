"""``lutgen.toml``: many tables in one file, each asked for by the options of ``build``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import NamedTuple

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

Options = dict[str, object]


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
    for name in (FILE_NAME, "pyproject.toml"):
        path = folder / name
        if path.is_file() and (name == FILE_NAME or _holds_tables(path)):
            return path
    return None


def _holds_tables(path: Path) -> bool:
    """Return whether a project's file, which is most often none of ours, holds a manifest."""
    return path.stat().st_size <= MAX_BYTES and b"[tool.lutgen" in path.read_bytes()


def read(path: Path, flags: Collection[str], texts: Collection[str]) -> Manifest:
    """Return the tables of a manifest, checked as far as that goes without making them.

    Args:
        path: ``lutgen.toml``, or a ``pyproject.toml`` with ``[tool.lutgen]``.
        flags: options that are true or false.
        texts: options that take a value.

    Raises:
        UsageError: not such a file, an unknown key, or a value of the wrong kind.
    """
    document = _document(path)
    if path.name == "pyproject.toml":
        document = _table(_table(document.get("tool", {}), f"{path}: tool").get("lutgen", {}),
                          f"{path}: tool.lutgen")
    _check_keys(document, ("defaults", "table"), str(path))
    defaults = dict(_table(document.get("defaults", {}), f"{path}, defaults"))
    output = defaults.pop("output", None)
    tables = document.get("table", [])
    if not isinstance(tables, list) or not 1 <= len(tables) <= MAX_TABLES:
        raise UsageError(f"{path}: must have 1 to {MAX_TABLES} [[table]] entries")
    found = []
    for number, table in enumerate(tables, start=1):
        where = f"{path}, table {number}"
        merged = {**defaults, **_table(table, where)}
        _check_keys(merged, (*flags, *texts), where)
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
    try:
        if not path.is_file():
            kind = "is not a regular file" if path.exists() else "does not exist"
            raise UsageError(f"{path}: {kind}; give --manifest a TOML file")
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path}: must be a file of at most {MAX_BYTES} bytes")
        content = path.read_text(encoding="utf-8")
        for number, line in enumerate(content.split("\n"), start=1):
            if len(line) > MAX_LINE:
                raise UsageError(f"{path}: line {number} is longer than {MAX_LINE} characters")
        return tomllib.loads(content, parse_float=str)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror or problem}") from None
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"{path}: not TOML ({shown(problem, 100)[1:-1]})") from None


def _table(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise UsageError.about(where, "must be a table of options", value)
    return value


def _check_keys(given: Mapping[str, object], known: Collection[str], where: str) -> None:
    """Refuse keys that are not known, with the nearest that is."""
    for key in given:
        if key not in known:
            near = get_close_matches(key[:80].lower().replace("-", "_"), known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"{where}: unknown key {shown(key)}{hint}")


def _value(key: str, value: object, flags: Collection[str], where: str) -> object:
    """Return the value of an option as the command line would have it."""
    argument = f"{where}, {key}"
    if key in flags:
        if not isinstance(value, bool):
            raise UsageError.about(argument, "must be true or false", value)
        return value
    if key == "params":
        pairs = _table(value, argument).items()
        return [f"{name}={_text(number, f'{argument}.{name}')}" for name, number in pairs]
    if key == "range" and isinstance(value, list):
        return ",".join(_text(end, argument) for end in value)
    if key in ("target", "report", "require"):
        return [_text(name, argument) for name in (value if isinstance(value, list) else [value])]
    return _text(value, argument)


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
    path = PurePosixPath(_text(text, argument))
    if path.is_absolute() or ".." in path.parts or "\\" in str(path) or "\0" in str(path):
        raise UsageError.about(argument, "must be a path inside the manifest's folder", path)
    return path
