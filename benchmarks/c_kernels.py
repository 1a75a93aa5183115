"""Instructions of the emitted array functions on Cortex-M0, Cortex-M4 and RV32IMC.

    python benchmarks/c_kernels.py [FUNCTION:BITS[:METHOD][:OPTION=NUMBER] ...]

Each kernel is compiled by gcc -O2 and run in an emulator on random input codes.  The figure is
per element: the slope between n and 2n elements, so that call and set-up do not count.  Of a
function of rows it is per row: all instructions of a call with one row of 16, the mean over many
rows.  The outputs are compared with the program's.  Beside the figure stand the bytes of code,
tables and RAM, and the figures of the best peer known, and what lutgen is to reach.
Instructions, not cycles: flash wait states and load delays are not modelled.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import NamedTuple

import numpy as np

from lutgen import kernels, pipeline, toolchain
from lutgen.errors import LutgenError, ToolError
from lutgen.kernels import KernelRequest, Settings
from lutgen.program import evaluate_all
from lutgen.request import Request
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from lutgen.targets import Options, c
from lutgen.targets._c_expressions import Expressions
from lutgen.targets._c_interface import Interface, reserved

DEFAULT = (
    "gelu:8:lut", "gelu:16:lut", "gelu:16:uniform:segments=512", "sigmoid:16:uniform:segments=512",
    "gelu:16:pwl:aligned=6", "gelu:16:pwl", "tanh:16:interp:segments=512", "tanh:16:quadratic",
    "softmax:8:max_n=1024", "softmax:16:max_n=1024", "log_softmax:8", "glu:8", "swiglu:8",
    "bilinear:8", "reglu:8", "glu:16", "swiglu:16", "crelu:8", "maxout_inputs:8",
)
ELEMENTS = 1024
ROW, ROWS = 16, 64
"""Elements of a row, and how many rows are run."""


class Core(NamedTuple):
    """A processor, its compiler and the emulator's name for it."""

    name: str
    compiler: str
    flags: tuple[str, ...]
    model: str


CORES = (
    Core("M0", "arm-none-eabi-gcc", ("-mcpu=cortex-m0", "-mthumb"), "UC_CPU_ARM_CORTEX_M0"),
    Core("M4", "arm-none-eabi-gcc", ("-mcpu=cortex-m4", "-mthumb"), "UC_CPU_ARM_CORTEX_M4"),
    # Without a start-up file nobody sets gp, which relaxed code would address tables by.
    Core(
        "RV32IMC", "riscv64-unknown-elf-gcc",
        ("-march=rv32imc", "-mabi=ilp32", "-Wl,--no-relax"), "",
    ),
)

# (method, bits) -> core -> (best peer measured with the same compiler and counter, to reach).
KNOWN = {
    ("lut", 8): {"M0": (4.0, 3.6), "M4": (4.25, 3.75), "RV32IMC": (4.75, 4.5)},
    ("uniform", 16): {"M0": (23.0, 15.0), "M4": (13.0, 9.0), "RV32IMC": (22.0, 15.0)},
    ("mapped pwl", 16): {"M0": (23.0, None), "M4": (13.0, 11.0), "RV32IMC": (22.0, None)},
    ("interp", 16): {"M0": (23.0, None), "M4": (13.0, None), "RV32IMC": (22.0, None)},
    ("quadratic", 16): {"M0": (37.8, None), "M4": (25.0, None), "RV32IMC": (27.6, None)},
    # The peer's 1931, 520, 584 and 122, 53, 63 are per element of a row of 16.
    ("softmax", 8): {"M0": (30896, 965), "M4": (8320, 260), "RV32IMC": (9344, 292)},
    ("softmax", 16): {"M0": (1952, None), "M4": (848, None), "RV32IMC": (1008, None)},
}

TEXT, RAM, STACK, RAM_SIZE = 0x0001_0000, 0x2000_0000, 0x2010_0000, 0x0020_0000
ARRAY_ROOM = 0x1_0000


class Kernel(NamedTuple):
    """What was measured.

    Attributes:
        instructions: per element, or per row.
        code: bytes of instructions.
        tables: bytes of constants.
        ram: bytes of initialised and zeroed data.
    """

    instructions: float
    code: int
    tables: int
    ram: int


