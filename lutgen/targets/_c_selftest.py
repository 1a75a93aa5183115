"""The function by which a program in the field finds out whether its codes are the right ones."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from lutgen.solution import Solution
from lutgen.spec import Spec
from lutgen.targets._c_functions import Function
from lutgen.targets._c_interface import Input, Interface
from lutgen.targets._c_types import CType
from lutgen.targets._literals import integer


def has_selftest(solution: Solution) -> bool:
    """Return whether there is a self-test: it takes few enough inputs to run them all."""
    return isinstance(solution.spec, Spec) or (
        solution.report.stimulus.is_exhaustive and not solution.program.takes_rows
    )


def selftest(solution: Solution, interface: Interface, inline: str) -> tuple[Function, ...]:
    """Return the self-test, which runs all inputs; none where these are too many."""
    if not has_selftest(solution):
        return ()
    outputs = {interface.outputs[0].name: solution.report.codes}
    if not isinstance(solution.spec, Spec):
        outputs = solution.report.outputs
    # CRC-32 of the outputs of each input in turn; the usual last inversion is done here.
    columns = [
        outputs[o.name].astype(f"<{o.type.numpy}").reshape(-1, 1).view(np.uint8)
        for o in interface.outputs
    ]
    crc = crc32(np.hstack(columns).tobytes()) ^ 0xFFFFFFFF
    said = "all input codes" if len(interface.inputs) == 1 else "all inputs"
    return (Function(
        f"Returns 0 if the output codes of {said} have the right CRC-32. Else the table is "
        "damaged, or this compiler's >> of a negative number is not arithmetic.",
        f"{inline}int {interface.stem}_selftest(void)",
        (
            "uint32_t crc = 0xFFFFFFFFu;",
            *_body(solution, interface),
            f"return crc == 0x{crc:08X}u ? 0 : 1;",
        ),
    ),)


def _body(solution: Solution, interface: Interface) -> list[str]:
    """Return the loops over all inputs, the last one innermost."""
    names = ["code"] if len(interface.inputs) == 1 else [f"{i.name}_code" for i in interface.inputs]
    arguments = [
        f"({each.type}){name}" for each, name in zip(interface.inputs, names, strict=True)
    ]
    lines = _inside(interface, arguments)
    for each, name in zip(reversed(interface.inputs), reversed(names), strict=True):
        first, last = _ends(solution, each)
        lines = [
            f"for ({name} = {integer(first)}; {name} <= {integer(last)}; {name}++) {{",
            *(f"    {line}" if line else "" for line in lines),
            "}",
        ]
    declared = [f"int32_t {name};" for name in names]
    if len(interface.outputs) > 1:
        declared += [f"{output.type} {output.name}_out;" for output in interface.outputs]
    return [*declared, "", *lines]


def _ends(solution: Solution, source: Input) -> tuple[int, int]:
    """Return the first and the last code of an input that are run."""
    if isinstance(solution.spec, Spec):
        return source.format.min_code, source.format.max_code
    codes = solution.report.stimulus.inputs[source.port]
    return int(codes.min()), int(codes.max())


def _inside(interface: Interface, arguments: list[str]) -> list[str]:
    """Return the statements that take the outputs of one input in."""
    stem, outputs = interface.stem, interface.outputs
    call = f"{stem}({', '.join(arguments)})"
    lines = ["int step;", ""]
    if len(outputs) == 1:
        return [*lines, *_taken(outputs[0].type, call)]
    sinks = [f"&{output.name}_out" for output in outputs]
    lines.append(f"{stem}({', '.join([*arguments, *sinks])});")
    for output in outputs:
        lines += _taken(output.type, f"{output.name}_out")
    return lines


def _taken(c_type: CType, code: str) -> list[str]:
    """Return the statements that take one output code in."""
    return [
        f"crc ^= ({CType(c_type.bits, False)}){code};",
        f"for (step = 0; step < {c_type.bits}; step++) {{",
        "    crc = (crc & 1u) != 0u ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;",
        "}",
    ]
