"""What a cold `lutgen` costs, as ratios of CPU time measured in one run.

    python benchmarks/cold_start.py

prints the CPU time of each command over that of merely importing the libraries it cannot do
without, and exits 1 when a ratio is above its limit.  Runs are interleaved and the smallest of
each is taken, so that a busy machine disturbs both sides alike.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

ROUNDS = 20

LIBRARIES = "import click, jinja2, numpy, flint"
# What the installed command `lutgen` runs.
LUTGEN = "from lutgen.cli import entry; entry()"
PAIRS = (
    # name, command, baseline, limit
    ("build gelu --bits 8 --target c",
     ["-c", LUTGEN, "build", "gelu", "--bits", "8", "--target", "c", "-o", "out"],
     ["-c", LIBRARIES], 1.25),
    ("--help", ["-c", LUTGEN, "--help"], ["-c", "import click"], 1.5),
)


def cpu_seconds(arguments: list[str], folder: str) -> float:
    """Return the user and system time of one Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    failed = False
    print(f"{'command':<34} {'ms':>7} {'baseline ms':>12} {'ratio':>6} {'limit':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for name, command, baseline, limit in PAIRS:
            # The first run compiles the byte code.
            cpu_seconds(command, folder)
            times, bases = [], []
            for _ in range(ROUNDS):
                times.append(cpu_seconds(command, folder))
                bases.append(cpu_seconds(baseline, folder))
            ratio = min(times) / min(bases)
            failed |= ratio > limit
            print(f"{name:<34} {1e3 * min(times):>7.1f} {1e3 * min(bases):>12.1f} "
                  f"{ratio:>6.2f} {limit:>6.2f}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
