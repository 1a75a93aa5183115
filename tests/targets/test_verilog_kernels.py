"""Functions of several numbers and of rows as hardware: replayed, and run in benches of our own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest

from lutgen import area, kernels, pipeline, toolchain, workspaces
from lutgen.cli import main
from lutgen.program import evaluate_all
from lutgen.rendering import render
from lutgen.request import Side
from lutgen.solution import Solution, Verdict
from lutgen.targets import (
    Options,
    _verilog_icarus,
    _verilog_replay,
    _verilog_verilator,
    verilog,
)
from lutgen.targets._verilog_stimulus import Emitted
from tests.targets import c_kernels
from tests.tools import require_module, require_tool

ROWS = ("softmax", "softmin", "log_softmax")
EVERY = (*kernels.names(), "prelu")
SPREAD = ("bilinear", "crelu", "dynamic_relu_run_time", "maxout_inputs", "softmax", "swiglu")


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    for name in ("verilator", "iverilog", "yosys"):
        require_tool(name)


def solved(of: str, bits: int, **more: object) -> Solution:
    """Return a kernel's solution; of ``prelu``, with a slope for every channel."""
    if of == "prelu":
        slopes = c_kernels.channels(of, alpha=[f"{k}/37" for k in range(23)])
        return c_kernels.built(kernels.of_channels(of), bits=bits, channels=slopes, **more)
    return c_kernels.built(of, bits=bits, **more)


@cache
def plain(of: str, bits: int) -> Solution:
    """Return a kernel's solution in its default formats."""
    return solved(of, bits)


def every(bits: int) -> list[Solution]:
    """Return all kernels of some width; of 16 bits a spread, for some take long to simulate."""
    return [plain(name, bits) for name in (EVERY if bits == 8 else SPREAD)]


@cache
def texts(of: Solution, options: Options = Options()) -> dict[str, str]:  # noqa: B008
    """Return the emitted files by name."""
    made = verilog.emit(of, options.checked())
    return {str(artifact.path): artifact.content.decode("ascii") for artifact in made}


def emitted(
    of: Solution, options: Options = Options(), edit: Callable[[str], str] = lambda text: text,  # noqa: B008
    *, known: bool = True,
) -> Emitted:
    """Return a module with its files, the module itself edited."""
    options, name = options.checked(), f"{of.spec.name}.v"
    files = {path: text.encode("ascii") for path, text in texts(of, options).items()}
    files[name] = edit(files[name].decode("ascii")).encode("ascii")
    enable = options.enable and not of.program.takes_rows
    return Emitted(of, verilog.latency_of(of, options), enable, files, known)


def replaced(pattern: str, new: str) -> Callable[[str], str]:
    """Return an edit that must find what it replaces, once, and change it."""
    def edit(module: str) -> str:
        edited, count = re.subn(pattern, new, module)
        assert count == 1 and edited != module, pattern
        return edited
    return edit


def failures(verdicts: Iterable[Verdict]) -> list[str]:
    return [f"{v.name} {v.tool} {v.problem or v.mismatches}" for v in verdicts if not v.passed]


@cache
def few_rows(name: str = "softmax_short") -> Solution:
    """Return softmax with a few short rows, which are quickly simulated."""
    program = solved("softmax", 8, settings={"max_n": c_kernels.LONGEST}).program
    return c_kernels.wrapped(replace(program, name=name))


# The program, Verilator and Icarus agree


@pytest.mark.parametrize("bits", [8, 16])
def test_kernels_in_two_simulators(bits: int, tmp_path: Path) -> None:
    check(every(bits), tmp_path)


@pytest.mark.slow
def test_all_other_kernels_of_16_bits_in_two_simulators(tmp_path: Path) -> None:
    check([solved(name, 16) for name in EVERY if name not in SPREAD], tmp_path)


