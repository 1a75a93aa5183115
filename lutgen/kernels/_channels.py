"""The parameters of every channel of an activation that is learned per channel."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from lutgen import activations
from lutgen.activations._record import Activation
from lutgen.errors import UsageError, shown
from lutgen.numerics.literals import Number

MOST_CHANNELS = 65536
MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class Channels:
    """One set of parameters for every channel.

    Attributes:
        activation: the function that all channels share.
        sets: the parameters of each channel by name, defaults included.
    """

    activation: Activation
    sets: tuple[Mapping[str, Number], ...]

    @property
    def count(self) -> int:
        """How many channels there are."""
        return len(self.sets)

    @classmethod
    def read(cls, path: Path, activation: Activation) -> Channels:
        """Return the channels of a CSV file.

        The file has a line for every channel.  Its columns are the parameters that its first line
        names; without such a line, the activation's first ones in order.

        Raises:
            UsageError: the file cannot be read, or a line does not hold such parameters.
        """
        try:
            if path.exists() and not path.is_file():
                raise UsageError(f"--channels {path}: is not a regular file; give a CSV file")
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            text = content.decode("utf-8-sig")
        except OSError as problem:
            raise UsageError(f"--channels {path}: {problem.strerror}") from None
        except UnicodeDecodeError:
            raise UsageError(f"--channels {path}: must be UTF-8 text") from None
        if len(content) > MAX_BYTES:
            raise UsageError(f"--channels {path}: must have at most {MAX_BYTES} bytes")
        try:
            rows = [
                [cell.strip() for cell in row] for row in csv.reader(StringIO(text), strict=True)
            ]
        except csv.Error as problem:
            raise UsageError(f"--channels {path}: not CSV ({problem})") from None
        lines = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
        known = [parameter.name for parameter in activation.parameters]
        if not known:
            raise UsageError(f"--channels: {activation.name} has no parameters")
        names = known[: len(lines[0][1])] if lines else known
        if lines and any(re.match("[A-Za-z_]", cell) for cell in lines[0][1]):
            number, names = lines.pop(0)
            strange = [name for name in names if name not in known]
            if strange or len(set(names)) != len(names):
                problem = f"{shown(strange[0])} is none" if strange else "one is named twice"
                raise UsageError(
                    f"--channels {path}, line {number}: must name parameters of "
                    f"{activation.name}, which are {', '.join(known)}; {problem}"
                )
        if not 1 <= len(lines) <= MOST_CHANNELS:
            raise UsageError(f"--channels {path}: must have 1 to {MOST_CHANNELS} channels")
        sets = []
        for number, row in lines:
            where = f"--channels {path}, line {number}"
            if len(row) != len(names):
                raise UsageError(f"{where}: must have {len(names)} columns, has {len(row)}")
            try:
                sets.append(_parsed(activation, zip(names, row, strict=True)))
            except UsageError as problem:
                raise UsageError(f"{where}: {problem}") from None
        return cls(activation, tuple(sets))

    def document(self) -> dict[str, object]:
        """Return the channels as the JSON object that ``from_document`` reads."""
        names = [parameter.name for parameter in self.activation.parameters]
        return {
            "activation": self.activation.name,
            "parameters": {name: [each[name].text for each in self.sets] for name in names},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Channels:
        """Return the channels that ``document`` describes.

        Raises:
            UsageError: they are not parameters of the activation.
        """
        activation = activations.get(str(document["activation"]))
        columns = {str(name): list(texts) for name, texts in dict(document["parameters"]).items()}
        rows = zip(*columns.values(), strict=True)
        return cls(
            activation,
            tuple(_parsed(activation, zip(columns, map(str, row), strict=True)) for row in rows),
        )


def _parsed(activation: Activation, cells: Iterable[tuple[str, str]]) -> Mapping[str, Number]:
    return activation.parse_parameters(f"{name}={text}" for name, text in cells)
