"""Functions of several numbers and of rows as JSON: codes or samples, and the steps themselves."""

from __future__ import annotations

import json as reader
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lutgen import pipeline
from lutgen.solution import Solution, Verdict
from lutgen.targets import Options, json
from tests.targets.kernels import FORMATS, NAMES, at_random, measured, of_rows, solved


def document(solution: Solution) -> dict[str, object]:
    (artifact,) = json.emit(solution, Options())
    return reader.loads(artifact.content)


def verdicts(solution: Solution, content: object) -> tuple[Verdict, ...]:
    """Return what the replay says of a file that holds this."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / f"{solution.spec.name}.json"
        place.write_text(content if isinstance(content, str) else reader.dumps(content))
        return json.replay(Path(folder), (solution,), Options())


def stepped(content: dict[str, object], inputs: dict[str, list[int]]) -> dict[str, list[int]]:
    """Run the steps of a document in Python's own integers, one call; a reader of its own."""
    tables = [table["values"] for table in content["program"]["tables"]]
    count = len(next(iter(inputs.values())))

    def each(of: Callable[..., int], *places: int) -> list[int]:
        return [of(*values) for values in zip(*(results[place] for place in places), strict=True)]

    results: list[list[int]] = []
    for s in content["program"]["steps"]:
        a, b = s.get("a"), s.get("b")
        match s["operation"]:
            case "Input":
                found = inputs[s["name"]]
            case "Const":
                found = [s["number"]] * count
            case "Add":
                found = each(lambda x, y: x + y, a, b)
            case "Sub":
                found = each(lambda x, y: x - y, a, b)
            case "Mul":
                found = each(lambda x, y: x * y, a, b)
            case "Min":
                found = each(min, a, b)
            case "Max":
                found = each(max, a, b)
            case "ShiftLeft":
                found = each(lambda x, k=s["bits"]: x << k, a)
            case "ShiftRight":
                found = each(lambda x, k=s["bits"]: x >> k, a)
            case "LowBits":
                found = each(lambda x, k=s["bits"]: x & ((1 << k) - 1), a)
            case "Clamp":
                found = each(lambda x, lo=s["low"], hi=s["high"]: min(max(x, lo), hi), a)
            case "Select":
                found = each(lambda x, y, z: y if x < 0 else z, a, s["negative"], s["other"])
            case "Lookup":
                found = each(lambda x, t=tables[s["table"]]: t[x], a)
            case "Segment":
                found = each(lambda x, p=s["breakpoints"]: sum(each <= x for each in p), a)
            case "Divide":
                found = each(lambda x, y: x // y, a, b)
            case "ReduceMax":
                found = [max(results[a])] * count
            case "ReduceSum":
                found = [sum(results[a])] * count
            case other:
                raise AssertionError(other)
        results.append(found)
    return {name: results[ref] for name, ref in content["program"]["outputs"].items()}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("formats", [name for name in FORMATS if name != "unsigned"])
@pytest.mark.parametrize("name", NAMES)
def test_every_kernel_is_read_back(name: str, formats: str, bits: int) -> None:
    if bits == 16 and formats != "default":
        return
    solution = solved(name, formats, bits)
    judged = verdicts(solution, document(solution))

    assert [verdict.tool for verdict in judged] == ["json reader", "json steps"]
    assert all(verdict.passed for verdict in judged), judged
    assert judged[1].codes == solution.report.stimulus.count


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", NAMES)
def test_the_steps_are_the_function(name: str, bits: int) -> None:
    """Against the program's outputs, in the integers of a reader that knows only the document."""
    solution = solved(name, bits=bits)
    content, stimulus = document(solution), solution.report.stimulus
    calls = list(stimulus.rows())[::40] if stimulus.lengths else [slice(None, None, 97)]

    for call in calls:
        inputs = {name: codes[call].tolist() for name, codes in stimulus.inputs.items()}
        expected = {name: codes[call].tolist() for name, codes in solution.report.outputs.items()}
        assert stepped(content, inputs) == expected


def test_all_pairs_are_row_major() -> None:
    solution = solved("glu")
    content = document(solution)

    assert content["codes_order"] == "row-major over a, b, each ascending: b changes fastest"
    assert len(content["codes"]) == 65536
    # a = 96 and b = 1: 6 * sigmoid(1/16), in sixteenths, is 49.5 and a little.
    assert content["codes"][(96 + 128) * 256 + 1 + 128] == 50
    assert content["codes"] == solution.report.outputs["y"].tolist()
    assert "samples" not in content


def test_several_outputs_are_listed_by_name() -> None:
    content = document(solved("crelu"))

    assert content["codes_order"] == "ascending x"
    assert content["codes"]["positive"][-1] == content["codes"]["negative"][1]
    assert set(content["codes"]) == {"positive", "negative"} == set(content["outputs"])
    assert content["program"]["outputs"].keys() == content["outputs"].keys()


def test_where_not_all_inputs_are_listed_some_are() -> None:
    gate, rows = document(solved("swiglu", bits=16)), document(solved("softmax"))

    assert "codes" not in gate and "codes" not in rows
    assert {len(codes) for codes in gate["samples"]["inputs"].values()} == {1024}
    assert set(gate["samples"]["inputs"]) == {"a", "b"}
    lengths = rows["samples"]["lengths"]
    assert sum(lengths) == len(rows["samples"]["inputs"]["x"]) <= 1024
    assert len(rows["samples"]["outputs"]["y"]) == sum(lengths)


def test_the_document_tells_on_what_the_error_was_measured() -> None:
    content = document(measured("swiglu"))

    assert content["schema"] == "lutgen.table/1"
    assert content["error"]["exhaustive"] is True
    assert 0.5 < content["error"]["max_lsb"] <= content["error"]["proved_max_lsb"] <= 0.51
    assert set(content["inputs"]) == {"a", "b"}


def test_every_step_tells_its_interval() -> None:
    solution = solved("softmax")
    steps = document(solution)["program"]["steps"]

    assert [step["interval"] for step in steps] == [
        [value.low, value.high] for value in solution.program.values
    ]
    assert [step.get("comment", "") for step in steps] == [
        value.comment for value in solution.program.values
    ]


# Planted faults


def test_a_wrong_code_is_seen() -> None:
    content = document(solved("glu"))
    content["codes"][777] += 1

    assert [verdict.mismatches for verdict in verdicts(solved("glu"), content)] == [1, 0]


def test_a_wrong_sample_is_seen() -> None:
    content = document(solved("softmax"))
    content["samples"]["outputs"]["y"][-1] -= 1
    content["samples"]["inputs"]["x"][0] += 1

    assert [verdict.mismatches for verdict in verdicts(solved("softmax"), content)] == [2, 0]


def test_a_wrong_entry_and_a_wrong_step_are_seen() -> None:
    entry, step = document(solved("softmax")), document(solved("softmax"))
    entry["program"]["tables"][1]["values"][20] += 5000
    divisions = [s for s in step["program"]["steps"] if s["operation"] == "Divide"]
    divisions[0]["operation"] = "Sub"

    for content in (entry, step):
        listed, run = verdicts(solved("softmax"), content)
        assert listed.passed
        assert run.mismatches > 10 or run.problem


@pytest.mark.parametrize(("damage", "problem"), [
    (lambda content: content.pop("codes"), "cannot be read"),
    (lambda content: content["codes"].pop(), "has 65535 codes, not 65536"),
    (lambda content: content.update(codes="abc"), "has 0 codes, not 65536"),
    (lambda content: content.update(codes={"y": content["codes"]}), "has 0 codes, not 65536"),
    (lambda content: content["codes"].__setitem__(3, "x"), "cannot be read"),
    (lambda content: content["codes"].__setitem__(3, 2**70), "cannot be read"),
])
def test_codes_that_are_none_are_seen(damage: Callable[..., object], problem: str) -> None:
    content = document(solved("glu"))
    damage(content)

    assert problem in verdicts(solved("glu"), content)[0].problem


@pytest.mark.parametrize(("damage", "problem"), [
    (lambda content: content["output"].update(zero_point=7), "output is "),
    (lambda content: content["inputs"]["a"].update(scale="1/8"), "inputs is "),
    (lambda content: content.update(rounding="floor"), 'rounding is "floor", not "half-up"'),
    (lambda content: content.update(name="other"), 'name is "other", not "glu_s8"'),
    (lambda content: content.update(sha256="00"), 'sha256 is "00", not "'),
    (lambda content: content.pop("parameters"), 'parameters is "None", not "{}"'),
    (lambda content: content.update(codes=[c + 0.4 for c in content["codes"]]), "whole numbers"),
    (lambda content: content.update(codes=[str(c) for c in content["codes"]]), "whole numbers"),
    (lambda content: content.update(codes=[[c] for c in content["codes"]]), "whole numbers"),
])
def test_what_the_codes_are_of_is_compared(damage: Callable[..., object], problem: str) -> None:
    content = document(solved("glu"))
    damage(content)

    assert problem in verdicts(solved("glu"), content)[0].problem


@pytest.mark.parametrize("damage", [
    lambda program: program["steps"].pop(),
    lambda program: program["steps"][2].pop("a", program["steps"][2].pop("number", None)),
    lambda program: program["steps"][3].update(operation="Launch"),
    lambda program: program["steps"][0].update(name="z"),
    lambda program: program["tables"].clear(),
    lambda program: program["tables"][0]["values"].append(2**70),
    lambda program: program.pop("outputs"),
])
def test_steps_that_are_none_are_seen(damage: Callable[..., object]) -> None:
    content = document(solved("glu"))
    damage(content["program"])
    _, run = verdicts(solved("glu"), content)

    assert run.problem.startswith("cannot be run")


@pytest.mark.parametrize("content", ["", "[]", "3", "null", "{}", '{"program": 3, "codes": 3}'])
def test_a_file_that_is_none_of_ours_is_seen(content: str) -> None:
    assert all(verdict.problem for verdict in verdicts(solved("glu"), content))


def test_building_and_verifying(tmp_path: Path) -> None:
    found = [solved("glu"), solved("log_softmax"), solved("crelu", bits=16)]
    pipeline.build(found, ("json",), Options(), tmp_path)

    assert all(verdict.passed for verdict in json.replay(tmp_path, tuple(found), Options()))


def test_reductions_of_what_is_one_number_count_it_for_every_element() -> None:
    for seed in range(20):
        solution = of_rows(at_random(seed, "x"))
        assert all(verdict.passed for verdict in verdicts(solution, document(solution)))
