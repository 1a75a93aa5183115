"""What the searches of the methods cost, in CPU seconds and against a yardstick of the same run.

    python benchmarks/search.py             the INT16 pwl search at 0.625 LSB, every function
    python benchmarks/search.py gelu tanh   only these
    python benchmarks/search.py --catalogue every function at 8 and 16 bits, solved by default

Exits 1 when a limit is passed: 2 s for one search, 3 minutes of two cores for the catalogue.  The
yardstick is a fixed piece of pure Python and NumPy, about as mixed as the search is; it is
measured before every function, so that the ratio says the same on a slow or busy machine.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from multiprocessing import Pool

import numpy as np

from lutgen import activations, methods, pipeline
from lutgen.ideal import Ideal
from lutgen.program import Program
from lutgen.request import Request
from lutgen.spec import Method

SEARCH_LIMIT = 2.0
CATALOGUE_LIMIT = 180.0
CORES = 2

PWL = Method("pwl", max_error="0.625")


def yardstick() -> float:
    """Return the CPU seconds of a fixed piece of work: integer loops, then array passes."""
    start = time.process_time()
    below, above, kept = -(2**40), 2**40, []
    for code in range(1, 120_000):
        rise = (code * code >> 7) + (code & 5)
        if rise * 3 > below * code:
            below = rise // code
        if rise * 3 < above * code:
            above = rise // code + 1
        while len(kept) > 1 and kept[-1] <= kept[-2]:
            kept.pop()
        kept.append(rise - below)
    codes = np.arange(1 << 16)
    for shift in range(60):
        np.minimum.accumulate((codes * codes >> shift) - codes)
    return time.process_time() - start


def search(name: str) -> tuple[Program, float, float]:
    """Return the pwl program at 16 bits, the CPU seconds of its search, and the yardstick's."""
    spec = replace(Request(name, bits=16).resolve(), method=PWL)
    ideal = Ideal.of(spec)
    unit = yardstick()
    start = time.process_time()
    program = methods.approximate(ideal)
    return program, time.process_time() - start, unit


def searches(names: list[str]) -> bool:
    """Print one line per function; return whether each search stayed below its limit."""
    print(f"{'function':<20} {'segments':>8} {'least':>6} {'fold':<5} {'bytes':>6} "
          f"{'seconds':>8} {'ratio':>6}")
    worst, total = 0.0, 0.0
    for name in names:
        program, seconds, unit = search(name)
        worst, total = max(worst, seconds), total + seconds
        late = "  over the limit" if seconds > SEARCH_LIMIT else ""
        row = f"{name:<20} {program.segments:>8} {program.minimum:>6} {program.fold:<5} "
        row += f"{program.storage_bytes:>6} {seconds:>8.2f} {seconds / unit:>6.1f}{late}"
        print(row, flush=True)
    print(f"slowest {worst:.2f} s of {SEARCH_LIMIT:.0f}, all {total:.1f} s CPU, "
          f"yardstick {unit:.3f} s")
    return worst <= SEARCH_LIMIT


def solve(case: tuple[str, int]) -> tuple[str, int, str, int, float]:
    """Return name, width, method, bytes and CPU seconds of one solution, ideal included."""
    name, bits = case
    start = time.process_time()
    method = Method("auto") if bits == 8 else Method(None)
    program = pipeline.solve(Request(name, bits=bits, method=method).resolve()).program
    return name, bits, program.method, program.storage_bytes, time.process_time() - start


def catalogue(names: list[str]) -> bool:
    """Print what the whole catalogue costs; return whether it stayed below its limit."""
    cases = [(name, bits) for bits in (16, 8) for name in names]
    start, total = time.monotonic(), 0.0
    print(f"{'function':<20} {'bits':>4} {'method':<10} {'bytes':>6} {'seconds':>8}")
    with Pool(CORES) as pool:
        for name, bits, method, size, seconds in pool.imap_unordered(solve, cases):
            total += seconds
            print(f"{name:<20} {bits:>4} {method:<10} {size:>6} {seconds:>8.2f}", flush=True)
    # CPU time shared by the cores, since others may keep them busy meanwhile.
    elapsed, shared = time.monotonic() - start, total / CORES
    print(f"{len(cases)} tables: {total:.1f} s CPU, {shared:.1f} s on {CORES} cores "
          f"(limit {CATALOGUE_LIMIT:.0f}), {elapsed:.1f} s elapsed")
    return shared <= CATALOGUE_LIMIT


def main() -> int:
    words = sys.argv[1:]
    names = [word for word in words if not word.startswith("-")] or [*activations.names()]
    kept = catalogue(names) if "--catalogue" in words else searches(names)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
