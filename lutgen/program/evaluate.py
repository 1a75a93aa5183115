"""NumPy runs a program: the definition that every target is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lutgen.program import ops

if TYPE_CHECKING:
    from lutgen.program.builder import Program


def evaluate(program: Program, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the codes of a program's one output, as ``evaluate_all`` does.

    Raises:
        ValueError: it has several outputs.
    """
    (codes,) = evaluate_all(program, inputs).values()
    return codes


def evaluate_all(program: Program, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the codes of every output of ``program`` by name.

    Args:
        program: what to run.
        inputs: int64 codes for every input by name, all of one shape; of a program that reduces
            rows, the last axis is the row.

    Returns:
        int64 codes, of the inputs' shape.
    """
    results = trace(program, inputs)
    shape = np.broadcast_shapes(*(np.shape(codes) for codes in inputs.values()))
    return {out.name: np.broadcast_to(results[out.ref], shape) for out in program.outputs}


def trace(program: Program, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return the result of every step, a scalar of a constant; see ``evaluate_all``."""
    results: list[np.ndarray] = []
    shape = np.broadcast_shapes(*(np.shape(codes) for codes in inputs.values()))
    for value in program.values:
        if isinstance(value.op, ops.Input):
            results.append(np.asarray(inputs[value.name], dtype=np.int64))
            continue
        operands = [results[ref] for ref in value.op.operands]
        if isinstance(value.op, ops.Reduction):
            # What is one number for the row counts once for every element.
            operands = [np.broadcast_to(operand, shape) for operand in operands]
        results.append(apply(value.op, operands))
    return results


def run(program: Program) -> np.ndarray:
    """Return the output code for every code of a program's one input, ascending: int64."""
    return evaluate(program, every_code(program))


def every_code(program: Program) -> dict[str, np.ndarray]:
    """Return all codes of a program's one input by its name, ascending: int64."""
    (name, value_format), = program.inputs.items()
    return {name: np.arange(value_format.min_code, value_format.max_code + 1)}


def apply(op: ops.Op, operands: Sequence[np.ndarray]) -> np.ndarray:
    """Return one operation's result, element by element."""
    match op:
        case ops.Const():
            return np.int64(op.number)
        case ops.Add():
            return operands[0] + operands[1]
        case ops.Sub():
            return operands[0] - operands[1]
        case ops.Mul():
            return operands[0] * operands[1]
        case ops.Min():
            return np.minimum(*operands)
        case ops.Max():
            return np.maximum(*operands)
        case ops.ShiftLeft():
            return operands[0] << op.bits
        case ops.ShiftRight():
            return operands[0] >> op.bits
        case ops.LowBits():
            return operands[0] & (2**op.bits - 1)
        case ops.Clamp():
            return np.clip(operands[0], op.low, op.high)
        case ops.Select():
            return np.where(operands[0] < 0, operands[1], operands[2])
        case ops.Lookup():
            return op.table.values[operands[0]]
        case ops.Segment():
            return np.searchsorted(np.array(op.breakpoints, np.int64), operands[0], side="right")
        case ops.Divide():
            return operands[0] // operands[1]
        case ops.ReduceMax():
            return operands[0].max(axis=-1, keepdims=True)
        case ops.ReduceSum():
            return operands[0].sum(axis=-1, keepdims=True)
    raise TypeError(f"not an operation: {op!r}")
