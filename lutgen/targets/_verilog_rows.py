"""A function of rows as a module between two streams: its files, and its clocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from lutgen.errors import UsageError
from lutgen.program import Program, Table
from lutgen.rendering import render
from lutgen.solution import Artifact, Solution
from lutgen.targets import Options
from lutgen.targets._provenance import provenance
from lutgen.targets._verilog_bench import row_bench
from lutgen.targets._verilog_division import SerialDivision
from lutgen.targets._verilog_netlist import Place
from lutgen.targets._verilog_passes import Passes, passes_of
from lutgen.targets._verilog_pipeline import Pipeline, pipeline
from lutgen.targets._verilog_ports import (
    Signals,
    check_name,
    input_ports,
    lanes,
    lanes_width,
    output_ports,
    port_type,
)
from lutgen.targets._verilog_roms import memory_files, rom_facts, tables_of
from lutgen.targets._verilog_vectors import longest_row

PORTS = (
    "aclk", "aresetn", "s_tdata", "s_tvalid", "s_tready", "s_tlast",
    "m_tdata", "m_tvalid", "m_tready", "m_tlast", "m_tuser",
)
_TAKEN = frozenset({
    *PORTS, "MAX_N", "LONGEST", "INDEX_BITS", "LAST", "RECEIVE", "READ", "DRAIN", "SETTLE", "state",
    "pass", "clocks", "index", "highest", "full", "cut", "valid", "last", "keep", "advance",
    "drained", "settled", "row", "arrived", "stored", "element",
})


class TimedStep(NamedTuple):
    """What is computed once for the row, and when.

    Attributes:
        cut: the pipeline of the program; None where there is none.
        divisions: what is divided once its results are there.
        stop: in how many clocks after the pass all of it is done.
    """

    cut: Pipeline | None
    divisions: tuple[SerialDivision, ...]
    stop: int


class Rows(NamedTuple):
    """A program of rows as hardware.

    Attributes:
        passes: the program taken apart.
        cut: the pipeline of the elements.
        steps: what follows each pass but the last.
        longest: elements of the longest row for which the program is proved.
    """

    passes: Passes
    cut: Pipeline
    steps: tuple[tuple[TimedStep, ...], ...]
    longest: int

    @classmethod
    def of(cls, solution: Solution, options: Options) -> Rows:
        """Return the hardware of a solution.

        Raises:
            UsageError: an option makes no sense for rows.
        """
        name, program = solution.spec.name, solution.program
        if options.latency == 0:
            raise UsageError(f"--latency 0: {name} takes rows, which needs a clock; leave it out")
        if options.enable and not options.stream:
            raise UsageError(f"--enable: {name} is a stream, which tready holds; leave it out")
        passes = passes_of(program, _TAKEN)
        steady = frozenset(passes.elements.inputs) - frozenset(program.inputs)
        taps = frozenset(accumulator.next for accumulator in passes.accumulators)
        place = Place(steady, taps, _TAKEN, "Elements, stage")
        cut = pipeline(passes.elements, options.latency, options.rom, options.multiplier, place)
        steps = tuple(
            tuple(_timed_steps(passes, number, options)) for number in range(passes.last)
        )
        return cls(passes, cut, steps, longest_row(solution))

    @property
    def pipelines(self) -> tuple[Pipeline, ...]:
        """The pipelines, that of the elements first."""
        return (self.cut, *(s.cut for steps in self.steps for s in steps if s.cut is not None))

    @property
    def settling(self) -> tuple[int, ...]:
        """The clocks between each pass and the next; at least one."""
        return tuple(max([1, *(step.stop for step in steps)]) for steps in self.steps)

    @property
    def overhead(self) -> int:
        """The clocks that a row takes beyond one for each element and pass."""
        return (self.passes.last + 1) * (self.cut.latency + 1) + sum(self.settling)


def emit(solution: Solution, options: Options) -> tuple[Artifact, ...]:
    """Return ``NAME.v`` and its test bench, and what ``--mem`` adds.

    Raises:
        UsageError: the name is a port's, or an option makes no sense for rows.
    """
    from lutgen.targets._verilog_rows_view import rows_view

    name = solution.spec.name
    ports = (*input_ports(solution.program), *output_ports(solution.program))
    check_name(name, (*PORTS, *(port.name for port in ports)))
    rows = Rows.of(solution, options)
    notice = _notice(solution, rows)
    files = {
        f"{name}.v": render("verilog/rows.v.jinja", **rows_view(solution, rows, options, notice)),
        **row_bench(solution, rows.passes.last, rows.overhead, notice),
    }
    return (
        *(Artifact(PurePosixPath(path), content, "verilog") for path, content in files.items()),
        *memory_files(name, tables_of(*rows.pipelines), options),
    )


def timing_of(solution: Solution, options: Options) -> tuple[int, int]:
    """Return the clocks of an element in the last pass, and the picoseconds of a clock."""
    rows = Rows.of(solution, options)
    return rows.cut.latency, max(cut.period for cut in rows.pipelines)


def signals_of(solution: Solution) -> tuple[Signals, Signals, str]:
    """Return the types and names of the module's inputs and outputs, and the name of its clock."""
    taken, given = (
        port_type(lanes_width(lanes(ports)), signed=False)
        for ports in (input_ports(solution.program), output_ports(solution.program))
    )
    inputs = ("aresetn", "s_tvalid", "s_tlast", "m_tready")
    outputs = ("s_tready", "m_tvalid", "m_tlast", "m_tuser")
    return (
        ((taken, "s_tdata"), *(("", name) for name in inputs)),
        ((given, "m_tdata"), *(("", name) for name in outputs)),
        "aclk",
    )


def tables(solution: Solution, options: Options) -> tuple[Table, ...]:
    """Return the tables of the module."""
    return tables_of(*Rows.of(solution, options).pipelines)


def _timed_steps(passes: Passes, number: int, options: Options) -> Iterator[TimedStep]:
    """Yield the steps that follow a pass, with their clocks."""
    clock = 0
    for order, (program, divisions) in enumerate(passes.steps[number]):
        cut = None
        if program is not None:
            cut = _once(program, f"After pass {number}, stage", f"once{number}{order}_", options)
            clock += cut.latency
        started = tuple(SerialDivision(each, number, clock) for each in divisions)
        clock = max([clock, *(each.stop for each in started)])
        yield TimedStep(cut, started, clock)


def _once(program: Program, label: str, prefix: str, options: Options) -> Pipeline:
    """Return the pipeline of what is computed once for the row; its inputs stand still."""
    place = Place(frozenset(program.inputs), frozenset(), _TAKEN, label, prefix)
    return pipeline(program, None, options.rom, options.multiplier, place)


def _notice(solution: Solution, rows: Rows) -> str:
    """Return the comment at the top of every file."""
    passes, width = rows.passes, sum(port.width for port in input_ports(solution.program))
    facts = [
        ("rows", (
            f"of 1 to MAX_N elements, MAX_N at most {rows.longest}; what comes beyond in a row is "
            "taken in and dropped, and m_tuser is high with all that leaves for it"
        )),
        ("clocks", (
            f"{passes.last + 1} n + {rows.overhead} from the first element of a row of n to that "
            "of the next one, where nobody waits"
        )),
        ("storage", (
            f"{rom_facts(tables_of(*rows.pipelines))}; {rows.longest * width} bits for the row"
        )),
    ]
    return "\n".join(f"// {line}".rstrip() for line in provenance(solution, facts))