def measure(solution: Solution, core: Core) -> Kernel:
    """Compile, run and count the array function of ``solution`` on ``core``.

    Raises:
        LutgenError: the compiler is missing or fails.
        AssertionError: the outputs are not the program's.
    """
    face = interface(solution)
    image = compiled(solution, face, core)
    rng = np.random.default_rng(0)

    def count(length: int) -> int:
        inputs = {
            each.port: rng.integers(each.format.min_code, each.format.max_code + 1,
                                    length if each.array else 1)
            for each in face.inputs
        }
        executed, outputs = emulated(image, core, face, inputs)
        expected = evaluate_all(solution.program, inputs)
        for name, codes in outputs.items():
            assert (codes == expected[name]).all(), f"{face.stem} on {core.name}: wrong output"
        return executed

    if solution.program.takes_rows:
        return Kernel(sum(count(ROW) for _ in range(ROWS)) / ROWS, *sizes(image))
    first, second = count(ELEMENTS), count(2 * ELEMENTS)
    return Kernel((second - first) / ELEMENTS, *sizes(image))


def interface(solution: Solution) -> Interface:
    """Return what goes into the functions of a solution, and what comes out."""
    taken = () if isinstance(solution.spec, Spec) else reserved(solution.program)
    return Interface.of(solution, Expressions(solution.program, taken).names)


def compiled(solution: Solution, face: Interface, core: Core) -> bytes:
    """Return the ELF file of a program that is nothing but the array function."""
    tool = toolchain.find(core.compiler)
    if tool is None:
        raise ToolError(f"{core.compiler} is not installed")
    function = face.stem if solution.program.takes_rows else f"{face.stem}_n"
    names = [*(i.parameter for i in face.inputs), *(o.array for o in face.outputs), "n"]
    source = (
        f'#include "{face.stem}.h"\n'
        f"void kernel({face.array_parameters('n')});\n"
        f"void kernel({face.array_parameters('n')})\n{{\n    {function}({', '.join(names)});\n}}\n"
    )
    files = {str(a.path): a.content for a in c.emit(solution, Options())}
    with toolchain.workspace({**files, "kernel.c": source.encode("ascii")}) as folder:
        toolchain.run(
            tool,
            [
                *tool.command, "-std=c99", "-O2", "-ffreestanding", "-nostdlib", *core.flags,
                "kernel.c", "-lgcc", "-o", "kernel.elf", f"-Wl,-Ttext={TEXT:#x},-e,kernel",
                "-Wl,--build-id=none",
            ],
            folder=folder,
        )
        return (folder / "kernel.elf").read_bytes()


def sizes(image: bytes) -> tuple[int, int, int]:
    """Return the bytes of code, constants and data in an ELF file."""
    from elftools.elf.elffile import ELFFile

    code = tables = ram = 0
    for section in ELFFile(BytesIO(image)).iter_sections():
        flags = section["sh_flags"]
        if not flags & 2 or section.name.startswith(".ARM"):
            continue
        if flags & 4:
            code += section["sh_size"]
        elif flags & 1:
            ram += section["sh_size"]
        else:
            tables += section["sh_size"]
    return code, tables, ram


def emulated(
    image: bytes, core: Core, face: Interface, inputs: Mapping[str, np.ndarray]
) -> tuple[int, dict[str, np.ndarray]]:
    """Return how many instructions the kernel executes on ``inputs``, and its outputs."""
    import unicorn
    from elftools.elf.elffile import ELFFile
    from unicorn import arm_const, riscv_const

    arm = bool(core.model)
    if arm:
        machine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        machine.ctl_set_cpu_model(getattr(arm_const, core.model))
    else:
        machine = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
    elf = ELFFile(BytesIO(image))
    machine.mem_map(0, 0x0010_0000)
    machine.mem_map(RAM, RAM_SIZE)
    for segment in elf.iter_segments():
        if segment["p_type"] == "PT_LOAD":
            machine.mem_write(segment["p_vaddr"], segment.data())
    place, arguments, sinks = RAM, [], {}
    for each in face.inputs:
        if not each.array:
            arguments.append(int(inputs[each.port][0]) & 0xFFFF_FFFF)
            continue
        machine.mem_write(place, inputs[each.port].astype(f"<{each.type.numpy}").tobytes())
        arguments.append(place)
        place += ARRAY_ROOM
    count = max(len(codes) for codes in inputs.values())
    for output in face.outputs:
        sinks[output.name] = place, f"<{output.type.numpy}"
        arguments.append(place)
        place += ARRAY_ROOM
    arguments.append(count)
    if arm:
        names = [f"UC_ARM_REG_R{number}" for number in range(4)]
        stack, link, family = "UC_ARM_REG_SP", "UC_ARM_REG_LR", arm_const
    else:
        names = [f"UC_RISCV_REG_A{number}" for number in range(8)]
        stack, link, family = "UC_RISCV_REG_SP", "UC_RISCV_REG_RA", riscv_const
    end = 0x000F_0000
    for name, value in zip(names, arguments, strict=False):
        machine.reg_write(getattr(family, name), value)
    beyond = arguments[len(names):]
    machine.mem_write(STACK, b"".join(value.to_bytes(4, "little") for value in beyond))
    machine.reg_write(getattr(family, stack), STACK)
    machine.reg_write(getattr(family, link), end | 1 if arm else end)
    counter = Counter(machine, thumb=arm)
    machine.hook_add(unicorn.UC_HOOK_CODE, counter)
    machine.emu_start(elf["e_entry"] | 1 if arm else elf["e_entry"], end)
    outputs = {}
    for name, (address, kind) in sinks.items():
        content = bytes(machine.mem_read(address, count * np.dtype(kind).itemsize))
        outputs[name] = np.frombuffer(content, kind).astype(np.int64)
    return counter.executed, outputs


