"""Kernels for the targets' tests: solved once, in several formats, and rows built by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from lutgen import activations, kernels, pipeline
from lutgen.kernels import Built, Channels, KernelReport, KernelRequest, KernelSpec
from lutgen.kernels._report import run
from lutgen.kernels._stimulus import Stimulus, stimulus
from lutgen.program import Program
from lutgen.request import Side
from lutgen.solution import Solution

OF_CHANNELS = {
    "prelu": ("alpha=0.1", "alpha=0.25", "alpha=1/3"),
    "srelu": ("tl=-1 ar=0.2", "tr=2.3 al=0.25"),
    "hard_tanh": ("lo=-2 hi=0.5", "lo=0 hi=3"),
    "elu": ("alpha=1", "alpha=0.3", "alpha=2"),
}
NAMES = (*kernels.names(), *(f"{name}_per_channel" for name in OF_CHANNELS))

FORMATS: Mapping[str, Mapping[str, object]] = {
    "default": {},
    "affine": {
        "inputs": {"in": Side("in", scale="0.047f", zero_point="3")},
        "output": Side("out", scale="0.031f", zero_point="-9"),
    },
    "unsigned": {
        "bits": 7,
        "inputs": {"in": Side("in", unsigned=True, scale="1/16", zero_point="60")},
        "output": Side("out", unsigned=True, scale="1/40", zero_point="50"),
    },
    "widened": {
        "bits": 5, "inputs": {"in": Side("in", scale="1/2")}, "output": Side("out", bits=12),
    },
}
"""What is asked of a kernel besides its name; the second inputs follow the first."""


def request(name: str, formats: str = "default", bits: int = 8, **more: object) -> KernelRequest:
    """Return the request for a kernel in one of the formats."""
    asked = {"bits": bits, **FORMATS[formats], **more}
    channels = None
    if name.endswith("_per_channel"):
        record = activations.get(name.removesuffix("_per_channel"))
        texts = OF_CHANNELS[record.name]
        channels = Channels(record, tuple(record.parse_parameters(t.split()) for t in texts))
    return KernelRequest(kernels.get(name), channels=channels, **asked)


@cache
def measured(name: str, formats: str = "default", bits: int = 8, **more: object) -> Solution:
    """Return the solution of a kernel."""
    return pipeline.solve(request(name, formats, bits, **more).resolve())


@cache
def solved(name: str, formats: str = "default", bits: int = 8, **more: object) -> Solution:
    """Return the solution of a kernel as far as targets need it."""
    return unmeasured(request(name, formats, bits, **more).resolve())


def unmeasured(spec: KernelSpec) -> Solution:
    """Return the solution of a spec without its errors, which are left at 0.

    To measure them would take longer than all that is tested of a target.
    """
    return _reported(spec, spec.kernel.build(spec), stimulus(spec))


def small(name: str, **more: object) -> Solution:
    """Return the solution of a kernel of 5 bits, whose inputs are few enough to be all run."""
    known = {port.side for port in solved(name).spec.ports}
    if name.endswith("_per_channel"):
        known.remove("in2")
    inputs = Frozen({side: Side(side, bits=5) for side in sorted(known)})
    return solved(name, bits=5, inputs=inputs, **more)


class Frozen(dict):
    """A mapping that a cache takes as an argument."""

    def __hash__(self) -> int:
        return hash(tuple(self.items()))


def of_rows(program: Program, lengths: tuple[int, ...] = (1, 2, 5, 33, 2, 5)) -> Solution:
    """Return a program of rows, which has one input x, as the solution of some spec."""
    (codes,) = program.inputs.values()
    inputs = {"x": codes}
    random = np.random.default_rng(len(program.values))
    noise = random.integers(codes.min_code, codes.max_code + 1, sum(lengths))
    noise[: lengths[0]], noise[-1] = codes.min_code, codes.max_code
    return _wrapped(program, "softmax", inputs, Stimulus({"x": noise}, lengths, "rows", False))


def of_numbers(program: Program, kernel: str = "glu") -> Solution:
    """Return a program of numbers as the solution of some spec of a kernel."""
    random = np.random.default_rng(len(program.values))
    noise = {
        name: random.integers(codes.min_code, codes.max_code + 1, 500)
        for name, codes in program.inputs.items()
    }
    return _wrapped(program, kernel, program.inputs, Stimulus(noise, (), "numbers", False))


def _wrapped(
    program: Program, kernel: str, inputs: Mapping[str, object], given: Stimulus
) -> Solution:
    some: KernelSpec = KernelRequest(kernels.get(kernel), bits=2).resolve()
    outputs = {output.name: output.format for output in program.outputs}
    spec = replace(some, name=program.name, inputs=inputs, outputs=outputs)
    return _reported(spec, Built(program), given)


def _reported(spec: KernelSpec, built: Built, given: Stimulus) -> Solution:
    codes = run(built, given)
    report = KernelReport(
        spec, given, codes, np.zeros(given.count * len(codes)), 0, built.bound_lsb,
        built.program.storage_bytes,
    )
    return Solution(spec, built.program, report)
