"""The AXI4-Stream wrapper of a module: codes side by side in the data, valid and ready."""

from __future__ import annotations

from collections.abc import Sequence

from lutgen.targets._literals import comment_lines
from lutgen.targets._verilog_module import statement
from lutgen.targets._verilog_ports import Lane, Port, lanes, lanes_width, port_type


def stream_view(
    name: str, inputs: Sequence[Port], outputs: Sequence[Port], latency: int, notice: str
) -> dict[str, object]:
    """Return what the template of the stream wrapper shows."""
    taken, given = lanes(inputs), lanes(outputs)
    connections = [
        *(f".{lane.port.name}({sliced('s_axis_tdata', lane, taken)})" for lane in taken),
        *(f".{port.name}({port.name})" for port in outputs),
    ]
    return {
        "provenance": notice,
        "module": name,
        "input_msb": lanes_width(taken) - 1,
        "output_msb": lanes_width(given) - 1,
        "layouts": layout("s_axis_tdata", taken) + layout("m_axis_tdata", given),
        "core": statement(
            f"{name} core (", ", ".join([".clk(aclk)", ".en(advance)", *connections]) + ")"
        ),
        "results": tuple(f"{port.type}{port.name}" for port in outputs),
        "data": joined(given),
        "valid_type": port_type(latency, signed=False),
        "last": f"valid[{latency - 1}]" if latency > 1 else "valid",
        "shifted": f"{{valid[{latency - 2}:0], s_axis_tvalid}}" if latency > 1 else "s_axis_tvalid",
        "empty": f"{latency}'d0",
        "unused": ", ".join(padding("s_axis_tdata", taken)),
    }


def sliced(data: str, lane: Lane, every: Sequence[Lane]) -> str:
    """Return the bits of a lane's code in some data."""
    if lane.port.width == lanes_width(every):
        return data
    return f"{data}[{lane.high}:{lane.low}]" if lane.port.width > 1 else f"{data}[{lane.low}]"


def joined(every: Sequence[Lane]) -> str:
    """Return the data that holds the codes of ports, each extended to its lane."""
    parts: list[str] = []
    for lane in reversed(every):
        name, more = lane.port.name, lane.padded - lane.port.width
        if more and lane.port.format.signed:
            parts.append(f"{{{more}{{{name}[{lane.port.width - 1}]}}}}")
        elif more:
            parts.append(f"{more}'d0")
        parts.append(name)
    return parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"


def padding(data: str, every: Sequence[Lane]) -> list[str]:
    """Return the bits of some data that belong to no code."""
    return [
        f"{data}[{lane.low + lane.padded - 1}:{lane.high + 1}]"
        for lane in every if lane.padded > lane.port.width
    ]


def layout(data: str, every: Sequence[Lane]) -> tuple[str, ...]:
    """Return lines that say where each code lies, where there are several."""
    if len(every) == 1:
        return ()
    listed = ", ".join(f"{lane.port.name} in [{lane.high}:{lane.low}]" for lane in every)
    return tuple(comment_lines(f"{data}: {listed}.", width=95))