class Counter:
    """Counts executed instructions.

    The emulator does not report the instructions of an IT block whose condition fails, though
    the core issues them: a block is counted as a whole when its IT instruction is seen.
    """

    def __init__(self, machine: object, *, thumb: bool) -> None:
        self.executed = 0
        self._machine = machine
        self._thumb = thumb
        self._lengths: dict[int, tuple[int, int]] = {}
        self._block = range(0)

    def __call__(self, machine: object, address: int, size: int, data: object) -> None:
        """Count the instruction at ``address``."""
        if address in self._block:
            return
        if address not in self._lengths:
            self._lengths[address] = self._look(address)
        count, length = self._lengths[address]
        self.executed += count
        self._block = range(address + 2, address + length)

    def _look(self, address: int) -> tuple[int, int]:
        """Return how many instructions start here as one, and their bytes."""
        first = self._half(address)
        if not self._thumb or first >> 8 != 0xBF or not first & 15:
            return 1, 0
        mask = first & 15
        # The lowest set bit of the mask ends the block: 1000 is one instruction, xxx1 four.
        count = 4 - (mask & -mask).bit_length() + 1
        length = 2
        for _ in range(count):
            length += 4 if self._half(address + length) >> 11 in (0b11101, 0b11110, 0b11111) else 2
        return 1 + count, length

    def _half(self, address: int) -> int:
        return int.from_bytes(self._machine.mem_read(address, 2), "little")


def solved(wanted: str) -> Solution:
    """Return the solution of ``FUNCTION:BITS``; a method and options may follow."""
    function, bits, *more = wanted.split(":")
    numbers = {key: int(number) for key, _, number in (m.partition("=") for m in more) if number}
    method = next((m for m in more if "=" not in m), None)
    if kernels.has(function):
        settings = {key: number for key, number in numbers.items() if key in Settings._fields}
        for key in settings:
            del numbers[key]
        request = KernelRequest(
            kernels.get(function), bits=int(bits), method=Method(method, **numbers),
            settings=settings,
        )
        return pipeline.solve(request.resolve())
    return pipeline.solve(
        Request(function, bits=int(bits), method=Method(method, **numbers)).resolve()
    )


def figures(solution: Solution, core: Core) -> tuple[float | None, float | None]:
    """Return what the best peer takes and what is to be reached, where they are known."""
    spec, method = solution.spec, solution.spec.method
    kind = "mapped pwl" if method.aligned else method.name
    if not isinstance(spec, Spec):
        kind = spec.kernel.name
    return KNOWN.get((kind, solution.spec.input.width), {}).get(core.name, (None, None))


def main(wanted: Iterable[str]) -> int:
    """Print a line for every kernel and core; return 1 where a goal is missed or a tool."""
    failed = False
    print(f"{'kernel':<34} {'core':<8} {'insns':>8} {'peer':>6} {'goal':>6}  "
          f"{'code':>5} {'tables':>7} {'RAM':>4}")
    for each in wanted:
        solution = solved(each)
        for core in CORES:
            peer, goal = figures(solution, core)
            try:
                kernel = measure(solution, core)
            except (LutgenError, ImportError) as problem:
                print(f"{each:<34} {core.name:<8} not run: {problem}")
                failed = True
                continue
            missed = goal is not None and kernel.instructions > goal
            failed |= missed
            print(
                f"{each:<34} {core.name:<8} {kernel.instructions:>8.3f} {peer or '-':>6} "
                f"{goal or '-':>6}  {kernel.code:>5} {kernel.tables:>7} {kernel.ram:>4}"
                f"{'  MISSED' if missed else ''}"
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or DEFAULT))
