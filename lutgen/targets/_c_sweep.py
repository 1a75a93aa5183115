"""Functions that go over their arrays once or several times, with what is computed between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from lutgen.program import ops
from lutgen.program.live import is_constant, unused_name
from lutgen.targets._c_body import Body, Result, cut, reached_values
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_functions import Function
from lutgen.targets._c_interface import Interface
from lutgen.targets._c_levels import Levels
from lutgen.targets._c_loops import (
    BRIEF_PROGRAM,
    DIRECT_ROUND,
    SHORT_ROUND,
    counters,
    elements_per_round,
    loop,
)
from lutgen.targets._c_once import Prepared, shortcuts
from lutgen.targets._c_types import (
    INT32,
    INT64,
    UINT32,
    CType,
    Text,
    converted,
    in_type,
    running_type,
)
from lutgen.targets._literals import block_comment, integer


class Accumulator(NamedTuple):
    """A variable that a pass over the elements fills.

    Attributes:
        start: the lines that declare it.
        lines: returns the statements for the element at an index.
        closing: the statements after each round.
    """

    start: tuple[str, ...]
    lines: Callable[[str], Sequence[str]]
    closing: tuple[str, ...] = ()


class Element(NamedTuple):
    """A value of each element.

    Attributes:
        at: returns its text for the element at an index.
        is_call: whether that calls a function.
    """

    at: Callable[[str], Text]
    is_call: bool = False


class Sweep:
    """The body of a function of arrays that does not call the function of single numbers.

    Attributes:
        helpers: functions for one element each, which it calls.
        lines: its statements.
    """

    def __init__(self, interface: Interface, expressions: Expressions, levels: Levels) -> None:
        self._interface, self._levels = interface, levels
        self._values = expressions.program.values
        found = shortcuts(expressions, levels, interface.names)
        self._expressions = expressions.shortened(found)
        self._outputs = [(output.ref, output) for output in interface.outputs]
        self._step = self._elements_per_round()
        self._shifted_sums: dict[ops.Ref, ops.Ref] = {}
        self._made: set[str] = set()
        self.helpers: list[Function] = []
        self.lines = list(self._statements())

    def _statements(self) -> Iterator[str]:
        reductions = [ref for ref in sorted(self._named) if self._is_reduction(ref)]
        for ref in sorted(self._named & self._levels.once):
            if not isinstance(self._values[ref].op, ops.Input):
                # What lives long is not cut to few bits, which would take instructions.
                self._expressions.declare(ref, running_type(*self._expressions.bounds(ref)))
        for ref in reductions:
            self._declare(ref)
        yield from counters(self._step)
        yield ""
        for each in self._interface.arrays:
            if each.ref not in self._named:
                yield f"(void){each.array};"
        if reductions:
            yield from ("if (n == 0u) {", "    return;", "}")
        yield from self._once(0)
        for level in range(max((self._levels.of[ref] for ref in reductions), default=0)):
            here = [ref for ref in reductions if self._levels.of[ref] == level + 1]
            if here:
                accumulators = [self._accumulator(ref) for ref in here]
                for accumulator in accumulators:
                    yield from accumulator.start
                yield from loop(
                    self._step,
                    lambda at, those=accumulators: [line for a in those for line in a.lines(at)],
                    [line for a in accumulators for line in a.closing],
                )
            yield from self._once(level + 1)
        yield from loop(self._step, self._leave())

    @cached_property
    def _named(self) -> set[ops.Ref]:
        """The values that are named anywhere, with those that something is prepared from."""
        found: set[ops.Ref] = set()
        pending = [ref for ref, _ in self._outputs if not is_constant(self._values[ref])]
        while pending:
            ref = pending.pop()
            if ref not in found:
                found.add(ref)
                pending += self._expressions.operands(ref)
                if ref in self._expressions.shortcuts:
                    pending.append(self._expressions.shortcuts[ref].prepared.source)
        return found

    @cached_property
    def _prepared(self) -> tuple[Prepared, ...]:
        known = self._expressions.shortcuts
        found = [known[ref].prepared for ref in sorted(self._named & {*known})]
        return tuple(dict.fromkeys(found))

    def _is_reduction(self, ref: ops.Ref) -> bool:
        return isinstance(self._values[ref].op, ops.Reduction)

    @cached_property
    def _loops(self) -> list[tuple[int, list[ops.Ref]]]:
        """The values that each loop computes, with the level of what it is given."""
        reductions = [ref for ref in sorted(self._named) if self._is_reduction(ref)]
        found = [(self._levels.of[ref] - 1, [self._values[ref].op.a]) for ref in reductions]
        last = max((self._levels.of[ref] for ref in reductions), default=0)
        return [*found, (last, [ref for ref, _ in self._outputs])]

    def _elements_per_round(self) -> int:
        """Return how many elements a round takes: as few as the longest of the loops wants."""
        steps = []
        for _, refs in self._loops:
            reached, _ = reached_values(self._expressions, refs, self._levels.once)
            kinds = [type(self._values[ref].op) for ref in reached]
            is_brief = len(kinds) <= BRIEF_PROGRAM * len(refs)
            steps.append(elements_per_round(kinds, DIRECT_ROUND if is_brief else SHORT_ROUND))
        return min(steps)

    def _once(self, level: int) -> Iterator[str]:
        """Yield the statements for what is one number for all elements from a level on."""
        if level == 0:
            for each in self._interface.once:
                if each.ref not in self._named:
                    yield f"(void){each.name};"
                elif each.reduces:
                    yield from cut(f"{each.name}_code", each.name, each.type, each.format)
        for ref in sorted(self._named & self._levels.once):
            value = self._values[ref]
            if self._levels.of[ref] != level:
                continue
            if not isinstance(value.op, ops.Input | ops.Reduction) and ref not in self._shifted_sums:
                yield from self._expressions.local(ref)
        said = ""
        for prepared in self._prepared:
            if self._first_use(prepared) == level:
                if prepared.comment != said:
                    yield from block_comment(prepared.comment)
                said = prepared.comment
                yield prepared.declaration(self._made)
                self._made.add(prepared.name)

    def _first_use(self, prepared: Prepared) -> int:
        """Return the level from which a prepared local is used; it would take a register before."""
        known = self._expressions.shortcuts
        return min(
            level for level, refs in self._loops
            if any(
                known[ref].prepared == prepared
                for ref in {*known} & reached_values(self._expressions, refs, self._levels.once)[0]
            )
        )

    # One element

    def _element(self, ref: ops.Ref, c_type: CType, said: str = "") -> Element:
        """Return a value as what each element has of it, by a helper where it is computed.

        Args:
            ref: the value.
            c_type: type of the result.
            said: what it is called, if not by its own name.
        """
        value = self._values[ref]
        if is_constant(value) or ref in self._levels.once:
            text = self._expressions.text(ref)
            return Element(lambda at: text)
        body = Body(self._expressions, [Result(ref, "return ", c_type)], self._levels.once)
        arrays = {each.ref: each for each in self._interface.arrays}
        if isinstance(value.op, ops.Input) and len(body.lines) == 1:
            return Element(lambda at: Text(f"{arrays[ref].array}[{at}]", c_type, atomic=True))
        said = said or self._expressions.names[ref]
        name = f"{self._interface.stem}_{said}_of"
        parameters, given = self._parameters(body)
        self.helpers.append(Function(
            f"Returns {said} of an element.",
            f"static inline {c_type} {name}({', '.join(parameters)})",
            tuple(body.lines),
        ))

        def call(at: str) -> Text:
            elements = [f"{arrays[source].array}[{at}]" for source in body.parameters]
            return Text(f"{name}({', '.join([*elements, *given])})", c_type, atomic=True)

        return Element(call, is_call=True)

    def _parameters(self, body: Body) -> tuple[list[str], list[str]]:
        """Return a helper's parameters, and what is given for those that are one for all."""
        e = self._expressions
        parameters = [f"{e.type_of(ref)} {name}" for ref, name in body.parameters.items()]
        given = []
        for ref in sorted(body.used):
            parameters.append(f"{e.type_of(ref)} {e.names[ref]}")
            given.append(e.names[ref])
        used = {e.shortcuts[ref].prepared.name for ref in body.needed & {*e.shortcuts}}
        for prepared in self._prepared:
            if prepared.name in used:
                parameters.append(f"{prepared.type}{prepared.name}")
                given.append(prepared.name)
        return parameters, given

    def _leave(self) -> Callable[[str], list[str]]:
        """Return what gives the statements by which the element at an index leaves."""
        if len(self._outputs) == 1:
            ((ref, output),) = self._outputs
            leaving = self._element(ref, output.type, output.name)
            return lambda at: [f"{output.array}[{at}] = {converted(leaving.at(at), output.type)};"]
        results = [Result(ref, f"*{output.name} = ", output.type) for ref, output in self._outputs]
        body = Body(self._expressions, results, self._levels.once)
        name = f"{self._interface.stem}_all_of"
        parameters, given = self._parameters(body)
        parameters += [f"{output.type} *{output.name}" for _, output in self._outputs]
        self.helpers.append(Function(
            "Writes the outputs of an element.",
            f"static inline void {name}({', '.join(parameters)})",
            tuple(body.lines),
        ))
        arrays = {each.ref: each.array for each in self._interface.arrays}

        def lines(at: str) -> list[str]:
            elements = [f"{arrays[source]}[{at}]" for source in body.parameters]
            places = [f"&{output.array}[{at}]" for _, output in self._outputs]
            return [f"{name}({', '.join([*elements, *given, *places])});"]

        return lines

    # Reductions

    def _declare(self, ref: ops.Ref) -> None:
        """Give a reduction's variable its type, and find the sums that are kept shifted."""
        value = self._values[ref]
        element = value.op.a
        if isinstance(value.op, ops.ReduceMax):
            self._expressions.declare(ref, running_type(*self._expressions.bounds(element)))
            return
        c_type = running_type(value.low, value.high, 0)
        self._expressions.declare(ref, c_type)
        if c_type != INT64:
            return
        low, high = self._expressions.bounds(element)
        users = [u for u in self._named if ref in self._expressions.operands(u)]
        carried = 0
        if len(users) == 1 and low >= 0:
            op = self._values[users[0]].op
            total = self._values[users[0]]
            if isinstance(op, ops.ShiftRight) and op.bits < 32 and UINT32.holds(total.high):
                carried = 2**op.bits - 1
                if high + carried < 2**32:
                    self._shifted_sums[users[0]] = ref
        while self._step > 1 and self._part_type(low, high, carried) is None:
            self._step //= 2

    def _part_type(self, low: int, high: int, carried: int) -> CType | None:
        """Return the type of the sum of a round's elements; None where 32 bits do not hold it."""
        ends = (0, low, self._step * low, self._step * high + carried)
        return next((t for t in (INT32, UINT32) if t.holds(*ends)), None)

    def _accumulator(self, ref: ops.Ref) -> Accumulator:
        op = self._values[ref].op
        element = self._element(op.a, self._expressions.type_of(op.a))
        if isinstance(op, ops.ReduceMax):
            return self._largest(ref, element)
        return self._sum(ref, element)

    def _start(self, ref: ops.Ref, name: str, c_type: CType, number: int) -> tuple[str, ...]:
        text = integer(number) + "u" * (not c_type.signed)
        return (*block_comment(self._values[ref].comment), f"{c_type} {name} = {text};")

    def _largest(self, ref: ops.Ref, element: Element) -> Accumulator:
        name, c_type = self._expressions.names[ref], self._expressions.type_of(ref)
        start = self._start(ref, name, c_type, self._values[self._values[ref].op.a].low)
        if element.is_call:
            larger = f"{self._interface.stem}_{name}_with"
            self.helpers.append(Function(
                f"Returns {name} of the elements so far and one more.",
                f"static inline {c_type} {larger}({c_type} {name}, {c_type} element)",
                (f"return element > {name} ? element : {name};",),
            ))
            return Accumulator(start, lambda at: [f"{name} = {larger}({name}, {element.at(at)});"])
        return Accumulator(
            start, lambda at: [f"{name} = {element.at(at)} > {name} ? {element.at(at)} : {name};"]
        )

    def _sum(self, ref: ops.Ref, element: Element) -> Accumulator:
        e = self._expressions
        name, c_type = e.names[ref], e.type_of(ref)
        low, high = e.bounds(self._values[ref].op.a)
        shifted = next((user for user, total in self._shifted_sums.items() if total == ref), None)
        if shifted is None and (c_type != INT64 or self._step == 1):
            start = self._start(ref, name, c_type, 0)
            return Accumulator(start, lambda at: [_added(name, c_type, element.at(at))])
        part = unused_name(f"{name}_part", {*e.names.values(), *self._interface.names})
        if shifted is None:
            part_type, text = self._part_type(low, high, 0), "Of one round, in 32 bits."
            start = self._start(ref, name, c_type, 0)
            closing = (f"{name} += {part};", f"{part} = 0;")
        else:
            bits = self._values[shifted].op.bits
            part_type = self._part_type(low, high, 2**bits - 1)
            text = f"The low {bits} bits of the sum, and more within a round."
            start = self._start(ref, e.names[shifted], e.type_of(shifted), 0)
            moved = converted(Text(f"{part} >> {bits}", part_type), e.type_of(shifted))
            closing = (f"{e.names[shifted]} += {moved};", f"{part} &= 0x{2**bits - 1:X};")
        start += (*block_comment(text), f"{part_type} {part} = 0;")
        return Accumulator(start, lambda at: [_added(part, part_type, element.at(at))], closing)


def _added(name: str, c_type: CType, element: Text) -> str:
    """Return the statement that adds an element to a variable."""
    _, shown = in_type(c_type, Text(name, c_type, atomic=True), element)
    return f"{name} += {shown};"
