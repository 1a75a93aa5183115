"""What the tests of the catalogue run over: names, parameters, and inputs."""

from __future__ import annotations

from fractions import Fraction

from lutgen import activations
from lutgen.activations._record import Activation
from tests.activations.oracles import DEFAULTS, Facts, parameters_of

OTHER_PARAMETERS: dict[str, tuple[str, ...]] = {
    "hard_tanh": ("lo=-1/2 hi=3/2", "lo=1 hi=2"),
    "leaky_relu": ("alpha=1/5", "alpha=-1/4", "alpha=3", "alpha=0", "alpha=1"),
    "prelu": ("alpha=1/3", "alpha=-0.1", "alpha=0"),
    "rrelu": ("lower=0.1 upper=0.3", "lower=1/4 upper=1/4"),
    "elu": ("alpha=3/2", "alpha=0", "alpha=0.3"),
    "selu": ("scale=1.1 alpha=1.5", "scale=2 alpha=1/2"),
    "celu": ("alpha=2", "alpha=1/3"),
    "quick_gelu": ("beta=3/2",),
    "swish": ("beta=2", "beta=0", "beta=-1"),
    "eswish": ("beta=1.25", "beta=2"),
    "maxout": (
        "w1=2 w2=1/2 b1=-1 b2=1/4",
        "w1=1 w2=1 b1=0 b2=1/2",
        "w1=-1/3 w2=-1 b1=0.2 b2=0",
        "w1=0 w2=1 b1=-1 b2=-1",
    ),
    "srelu": ("tl=-1 al=0.1 tr=2 ar=0.3", "tl=-2 al=1 tr=1/3 ar=-1/2", "tl=1 al=2 tr=1 ar=3"),
    "softplus": ("beta=2", "beta=1/3"),
    "parametric_softplus": ("alpha=2 beta=3", "alpha=1/2 beta=1/4"),
    "sine": ("omega=30", "omega=1/3"),
    "cosine": ("omega=3", "omega=1/2"),
    "learnable_sigmoid": ("alpha=2 beta=-1", "alpha=-1/2 beta=1/4", "alpha=1/3 beta=0"),
    "pau": (
        "a1=1/2 a2=-0.3 b1=1/2 b2=3",
        "a1=2 a2=1/3 b1=3/2 b2=2",
        "a1=1 a2=1/5 b1=1.3 b2=0.7",
        "a1=-1 a2=1/8 b1=2 b2=4",
    ),
    "pade_pau": (
        "p0=0 p1=1 p2=0 p3=1/2 p4=0 p5=0 q1=0 q2=1 q3=0 q4=1/4",
        "p0=1/2 p1=1 p2=1/3 p3=0 p4=0 p5=1/9 q1=-1 q2=1/2 q3=0 q4=0",
        "p0=0 p1=1 p2=1/2 p3=0 p4=0 p5=0 q1=1 q2=0 q3=0 q4=0",
    ),
    "dynamic_relu": (
        "context=1",
        "context=-2 a_min=0.1 a_max=1/2 b_scale=1",
        "context=1 a_min=1/4 a_max=1/4 b_scale=0",
        "context=0 a_min=1 a_max=1 b_scale=1",
        "context=60 a_min=1/4 b_scale=1/2",
        "context=-60 b_scale=-1",
        "context=60 a_min=1/4 a_max=1/4 b_scale=1/2",
    ),
    "dy_relu": ("a1=1/2 b1=1 a2=-1 b2=1/3", "a1=-1 b1=-1 a2=2 b2=1", "a1=1 b1=1/2 a2=1 b2=0"),
    "evonorm_b0_seed": (
        "gamma=3/2 beta=0.2 v=0.3 eps=0.01 running_v=2",
        "v=0 eps=1/4 running_v=2 beta=-1",
        "v=1 eps=1/4",
        "gamma=-1 v=1/2 running_v=3",
    ),
    "evonorm_b0": (
        "gamma=2 beta=0.1 v=1/2 var_batch=2 var_inst=1/2",
        "gamma=1 beta=-1 v=1 var_batch=2.24 var_inst=0.48 eps=0.01",
        "gamma=-1 v=2 var_batch=1/2 var_inst=2",
        "v=0 var_batch=1.99999 var_inst=1",
    ),
    "evonorm_s0": (
        "gamma=-1 beta=1/2 v=2 var_group=0.24 eps=0.01",
        "gamma=3/2 v=1/2 var_group=2",
        "gamma=1 v=0 var_group=3.99999",
    ),
    "hard_sigmoid": ("alpha=1/6", "alpha=1/3 beta=1/4"),
    "hard_sigmoid_torch": ("alpha=1/4", "alpha=1 beta=0"),
    "quant_relu": ("levels=7", "levels=1", "levels=2"),
    "swiglu_self": ("beta=1/2", "beta=2"),
    "lut": ("lo=-3 hi=4", "lo=0 hi=1"),
}
"""Assignments beside the defaults: other slopes, degenerate values, kinks in other places."""

CASES = [
    (name, tuple(text.split()))
    for name in DEFAULTS
    for text in ("", *OTHER_PARAMETERS.get(name, ()))
]
CASE_IDS = ["-".join((name, *assignments)) for name, assignments in CASES]

_SPREAD = """
-21 -16 -23/2 -22/3 -19/4 -10/3 -13/5 -2 -7/4 -9/7 -11/10 -2/3 -2/5 -1/7 -1/1000 -1/1000000
1/1000000 1/1000 1/7 2/5 2/3 11/10 9/7 7/4 13/5 10/3 19/4 22/3 23/2 16 21
"""
SPREAD = tuple(map(Fraction, _SPREAD.split()))
"""Inputs that are no INT8 codes: thirds, sevenths, the neighbourhood of 0, and wide ones."""


def literals(assignments: tuple[str, ...]) -> dict[str, str]:
    """Return ``name=value`` texts as a dictionary."""
    return dict(text.split("=") for text in assignments)


def facts_of(name: str, assignments: tuple[str, ...]) -> Facts:
    """Return the parameters as the oracle takes them."""
    return parameters_of(name, literals(assignments))


def record_of(name: str) -> Activation:
    """Return the record under test."""
    return activations.get(name)


def int8_inputs(record: Activation) -> list[Fraction]:
    """Return the reals of all INT8 codes on the power-of-two step that covers the range."""
    low, high = record.default_range
    reach, step = max(Fraction(-low), Fraction(high)), Fraction(1)
    while step * 128 < reach:
        step *= 2
    while step * 64 >= reach:
        step /= 2
    return [step * code for code in range(-128, 128)]