def check(found: list[Solution], tmp_path: Path) -> None:
    """Build modules, replay them, and compare how much of them was run."""
    pipeline.build(found, ("verilog",), Options(), tmp_path)

    verdicts = verilog.replay(tmp_path, tuple(found), Options())

    assert failures(verdicts) == []
    for solution in found:
        run = {v.tool.split()[0]: v.codes for v in verdicts if v.name == solution.spec.name}
        least = min(solution.report.stimulus.count, 2**14)
        if solution.program.takes_rows:
            least = 2**15
        assert run["Verilator"] >= least
        assert run["Icarus"] >= min(least, 2**14 if not solution.program.takes_rows else 7000)
    proven = {v.name for v in verdicts if "proof" in v.tool}
    assert proven == {s.spec.name for s in found} & {"crelu_s8"}


def of_every_form() -> list[tuple[Solution, Options]]:
    """Return kernels in other formats, and in other forms of a module."""
    odd = {"in": Side("in", scale="0.031", zero_point="-7"), "in2": Side("in2", bits=6)}
    unsigned = {"inputs": {"in": Side("in", unsigned=True, scale="1/32", zero_point="128")}}
    wide = {"in": Side("in", bits=8), "in2": Side("in2", bits=12)}
    return [
        (solved("glu", 8, name="glu_comb", inputs=odd), Options(latency=0)),
        (solved("swiglu", 8, name="swiglu_one", **unsigned), Options(latency=1)),
        (solved("geglu", 8, name="geglu_held", inputs=wide), Options(latency=3, enable=True)),
        (solved("reglu", 8, name="reglu_u12", output=Side("out", bits=12, unsigned=True)),
         Options(stream=True)),
        (solved("bilinear", 8, name="bilinear_whole"), Options(multiplier="whole", stream=True)),
        (solved("glu", 8, name="glu_even", rounding="half-even", inputs=odd),
         Options(mem="readmemh")),
        (solved("maxout_inputs", 8, name="maxout3", settings={"inputs": 3},
                inputs={"in2": Side("in2", scale="0.1"), "in3": Side("in3", bits=5)}),
         Options(stream=True)),
        (solved("crelu", 7, name="crelu_comb"), Options(latency=0)),
        (solved("crelu", 8, name="crelu_stream"), Options(stream=True)),
        (solved("prelu", 8, name="prelu_block"), Options(rom="block", enable=True)),
        (solved("softmax", 7, name="softmax_u7", settings={"max_n": 40},
                inputs={"in": Side("in", unsigned=True)}), Options(mem="readmemh")),
        (solved("softmax", 8, name="softmax_one", settings={"max_n": 1}), Options()),
        (solved("log_softmax", 8, name="log_softmax_deep", settings={"max_n": 33}),
         Options(latency=9, rom="distributed")),
        (solved("softmin", 8, name="softmin_whole", settings={"max_n": 16},
                output=Side("out", bits=12)), Options(multiplier="whole", latency=1)),
    ]


def of_no_kernel() -> list[Emitted]:
    """Return programs by hand and at random, with divisions and with reductions in a row."""
    forms = (Options(), Options(latency=1), Options(latency=3, enable=True), Options(latency=0))
    numbers = c_kernels.numbers_by_hand() + [c_kernels.several_at_random(k) for k in range(12)]
    rows = c_kernels.rows_by_hand() + [c_kernels.rows_at_random(k) for k in range(12)]
    return [
        emitted(c_kernels.wrapped(*made), forms[place % len(of)])
        for all_made, of in ((numbers, forms), (rows, forms[:2]))
        for place, made in enumerate(all_made)
    ]


