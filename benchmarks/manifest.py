"""How long a manifest of 1,000 INT8 tables takes.

    python benchmarks/manifest.py [--jobs N]

builds 1,000 different tables, every activation of the catalogue in turn, each a header and a
sidecar; then once more, where nothing changes.  It prints the seconds that passed and those of
the processors, and exits 1 where the first build takes a minute or longer.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lutgen import activations

TABLES, LIMIT_SECONDS = 1000, 60


def manifest() -> str:
    """Return a manifest of different tables."""
    names = activations.names()
    return "".join(
        f'[[table]]\nfunction = "{names[i % len(names)]}"\nname = "table_{i}"\n'
        f'in_scale = "{10 + i % 83}/1000"\nin_zp = {i % 61 - 30}\n'
        for i in range(TABLES)
    )


def measured(command: list[str], folder: str) -> tuple[float, float]:
    """Return the seconds that pass, and those that processors are busy, for a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    passed, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return passed, busy


def main() -> int:
    command = [sys.executable, "-m", "lutgen", "build", *sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "lutgen.toml").write_text(manifest())
        times = [measured(command, folder) for _ in range(2)]
        files = len(list((Path(folder) / "generated").iterdir()))
    for name, (passed, busy) in zip(("first build", "again"), times, strict=True):
        print(f"{name:<12} {passed:6.1f} s, {busy:6.1f} s of processors, {files} files")
    return int(times[0][0] >= LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
