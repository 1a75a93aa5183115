"""The functions of a program that takes single numbers: of numbers, and of arrays of them."""

from __future__ import annotations

from collections.abc import Iterator

from lutgen.program import Program, ops
from lutgen.targets._c_body import Body, Result
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_functions import Function, Functions, words
from lutgen.targets._c_interface import SAME_ARRAY, Interface
from lutgen.targets._c_loops import DIRECT_ROUND, counters, elements_per_round, loop


def functions(expressions: Expressions, interface: Interface, inline: str) -> Functions:
    """Return the functions of numbers and of arrays, and of joined rows where there are some.

    Args:
        expressions: the program's values.
        interface: what goes in and out.
        inline: what functions that users call are declared as.
    """
    program = expressions.program
    scalar = _scalar(expressions, interface, inline)
    prepared = _prepared(expressions, interface) if interface.once else None
    helpers, lines = prepared or ((), _calls(program, interface))
    array = Function(
        _array_text(interface),
        f"{inline}void {interface.stem}_n({interface.array_parameters('n')})",
        tuple(lines),
    )
    return Functions(helpers, (scalar, array, *_joined(program, interface, inline)))


def _prepared(
    expressions: Expressions, interface: Interface
) -> tuple[tuple[Function, ...], list[str]] | None:
    """Return the helpers and statements that compute what is one number for an array only once.

    None where nothing is computed from such numbers alone.
    """
    # Loaded here: a plain table does not need it.
    from lutgen.targets._c_levels import Levels
    from lutgen.targets._c_sweep import Sweep

    values = expressions.program.values
    levels = Levels(expressions.program, [each.port for each in interface.once])
    if all(isinstance(values[ref].op, ops.Input) for ref in levels.once):
        return None
    sweep = Sweep(interface, expressions, levels)
    return tuple(sweep.helpers), sweep.lines


def _scalar(expressions: Expressions, interface: Interface, inline: str) -> Function:
    """Return the function of single numbers."""
    outputs = interface.outputs
    starts = ["return "] if len(outputs) == 1 else [f"*{output.name} = " for output in outputs]
    results = [Result(o.ref, start, o.type) for o, start in zip(outputs, starts, strict=True)]
    body = Body(expressions, results, kept=[each.ref for each in interface.inputs])
    parameters = [f"{each.type} {body.parameters[each.ref]}" for each in interface.inputs]
    returned = str(outputs[0].type)
    if len(outputs) > 1:
        returned = "void"
        parameters += [f"{output.type} *{output.name}" for output in outputs]
    return Function(
        _scalar_text(interface),
        f"{inline}{returned} {interface.stem}({', '.join(parameters)})",
        tuple(body.lines),
    )


def _scalar_text(interface: Interface) -> str:
    if len(interface.inputs) == len(interface.outputs) == 1:
        (only,) = interface.inputs
        text = "Returns the output code for an input code."
        return text + (f" Bits above its low {only.format.width} do not count." * only.reduces)
    sources = words(each.name for each in interface.inputs)
    text = f"Returns the output code for codes of {sources}."
    if len(interface.outputs) > 1:
        text = (
            f"Writes the output codes {words(o.name for o in interface.outputs)} for a code of "
            f"{sources}."
        )
    for each in interface.inputs:
        if each.reduces:
            text += f" Bits of {each.name} above the low {each.format.width} do not count."
    return text


def _array_text(interface: Interface) -> str:
    at = [f"{each.array}[i]" if each.array else each.parameter for each in interface.inputs]
    outputs = [f"{output.array}[i]" for output in interface.outputs]
    if len(outputs) == 1:
        text = f"{outputs[0]} = {interface.stem}({', '.join(at)}) for i below n."
    else:
        text = f"{words(outputs)} are what {interface.stem} gives for {words(at)}, for i below n."
    is_plain = len(interface.inputs) == len(interface.outputs) == 1
    return f"{text} {SAME_ARRAY if is_plain else interface.overlap}"


def _calls(program: Program, interface: Interface) -> list[str]:
    """Return the statements that call the function of single numbers for each element."""
    stem = interface.stem
    step = DIRECT_ROUND if program.is_direct else elements_per_round(
        [type(value.op) for value in program.values]
    )

    def lines(at: str) -> list[str]:
        sources = [f"{i.array}[{at}]" if i.array else i.parameter for i in interface.inputs]
        if len(interface.outputs) == 1:
            return [f"{interface.outputs[0].array}[{at}] = {stem}({', '.join(sources)});"]
        sinks = [f"&{output.array}[{at}]" for output in interface.outputs]
        return [f"{stem}({', '.join([*sources, *sinks])});"]

    return [*counters(step), "", *loop(step, lines)]


def _joined(program: Program, interface: Interface, inline: str) -> Iterator[Function]:
    """Yield the functions of rows in which a gated unit finds both its inputs."""
    if not interface.joined:
        return
    through, gate = interface.inputs
    stem, output = interface.stem, interface.outputs[0]
    step = elements_per_round([type(value.op) for value in program.values])
    said = [f"{each.name}, the gate" if each is gate else each.name for each in interface.joined]
    alias = "out must not overlap in."
    if output.type == through.type:
        alias = "out may be in itself, but must not overlap it otherwise."
    declared = f"const {through.type} *in, {output.type} *out, size_t n"
    for form, places, text in (
        ("halves", ("{0}", "n + {0}"),
         f"The row in has 2 * n codes: in its first half those of {said[0]}; in its second half "
         f"those of {said[1]}."),
        ("interleaved", ("2u * {1}", "2u * {1} + 1u"),
         f"The row in has 2 * n codes, always one of {said[0]}, then one of {said[1]}."),
    ):
        def call(at: str, places: tuple[str, str] = places) -> str:
            bracketed = at if at == "i" else f"({at})"
            texts = [f"in[{place.format(at, bracketed)}]" for place in places]
            found = dict(zip((each.ref for each in interface.joined), texts, strict=True))
            return f"{stem}({found[through.ref]}, {found[gate.ref]})"

        yield Function(
            f"out[i] = {call('i')} for i below n. {text} {alias}",
            f"{inline}void {stem}_{form}({declared})",
            (
                *counters(step), "",
                *loop(step, lambda at, call=call: [f"out[{at}] = {call(at)};"]),
            ),
        )
