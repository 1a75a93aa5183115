"""Small float networks, built here and quantised by onnxruntime's own quantiser."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.tools import require_module

STYLES = ("qdq_s8", "qdq_u8_default", "qdq_u8_dedicated", "qoperator_u8", "qdq_s16")

# Beyond what the quantiser does by default, so that every operator has codes on both sides.
_ALL = ["MatMul", "Add", "Mul", "Div", "Sigmoid", "Tanh", "Erf", "Softplus", "HardSigmoid",
        "HardSwish", "Elu", "LeakyRelu", "Relu", "Clip", "Conv", "GlobalAveragePool", "Slice",
        "Concat"]


@dataclass
class Network:
    """A float model under construction, and inputs to calibrate it with.

    Attributes:
        inputs: shapes by name; None is the batch.
        outputs: names.
        feeds: what it is calibrated with.
    """

    inputs: dict[str, list]
    outputs: list[str]
    feeds: list[dict[str, np.ndarray]]
    seed: int = 1
    nodes: list = field(default_factory=list)
    constants: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def add(self, operator: str, inputs: str, output: str, **attributes) -> None:
        """Append a node, named after its first output."""
        from onnx import helper

        outputs = output.split()
        self.nodes.append(helper.make_node(
            operator, inputs.split(), outputs, name=f"{outputs[0]}_{operator}", **attributes
        ))

    def constant(self, name: str, value: object, kind: type = np.float32) -> None:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))

    def layer(
        self, operator: str, x: str, output: str, *shape: int, gain: float = 1.5, **attributes
    ) -> None:
        """Append a MatMul or Conv with random weights."""
        fan_in = shape[0] if operator == "MatMul" else int(np.prod(shape[1:]))
        self.constant(f"{output}_w", self.random.normal(0, gain / np.sqrt(fan_in), shape))
        self.add(operator, f"{x} {output}_w", output, **attributes)

    def model(self):
        from onnx import TensorProto, helper

        def values(shapes):
            return [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes]

        graph = helper.make_graph(
            self.nodes, "network", values(self.inputs.items()),
            values((name, None) for name in self.outputs), self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def transformer() -> Network:
    """erf-GELU in pieces, SwiGLU, tanh-GELU in pieces, Mish in pieces, Elu, LeakyRelu."""
    random = np.random.default_rng(2)
    net = Network({"x": [None, 16]}, ["y"], [
        {"x": random.normal(0, 1.5, (64, 16)).astype(np.float32)} for _ in range(4)
    ])
    for name, value in {"root2": np.sqrt(2), "one": 1, "half": 0.5, "k": np.sqrt(2 / np.pi),
                        "a": 0.044715}.items():
        net.constant(name, value)
    net.layer("MatMul", "x", "h1", 16, 32)
    for step in ("Div h1,root2 d", "Erf d e", "Add e,one e1", "Mul h1,e1 g0", "Mul g0,half gelu"):
        _chain(net, step)
    net.layer("MatMul", "gelu", "y1", 32, 16)
    net.layer("MatMul", "y1", "gate", 16, 32)
    net.layer("MatMul", "y1", "up", 16, 32)
    for step in ("Sigmoid gate sg", "Mul gate,sg silu", "Mul silu,up swiglu"):
        _chain(net, step)
    net.layer("MatMul", "swiglu", "y2", 32, 16)
    net.layer("MatMul", "y2", "h2", 16, 32)
    for step in ("Mul h2,h2 p2", "Mul p2,h2 p3", "Mul p3,a p4", "Add h2,p4 p5", "Mul p5,k p6",
                 "Tanh p6 p7", "Add p7,one p8", "Mul h2,p8 p9", "Mul p9,half gelu_tanh"):
        _chain(net, step)
    net.layer("MatMul", "gelu_tanh", "y3", 32, 16)
    for step in ("Softplus y3 sp", "Tanh sp tp", "Mul y3,tp mish"):
        _chain(net, step)
    net.layer("MatMul", "mish", "y4", 16, 16)
    net.add("Elu", "y4", "elu", alpha=0.7)
    net.layer("MatMul", "elu", "y5", 16, 16)
    net.add("LeakyRelu", "y5", "leaky", alpha=0.1)
    net.layer("MatMul", "leaky", "y", 16, 16)
    return net


def mobile() -> Network:
    """Convolutions with HardSwish as an operator, as x * HardSigmoid(x), and with Clip; two gates,
    by HardSigmoid and by Clip, a residual sum, and a pool.
    """
    random = np.random.default_rng(3)
    net = Network({"x": [1, 3, 16, 16]}, ["y"], [
        {"x": random.normal(0, 2, (1, 3, 16, 16)).astype(np.float32)} for _ in range(4)
    ])
    for name, value in {"c3": 3, "c6": 6, "c0": 0, "sixth": 1 / 6}.items():
        net.constant(name, value)
    net.layer("Conv", "x", "a1", 8, 3, 3, 3, pads=[1, 1, 1, 1])
    net.add("HardSwish", "a1", "a2")
    net.layer("Conv", "a2", "a3", 8, 1, 3, 3, pads=[1, 1, 1, 1], group=8)
    net.add("HardSigmoid", "a3", "a4", alpha=1 / 6, beta=0.5)
    net.add("Mul", "a3 a4", "a5")
    net.add("GlobalAveragePool", "a5", "s1")
    net.layer("Conv", "s1", "s2", 4, 8, 1, 1)
    net.add("Relu", "s2", "s3")
    net.layer("Conv", "s3", "s4", 8, 4, 1, 1)
    net.add("HardSigmoid", "s4", "s5", alpha=1 / 6, beta=0.5)
    net.add("Mul", "a5 s5", "a6")
    net.add("GlobalAveragePool", "a6", "t1")
    net.layer("Conv", "t1", "t2", 8, 8, 1, 1, gain=30)
    for step in ("Add t2,c3 t3", "Clip t3,c0,c6 t4", "Mul t4,sixth t5", "Mul a6,t5 a7",
                 "Add a7,a2 a8"):
        _chain(net, step)
    net.layer("Conv", "a8", "b1", 8, 8, 1, 1)
    for step in ("Add b1,c3 b2", "Clip b2,c0,c6 b3", "Mul b1,b3 b4", "Div b4,c6 b5"):
        _chain(net, step)
    net.layer("Conv", "b5", "y", 4, 8, 1, 1)
    return net


def gates() -> Network:
    """One step of an LSTM: three sigmoids and two tanh of slices."""
    random = np.random.default_rng(4)
    shapes = {"x": [None, 8], "before": [None, 16], "cell": [None, 16]}
    net = Network(shapes, ["h", "c"], [
        {name: random.uniform(-1.5, 1.5, (12, shape[1])).astype(np.float32)
         for name, shape in shapes.items()} for _ in range(4)
    ])
    net.add("Concat", "x before", "both", axis=1)
    net.layer("MatMul", "both", "z", 24, 64)
    net.constant("axis", [1], np.int64)
    for number, gate in enumerate("ifgo"):
        net.constant(f"from_{gate}", [16 * number], np.int64)
        net.constant(f"to_{gate}", [16 * number + 16], np.int64)
        net.add("Slice", f"z from_{gate} to_{gate} axis", f"z{gate}")
    for step in ("Sigmoid zi i", "Sigmoid zf f", "Sigmoid zo o", "Tanh zg g", "Mul f,cell fc",
                 "Mul i,g ig", "Add fc,ig c", "Tanh c tc", "Mul o,tc h"):
        _chain(net, step)
    return net


NETWORKS: dict[str, Callable[[], Network]] = {
    "transformer": transformer, "mobile": mobile, "gates": gates
}

_FOUND = {
    "transformer": ["gelu", "silu", "gelu_tanh", "mish", "elu", "leaky_relu"],
    "mobile": ["hard_swish", "hard_swish", "hard_sigmoid_torch", "hard_sigmoid_torch",
               "hard_swish"],
    "gates": ["sigmoid", "sigmoid", "sigmoid", "tanh", "tanh"],
}


def activations(name: str, style: str) -> list[str]:
    """Return the activations of a network; mostly the quantiser folds relu into a range."""
    kept = ["relu"] if (name, style) == ("mobile", "qdq_u8_dedicated") else []
    return [*_FOUND[name], *kept]


def quantised(name: str, style: str, folder: Path) -> Path:
    """Return the path of a network, quantised in a style."""
    require_module("onnxruntime")
    import onnx
    from onnxruntime import quantization as q

    net = NETWORKS[name]()
    plain, path = folder / f"{name}.float.onnx", folder / f"{name}_{style}.onnx"
    onnx.save(net.model(), plain)

    class Reader(q.CalibrationDataReader):
        def __init__(self) -> None:
            self.feeds = iter(net.feeds)

        def get_next(self):
            return next(self.feeds, None)

    form = q.QuantFormat.QOperator if style.startswith("qop") else q.QuantFormat.QDQ
    codes = {"s8": q.QuantType.QInt8, "s16": q.QuantType.QInt16}.get(
        style.split("_")[1], q.QuantType.QUInt8
    )
    options = {} if "u8" in style else {"op_types_to_quantize": _ALL}
    if style.endswith("dedicated"):
        # A quantiser for each reader of a tensor, and clips that are kept.
        more = {"DedicatedQDQPair": True, "QDQKeepRemovableActivations": True}
        options = {"op_types_to_quantize": _ALL, "extra_options": more}
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            q.quantize_static(plain, path, Reader(), quant_format=form, activation_type=codes,
                              weight_type=q.QuantType.QInt8, **options)
    finally:
        logging.disable(logging.NOTSET)
    return path


def _chain(net: Network, step: str) -> None:
    """Append a node that is written ``Mul a,b out``."""
    operator, inputs, output = step.split()
    net.add(operator, inputs.replace(",", " "), output)
