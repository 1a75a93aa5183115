"""The text of a module of rows: what its template shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from lutgen.program.table import bits_of
from lutgen.solution import Solution
from lutgen.targets import Options
from lutgen.targets._literals import comment_lines
from lutgen.targets._verilog_division import Clocks
from lutgen.targets._verilog_module import Module, unread_bits, unused_statement
from lutgen.targets._verilog_ports import (
    Lane,
    Port,
    input_ports,
    lanes,
    lanes_width,
    output_ports,
    port_type,
)
from lutgen.targets._verilog_roms import file_parameters, roms, tables_of
from lutgen.targets._verilog_rows import Rows
from lutgen.targets._verilog_signals import literal
from lutgen.targets._verilog_stream import joined, layout, padding, sliced


def rows_view(
    solution: Solution, rows: Rows, options: Options, notice: str
) -> dict[str, object]:
    """Return what the template of a module of rows shows."""
    name, passes, depth = solution.spec.name, rows.passes, rows.cut.latency
    tables, elements = tables_of(*rows.pipelines), Module(rows.cut, enable=True)
    once = [
        (None if step.cut is None else Module(step.cut, enable=False), step.divisions)
        for steps in rows.steps for step in steps
    ]
    clocks = Clocks(bits_of(0, passes.last), bits_of(0, max(rows.settling)))
    return {
        "provenance": notice,
        "module": name,
        "longest": rows.longest,
        "files": "".join(f",\n{line}" for line in file_parameters(name, tables, options)),
        "roms": roms(tables, options),
        "story": tuple(_story(rows)),
        "pass_type": port_type(clocks.pass_width, signed=False),
        "first": clocks.pass_number(0),
        "final": clocks.pass_number(passes.last),
        "clock_type": port_type(clocks.clock_width, signed=False),
        "clock_zero": clocks.clock(0),
        "settled": _settled(rows, clocks),
        **_stream_view(solution),
        "valid_type": port_type(depth + 1, signed=False),
        "valid_zero": f"{depth + 1}'d0",
        "depth": depth,
        "before": f"[{depth - 1}:0]" if depth > 1 else "[0]",
        "registers": tuple(
            f"{port_type(bits_of(a.low, a.high), a.low < 0)}{a.name}" for a in passes.accumulators
        ),
        "steps": tuple(
            (*_step_view(module), tuple(division.view(clocks) for division in divisions))
            for module, divisions in once
        ),
        **_accumulators_view(rows, clocks),
        "results": _declared(elements),
        "stages": tuple(elements.stages),
        "output": elements.output,
        "unused": unused_statement([
            *padding("s_tdata", lanes(input_ports(solution.program))),
            *_unread(rows, [elements, *(module for module, _ in once if module is not None)]),
        ]),
    }


def _story(rows: Rows) -> Iterator[str]:
    """Yield lines that say what happens in each pass."""
    names = defaultdict(list)
    for accumulator in rows.passes.accumulators:
        names[accumulator.number].append(accumulator.name)
    told = [
        f"{'while the row comes in' if number == 0 else 'the row is read again'}"
        + (f", for {' and '.join(names[number])}" if names[number] else "")
        for number in range(rows.passes.last)
    ]
    told.append("it is read again, and what is made of it leaves")
    text = "; ".join(f"pass {number}: {what}" for number, what in enumerate(told))
    yield from comment_lines(f"P{text[1:]}.", width=90)
    yield from comment_lines(
        "A pass ends when the pipeline is empty; then the numbers for the whole row settle.",
        width=90,
    )


def _settled(rows: Rows, clocks: Clocks) -> str:
    """Return the last clock between two passes."""
    *others, last = (clocks.clock(count - 1) for count in rows.settling)
    chosen = "".join(
        f"pass == {clocks.pass_number(number)} ? {count} : " for number, count in enumerate(others)
    )
    return f"({chosen}{last})" if others else last


def _stream_view(solution: Solution) -> dict[str, object]:
    """Return the part of the view about the data that come in and leave."""
    inputs, outputs = input_ports(solution.program), output_ports(solution.program)
    taken, given = lanes(inputs), lanes(outputs)
    codes = [sliced("s_tdata", lane, taken) for lane in reversed(taken)]
    places, low = [], 0
    for port in inputs:
        # In the row the codes lie without gaps.
        places.append(Lane(port, low, port.width))
        low += port.width
    return {
        "layouts": layout("s_tdata", taken) + layout("m_tdata", given),
        "input_msb": lanes_width(taken) - 1,
        "output_msb": lanes_width(given) - 1,
        "element_type": port_type(low, signed=False),
        "data": codes[0] if len(codes) == 1 else f"{{{', '.join(codes)}}}",
        "sources": tuple(
            (_declaration(lane.port), sliced("element", lane, places)) for lane in places
        ),
        "sent": joined(given),
    }


def _step_view(module: Module | None) -> tuple[tuple[str, ...], tuple[object, ...], str]:
    """Return the declarations, the stages and the assignments of a step."""
    if module is None:
        return (), (), ""
    return _declared(module), tuple(module.stages), module.output


def _declared(module: Module) -> tuple[str, ...]:
    """Return the declarations of a module's results."""
    return tuple(
        f"{'reg' if port.name in module.registers else 'wire'} {_declaration(port)}"
        for port in module.results
    )


def _declaration(port: Port) -> str:
    return f"{port.type}{port.name}"


def _accumulators_view(rows: Rows, clocks: Clocks) -> dict[str, object]:
    """Return the part of the view that starts the accumulators and takes elements in."""
    netlist, starts, takes = rows.cut.netlist, [], []
    for name, _, low, high, start, number, following in rows.passes.accumulators:
        signal = netlist.taps[following]
        zero = literal(start, bits_of(low, high), signed=low < 0)
        starts.append(f"{name} <= {zero}")
        takes.append((
            f"valid[{rows.cut.ready(signal)}] && pass == {clocks.pass_number(number)}",
            f"{name} <= {netlist.signals[signal].name}",
        ))
    return {"starts": tuple(starts), "takes": tuple(takes)}


def _unread(rows: Rows, modules: Sequence[Module]) -> list[str]:
    """Return the bits that nobody reads: of signals of one part, and of what all parts share."""
    masks: dict[str, int] = defaultdict(int)
    divisions = [each for steps in rows.steps for step in steps for each in step.divisions]
    for read in (*(module.steady_masks for module in modules), *(d.masks for d in divisions)):
        for name, mask in read.items():
            masks[name] |= mask
    shared = {
        port.name: port.width for module in modules[1:] for port in module.results
    }
    found = [bits for module in modules for bits in module.unread]
    for name, width in shared.items():
        found += unread_bits(name, width, masks[name], width - 1, 0)
    return found
