"""The catalogue in ONNX's standard operators: one formula for each activation and kernel.

A formula is written in the operators themselves: ``Gelu(x, approximate="tanh")`` is a node with
an attribute, ``+ - * /`` are ``Add``, ``Sub``, ``Mul`` and ``Div``, ``-`` alone is ``Neg``, and
``**`` is ``Pow``.  Names are the parameters and the inputs, ``*inputs`` all of these.  Where ONNX
has the operator, the formula is that operator; otherwise it is what exporters write.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from lutgen.activations.lut import KNOTS, RISES
from lutgen.errors import UsageError
from lutgen.spec import Spec

if TYPE_CHECKING:
    from lutgen.kernels import KernelSpec

NAMES = {"pi": Fraction("3.14159265358979323846")}
"""Constants that a formula may name besides the parameters."""

OPSETS = {"HardSwish": 14, "Mish": 18, "Gelu": 20}
"""The opset in which an operator appeared, where that is later than the base."""

FORMULAS = {
    "abs": "Abs(x)",
    "arctan": "Atan(x)",
    "bent_identity": "(Sqrt(x*x + 1) - 1) / 2 + x",
    "celu": "Celu(x, alpha=alpha)",
    "cosine": "Cos(omega*x)",
    "crelu_neg": "Relu(-x)",
    "crelu_pos": "Relu(x)",
    "dy_relu": "Max(a1*x + b1, a2*x + b2)",
    "dynamic_relu": "Where(GreaterOrEqual(x, 0), x,"
    " (a_min + (a_max - a_min) * Sigmoid(context)) * x + b_scale * Tanh(context))",
    "elu": "Elu(x, alpha=alpha)",
    "erf": "Erf(x)",
    "eswish": "beta * (x * Sigmoid(x))",
    "evonorm_b0": "gamma*x / Max(Sqrt(var_batch + eps), v*x + Sqrt(var_inst + eps)) + beta",
    "evonorm_b0_seed": "gamma*x / Sqrt(v * (x*x) + ((1 - v) * running_v + eps)) + beta*x",
    "evonorm_s0": "gamma * (x * Sigmoid(v*x)) / Sqrt(var_group + eps) + beta",
    "exp": "Exp(x)",
    "geglu_self": "x * Gelu(x)",
    "geglu_tanh_self": 'x * Gelu(x, approximate="tanh")',
    "gelu": "Gelu(x)",
    "gelu_tanh": 'Gelu(x, approximate="tanh")',
    "glu_self": "x * Sigmoid(x)",
    "hard_sigmoid": "HardSigmoid(x, alpha=alpha, beta=beta)",
    "hard_sigmoid_torch": "HardSigmoid(x, alpha=alpha, beta=beta)",
    "hard_swish": "HardSwish(x)",
    "hard_tanh": "Clip(x, lo, hi)",
    "leaky_relu": "LeakyRelu(x, alpha=alpha)",
    "learnable_sigmoid": "Sigmoid(alpha*x + beta)",
    "linear": "Identity(x)",
    # At and below 0 the record holds the limit at 0, where Log alone would give NaN.
    "log": "Log(Max(x, 0))",
    "log_sigmoid": "-Softplus(-x)",
    # Each piece of the line rises while x passes through it.
    "lut": " + ".join(
        [f"{KNOTS[0]}"]
        + [f"{rise} * Clip((x - lo) * ({len(RISES)} / (hi - lo)) - {i}, 0, 1)"
           for i, rise in enumerate(RISES)]
    ),
    "maxout": "Max(w1*x + b1, w2*x + b2)",
    "mish": "Mish(x)",
    "pade_pau": "(p0 + x * (p1 + x * (p2 + x * (p3 + x * (p4 + x * p5)))))"
    " / (1 + Abs(x * (q1 + x * (q2 + x * (q3 + x * q4)))))",
    "parametric_softplus": "Softplus(alpha*x) / beta",
    "pau": "Sign(x) * (a1 * Abs(x)**b1 + a2 * Abs(x)**b2)",
    "prelu": "PRelu(x, alpha)",
    "quant_relu": "Round(levels * Clip(x, 0, 1)) / levels",
    "quick_gelu": "x * Sigmoid(beta*x)",
    "reciprocal": "Reciprocal(x)",
    "reglu_self": "x * Relu(x)",
    "relu": "Relu(x)",
    "relu6": "Clip(x, 0, 6)",
    "rrelu": "LeakyRelu(x, alpha=(lower + upper) / 2)",
    "rsqrt": "Reciprocal(Sqrt(Max(x, 0)))",
    "selu": "Selu(x, alpha=alpha, gamma=scale)",
    "sigmoid": "Sigmoid(x)",
    "silu": "x * Sigmoid(x)",
    "sinc": "Where(Equal(x, 0), 1, Sin(pi*x) / (pi*x))",
    "sinc_unnormalized": "Where(Equal(x, 0), 1, Sin(x) / x)",
    "sine": "Sin(omega*x)",
    "softplus": "Softplus(beta*x) / beta",
    "softsign": "Softsign(x)",
    "sqnl": "Clip(x, -2, 2) - Clip(x, -2, 2) * Abs(Clip(x, -2, 2)) / 4",
    "srelu": "Where(LessOrEqual(x, tl), tl + al * (x - tl),"
    " Where(GreaterOrEqual(x, tr), tr + ar * (x - tr), x))",
    "swiglu_self": "x * (x * Sigmoid(beta*x))",
    "swish": "x * Sigmoid(beta*x)",
    "tanh": "Tanh(x)",
    "tanhexp": "x * Tanh(Exp(x))",
}
"""Formulas by the names of the activations."""

OF_KERNELS = {
    "bilinear": ("a * b",),
    "crelu": ("Relu(x)", "Relu(-x)"),
    "dy_relu_run_time": (FORMULAS["dy_relu"],),
    "dynamic_relu_run_time": (FORMULAS["dynamic_relu"],),
    "evonorm_b0_run_time": (
        "gamma*x / Max(Sqrt(var_batch + eps), v*x + Sqrt(Max(variance, 0) + eps)) + beta",
    ),
    "evonorm_s0_run_time": (
        "gamma * (x * Sigmoid(v*x)) / Sqrt(Max(variance, 0) + eps) + beta",
    ),
    "geglu": ("a * Gelu(b)",),
    "geglu_tanh": ('a * Gelu(b, approximate="tanh")',),
    "glu": ("a * Sigmoid(b)",),
    "log_softmax": ("LogSoftmax(x)",),
    "maxout_inputs": ("Max(*inputs)",),
    "reglu": ("a * Relu(b)",),
    "softmax": ("Softmax(x)",),
    "softmin": ("Softmax(-x)",),
    "swiglu": ("a * (b * Sigmoid(beta*b))",),
}
"""The formula of each output by the names of the kernels; those of rows are of the last axis."""

OF_CHANNELS = {
    "celu": "Max(x, 0) + Min(alpha * (Exp(x / alpha) - 1), 0)",
    "elu": "Where(GreaterOrEqual(x, 0), x, alpha * Elu(x))",
    "hard_sigmoid": "Clip(alpha*x + beta, 0, 1)",
    "hard_sigmoid_torch": "Clip(alpha*x + beta, 0, 1)",
    "hard_tanh": "Max(Min(x, hi), lo)",
    "leaky_relu": "PRelu(x, alpha)",
    "rrelu": "PRelu(x, (lower + upper) / 2)",
    "selu": "scale * Where(GreaterOrEqual(x, 0), x, alpha * Elu(x))",
}
"""Formulas of activations whose operators take one number as a parameter, not one per channel."""


def formulas_of(spec: Spec | KernelSpec) -> tuple[str, ...]:
    """Return a formula for each output.

    Raises:
        UsageError: there is none.
    """
    name, texts = spec.activation.name, None
    if isinstance(spec, Spec):
        if not spec.derivative and name in FORMULAS:
            texts = (FORMULAS[name],)
    elif spec.channels is not None:
        function = spec.channels.activation.name
        text = OF_CHANNELS.get(function, FORMULAS.get(function))
        texts = text and (text,)
    else:
        texts = OF_KERNELS.get(name)
    if texts is None:
        what = "a derivative" if spec.derivative else name
        others = "lut or program" if isinstance(spec, Spec) else "program"
        raise UsageError(f"--onnx-kind: ONNX has no operator for {what}; choose {others}")
    return texts
