"""Functions that go over their arrays once or several times, with what is computed between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from lutgen.program import ops
from lutgen.program.live import is_constant, unused_name
from lutgen.targets._c_accumulators import (
    Accumulator,
    Variable,
    largest,
    largest_by,
    part_type,
    shifted_total,
    total,
    total_in_parts,
)
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
from lutgen.targets._c_types import INT64, UINT32, CType, Text, converted, running_type
from lutgen.targets._literals import block_comment


class Element(NamedTuple):
    """A value of each element.

    Attributes:
        at: returns its text for the element at an index.
        is_call: whether that calls a function.
    """

    at: Callable[[str], Text]
    is_call: bool = False


class _Shifted(NamedTuple):
    """A sum of which only the high bits are read.

    Attributes:
        user: the value that they are.
        bits: how many bits are not read.
    """

    user: ops.Ref
    bits: int


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
        self._shifted_sums: dict[ops.Ref, _Shifted] = {}
        self._made: set[str] = set()
        self.helpers: list[Function] = []
        # What each helper was made of, by name.
        self._known: dict[str, tuple[str, list[str], list[str]]] = {}
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
                    yield f"(void){each.parameter};"
                elif each.reduces:
                    yield from cut(each.parameter, each.name, each.type, each.format)
        filled = {shifted.user for shifted in self._shifted_sums.values()}
        for ref in sorted((self._named & self._levels.once) - filled):
            is_computed = not isinstance(self._values[ref].op, ops.Input | ops.Reduction)
            if is_computed and self._levels.of[ref] == level:
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
        parameters, given = self._parameters(body)
        name = self._helper(
            f"{self._interface.stem}_{said}_of", f"Returns {said} of an element.", str(c_type),
            parameters, body.lines,
        )

        def call(at: str) -> Text:
            elements = [f"{arrays[source].array}[{at}]" for source in body.parameters]
            return Text(f"{name}({', '.join([*elements, *given])})", c_type, atomic=True)

        return Element(call, is_call=True)

    def _helper(
        self, wanted: str, text: str, returned: str, parameters: list[str], lines: list[str]
    ) -> str:
        """Return the name of a function for one element, which is added where it is new."""
        for name, known in self._known.items():
            if known == (wanted, parameters, lines):
                return name
        name = unused_name(wanted, self._known)
        self._known[name] = (wanted, parameters, lines)
        declaration = f"static inline {returned} {name}({', '.join(parameters)})"
        self.helpers.append(Function(text, declaration, tuple(lines)))
        return name

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
        parameters, given = self._parameters(body)
        parameters += [f"{output.type} *{output.name}" for _, output in self._outputs]
        name = self._helper(
            f"{self._interface.stem}_all_of", "Writes the outputs of an element.", "void",
            parameters, body.lines,
        )
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
        low, high = self._expressions.bounds(value.op.a)
        if isinstance(value.op, ops.ReduceMax):
            self._expressions.declare(ref, running_type(low, high))
            return
        c_type = running_type(value.low, value.high, 0)
        self._expressions.declare(ref, c_type)
        if c_type != INT64:
            return
        carried = self._carried(ref)
        if carried:
            self._shifted_sums[ref] = carried
        left = 2**carried.bits - 1 if carried else 0
        while self._step > 1 and part_type(self._step * low, self._step * high + left) is None:
            self._step //= 2

    def _carried(self, ref: ops.Ref) -> _Shifted | None:
        """Return the shift that alone reads a sum, if 32 bits hold what it gives and a part."""
        low, high = self._expressions.bounds(self._values[ref].op.a)
        users = [user for user in self._named if ref in self._expressions.operands(user)]
        is_read = any(ref == output for output, _ in self._outputs) or any(
            ref == prepared.source for prepared in self._prepared
        )
        if len(users) != 1 or is_read or low < 0:
            return None
        result = self._values[users[0]]
        if not isinstance(result.op, ops.ShiftRight) or result.op.bits > 31:
            return None
        fits = UINT32.holds(result.high, high + 2**result.op.bits - 1)
        return _Shifted(users[0], result.op.bits) if fits else None

    def _accumulator(self, ref: ops.Ref) -> Accumulator:
        e, op = self._expressions, self._values[ref].op
        element = self._element(op.a, e.type_of(op.a))
        comment = self._values[ref].comment
        variable = Variable(e.names[ref], e.type_of(ref), comment)
        low, high = e.bounds(op.a)
        if isinstance(op, ops.ReduceMax):
            if not element.is_call:
                return largest(variable, low, element.at)
            name, kind = variable.name, str(variable.type)
            larger = self._helper(
                f"{self._interface.stem}_{name}_with",
                f"Returns {name} of the elements so far and one more.", kind,
                [f"{kind} {name}", f"{kind} element"],
                [f"return element > {name} ? element : {name};"],
            )
            return largest_by(variable, low, element.at, larger)
        name = unused_name(f"{variable.name}_part", {*e.names.values(), *self._interface.names})
        low, high = self._step * low, self._step * high
        if ref in self._shifted_sums:
            user, bits = self._shifted_sums[ref]
            comment = f"The low {bits} bits of the sum, and more within a round."
            part = Variable(name, part_type(low, high + 2**bits - 1), comment)
            kept = Variable(e.names[user], e.type_of(user), self._values[ref].comment)
            return shifted_total(kept, part, element.at, bits)
        if variable.type != INT64 or self._step == 1:
            return total(variable, element.at)
        part = Variable(name, part_type(low, high), "Of one round, in 32 bits.")
        return total_in_parts(variable, part, element.at)
