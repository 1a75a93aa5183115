"""The Verilog target: what the files say, and that every linter accepts them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lutgen import toolchain
from lutgen.errors import UsageError
from lutgen.program import Builder
from lutgen.request import Side
from lutgen.solution import Solution
from lutgen.spec import Method
from lutgen.targets import Options, verilog
from tests.targets import programs
from tests.targets.programs import S8, solution, wrapped
from tests.tools import require_module, require_tool

OF_EACH_METHOD = {
    "lut": Method("lut"),
    "pwl": Method("pwl"),
    "mapped": Method("pwl", aligned=3, max_error="1"),
    "dyadic": Method("pwl", breakpoints="dyadic"),
    "uniform": Method("uniform"),
    "interp": Method("interp"),
    "quadratic": Method("quadratic"),
    "bipartite": Method("bipartite"),
    "steps": Method("steps"),
    "residual": Method("lut", fold="residual"),
    "complement": Method("pwl", fold="complement", max_error="2"),
}


def of_each_method(bits: int = 8) -> list[Solution]:
    """Return a solution by every method and fold."""
    return [
        solution("gelu", bits=bits, method=method, name=f"{label}_{bits}")
        for label, method in OF_EACH_METHOD.items()
    ]


def files(solved: Solution, options: Options = Options()) -> dict[str, str]:  # noqa: B008
    """Return the emitted files by name."""
    made = verilog.emit(solved, options.checked())
    return {str(artifact.path): artifact.content.decode("ascii") for artifact in made}


def module(solved: Solution, options: Options = Options()) -> str:  # noqa: B008
    """Return the text of the module."""
    return files(solved, options)[f"{solved.spec.name}.v"]


def code_lines(text: str) -> str:
    """Return a module without its comments."""
    return re.sub(r"//.*", "", text)


def ports(text: str) -> list[str]:
    """Return the ports of a module, white space folded."""
    found = re.findall(r"^ +(?:input|output) [^,\n]*", code_lines(text), re.MULTILINE)
    return [" ".join(port.split()) for port in found]


def rom(text: str, name: str) -> dict[int, int]:
    """Return the entries that a module assigns to a table."""
    cells = re.findall(rf"\b{name}\[ *(\d+)\] = \d+'h([0-9a-f]+);", text)
    return {int(address): int(entry, 16) for address, entry in cells}


def test_names_and_ports_are_those_of_the_contract() -> None:
    text = module(solution("gelu"))

    assert "module gelu_s8 (" in text
    assert ports(text) == [
        "input wire clk", "input wire signed [7:0] x", "output reg signed [7:0] y",
    ]


def test_unsigned_codes_have_unsigned_ports() -> None:
    unsigned = solution("sine", input=Side("in", unsigned=True), output=Side("out", bits=12))

    assert ports(module(unsigned))[1:] == ["input wire [7:0] x", "output reg signed [11:0] y"]


def test_a_combinational_module_has_no_clock() -> None:
    text = module(solution("gelu"), Options(latency=0))

    assert ports(text) == ["input wire signed [7:0] x", "output wire signed [7:0] y"]
    assert "always" not in text


def test_a_table_takes_one_clock_by_itself() -> None:
    text = module(solution("gelu"))

    assert verilog.latency_of(solution("gelu"), Options()) == 1
    assert "latency     1 clock from x to y" in text
    assert "y <= lut[pattern];" in text


@pytest.mark.parametrize("latency", [1, 2, 5, 9])
def test_the_latency_asked_for_is_the_one_given(latency: int) -> None:
    for solved in of_each_method():
        options = Options(latency=latency)
        text = module(solved, options)

        assert verilog.latency_of(solved, options) == latency
        assert f"latency     {latency} clock" in text
        assert text.count("always @(posedge clk)") == latency


def test_the_table_is_in_address_order() -> None:
    solved = solution("tanh")
    entries = rom(module(solved), "lut")
    codes = dict(zip(solved.spec.input.codes, solved.report.codes.tolist(), strict=True))

    assert sorted(entries) == list(range(256))
    for code, output in codes.items():
        assert entries[code % 256] == output % 256


def test_a_large_table_is_an_array_and_no_case() -> None:
    text = module(solution("gelu", bits=16))

    assert len(rom(text, "lut")) == 65536
    assert "case" not in code_lines(text)


def test_no_data_register_is_reset() -> None:
    for solved in of_each_method():
        assert not re.search("rst|reset|negedge", code_lines(module(solved)))


def test_an_enable_holds_every_register() -> None:
    for solved in of_each_method():
        text = module(solved, Options(enable=True))

        assert ports(text)[:2] == ["input wire clk", "input wire en"]
        assert text.count("if (en) begin") == text.count("always @(posedge clk)")


def test_registers_are_no_wider_than_what_they_hold() -> None:
    """A sum that takes 9 bits, of which a shift and a clamp leave fewer."""
    b = Builder("narrow")
    x = b.input("x", S8)
    total = b.add("total", b.low_bits("low", x, 6), x)
    kept = b.shift_right("kept", total, 3)
    text = module(wrapped(b.finish(b.clamp("y", kept, -7, 9), S8)), Options(latency=4))
    declared = {
        name: int(msb) for msb, name in re.findall(r"(?:wire|reg) signed \[(\d+):0\] (\w+)", text)
    }

    # -128 + 0 .. 127 + 63 takes 9 bits; an eighth of it 6; -7 .. 9 takes 5.
    assert declared["total"] == 8
    assert declared["kept"] == 5
    assert {msb for name, msb in declared.items() if name.startswith("y2")} == {4}


def test_a_whole_product_is_one_multiplication() -> None:
    solved = solution("gelu", bits=16, method=Method("uniform", segments=512))

    assert code_lines(module(solved, Options(multiplier="whole"))).count(" *") == 1
    assert code_lines(module(solved, Options(latency=9))).count(" *") == 0


@pytest.mark.parametrize("name", ["gelu", "tanh", "silu"])
def test_a_bipartite_table_needs_no_multiplier(name: str) -> None:
    solved = solution(name, bits=16, method=Method("bipartite", max_error="faithful"))

    assert "*" not in code_lines(module(solved)).replace("(*", "").replace("*)", "")


def test_rom_styles_set_the_vendors_attributes() -> None:
    assert "(*" not in module(solution("gelu"))
    block = module(solution("gelu"), Options(rom="block"))
    assert 'ram_style = "block"' in block and 'syn_romstyle = "EBR"' in block
    assert 'rom_style = "distributed"' in module(solution("gelu"), Options(rom="distributed"))


def test_memory_files_hold_the_table() -> None:
    solved = solution("gelu")
    entries = rom(module(solved), "lut")
    found = {}
    for mem in ("readmemh", "mif", "coe"):
        made = files(solved, Options(mem=mem))
        (name,) = (name for name in made if not name.endswith(".v"))
        found[mem] = made[name]
        assert name == f"gelu_s8_lut.{mem.replace('readmemh', 'mem')}"

    plain = [line for line in found["readmemh"].splitlines() if not line.startswith("//")]
    assert [int(line, 16) for line in plain] == [entries[i] for i in range(256)]
    mif = re.findall(r"^ +([0-9a-f]+) : ([0-9a-f]+);$", found["mif"], re.MULTILINE)
    assert {int(address, 16): int(entry, 16) for address, entry in mif} == entries
    assert "DEPTH = 256;" in found["mif"] and "WIDTH = 8;" in found["mif"]
    vector = found["coe"].partition("memory_initialization_vector=")[2].rstrip().rstrip(";")
    assert [int(entry, 16) for entry in vector.split(",")] == [entries[i] for i in range(256)]


def test_a_module_that_reads_a_file_names_it_by_a_parameter() -> None:
    text = module(solution("gelu"), Options(mem="readmemh"))
    two = module(
        solution("gelu", method=Method("uniform", segments=16)), Options(mem="readmemh")
    )

    assert 'parameter INIT_FILE = "gelu_s8_lut.mem"' in text
    assert "$readmemh(INIT_FILE, lut);" in text
    assert not rom(text, "lut")
    assert re.findall("parameter (\\w+)", two) == ["INIT_FILE_SLOPES", "INIT_FILE_INTERCEPTS"]


def test_the_header_says_what_was_made() -> None:
    text = module(solution("gelu", bits=16, method=Method("pwl")))

    for label in ("definition  gelu(x)", "input       int16", "output      int16",
                  "error       max 0.6", "latency     ", "throughput  one result per clock",
                  "storage     ", "spec        sha256"):
        assert f"// {label}" in text


def test_every_file_is_plain_and_short_lined() -> None:
    for solved in of_each_method():
        for name, text in files(solved, Options(stream=True, mem="readmemh")).items():
            assert text.isascii() and text.endswith("\n") and "\t" not in text
            assert max(map(len, text.splitlines())) <= 120, name


def test_two_runs_give_the_same_bytes() -> None:
    for solved in of_each_method():
        assert files(solved) == files(solved)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(latency=-1), "--latency"),
        (Options(latency=65), "--latency"),
        (Options(latency=0, enable=True), "--enable needs a clock"),
        (Options(latency=0, stream=True), "--stream needs a clock"),
        (Options(latency=0, rom="block"), "--rom block needs a clock"),
        (Options(mem="hex"), "--mem"),
        (Options(rom="bram"), "--rom"),
        (Options(multiplier="dsp"), "--multiplier"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: Options, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        options.checked()


def test_block_ram_needs_its_clocks() -> None:
    deep = solution("gelu", bits=16, method=Method("interp", segments=512))

    with pytest.raises(UsageError, match="--latency: must leave a clock for each block RAM"):
        verilog.emit(deep, Options(latency=1, rom="block"))


def test_a_name_that_is_a_port_is_refused() -> None:
    with pytest.raises(UsageError, match="--name"):
        verilog.emit(solution("gelu", name="clk"), Options())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with modules of every kind, each with its stream wrapper."""
    made = tmp_path_factory.mktemp("verilog")
    solved = [*of_each_method(8), *of_each_method(16)]
    solved += [wrapped(program) for program in programs.by_hand()]
    for each in solved:
        for name, text in files(each, Options(stream=True)).items():
            (made / name).write_text(text)
    return made


