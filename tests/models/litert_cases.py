"""TFLite operators between tensors of given formats, whose codes LiteRT itself has computed.

``litert_codes.json`` holds a hash of what LiteRT made of all input codes.  To record it anew, where
ai-edge-litert is installed: ``python -m tests.models.litert_cases``.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.models.flat import Flat

RECORD = Path(__file__).with_name("litert_codes.json")

KINDS = {"INT8": np.int8, "UINT8": np.uint8, "INT16": np.int16}

# Which of LiteRT's resolvers takes which kernels.
RESOLVERS = {"reference": "BUILTIN_REF", "xnnpack": "BUILTIN"}


class Case(NamedTuple):
    """A model with one input, ``x``, and one output, ``y``.

    Attributes:
        name: what it is about; unique.
        kind: type of all codes.
        flat: the model.
        kernels: which of LiteRT's kernels are able to run it.
    """

    name: str
    kind: str
    flat: Flat
    kernels: tuple[str, ...] = ("reference", "xnnpack")


# (input scale, its zero point), (output scale, its zero point); signed codes.
GRIDS_8 = (((1 / 16, 0), (1 / 16, 0)), ((0.047, 5), (0.031, -9)), ((0.11, -63), (0.052, 17)))
GRIDS_16 = (((2**-12, 0), (2**-12, 0)), ((2**-11, 0), (0.0003, 0)), ((0.00021, 0), (0.00017, 0)))
FIXED = {
    "LOGISTIC": ((1 / 256, -128), (2**-15, 0)),
    "TANH": ((1 / 128, 0), (2**-15, 0)),
}
LONE = (
    ("LOGISTIC", "INT8 UINT8 INT16", {}),
    ("TANH", "INT8 UINT8 INT16", {}),
    ("GELU", "INT8 UINT8 INT16", {}),
    ("GELU", "INT8 UINT8 INT16", {"approximate": True}),
    ("HARD_SWISH", "INT8 UINT8", {}),
    ("ELU", "INT8", {}),
    ("LEAKY_RELU", "INT8 UINT8 INT16", {"alpha": 0.1}),
    ("LEAKY_RELU", "INT8", {"alpha": -0.3}),
    ("RELU", "INT8 UINT8 INT16", {}),
    ("RELU6", "INT8 UINT8 INT16", {}),
    ("RELU_N1_TO_1", "INT8 UINT8", {}),
    ("RELU_0_TO_1", "INT8", {}),
    ("EXP", "INT8 INT16", {}),
    ("ABS", "INT8 INT16", {}),
)


def cases() -> Iterator[Case]:
    """Yield all cases."""
    for code, kinds, options in LONE:
        for kind in kinds.split():
            grids = GRIDS_16 if kind == "INT16" else GRIDS_8
            for number, (source, target) in enumerate(grids):
                if code in FIXED:
                    target = FIXED[code][kind == "INT16"]
                flat = Flat()
                _tensor(flat, "x", kind, source)
                _tensor(flat, "y", kind, target)
                flat.add(code, "x", "y", **options)
                words = "".join(f"-{value}" for value in options.values())
                # The reference resolver has no ELU; both take the same float table.
                kernels = ("xnnpack",) if code == "ELU" else ("reference", "xnnpack")
                yield Case(f"{code}{words}-{kind}-{number}", kind, flat, kernels)
    for kind in KINDS:
        for number, (source, target) in enumerate(GRIDS_16 if kind == "INT16" else GRIDS_8):
            for name, flat in _composed(kind, source, target):
                yield Case(f"{name}-{kind}-{number}", kind, flat)


def _composed(kind: str, source: tuple, target: tuple) -> Iterator[tuple[str, Flat]]:
    """Yield models of several operators, with names."""
    short = kind == "INT16"

    def flat(**more: tuple) -> Flat:
        made = Flat()
        for name, codes in {"x": source, "y": target, **more}.items():
            _tensor(made, name, kind, codes)
        return made

    silu = flat(gate=FIXED["LOGISTIC"][short])
    silu.add("LOGISTIC", "x", "gate")
    silu.add("MUL", "x gate", "y", fused="NONE")
    yield "silu", silu

    moved = (6 / 32767, 0) if short else (6 / 255, -128)
    swish = flat(moved=moved, product=(source[0] * 5, 0 if short else 3))
    _constant(swish, "three", kind, 3)
    _constant(swish, "sixth", kind, 1 / 6)
    swish.add("ADD", "x three", "moved", fused="RELU6")
    swish.add("MUL", "x moved", "product", fused="NONE")
    swish.add("MUL", "product sixth", "y", fused="NONE")
    yield "hard_swish_in_pieces", swish

    rest = flat(t=FIXED["TANH"][short])
    _constant(rest, "one", kind, 1)
    rest.add("TANH", "x", "t")
    rest.add("SUB", "one t", "y", fused="NONE")
    yield "one_minus_tanh", rest

    again = flat(r=FIXED["TANH"][short])
    again.add("TANH", "x", "r")
    again.add("QUANTIZE", "r", "y")
    yield "tanh_requantised", again

    if not short:
        other = flat(r=FIXED["TANH"][short])
        _tensor(other, "u", "INT8" if kind == "UINT8" else "UINT8", (0.013, 20))
        other.add("TANH", "x", "r")
        other.add("QUANTIZE", "r", "u")
        other.add("QUANTIZE", "u", "y")
        yield "tanh_as_the_other_type", other

    square = flat()
    square.add("MUL", "x x", "y", fused="NONE")
    yield "square", square

    slope = flat()
    slope.tensor("slope", 0.01, 0, "UINT8" if kind == "UINT8" else "INT8", data=b"\x14", shape=(1,))
    slope.add("PRELU", "x slope", "y")
    yield "prelu", slope


def _tensor(flat: Flat, name: str, kind: str, codes: tuple[float, int]) -> None:
    """Add a tensor with an element for every code."""
    scale, zero_point = codes
    size = 2 ** (16 if kind == "INT16" else 8)
    flat.tensor(name, scale, zero_point + 128 * (kind == "UINT8"), kind, shape=(size,))


def _constant(flat: Flat, name: str, kind: str, value: float) -> None:
    """Add a constant of one element, at code 100."""
    data = np.array([100], KINDS[kind]).tobytes()
    flat.tensor(name, value / 100, 0, kind, data=data, shape=(1,))


def digest(codes: np.ndarray) -> str:
    """Return the SHA-256 of codes."""
    return hashlib.sha256(codes.tobytes()).hexdigest()


def main() -> None:
    """Record what LiteRT computes."""
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    found = {"litert": ai_edge_litert.__version__}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            path = case.flat.write(Path(folder) / "case.tflite")
            for kernels in case.kernels:
                resolver = getattr(OpResolverType, RESOLVERS[kernels])
                interpreter = Interpreter(
                    str(path), experimental_op_resolver_type=resolver, num_threads=1
                )
                interpreter.allocate_tensors()
                (given,) = interpreter.get_input_details()
                (made,) = interpreter.get_output_details()
                limits = np.iinfo(KINDS[case.kind])
                codes = np.arange(limits.min, limits.max + 1).astype(KINDS[case.kind])
                interpreter.set_tensor(given["index"], codes)
                interpreter.invoke()
                found[f"{case.name} {kernels}"] = digest(interpreter.get_tensor(made["index"]))
    RECORD.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