def test_other_formats_and_forms_and_programs_of_no_kernel_in_two_simulators() -> None:
    """All together, and among them a gate with a wrong entry, which alone fails."""
    modules = [emitted(*each) for each in of_every_form()] + of_no_kernel()
    of = solved("glu", 8, name="glu_wrong")
    entry = re.search(r"gate_lut\[ 40\] = 16'h(....);", texts(of)["glu_wrong.v"])
    wrong = entry[0].replace(entry[1], f"{int(entry[1], 16) ^ 0x0800:04x}")
    modules.append(emitted(of, edit=replaced(re.escape(entry[0]), wrong)))

    verdicts = _verilog_replay.check(modules)

    assert {v.name for v in verdicts if "Icarus" in v.tool} == {m.name for m in modules}
    assert failures([v for v in verdicts if v.name != "glu_wrong"]) == []
    verilator, icarus = (v for v in verdicts if v.name == "glu_wrong")
    assert verilator.codes == 65536 and 100 < verilator.mismatches <= 256
    # Its own bench fails, so that Icarus replays it as well.
    assert (icarus.codes, icarus.mismatches) == (65536, verilator.mismatches)


# What the files say


def ports(text: str) -> list[str]:
    """Return the ports of a module, white space folded."""
    found = re.findall(r"^ +(?:input|output) [^,\n]*", text, re.MULTILINE)
    return [" ".join(port.split()) for port in found]


def test_ports_are_named_after_inputs_and_outputs() -> None:
    assert ports(texts(plain("glu", 8))["glu_s8.v"]) == [
        "input wire clk", "input wire signed [7:0] a", "input wire signed [7:0] b",
        "output reg signed [7:0] y",
    ]
    assert ports(texts(plain("crelu", 8), Options(latency=0))["crelu_s8.v"]) == [
        "input wire signed [7:0] x", "output wire signed [7:0] positive",
        "output wire signed [7:0] negative",
    ]
    assert ports(texts(plain("prelu", 8))["prelu_per_channel_s8.v"])[1:3] == [
        "input wire signed [7:0] x", "input wire [7:0] channel",
    ]


def test_a_port_is_no_keyword() -> None:
    shown = ports(texts(plain("dynamic_relu_run_time", 8))["dynamic_relu_run_time_s8.v"])

    assert "input wire signed [7:0] context_in" in shown


def test_rows_come_and_leave_by_streams() -> None:
    text = texts(plain("softmax", 16))["softmax_s16.v"]

    assert "parameter MAX_N = 1024" in text
    assert ports(text) == [
        "input wire aclk", "input wire aresetn", "input wire [15:0] s_tdata",
        "input wire s_tvalid", "output wire s_tready", "input wire s_tlast",
        "output wire [15:0] m_tdata", "output wire m_tvalid", "input wire m_tready",
        "output wire m_tlast", "output wire m_tuser",
    ]


def test_a_stream_says_where_each_code_lies() -> None:
    text = texts(solved("maxout_inputs", 8, name="maxout3", settings={"inputs": 3},
                        inputs={"in3": Side("in3", bits=5, scale="1/2")}),
                 Options(stream=True))["maxout3_stream.v"]

    assert "// s_axis_tdata: x1 in [7:0], x2 in [15:8], x3 in [20:16]." in text
    assert "input  wire [23:0] s_axis_tdata" in text
    assert ".x3(s_axis_tdata[20:16])" in text


def test_factors_are_no_wider_than_their_proven_intervals() -> None:
    """The 16-bit gate takes 0 .. 65513; it is not widened for the sign of the other factor."""
    text = texts(plain("glu", 8), Options(multiplier="whole"))["glu_s8.v"]
    found = re.findall(r"reg (?:signed )?\[(\d+):0\] (\w+);", text)
    declared = {name: int(msb) + 1 for msb, name in found}

    assert declared["gate_entry"] == 16
    assert declared["a_q1"] == 8
    assert text.count(" * ") == 2, "one in the definition"


def test_tables_of_both_passes_are_stored_once() -> None:
    text = texts(plain("softmax", 16))["softmax_s16.v"]

    assert text.count("reg [31:0] coarse [0:255];") == 1
    assert len(re.findall(r"<= coarse\[", text)) == 1


