"""From what a user typed to a frozen spec."""

from __future__ import annotations

from fractions import Fraction

import pytest

from lutgen.errors import UnknownNameError, UsageError
from lutgen.formats import NumberFormat
from lutgen.request import Request, Side
from lutgen.spec import Method, Spec


def formats(function: str, **options) -> tuple[NumberFormat, NumberFormat]:
    spec = Request(function, **options).resolve()
    return spec.input, spec.output


@pytest.mark.parametrize(
    ("function", "scale", "zero_point"),
    [("tanh", "1/128", 0), ("sigmoid", "1/256", -128), ("gelu", "1/16", 0), ("silu", "1/16", 0),
     ("softplus", "1/32", -128), ("elu", "1/16", 0), ("selu", "1/8", 0), ("arctan", "1/64", 0),
     ("softsign", "1/128", 0), ("sine", "1/128", 0), ("bent_identity", "1/8", 0),
     ("log_sigmoid", "1/32", 127), ("relu", "1/32", -128), ("eswish", "1/8", 0)],
)
def test_default_int8_output_covers_the_function(function, scale, zero_point) -> None:
    assert formats(function)[1] == NumberFormat(8, True, Fraction(scale), zero_point)


@pytest.mark.parametrize(
    ("function", "scale"),
    [("tanh", "1/32768"), ("sigmoid", "1/32768"), ("gelu", "1/4096"), ("softplus", "1/4096"),
     ("log_sigmoid", "1/4096"), ("selu", "1/2048"), ("arctan", "1/16384")],
)
def test_default_int16_output_has_zero_point_zero(function, scale) -> None:
    assert formats(function, bits=16)[1] == NumberFormat(16, True, Fraction(scale))


def test_default_range_of_the_record_gives_the_input_format() -> None:
    assert formats("gelu")[0] == NumberFormat(8, True, Fraction(1, 16))
    assert formats("exp")[0] == NumberFormat(8, True, Fraction(1, 8))


def test_unsigned_input_keeps_the_positive_half_of_the_default_range() -> None:
    found = formats("gelu", input=Side("in", unsigned=True))[0]

    assert found == NumberFormat(8, False, Fraction(1, 32))


def test_unsigned_output_of_a_two_sided_function_has_its_zero_point_in_the_middle() -> None:
    assert formats("tanh", output=Side("out", unsigned=True))[1] == NumberFormat(
        8, False, Fraction(1, 128), 128
    )


def test_codes_outside_the_asked_range_do_not_widen_the_output() -> None:
    found = Request("reciprocal", range="1,2").resolve()

    assert found.output == NumberFormat(8, True, Fraction(1, 256), -128)


@pytest.mark.parametrize(
    ("options", "name"),
    [({}, "gelu_s8"), ({"bits": 16}, "gelu_s16"), ({"derivative": True}, "gelu_grad_s8"),
     ({"output": Side("out", bits=16)}, "gelu_s8_s16"),
     ({"input": Side("in", unsigned=True), "output": Side("out", unsigned=True)}, "gelu_u8"),
     ({"name": "ffn"}, "ffn"), ({"input": Side("in", bits=6)}, "gelu_s6_s8")],
)
def test_the_stem_says_function_and_types(options, name) -> None:
    assert Request("gelu", **options).resolve().name == name


def test_aliases_resolve_to_the_canonical_name() -> None:
    assert Request("logistic").resolve().name == "sigmoid_s8"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bits": 1}, "--bits"),
        ({"bits": 17}, "--bits"),
        ({"input": Side("in", bits=99)}, "--in-bits"),
        ({"range": "8,-8"}, "--range"),
        ({"range": "1"}, "--range"),
        ({"range": "1,2,3"}, "--range"),
        ({"range": "nan,1"}, "--range"),
        ({"grid": "cubic"}, "--grid"),
        ({"rounding": "up"}, "--rounding"),
        ({"method": Method("magic")}, "--method"),
        ({"parameters": ("alpha=1",)}, "no parameter"),
        ({"parameters": ("alpha",)}, "name=value"),
        ({"name": "a b"}, "--name"),
        ({"input": Side("in", q="Q4.4", scale="1")}, "--in-format"),
        ({"input": Side("in", zero_point="1")}, "--in-zp needs"),
        ({"input": Side("in", scale="1", zero_point="1.5")}, "--in-zp"),
        ({"input": Side("in", scale="1"), "range": "0,1"}, "--range"),
        ({"input": Side("in", bits=16, q="Q4.4")}, "--in-format"),
        ({"output": Side("out", unsigned=True, q="Q4.4")}, "--out-format"),
        ({"output": Side("out", scale="1e400")}, "--out-scale"),
        ({"output": Side("out", scale="inf")}, "--out-scale"),
        ({"output": Side("out", scale="1", zero_point="9" * 5000)}, "--out-zp"),
    ],
)
def test_a_request_that_makes_no_sense_names_the_option(options, said) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Request("gelu", **options).resolve()

    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_an_unknown_function_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'gelu'"):
        Request("geluu").resolve()


@pytest.mark.parametrize(
    "request_",
    [Request("gelu"), Request("leaky_relu", parameters=("alpha=0.1f",), bits=16),
     Request("elu", derivative=True, output=Side("out", scale="0.0039f", zero_point="-3"))],
)
def test_a_spec_survives_its_own_document(request_: Request) -> None:
    spec = request_.resolve()
    again = Spec.from_document(spec.document())

    assert again == spec
    assert again.digest == spec.digest


def test_the_digest_changes_with_every_part_of_the_request() -> None:
    variants = [
        Request("elu"), Request("elu", bits=16), Request("elu", derivative=True),
        Request("elu", rounding="floor"), Request("elu", name="e"),
        Request("elu", parameters=("alpha=2",)), Request("celu"),
        Request("elu", input=Side("in", scale="1/16", zero_point="1")),
    ]

    assert len({request.resolve().digest for request in variants}) == len(variants)


@pytest.mark.parametrize(
    ("key", "value"),
    [("name", "../../evil"), ("rounding", "sideways"), ("activation", "os"), ("method", {}),
     ("input", {"bits": 64, "signed": True, "scale_text": "1", "zero_point": 0}),
     ("input", {}), ("parameters", {"alpha": "nan"}), ("parameters", 3)],
)
def test_a_hostile_document_is_refused(key, value) -> None:
    document = Request("elu").resolve().document() | {key: value}

    with pytest.raises(UsageError):
        Spec.from_document(document)
