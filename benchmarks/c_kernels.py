"""Instructions per element of the emitted array functions on Cortex-M0, Cortex-M4 and RV32IMC.

    python benchmarks/c_kernels.py [FUNCTION:BITS:METHOD[:OPTION=NUMBER] ...]

Each kernel is compiled by gcc -O2 and run in an emulator on random input codes.  The figure is the
slope between n and 2n elements, so that call and set-up do not count; the outputs are compared
with the program's.  Beside it stand the bytes of code, tables and RAM, and the figures of
the best peer known, and what lutgen is to reach.  Instructions, not cycles: flash wait states
and load delays are not modelled.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import BytesIO
from typing import NamedTuple

import numpy as np

from lutgen import pipeline, toolchain
from lutgen.errors import LutgenError, ToolError
from lutgen.request import Request
from lutgen.solution import Solution
from lutgen.spec import Method
from lutgen.targets import Options, c
from lutgen.targets._c_types import code_type

DEFAULT = (
    "gelu:8:lut", "gelu:16:lut", "gelu:16:uniform:segments=512", "sigmoid:16:uniform:segments=512",
    "gelu:16:pwl:aligned=6", "gelu:16:pwl", "tanh:16:interp:segments=512", "tanh:16:quadratic",
)
ELEMENTS = 1024


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
}

TEXT, RAM, STACK, RAM_SIZE = 0x0001_0000, 0x2000_0000, 0x2010_0000, 0x0020_0000


class Kernel(NamedTuple):
    """What was measured.

    Attributes:
        instructions: per element.
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
    image = compiled(solution, core)
    rng = np.random.default_rng(0)
    spec = solution.spec
    inputs = rng.integers(spec.input.min_code, spec.input.max_code + 1, 2 * ELEMENTS)
    counts = []
    for count in (ELEMENTS, 2 * ELEMENTS):
        executed, outputs = emulated(image, core, solution, inputs[:count])
        expected = solution.report.codes[inputs[:count] - spec.input.min_code]
        assert (outputs == expected).all(), f"{spec.name} on {core.name}: wrong output"
        counts.append(executed)
    return Kernel((counts[1] - counts[0]) / ELEMENTS, *sizes(image))


def compiled(solution: Solution, core: Core) -> bytes:
    """Return the ELF file of a program that is nothing but the array function."""
    tool = toolchain.find(core.compiler)
    if tool is None:
        raise ToolError(f"{core.compiler} is not installed")
    name, spec = solution.spec.name, solution.spec
    arguments = f"const {code_type(spec.input)} *in, {code_type(spec.output)} *out, size_t n"
    source = (
        f'#include "{name}.h"\n'
        f"void kernel({arguments});\n"
        f"void kernel({arguments})\n{{\n    {name}_n(in, out, n);\n}}\n"
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
    image: bytes, core: Core, solution: Solution, inputs: np.ndarray
) -> tuple[int, np.ndarray]:
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
    kinds = [
        f"<{code_type(side).numpy}" for side in (solution.spec.input, solution.spec.output)
    ]
    source = inputs.astype(kinds[0]).tobytes()
    sink = RAM + 0x1_0000
    machine.mem_write(RAM, source)
    end = 0x000F_0000
    if arm:
        names = ("R0", "R1", "R2", "SP", "LR")
        registers = [getattr(arm_const, f"UC_ARM_REG_{name}") for name in names]
    else:
        names = ("A0", "A1", "A2", "SP", "RA")
        registers = [getattr(riscv_const, f"UC_RISCV_REG_{name}") for name in names]
    values = (RAM, sink, len(inputs), STACK, end | 1 if arm else end)
    for register, value in zip(registers, values, strict=True):
        machine.reg_write(register, value)
    counter = Counter(machine, thumb=arm)
    machine.hook_add(unicorn.UC_HOOK_CODE, counter)
    machine.emu_start(elf["e_entry"] | 1 if arm else elf["e_entry"], end)
    size = len(inputs) * np.dtype(kinds[1]).itemsize
    outputs = np.frombuffer(bytes(machine.mem_read(sink, size)), kinds[1])
    return counter.executed, outputs.astype(np.int64)


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
    """Return the solution of ``FUNCTION:BITS:METHOD``; options such as ``:segments=512`` follow."""
    function, bits, method, *options = wanted.split(":")
    numbers = {key: int(number) for key, number in (option.split("=") for option in options)}
    asked = Method(method, **numbers)
    return pipeline.solve(Request(function, bits=int(bits), method=asked).resolve())


def figures(solution: Solution, core: Core) -> tuple[float | None, float | None]:
    """Return what the best peer takes and what is to be reached, where they are known."""
    method = solution.spec.method
    kind = "mapped pwl" if method.aligned else method.name
    return KNOWN.get((kind, solution.spec.input.width), {}).get(core.name, (None, None))


def main(wanted: Iterable[str]) -> int:
    """Print a line for every kernel and core; return 1 where a goal is missed or a tool."""
    failed = False
    print(f"{'kernel':<34} {'core':<8} {'insns/el':>8} {'peer':>6} {'goal':>6}  "
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