def test_what_makes_no_sense_for_rows_is_refused(tmp_path: Path, capsys) -> None:
    for words, told in (
        (["--latency", "0"], "--latency 0: softmax_s8 takes rows"),
        (["--enable"], "--enable: softmax_s8 is a stream"),
        (["--name", "m_tdata"], "--name: is the name of a port"),
        (["--optimize", "area"], "--optimize: softmax takes several numbers"),
        (["--explain"], "--explain: softmax takes several numbers"),
        (["--latency", "1", "--rom", "block"], "--latency: must leave a clock"),
    ):
        command = ["build", "softmax", "--target", "verilog", "-o", str(tmp_path), *words]
        assert main(command) == 2
        assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_area_of_a_kernel_is_counted() -> None:
    found = area.Tools.found()
    (counted,) = area.measure([solved("crelu", 4)], Options(), found, frequency=False)

    assert counted.name == "crelu_s4" and counted.latency > 0
    assert counted.ice40["flip_flops"] >= 8 and counted.xilinx["flip_flops"] >= 8


@pytest.mark.parametrize("name", ["glu", "softmax"])
def test_registers_around_a_kernel_fit_its_ports(name: str) -> None:
    of, tool = plain(name, 8), toolchain.yosys()
    view = area._wrapper_view(of, verilog.latency_of(of, Options()), Options(enable=True))
    module = texts(of, Options(stream=True))[f"{of.spec.name}.v"]
    script = f"read_verilog {of.spec.name}.v lutgen_area.v\nhierarchy -check -top lutgen_area\n"
    script += "proc\ncheck -assert\nselect -assert-count 1 lutgen_area/core\n"
    files = {
        f"{of.spec.name}.v": module.encode("ascii"),
        "lutgen_area.v": render("verilog/area_wrapper.v.jinja", **view),
        "run.ys": script.encode("ascii"),
    }
    with workspaces.workspace(files) as place:
        toolchain.run(tool, [*tool.command, "run.ys"], folder=place)