def sources(folder: Path, *, benches: bool = False) -> list[str]:
    return sorted(
        path.name for path in folder.glob("*.v") if benches or not path.stem.endswith("_tb")
    )


def test_verilator_has_nothing_to_say(folder: Path) -> None:
    require_tool("verilator")
    tool = toolchain.verilator()
    tops = [path.stem for path in folder.glob("*_stream.v")]
    shown = "".join(f"{top} {top}_i (.aclk(), .aresetn(), .s_axis_tdata(), .s_axis_tvalid(),"
                    f" .s_axis_tready(), .m_axis_tdata(), .m_axis_tvalid(), .m_axis_tready());\n"
                    for top in tops)
    (folder / "all.vh").write_text(
        f"/* verilator lint_off PINCONNECTEMPTY */\nmodule all;\n{shown}endmodule\n"
    )
    toolchain.run(
        tool,
        [tool.command[0], "--lint-only", "-Wall", "-Wno-DECLFILENAME", "--top-module", "all",
         *sources(folder), "all.vh"],
        folder=folder, silent=True,
    )


def test_icarus_has_nothing_to_say(folder: Path) -> None:
    require_tool("iverilog")
    compiler, _ = toolchain.icarus()

    toolchain.run(
        compiler,
        [*compiler.command, "-g2005", "-Wall", "-o", "out.vvp", *sources(folder, benches=True)],
        folder=folder, silent=True,
    )


