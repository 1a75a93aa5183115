"""The article that the catalogue began with: each of its 43 functions builds for every target."""

from __future__ import annotations

from functools import cache

import pytest

from lutgen import activations, kernels, pipeline
from lutgen.kernels import Channels, KernelRequest
from lutgen.request import Request
from lutgen.solution import Solution
from lutgen.spec import Method
from lutgen.targets import Options
from tests.targets.kernels import unmeasured

HEADINGS = {
    "Sigmoid": ("sigmoid",),
    "Tanh": ("tanh",),
    "Linear": ("linear",),
    "Softmax": ("softmax", "log_softmax", "softmin"),
    "ReLU": ("relu",),
    "ReLU6": ("relu6",),
    "Leaky ReLU": ("leaky_relu", "leaky_relu_per_channel"),
    "PReLU": ("prelu", "prelu_per_channel"),
    "RReLU": ("rrelu", "rrelu_per_channel"),
    "ELU": ("elu",),
    "SELU": ("selu",),
    "CELU": ("celu",),
    "GELU": ("gelu", "gelu_tanh", "quick_gelu"),
    "Swish": ("swish",),
    "SiLU": ("silu",),
    "E-Swish": ("eswish",),
    "Mish": ("mish",),
    "SQNL": ("sqnl",),
    "Bent identity": ("bent_identity",),
    "GLU": ("glu", "bilinear", "glu_self"),
    "Maxout": ("maxout", "maxout_inputs"),
    "SReLU": ("srelu", "srelu_per_channel"),
    "CReLU": ("crelu", "crelu_pos", "crelu_neg"),
    "Softplus": ("softplus",),
    "Softsign": ("softsign",),
    "Sine": ("sine",),
    "Cosine": ("cosine",),
    "Sinc": ("sinc", "sinc_unnormalized"),
    "ArcTan": ("arctan",),
    "LogSigmoid": ("log_sigmoid",),
    "TanhExp": ("tanhexp",),
    "PAU": ("pau", "pade_pau"),
    "Learnable sigmoid": ("learnable_sigmoid",),
    "Parametric softplus": ("parametric_softplus",),
    "Dynamic ReLU": (
        "dynamic_relu", "dynamic_relu_run_time", "dy_relu", "dy_relu_run_time",
    ),
    "EvoNorm": (
        "evonorm_b0", "evonorm_b0_run_time", "evonorm_s0", "evonorm_s0_run_time",
        "evonorm_b0_seed",
    ),
    "GeGLU": ("geglu", "geglu_tanh", "geglu_self", "geglu_tanh_self"),
    "SwiGLU": ("swiglu", "swiglu_self"),
    "ReGLU": ("reglu", "reglu_self"),
    "Hard swish": ("hard_swish",),
    "Hard sigmoid": ("hard_sigmoid", "hard_sigmoid_torch"),
    "Quantised ReLU": ("quant_relu",),
    "LUT": ("lut",),
}
"""What each heading is called here: the article's own case first, then its relatives."""

BUILDING_BLOCKS = {"abs", "erf", "exp", "hard_tanh", "log", "reciprocal", "rsqrt"}
"""Activations that no heading is about."""

TARGETS = ("c", "verilog", "onnx")


@cache
def solved(name: str, bits: int) -> Solution:
    """Return the solution of a function with all else left at its default; 16 bits as a table."""
    if name in activations.names():
        method = Method("lut") if bits == 16 else Method(None)
        return pipeline.solve(Request(name, bits=bits, method=method).resolve())
    kernel, channels = kernels.get(name), None
    if kernel.needs_channels:
        record = activations.get(name.removesuffix("_per_channel"))
        first = record.parameters[0]
        sets = ((), (f"{first.name}=0.125",), (f"{first.name}=0.0625",))
        channels = Channels(record, tuple(map(record.parse_parameters, sets)))
    return unmeasured(KernelRequest(kernel, bits=bits, channels=channels).resolve())


def cases() -> list[object]:
    """Return a case for every function of every heading, width and target."""
    return [
        pytest.param(name, bits, target, id=f"{heading}-{name}-{bits}-{target}")
        for heading, names in HEADINGS.items()
        for name in names
        for bits in (8, 16)
        for target in TARGETS
    ]


@pytest.mark.parametrize(("name", "bits", "target"), cases())
def test_every_function_of_the_article_builds(name: str, bits: int, target: str) -> None:
    """It is enough that files come out: what they compute is run elsewhere."""
    # Contents of ROMs beside the module take a tenth of the time.
    made = pipeline.emit(solved(name, bits), [target], Options(mem="readmemh"))

    assert made
    assert all(artifact.content for artifact in made)


def test_the_article_has_43_headings() -> None:
    assert len(HEADINGS) == 43


def test_every_function_of_the_catalogue_has_a_heading() -> None:
    listed = {name for names in HEADINGS.values() for name in names}

    assert listed | BUILDING_BLOCKS >= {*activations.names(), *kernels.names()}
    assert not listed & BUILDING_BLOCKS
    assert all(name in activations.names() or kernels.has(name) for name in listed)
