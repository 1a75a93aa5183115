"""Models written by hand, in the text form of ONNX."""

from __future__ import annotations

from pathlib import Path

HEADER = '<ir_version: 10, opset_import: ["" : 21, "com.microsoft" : 1]>'
CONSTANTS = "float s = {0.0625}, float t = {0.03125}, int8 z = {3}, int8 w = {-7}"


def written(
    folder: Path,
    body: str,
    *,
    inputs: str = "int8[N] q",
    outputs: str = "int8[N] r",
    constants: str = CONSTANTS,
    header: str = HEADER,
    functions: str = "",
) -> Path:
    """Return the path of a model: ``body`` are its nodes, one in each line."""
    from onnx import parser

    text = f"{header} g ({inputs}) => ({outputs}) <{constants}> {{\n{body}\n}}{functions}"
    path = folder / "written.onnx"
    path.write_bytes(parser.parse_model(text).SerializeToString())
    return path


def between(*operators: str) -> str:
    """Return the nodes that dequantise q to x, the operators, and y quantised to r."""
    return "\n".join([
        "x = DequantizeLinear(q, s, z)", *operators, "r = QuantizeLinear(y, t, w)"
    ])