# Linters


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with the modules of all kernels, and their streams and benches."""
    made = tmp_path_factory.mktemp("kernels")
    for solution in (*every(8), *every(16)):
        for name, text in texts(solution, Options(stream=True)).items():
            (made / name).write_text(text, encoding="ascii")
    return made


def sources(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("*.v") if not p.stem.endswith("_tb"))


def test_verilator_has_nothing_to_say(folder: Path) -> None:
    tool = toolchain.verilator()
    lint = [tool.command[0], "--lint-only", "-Wall"]
    for name in sources(folder):
        core = [name.replace("_stream", "")] if "_stream" in name else []
        top = ["--top-module", name.removesuffix(".v")]
        toolchain.run(tool, [*lint, *core, name, *top], folder=folder, silent=True)
    for longest in (1, 2, 3, 16, 1000, 99999):
        command = [*lint, f"-GMAX_N={longest}", "log_softmax_s8.v"]
        toolchain.run(tool, command, folder=folder, silent=True)


def test_icarus_has_nothing_to_say(folder: Path) -> None:
    compiler, _ = toolchain.icarus()
    names = sorted(path.name for path in folder.glob("*.v"))

    toolchain.run(
        compiler, [*compiler.command, "-g2005", "-Wall", "-o", "out.vvp", *names],
        folder=folder, silent=True,
    )


def test_slang_has_nothing_to_say(folder: Path) -> None:
    pyslang = require_module("pyslang")
    driver = pyslang.driver.Driver()
    driver.addStandardArgs()
    paths = " ".join(map(str, sorted(folder.glob("*.v"))))

    assert driver.parseCommandLine(f"slang -Wextra -Werror {paths}")
    assert driver.processOptions() and driver.parseAllSources()
    assert driver.runFullCompilation()


def test_yosys_finds_no_fault_and_no_latch(folder: Path) -> None:
    tool = toolchain.yosys()
    script = [
        f"read_verilog {' '.join(sources(folder))}", "hierarchy -check", "proc", "check -assert",
        "select -assert-none t:$*latch* t:$*sr*",
    ]
    (folder / "check.ys").write_text("\n".join(script))

    toolchain.run(tool, [*tool.command, "check.ys"], folder=folder)


def test_a_long_row_is_kept_in_block_ram(folder: Path) -> None:
    tool = toolchain.yosys()
    script = [
        "read_verilog softmax_s8.v", "proc", "opt", "memory -nomap",
        "select -assert-count 1 softmax_s8/row t:$mem_v2 %i r:RD_CLK_ENABLE>0 %i r:SIZE>1023 %i",
    ]
    (folder / "ram.ys").write_text("\n".join(script))

    toolchain.run(tool, [*tool.command, "ram.ys"], folder=folder)


# Benches of our own


def in_icarus(files: dict[str, str], bench: str) -> list[str]:
    """Return the lines that a bench prints, compiled with everything else."""
    compiler, runner = toolchain.icarus()
    encoded = {name: text.encode("ascii") for name, text in files.items()}
    names = [name for name in files if name.endswith(".v")]
    with workspaces.workspace(encoded) as place:
        command = [*compiler.command, "-g2005", "-Wall", "-s", bench, "-o", "b.vvp", *names]
        toolchain.run(compiler, command, folder=place, silent=True)
        output = toolchain.run(runner, [*runner.command, "-N", "b.vvp"], folder=place)
    return output.decode("ascii").splitlines()


GATE_BENCH = """
`timescale 1ns / 1ps
module pairs;
    reg clk = 0;
    reg [7:0] a, b;
    wire signed [7:0] y;
    integer i;
    glu_s8 dut (.clk(clk), .a(a), .b(b), .y(y));
    always #5 clk = ~clk;
    initial begin
        for (i = 0; i < 65536 + LATENCY; i = i + 1) begin
            @(negedge clk);
            {a, b} = i * 40503;
            if (i >= LATENCY) $display("%0d", y);
        end
        $finish;
    end
endmodule
"""


def test_a_gate_against_exact_reals_on_all_pairs() -> None:
    """Our own bench, and our own function; within the error that lutgen states."""
    files = {name: text for name, text in texts(plain("glu", 8)).items() if name == "glu_s8.v"}
    latency = int(re.search(r"latency +(\d+) clock", files["glu_s8.v"])[1])
    lines = in_icarus(
        {**files, "pairs.v": GATE_BENCH.replace("LATENCY", str(latency))}, "pairs"
    )

    # The output is read half a clock after the edge that brings it: one pair later.
    place = np.arange(65536, dtype=np.int64) * 40503 % 65536
    a, b = ((place >> shift & 255) for shift in (8, 0))
    a, b = np.where(a > 127, a - 256, a), np.where(b > 127, b - 256, b)
    exact = a / (1 + np.exp(-b / 16))
    got = np.array(lines, dtype=np.int64)
    assert np.abs(got - np.clip(exact, -128, 127)).max() <= 0.51


ROW_BENCH = """
`timescale 1ns / 1ps
module rows;
    reg clk = 0, resetn = 0, valid = 0, last = 0, ready = 0;
    reg [7:0] data;
    wire s_ready, m_valid, m_last, m_user;
    wire signed [7:0] out;
    reg [8:0] given [0:COUNT-1];
    reg [10:0] shown;
    reg waiting = 0;
    integer i, seed, idle, clocks = 0;
    softmax_short #(.MAX_N(9)) dut (
        .aclk(clk), .aresetn(resetn), .s_tdata(data), .s_tvalid(valid), .s_tready(s_ready),
        .s_tlast(last), .m_tdata(out), .m_tvalid(m_valid), .m_tready(ready), .m_tlast(m_last),
        .m_tuser(m_user)
    );
    always #5 clk = ~clk;
    initial begin
        $readmemh("given.mem", given);
        seed = SEED;
        repeat (3) @(posedge clk);
        #1 resetn = 1;
        for (i = 0; i < COUNT; i = i + 1) begin
            while ($dist_uniform(seed, 0, 99) < PAUSES) @(posedge clk);
            #1 {last, data} = given[i];
            valid = 1;
            @(posedge clk);
            while (!s_ready) @(posedge clk);
            #1 valid = 0;
            data = 8'hxx;
            last = 1'bx;
        end
        repeat (2000) @(posedge clk);
        $finish;
    end
    integer other = SEED + 1;
    always @(posedge clk) begin
        clocks <= clocks + 1;
        if (waiting && (!m_valid || shown !== {m_user, m_last, m_valid, out})) $display("CHANGED");
        waiting = resetn && m_valid && !ready;
        shown = {m_user, m_last, m_valid, out};
        if (m_valid && ready) $display("%0d %b %b %0d", out, m_last, m_user, clocks);
        #2 ready = $dist_uniform(other, 0, 99) >= PAUSES;
    end
