"""Every method on every function as ONNX: run by onnxruntime and the reference, on every code."""

from __future__ import annotations

from pathlib import Path

import pytest

from lutgen import activations, pipeline
from lutgen.errors import BudgetError
from lutgen.request import Request
from lutgen.solution import Solution, Verdict
from lutgen.spec import Method
from lutgen.targets import Options, onnx
from tests.activations.cases import OTHER_PARAMETERS
from tests.targets import programs
from tests.targets.programs import sides, solution, wrapped
from tests.tools import require_module

METHODS = {
    "lut": Method("lut"),
    "interp": Method("interp"),
    "uniform": Method("uniform"),
    "pwl": Method("pwl"),
    "steps": Method("steps"),
    "quadratic": Method("quadratic"),
    "bipartite": Method("bipartite"),
    "auto": Method("auto", max_error="1"),
    "mapped": Method("pwl", aligned=3),
    "dyadic": Method("pwl", breakpoints="dyadic"),
    "folded": Method("lut", fold="on"),
    "residual": Method("lut", fold="residual"),
    "window": Method("lut", fold="window"),
}
OF_ALL = ("lut", "auto")
SPREAD = ("gelu", "tanh", "exp", "hard_swish", "elu", "log", "quant_relu", "pau")
SPREAD_16 = ("tanh", "exp", "hard_swish")
TOOLS = {"test", "onnxruntime", "onnx"}


@pytest.fixture(scope="module", autouse=True)
def runtime() -> None:
    require_module("onnxruntime")


def solutions(label: str, names: tuple[str, ...], bits: int) -> list[Solution]:
    """Return the solutions of one method; a function that it cannot serve is left out."""
    found = []
    for name in names:
        try:
            request = Request(name, bits=bits, method=METHODS[label], name=f"{label}_{name}")
            found.append(pipeline.solve(request.resolve()))
        except BudgetError:
            continue
    return found


def verdicts(folder: Path, found: list[Solution], kind: str = "auto") -> list[Verdict]:
    """Write the models and return what every runtime makes of them."""
    options = Options(onnx_kind=kind)
    pipeline.build(found, ("onnx",), options, folder)
    judged = onnx.replay(folder, tuple(found), options)
    assert {verdict.tool.split()[0] for verdict in judged} == TOOLS
    assert len(judged) == 4 * len(found)
    return list(judged)


def failures(folder: Path, found: list[Solution], kind: str = "auto") -> list[str]:
    return [
        f"{v.name} {v.tool} {v.problem or v.mismatches} {v.note}"
        for v in verdicts(folder, found, kind)
        if not v.passed
    ]


@pytest.mark.parametrize("label", METHODS)
def test_int8(label: str, tmp_path: Path) -> None:
    names = activations.names() if label in OF_ALL else SPREAD
    found = solutions(label, names, 8)

    assert len(found) >= (len(names) if label in OF_ALL else 3)
    assert failures(tmp_path, found) == []


@pytest.mark.parametrize("label", METHODS)
def test_int16_of_a_spread(label: str, tmp_path: Path) -> None:
    found = solutions(label, SPREAD_16, 16)

    assert found
    assert failures(tmp_path, found) == []


@pytest.mark.slow
@pytest.mark.parametrize("label", METHODS)
def test_int16_of_every_function(label: str, tmp_path: Path) -> None:
    found = solutions(label, activations.names(), 16)

    assert len(found) >= (40 if METHODS[label].fold == "auto" else 10)
    assert failures(tmp_path, found) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["qdq", "float"])
def test_int16_of_every_operator(kind: str, tmp_path: Path) -> None:
    assert failures(tmp_path, solutions("lut", activations.names(), 16), kind) == []


@pytest.mark.parametrize("kind", ["lut", "program"])
def test_a_table_of_every_function(kind: str, tmp_path: Path) -> None:
    """A plain table as the table itself, and as the read at a bit pattern that C makes."""
    assert failures(tmp_path, solutions("lut", activations.names(), 8), kind) == []


@pytest.mark.parametrize("kind", ["lut", "program"])
def test_programs_at_the_corners_of_integer_arithmetic(kind: str, tmp_path: Path) -> None:
    found = [wrapped(program) for program in programs.by_hand()]
    found += [wrapped(programs.at_random(seed)) for seed in range(60)]

    assert failures(tmp_path, found, kind) == []


@pytest.mark.parametrize("kind", ["lut", "program", "float"])
@pytest.mark.parametrize(
    ("bits", "unsigned"), [((2, 16), ()), ((5, 7), ("input",)), ((12, 8), ("output",)),
                           ((8, 8), ("input", "output")), ((9, 3), ("input", "output"))]
)
def test_widths_between_the_types(kind: str, bits, unsigned, tmp_path: Path) -> None:
    asked = sides(*bits, **{f"{side}_unsigned": True for side in unsigned})
    methods = (Method("lut"),) if bits[0] < 8 else (Method("lut"), Method("pwl"))
    found = [
        solution("softplus", **asked, range="0,8", method=method, name=f"by_{method.name}")
        for method in methods
    ]

    assert failures(tmp_path, found, kind) == []


@pytest.mark.parametrize("kind", ["qdq", "float"])
def test_int8_of_every_operator(kind: str, tmp_path: Path) -> None:
    """The formula in ONNX's operators against the exact values of the catalogue."""
    judged = verdicts(tmp_path, solutions("lut", activations.names(), 8), kind)

    assert [v for v in judged if not v.passed] == []
    if kind == "qdq":
        # In 8 bits, what float32 gets wrong is next to nothing: near-ties of straight lines.
        notes = [v.note for v in judged if v.note]
        assert sum("rounds 0 codes differently" in note for note in notes) > 0.95 * len(notes)


@pytest.mark.parametrize("kind", ["qdq", "float"])
def test_operators_with_other_parameters(kind: str, tmp_path: Path) -> None:
    found = [
        solution(name, parameters=tuple(texts.split()), name=f"{name}_{number}")
        for name, sets in OTHER_PARAMETERS.items()
        for number, texts in enumerate(sets)
    ]

    assert failures(tmp_path, found, kind) == []


def test_quantised_operators_in_16_bits(tmp_path: Path) -> None:
    """Runtimes are off by one in some dozen codes, and it is said in how many."""
    found = [solution(name, bits=16) for name in ("tanh", "gelu", "exp", "rsqrt")]
    found.append(solution("sigmoid", **sides(16, 16, output_unsigned=True), name="unsigned_out"))

    for verdict in verdicts(tmp_path, found, "qdq"):
        assert verdict.passed
        if verdict.tool != "test data":
            assert verdict.note.endswith("by at most 1")
            assert 0 < int(verdict.note.split(" codes")[0].split()[-1]) < 400


def test_affine_formats_between_quantisers(tmp_path: Path) -> None:
    """Scales of a model, read as float32, and zero points on both sides."""
    found = [
        pipeline.solve(Request(
            "silu",
            input=programs.Side("in", scale="0.047f", zero_point="3"),
            output=programs.Side("out", scale="0.0313725509f", zero_point="-121"),
            method=Method(method), name=f"silu_{method}",
        ).resolve())
        for method in ("lut", "interp")
    ]

    for kind in ("qdq", "auto", "float"):
        assert failures(tmp_path / kind, found, kind) == []
