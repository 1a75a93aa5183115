"""Options that several commands share, and the request they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from lutgen import activations
from lutgen.accuracy import requirements
from lutgen.errors import UnknownNameError, UsageError, printable
from lutgen.names import in_lists
from lutgen.plugins import ACTIVATIONS, registered
from lutgen.request import DEFAULT_WIDTH, MOST_INPUTS, Request, Side, range_ends, whole_number
from lutgen.samples import Samples
from lutgen.spec import BREAKPOINTS, FOLDS, METHODS, ROUNDINGS, Method
from lutgen.store import Written
from lutgen.targets import (
    LAYOUTS,
    MEMORIES,
    MULTIPLIERS,
    NAMES,
    ONNX_KINDS,
    ROMS,
    Options,
    get,
)

if TYPE_CHECKING:
    from lutgen.kernels import KernelRequest

DEFAULT_FOLDER = "generated"


class FilePath(click.Path):
    """A path; an empty text, such as an unset variable of a shell leaves, is none."""

    def __init__(self) -> None:
        # Whoever opens it says in its own words what is wrong.
        super().__init__(path_type=Path, readable=False)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """Return the path."""
        if value == "":
            self.fail("must not be empty", param, ctx)
        return super().convert(value, param, ctx)


F = TypeVar("F", bound=Callable[..., object])

_METHOD_OPTIONS = (
    click.option("--segments", metavar="N", help="Segments of interp, uniform, pwl or quadratic."),
    click.option("--aligned", metavar="K", help="Breakpoints of pwl at multiples of 2^K codes."),
    click.option("--breakpoints", default=BREAKPOINTS[0], show_default=True,
                 metavar="|".join(BREAKPOINTS),
                 help="Breakpoints of pwl anywhere, or found by the leading bit."),
    click.option("--fold", default="auto", show_default=True, metavar="|".join(FOLDS),
                 help="Store one half of a symmetric function, or the difference to relu."),
    click.option("--max-error", metavar="E|faithful", help="Largest allowed error in LSB."),
    click.option("--exact", is_flag=True, help="Every code correctly rounded, ties too."),
    click.option("--max-bytes", metavar="N", help="Storage budget in bytes."),
)

_REQUEST_OPTIONS = (
    click.option("--bits", default=str(DEFAULT_WIDTH), show_default=True, metavar="8|16",
                 help="Width of input and output codes."),
    click.option("--in-bits", metavar="2..16", help="Width of the input codes alone."),
    click.option("--out-bits", metavar="2..16", help="Width of the output codes alone."),
    click.option("--unsigned", is_flag=True, help="Unsigned codes on both sides."),
    click.option("--in-unsigned", is_flag=True, help="Unsigned input codes."),
    click.option("--out-unsigned", is_flag=True, help="Unsigned output codes."),
    click.option("--range", metavar="LO,HI", help="Real input range to cover."),
    click.option("--grid", default="pow2", show_default=True, metavar="pow2|symmetric|affine",
                 help="How a range becomes a scale."),
    click.option("--in-format", metavar="Q4.4", help="Input format; m of Qm.n counts the sign."),
    click.option("--out-format", metavar="UQ0.8", help="Output format in Q notation."),
    click.option("--in-scale", metavar="S", help="Input scale: 0.0078125, 1/255, 0x1p-7, 0.0039f."),
    click.option("--in-zp", metavar="Z", help="Input zero point."),
    click.option("--out-scale", metavar="S", help="Output scale."),
    click.option("--out-zp", metavar="Z", help="Output zero point."),
    click.option("--rounding", metavar="half-even|half-away|half-up|floor",
                 help="How a value becomes a code; half-even, half-up for several inputs."),
    click.option("--param", "params", multiple=True, metavar="K=V",
                 help="Activation parameter, or one of --expr; repeatable."),
    click.option("--derivative", is_flag=True, help="The exact derivative instead."),
    click.option("--method", metavar="|".join(METHODS),
                 help="How the function is approximated; lut up to 8 bits of input where no error "
                      "or size is asked for, else auto."),
    *_METHOD_OPTIONS,
    click.option("--gate", metavar="first|second",
                 help="Which half of a joined row is the gate of a gated unit; second."),
    click.option("--gate-bits", metavar="N", help="Bits of the gate's values."),
    click.option("--max-n", metavar="N", help="Longest row of softmax and its kin; 1024."),
    click.option("--inputs", metavar="K", help="Maxout of K inputs rather than of two lines."),
    click.option("--channels", metavar="FILE", type=FilePath(),
                 help="CSV with the parameters of every channel, a line each."),
    click.option("--expr", metavar="TEXT",
                 help='An expression in x instead of NAME, such as "x*sigmoid(1.702*x)".'),
    click.option("--table", metavar="FILE", type=FilePath(),
                 help="Samples instead of NAME: CSV or NPY, y over --range, or x and y."),
    click.option("--name", metavar="IDENT", help="Identifier and file stem."),
)


_FURTHER_INPUTS = tuple(f"in{number}" for number in range(2, MOST_INPUTS + 1))
_FURTHER_OPTIONS = tuple(
    option
    for name in _FURTHER_INPUTS
    for option in (
        click.option(f"--{name}-bits", metavar="2..16", hidden=name != "in2",
                     help="Width of the second input, such as a gate's; in3, in4 alike."),
        click.option(f"--{name}-unsigned", is_flag=True, hidden=name != "in2",
                     help="Unsigned codes of the second input."),
        click.option(f"--{name}-format", metavar="Q4.4", hidden=name != "in2",
                     help="Its format in Q notation."),
        click.option(f"--{name}-scale", metavar="S", hidden=name != "in2", help="Its scale."),
        click.option(f"--{name}-zp", metavar="Z", hidden=name != "in2", help="Its zero point."),
    )
)
_SETTINGS = ("gate", "gate_bits", "max_n", "inputs")


def request_options(command: F) -> F:
    """Add the options that describe one table."""
    for option in reversed((*_REQUEST_OPTIONS, *_FURTHER_OPTIONS)):
        command = option(command)
    return command


def method_options(command: F) -> F:
    """Add the options that go with ``--method``, which the command adds itself."""
    for option in reversed(_METHOD_OPTIONS):
        command = option(command)
    return command


_TARGET_OPTIONS = (
    click.option("--c-layout", default=LAYOUTS[0], show_default=True, metavar="|".join(LAYOUTS),
                 help="One header, or a header and a source file."),
    click.option("--latency", metavar="N",
                 help="Clocks from input to output in Verilog; 0 is combinational. Default: "
                      "natural depth."),
    click.option("--mem", default=MEMORIES[0], show_default=True, metavar="|".join(MEMORIES),
                 help="Where ROM contents are: in the module, or in files as well."),
    click.option("--rom", default=ROMS[0], show_default=True, metavar="|".join(ROMS),
                 help="What ROMs are made of."),
    click.option("--multiplier", default=MULTIPLIERS[0], show_default=True,
                 metavar="|".join(MULTIPLIERS),
                 help="Products in one piece for DSP blocks, or cut where that is faster."),
    click.option("--enable", is_flag=True, help="A port en that holds the pipeline."),
    click.option("--stream", is_flag=True, help="An AXI4-Stream wrapper, with its test bench."),
    click.option("--onnx-kind", default=ONNX_KINDS[0], show_default=True,
                 metavar="|".join(ONNX_KINDS),
                 help="The table, the integer steps, or the real operator with quantisers or not."),
)


def target_options(command: F) -> F:
    """Add the options about the form of the emitted files."""
    for option in reversed(_TARGET_OPTIONS):
        command = option(command)
    return command


def target_options_from(options: dict[str, object]) -> Options:
    """Return what the options of ``target_options`` say, and take them out of ``options``.

    Raises:
        UsageError: one is out of range, or contradicts another.
    """
    chosen = {key: options.pop(key) for key in Options._fields}
    if chosen["latency"] is not None:
        chosen["latency"] = whole_number(str(chosen["latency"]), "--latency")
    return Options(**chosen).checked()


def targets_option(command: F) -> F:
    """Add ``--target``."""
    return click.option("--target", "target_lists", multiple=True, metavar="LIST",
                        help=f"Comma list of {', '.join(NAMES)}; default c.")(command)


def targets_from(lists: Iterable[str]) -> tuple[str, ...]:
    """Return the targets in comma lists, each once, in the order given; c where there is none.

    Raises:
        UnknownNameError: there is no such target.
    """
    names = in_lists(lists)
    for name in names:
        get(name)
    return names or ("c",)


def require_option(command: F) -> F:
    """Add ``--require``."""
    return click.option("--require", "required_lists", multiple=True, metavar="LIST",
                        help=f"Comma list of {', '.join(requirements.NAMES)}; fails if broken.")(
        command
    )


def echo_files(written: Iterable[Written]) -> None:
    """Print what became of each file."""
    for item in written:
        place, size = printable(str(item.path)), f"{item.entry['bytes']} bytes"
        click.echo(f"  {'wrote' if item.changed else 'kept':<8} {place} ({size})")


def output_options(command: F) -> F:
    """Add ``--json``, ``-q``, ``-v`` and ``--debug``."""
    for option in (
        click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks."),
        click.option("-v", "--verbose", is_flag=True, help="Say more."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    ):
        command = option(command)
    return command


def debug_option(command: F) -> F:
    """Add ``--debug``, which ``main`` looks for among the arguments."""
    return click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks.")(
        command
    )


def request_from(function: str | None, options: dict[str, object]) -> Request | KernelRequest:
    """Return the request that the options of ``request_options`` make.

    Raises:
        UsageError: a name is missing, a width is not a whole number, or a file cannot be read.
    """
    sources = {"NAME": function, "--expr": options["expr"], "--table": options["table"]}
    given = [source for source, value in sources.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} both say what to tabulate; give one of them")
    if not given:
        raise UsageError("NAME is missing; try: lutgen build gelu, or lutgen list")
    if function is not None and _is_kernel(function, options):
        return _kernel_request(function, options)
    if options["channels"] is not None:
        raise UsageError("--channels goes with NAME, whose parameters the file holds")
    for key in (*_SETTINGS, *(f"{name}_{part}" for name in _FURTHER_INPUTS for part in _PARTS)):
        if options.get(key) not in (None, False):
            raise UsageError(
                f"--{key.replace('_', '-')} is for functions of several numbers, such as "
                f"{'maxout' if key == 'inputs' else 'glu or softmax'}; leave it out"
            )
    samples = None
    if options["table"] is not None:
        # One column takes its places from the range; with two the range is the table's own.
        covered = options["range"] and range_ends(str(options["range"]))
        samples = Samples.read(Path(str(options["table"])), covered)
    return Request(
        function=function or "",
        parameters=tuple(options["params"]),
        derivative=bool(options["derivative"]),
        bits=_whole(options, "bits"),
        input=_side("in", options),
        output=_side("out", options),
        range=options["range"],
        grid=options["grid"],
        rounding=ROUNDINGS[0] if options["rounding"] is None else options["rounding"],
        method=method_from(options),
        name=options["name"],
        description=options.get("description", ""),
        samples=samples,
        expression=options["expr"],
    )


def method_from(options: dict[str, object]) -> Method:
    """Return the method that ``--method`` and the options of ``method_options`` ask for.

    Raises:
        UsageError: a size is not a whole number.
    """
    return Method(
        name=options["method"],
        segments=_whole(options, "segments"),
        aligned=_whole(options, "aligned"),
        breakpoints=options["breakpoints"],
        fold=options["fold"],
        max_error=options["max_error"],
        exact=options["exact"],
        max_bytes=_whole(options, "max_bytes"),
    )


_PARTS = ("bits", "unsigned", "format", "scale", "zp")


def _is_kernel(function: str, options: dict[str, object]) -> bool:
    """Return whether a function of several numbers is asked for.

    Raises:
        UnknownNameError: there is no such function of one number or of several.
    """
    if options["channels"] is not None:
        return True
    if function == "maxout" and options["inputs"] is not None:
        return True
    if function in activations.names():
        return False
    from lutgen import kernels

    if kernels.has(function):
        return True
    try:
        activations.get(function)
    except UnknownNameError:
        known = [*activations.names(), *kernels.names(), *registered(ACTIVATIONS)]
        raise UnknownNameError.among("activation", function, known) from None
    return False


def _kernel_request(function: str, options: dict[str, object]) -> KernelRequest:
    from lutgen import kernels

    channels = None
    if options["channels"] is not None:
        record = kernels.activation_of_channels(function)
        channels = kernels.Channels.read(Path(str(options["channels"])), record)
        kernel = kernels.of_channels(record.name)
    elif options["inputs"] is not None and function == "maxout":
        kernel = kernels.get("maxout_inputs")
    else:
        kernel = kernels.get(function)
    if kernel.needs_channels and channels is None:
        raise UsageError(f"{kernel.name} needs --channels FILE, the parameters of every channel")
    if options["derivative"]:
        raise UsageError(f"--derivative: {kernel.name} takes several numbers; leave it out")
    return kernels.KernelRequest(
        kernel=kernel,
        parameters=tuple(options["params"]),
        bits=_whole(options, "bits"),
        inputs={name: _side(name, options) for name in ("in", *_FURTHER_INPUTS)},
        output=_side("out", options),
        range=options["range"],
        grid=options["grid"],
        rounding=options["rounding"],
        method=method_from(options),
        settings={
            "gate": options["gate"],
            **{key: _whole(options, key) for key in _SETTINGS if key != "gate"},
        },
        channels=channels,
        name=options["name"],
        description=options.get("description", ""),
    )


def _whole(options: dict[str, object], key: str) -> int | None:
    text = options[key]
    return None if text is None else whole_number(str(text), f"--{key.replace('_', '-')}")


def _side(name: str, options: dict[str, object]) -> Side:
    return Side(
        name,
        _whole(options, f"{name}_bits"),
        bool((options["unsigned"] and name in ("in", "out")) or options[f"{name}_unsigned"]),
        options[f"{name}_format"], options[f"{name}_scale"], options[f"{name}_zp"],
    )
