"""What modules take: counted by Yosys, against limits in the formats of other generators."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from lutgen import area, optimize, pipeline, toolchain, workspaces
from lutgen.area import Tools, found_yosys, measure
from lutgen.cli import main
from lutgen.errors import BudgetError, ToolError
from lutgen.request import Request, Side
from lutgen.solution import Solution
from lutgen.spec import Method, Spec
from lutgen.targets import Options, verilog
from tests.targets.programs import solution
from tests.tools import REQUIRED, require_tool


@pytest.fixture(scope="module")
def tools() -> Tools:
    require_tool("yosys")
    return Tools.found()


def text_counts(solved: Solution, flow: str) -> dict[str, int]:
    """Return the cells in the text that Yosys prints, read without the code under test."""
    yosys = found_yosys()
    name = solved.spec.name
    module = verilog.emit(solved, Options())[0].content
    script = f"read_verilog {name}.v\n{flow} -top {name}\ntee -q -o stat.txt stat\n"
    with workspaces.workspace({f"{name}.v": module, "run.ys": script.encode()}) as folder:
        toolchain.run(yosys, [*yosys.command, "run.ys"], folder=folder)
        text = (folder / "stat.txt").read_text()
    section = text[text.rindex("==="):]
    rows = re.findall(r"^ +(\w+) +(\d+) *$|^ +(\d+) +(\w+)$", section, re.MULTILINE)
    return {a or d: int(b or c) for a, b, c, d in rows}


def test_cells_are_those_that_yosys_prints(tools: Tools) -> None:
    solved = solution("gelu", method=Method("pwl"))
    (found,) = measure([solved], Options(), tools, frequency=False)
    ice40, xilinx = text_counts(solved, "synth_ice40"), text_counts(
        solved, "synth_xilinx -family xc7 -flatten"
    )

    assert found.ice40["lut4"] == ice40["SB_LUT4"] > 0
    assert found.ice40["carry"] == ice40["SB_CARRY"] > 0
    flip_flops = sum(n for cell, n in ice40.items() if cell.startswith("SB_DFF"))
    assert found.ice40["flip_flops"] == flip_flops > 0
    assert found.xilinx["lut6"] == sum(xilinx.get(f"LUT{i}", 0) for i in range(1, 7)) > 0


def test_a_registered_table_is_one_block_ram_where_asked(tools: Tools) -> None:
    for options in (Options(rom="block"), Options(rom="block", enable=True)):
        (found,) = measure([solution("gelu")], options, tools, frequency=False)

        assert found.ice40["block_ram"] == found.xilinx["block_ram"] == 1
        assert found.ice40["lut4"] <= 2 and found.xilinx["lut6"] == 0


def test_distributed_takes_no_block_ram(tools: Tools) -> None:
    (found,) = measure([solution("gelu")], Options(rom="distributed"), tools, frequency=False)

    assert found.ice40["block_ram"] == found.xilinx["block_ram"] == 0


def test_a_whole_product_is_one_dsp_block(tools: Tools) -> None:
    solved = solution("gelu", bits=16, method=Method("interp", segments=512))
    (whole, cut) = (
        measure([solved], Options(multiplier=kind, rom="block"), tools, frequency=False)[0]
        for kind in ("whole", "auto")
    )

    assert (whole.xilinx["dsp"], cut.xilinx["dsp"]) == (1, 0)
    assert whole.xilinx["lut6"] <= 20


def test_the_frequency_is_that_between_registers(tools: Tools) -> None:
    require_tool("nextpnr-ice40")
    (found,) = measure([solution("gelu")], Options(), tools)

    assert 250 <= found.fmax_mhz <= 350


# LUT4 of an iCE40 and LUT6 of a 7-series, correctly rounded INT8: the best of other generators.
LIMITS = {
    "gelu": (29, 20), "silu": (42, 23), "elu": (23, 16), "tanh": (65, 24), "sigmoid": (98, 29),
}
FOLDS = {
    "gelu": ("residual", "residual"), "silu": ("on", "residual"), "elu": ("window", "window"),
    "tanh": ("on", "window"), "sigmoid": ("on", "off"),
}


def in_the_format_of_others(name: str, bits: int, method: Method) -> Spec:
    output = Side("out")
    if name == "sigmoid":
        output = Side("out", unsigned=True, scale=f"1/{2**bits}", zero_point="0")
    return Request(name, bits=bits, output=output, method=method).resolve()


@pytest.mark.parametrize("name", LIMITS)
def test_int8_modules_are_as_small_as_the_best(name: str) -> None:
    yosys = toolchain.find("yosys", "-V")
    if yosys is None or not yosys.version.startswith("0.23"):
        reason = "the limits were measured with Yosys 0.23, which is not on the path"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)
    for position, family in enumerate(("ice40", "xilinx")):
        fold = FOLDS[name][position]
        solved = pipeline.solve(in_the_format_of_others(name, 8, Method("lut", fold=fold)))
        module = verilog.emit(solved, Options(latency=0))[0].content

        assert solved.report.misrounded == 0
        assert area.lut_count(solved.spec.name, module, family, yosys) <= LIMITS[name][position]


@pytest.mark.parametrize(
    ("name", "method", "limit"),
    [("silu", "auto", 4927), ("elu", "auto", 5151), ("gelu", "bipartite", 21504),
     ("tanh", "bipartite", 63488), ("sigmoid", "bipartite", 41984)],
)
def test_int16_modules_need_fewer_bits_than_the_best(name: str, method: str, limit: int) -> None:
    """The bits that the module declares, counted from its text."""
    spec = in_the_format_of_others(name, 16, Method(method, max_error="faithful"))
    solved = pipeline.solve(optimize.choose(spec, "memory", Options()).spec)
    text = verilog.emit(solved, Options())[0].content.decode()
    roms = re.findall(r"reg (?:signed )?(?:\[(\d+):0\] )?\w+ \[0:(\d+)\];", text)

    assert solved.report.faithful
    assert sum((int(msb or 0) + 1) * (int(last) + 1) for msb, last in roms) <= limit
    assert method == "auto" or " *" not in re.sub("//.*", "", text)


def test_memory_chooses_the_fewest_bits() -> None:
    spec = Request("gelu", method=Method("auto")).resolve()
    choice = optimize.choose(spec, "memory", Options())
    bits = [
        pipeline.solve(replace(spec, method=trial.method)).program.storage_bits
        for trial in choice.trials
    ]

    assert len(bits) > 5
    assert choice.spec.method == choice.trials[0].method
    assert [trial.cost[0] for trial in choice.trials] == bits == sorted(bits)


def test_the_choice_is_written_into_the_spec() -> None:
    """So a rebuild needs neither the search nor its tools."""
    spec = Request("silu", method=Method("auto", exact=True)).resolve()
    chosen = optimize.choose(spec, "memory", Options()).spec
    again = Spec.from_document(json.loads(json.dumps(chosen.document())))

    assert chosen.method.name != "auto"
    assert again.method == chosen.method
    assert pipeline.solve(again).report.misrounded == 0


def test_speed_prefers_a_short_pipeline() -> None:
    choice = optimize.choose(Request("gelu", method=Method("auto")).resolve(), "speed", Options())

    assert choice.spec.method.name == "lut"
    assert verilog.latency_of(pipeline.solve(choice.spec), Options()) == 1


def test_area_maps_small_programs_and_says_so(tools: Tools) -> None:
    spec = Request("gelu", method=Method("lut", exact=True)).resolve()
    choice = optimize.choose(spec, "area", Options())
    costs = [trial.cost[0] for trial in choice.trials]

    assert "Yosys" in choice.judge and "LUT4" in choice.trials[0].text
    assert costs == sorted(costs) and len(costs) > 2
    assert choice.spec.method.fold == "residual"


def test_area_of_wide_codes_is_an_estimate() -> None:
    spec = Request("gelu", bits=16, method=Method("pwl")).resolve()
    choice = optimize.choose(spec, "area", Options())

    assert "estimate" in choice.judge
    assert {trial.method.name for trial in choice.trials} == {"pwl"}


def test_what_no_method_keeps_is_refused() -> None:
    spec = Request("gelu", method=Method("lut", fold="complement", exact=True)).resolve()

    with pytest.raises(BudgetError, match="no method keeps"):
        optimize.choose(spec, "memory", Options())


def test_without_yosys_there_is_no_area(monkeypatch) -> None:
    monkeypatch.setattr(area, "found_yosys", lambda: None)

    with pytest.raises(ToolError, match="Yosys not found; install"):
        Tools.found()


def test_the_command_prints_a_table_or_json(tools: Tools, tmp_path, capsys) -> None:
    assert main(["build", "relu", "--target", "verilog", "-q", "-o", str(tmp_path)]) == 0
    assert main(["area", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "relu_s8" in shown and "LUT4" in shown and "Yosys" in shown

    assert main(["area", "relu", "elu", "--latency", "0", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "lutgen.area/1"
    assert [module["name"] for module in document["modules"]] == ["relu_s8", "elu_s8"]
    assert all(module["latency"] == 0 for module in document["modules"])


def test_a_name_given_twice_is_measured_once_and_a_constant_has_no_frequency(
    tools: Tools, capsys
) -> None:
    """Never above 0, log_sigmoid is 0 in unsigned codes."""
    constant = ["--bits", "4", "--out-unsigned", "--out-scale", "1/16", "--latency", "1"]
    assert main(["area", "log_sigmoid", "log_sigmoid", *constant, "--json"]) == 0

    (module,) = json.loads(capsys.readouterr().out)["modules"]
    assert module["fmax_mhz"] is None


def test_a_build_that_optimises_says_what_it_did(tools: Tools, tmp_path, capsys) -> None:
    command = ["build", "elu", "--optimize", "area", "--exact", "--target", "verilog"]

    assert main([*command, "--explain", "-o", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "chosen   of" in shown and "Yosys" in shown
    assert shown.count("LUT4") > 3
    assert main(["build", "elu", "--optimize", "size", "-o", str(tmp_path)]) == 2
    assert "--optimize: must be one of area, memory, speed" in capsys.readouterr().err
