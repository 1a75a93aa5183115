"""Kernels for the targets' tests: solved once, in several formats, and programs at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from lutgen import activations, kernels, pipeline
from lutgen.kernels import Built, Channels, KernelReport, KernelRequest, KernelSpec
from lutgen.kernels._report import run
from lutgen.kernels._stimulus import Stimulus, stimulus
from lutgen.program import Builder, Output, Program
from lutgen.request import Side
from lutgen.solution import Solution
from tests.targets.programs import S8, U8

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


def at_random(seed: int, *names: str) -> Program:
    """Return a program of some twenty random operations; of rows where it has one input."""
    random = np.random.default_rng(seed)
    b = Builder(f"random{seed}")
    refs = [b.input(name, (S8, U8)[seed % 2]) for name in names]

    def pick() -> int:
        if random.random() < 0.2:
            return b.const(int(random.choice([-7, 0, 1, 5, 255, 40000, -(2**31)])))
        return int(random.choice(refs))

    def quotient(name: str) -> int:
        dividend = b.max(f"{name}_dividend", pick(), b.const(0))
        return b.divide(name, dividend, b.max(f"{name}_divisor", pick(), b.const(1)))

    steps: list[Callable[[str], int]] = [
        lambda name: b.add(name, pick(), pick()),
        lambda name: b.sub(name, pick(), pick()),
        lambda name: b.mul(name, pick(), pick()),
        lambda name: b.max(name, pick(), pick()),
        lambda name: b.min(name, pick(), pick()),
        lambda name: b.shift_right(name, pick(), int(random.integers(0, 20))),
        lambda name: b.low_bits(name, pick(), int(random.integers(1, 20))),
        lambda name: b.select(name, pick(), pick(), pick()),
        lambda name: b.segment(name, pick(), tuple(range(-50, 90, int(random.integers(1, 9))))),
        quotient,
    ]
    if len(names) == 1:
        steps += [
            lambda name: b.reduce_max(name, int(random.choice(refs))),
            lambda name: b.reduce_sum(name, int(random.choice(refs)), 64),
        ] * 2
    for number in range(20):
        try:
            refs.append(random.choice(steps)(f"v{number}"))
        except ValueError:
            continue
    b_low = b.low_bits("low", refs[-1], 8)
    return b.finish_all([
        Output("first", b_low, U8),
        Output("second", b.clamp("kept", refs[-2], -128, 127), S8),
    ])


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