def test_slang_has_nothing_to_say(folder: Path) -> None:
    pyslang = require_module("pyslang")
    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    paths = " ".join(str(folder / name) for name in sources(folder, benches=True))

    assert driver.parseCommandLine(f"slang -Wextra -Werror {paths}")
    assert driver.processOptions() and driver.parseAllSources()
    assert driver.runFullCompilation()


def test_yosys_check_finds_nothing(folder: Path) -> None:
    require_tool("yosys")
    tool = toolchain.yosys()
    # 65,536 assignments take Yosys many minutes; the module differs in nothing else.
    names = [name for name in sources(folder) if not name.startswith(("lut_16", "residual_16"))]
    script = [f"read_verilog {' '.join(names)}", "hierarchy -check", "proc", "check -assert"]
    (folder / "check.ys").write_text("\n".join(script))

    toolchain.run(tool, [*tool.command, "check.ys"], folder=folder)


def test_a_linter_sees_a_planted_width(folder: Path, tmp_path: Path) -> None:
    require_tool("verilator")
    tool = toolchain.verilator()
    text = (folder / "pwl_8.v").read_text()
    wire = re.search(r"wire signed \[(\d+):0\] sum", text)
    wider = wire[0].replace(f"[{wire[1]}:0]", f"[{int(wire[1]) + 1}:0]")
    (tmp_path / "pwl_8.v").write_text(text.replace(wire[0], wider))

    with pytest.raises(toolchain.ToolError, match=r"pwl_8\.v"):
        toolchain.run(
            tool, [tool.command[0], "--lint-only", "-Wall", "pwl_8.v"],
            folder=tmp_path, silent=True,
        )


def test_expected_codes_of_the_bench_are_the_programs() -> None:
    """Every row of the bench, unpacked here, against the codes of the program."""
    solved = solution("tanh", input=Side("in", bits=5), output=Side("out", bits=7))
    text = files(solved)["tanh_s5_s7_tb.v"]
    rows = re.findall(r"expected\[\d+\] = \d+'h([0-9a-f]+);", text)
    codes = []
    for row in rows:
        number = int(row, 16)
        codes += [number >> 7 * i & 127 for i in range(16)]

    by_pattern = np.roll(solved.report.codes, 16) & 127
    assert codes == by_pattern.tolist()