endmodule
"""


@pytest.mark.parametrize("pauses", [0, 35, 85])
def test_rows_of_every_length_in_a_bench_of_our_own(pauses: int) -> None:
    """Against exact reals; the module holds nine elements, and longer rows are cut there."""
    rng = np.random.default_rng(pauses)
    lengths = [*range(1, 10), 9, 1, 10, 1, 9, 12, 2, *rng.integers(1, 14, 60).tolist()]
    rows = [rng.integers(-128, 128, n) >> int(rng.integers(0, 5)) for n in lengths]
    given = [
        f"{(place == len(row) - 1) << 8 | int(code) & 255:x}"
        for row in rows for place, code in enumerate(row)
    ]
    bench = ROW_BENCH.replace("COUNT", str(len(given))).replace("PAUSES", str(pauses))
    module = texts(few_rows())["softmax_short.v"]

    lines = in_icarus(
        {"softmax_short.v": module, "rows.v": bench.replace("SEED", str(7 + pauses)),
         "given.mem": "\n".join(given) + "\n"}, "rows",
    )

    assert "CHANGED" not in lines
    found = [tuple(map(int, line.split()[:3])) for line in lines if not line.startswith("$")]
    expected = []
    for row in rows:
        kept = row[:9]
        with mpmath.workprec(80):
            powers = [mpmath.exp(mpmath.mpf(int(x)) / 16) for x in kept]
            exact = [float(256 * p / mpmath.fsum(powers)) - 128 for p in powers]
        for place, value in enumerate(exact):
            expected.append((value, place == len(kept) - 1, len(row) > 9))
    assert len(found) == len(expected)
    for (code, last, user), (value, is_last, is_cut) in zip(found, expected, strict=True):
        assert (last, user) == (is_last, is_cut)
        assert abs(code - min(value, 127)) <= 0.51


def test_a_row_takes_as_many_clocks_as_the_header_says() -> None:
    text = texts(few_rows())["softmax_short.v"]
    factor, overhead = map(int, re.search(r"clocks +(\d) n \+ (\d+) from", text).groups())
    given = [f"{(place == 5) << 8 | 7 * place:x}" for _ in range(4) for place in range(6)]
    bench = ROW_BENCH.replace("COUNT", "24").replace("PAUSES", "0").replace("SEED", "1")

    lines = in_icarus(
        {"softmax_short.v": text, "rows.v": bench, "given.mem": "\n".join(given) + "\n"}, "rows"
    )

    ends = [int(line.split()[3]) for line in lines if line.split()[1:2] == ["1"]]
    assert np.diff(ends).tolist() == [factor * 6 + overhead] * 3


# Planted faults


def icarus_says(modules: list[Emitted]) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in _verilog_icarus.verdicts(modules)}


def test_a_bench_without_its_vectors_fails() -> None:
    module = emitted(plain("crelu", 8))
    content = module.files["crelu_s8_tb.mem"]

    for damaged in (b"", b"\n".join(content.splitlines()[:-1]), content.replace(b"7f", b"7e")):
        files = {**module.files, "crelu_s8_tb.mem": damaged}
        problem = icarus_says([module._replace(files=files)])["crelu_s8"].problem
        assert "crelu_s8_tb" in problem


FAULTS = {
    "always_moves": replaced(r"wire advance = .*;", "wire advance = 1'b1;"),
    "stored_runs": replaced(r"if \(advance\) begin(\s+arrived)", r"begin\1"),
    "takes_too_much": replaced(r"s_tready = state == RECEIVE;", "s_tready = 1'b1;"),
    "no_end": replaced(r"assign m_tlast = ", "assign m_tlast = 1'b0 & "),
    "still_cut": replaced(r" cut <= 1'b0;(\s+end\s+end\s+SETTLE)", r"\1"),
    "never_cut": replaced(r"cut <= 1'b1;", "cut <= 1'b0;"),
    "no_new_row": replaced(r"state == RECEIVE && index == .* && !full", "!aresetn"),
    "not_drained": replaced(r"wire drained = advance &&", "wire drained = advance ||"),
    "too_soon": replaced(r"(wire settled = .*: \d+'d)\d+\)", r"\g<1>9)"),
    "wrong_weight": replaced(r"(weights\[ *16\] = \d+'h)\w", r"\g<1>1"),
    "early": replaced(r"valid\[2\] && pass == 2'd1", "valid[1] && pass == 2'd1"),
    "withdrawn": replaced(r"assign m_tvalid =", "assign m_tvalid = (m_tready || index[0]) &&"),
}


@pytest.fixture(scope="module")
def faults() -> list[Emitted]:
    """Return softmax with each of the faults, and without one."""
    found = [
        emitted(few_rows(name), edit=edit, known=False) for name, edit in FAULTS.items()
    ]
    return [*found, emitted(few_rows("right"), known=False)]


def test_faults_of_rows_are_seen_in_verilator(faults: list[Emitted]) -> None:
    verdicts = {verdict.name: verdict for verdict in _verilog_verilator.verdicts(faults)}

    assert [name for name, verdict in verdicts.items() if verdict.passed] == ["right"]
    assert len(verdicts) == len(faults)


def test_faults_of_rows_are_seen_by_both_benches_in_icarus(faults: list[Emitted]) -> None:
    few = ("always_moves", "no_end", "still_cut", "wrong_weight", "withdrawn", "right")
    verdicts = icarus_says([module for module in faults if module.name in few])

    assert len(verdicts) == len(few)
    assert [name for name, verdict in verdicts.items() if verdict.passed] == ["right"]
    # Where one bench failed and the other did not, the problem says so.
    assert not any("passes with" in verdict.problem for verdict in verdicts.values())
    assert not any("fails with 0" in verdict.problem for verdict in verdicts.values())


def test_vectors_of_a_bench_are_spread_and_hold_the_corners() -> None:
    """Read back from the file, against the program run here."""
    of = plain("swiglu", 16)
    lines = texts(of)["swiglu_s16_tb.mem"].splitlines()
    rows = np.array([[int(part, 16) for part in line.split("_")] for line in lines[2:]])
    a, b, y = (np.where(codes > 32767, codes - 65536, codes) for codes in rows.T)

    assert len(rows) == 2**14
    assert (evaluate_all(of.program, {"a": a, "b": b})["y"] == y).all()
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    assert {(s, t) for s in (-32768, 0, 32767) for t in (-32768, 0, 32767)} <= pairs
    for codes in (a, b):
        share, _ = np.histogram(codes, 16, (-32768, 32768))
        assert share.min() > 2**10 * 0.8


def test_two_runs_give_the_same_bytes() -> None:
    for solution in (plain("swiglu", 16), plain("log_softmax", 8)):
        assert texts(solution, Options(stream=True)) == texts(solution, Options(stream=True))


def test_every_file_is_plain_and_short_lined() -> None:
    for solution in (*every(8), *every(16)):
        for name, text in texts(solution, Options(stream=True)).items():
            assert text.isascii() and text.endswith("\n") and "\t" not in text
            assert max(map(len, text.splitlines())) <= 120, name
