"""A program as JSON: what a function of several numbers or of a row is, where no table could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np

from lutgen.program import Program, Table, ops
from lutgen.program.evaluate import apply

_OPERATIONS = {operation.__name__: operation for operation in get_args(ops.Op)}


def program_document(program: Program) -> dict[str, object]:
    """Return the steps and tables of a program.

    A step names its operation and the interval of what it gives.  Its operands are positions of
    earlier steps, its table a position among the tables.
    """
    numbers = {id(table): number for number, table in enumerate(program.tables)}
    return {
        "tables": [
            {"name": table.name, "meaning": table.meaning, "values": table.values.tolist()}
            for table in program.tables
        ],
        "steps": [
            {
                "name": value.name,
                "operation": type(value.op).__name__,
                **_fields(value.op, numbers),
                "interval": [value.low, value.high],
                **({"comment": value.comment} if value.comment else {}),
            }
            for value in program.values
        ],
        "outputs": {output.name: output.ref for output in program.outputs},
    }


def run(
    document: Mapping[str, object], inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the outputs of a program that is given as JSON.

    Args:
        document: what ``program_document`` returned.
        inputs: int64 codes by name, all of one shape; of rows, the last axis is the row.

    Raises:
        KeyError, IndexError, TypeError, ValueError, OverflowError: it is no such document.
    """
    tables = [Table(t["name"], t["values"], t["meaning"]) for t in document["tables"]]
    shape = np.broadcast_shapes(*(codes.shape for codes in inputs.values()))
    results: list[np.ndarray] = []
    for step in document["steps"]:
        if step["operation"] == ops.Input.__name__:
            results.append(inputs[step["name"]])
            continue
        op = _operation(step, tables)
        operands = [results[ref] for ref in op.operands]
        if isinstance(op, ops.Reduction):
            # What is one number for the row counts once for every element.
            operands = [np.broadcast_to(operand, shape) for operand in operands]
        results.append(apply(op, operands))
    return {
        name: np.broadcast_to(results[ref], shape) for name, ref in document["outputs"].items()
    }


def _fields(op: ops.Op, tables: Mapping[int, int]) -> dict[str, object]:
    """Return what a step holds besides its name; the format of an input is told elsewhere."""
    fields = {key: value for key, value in op._asdict().items() if key != "format"}
    if "table" in fields:
        fields["table"] = tables[id(fields["table"])]
    return fields


def _operation(step: Mapping[str, object], tables: Sequence[Table]) -> ops.Op:
    kind = _OPERATIONS[step["operation"]]
    fields = {key: step[key] for key in kind._fields}
    if "table" in fields:
        fields["table"] = tables[fields["table"]]
    return kind(**fields)
