"""What is an expression and what is not: every text is a tree in normal form, or one clear line."""

from __future__ import annotations

import ast
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.errors import LutgenError, UsageError
from lutgen.expression import activation
from lutgen.expression._grammar import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from lutgen.numerics.reals import Exact, Value, ball, exact, fraction
from tests.expression.random_expressions import INPUTS, REAL, Pair

FIXED = settings(max_examples=400, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("x", "x"),
        ("  x*sigmoid( 1.702*x ) ", "x * sigmoid(1.702 * x)"),
        ("(x)", "x"),
        ("+x", "x"),
        ("--x", "--x"),
        ("x-(1-x)-1", "x - (1 - x) - 1"),
        ("x/(2/x)/3", "x / (2 / x) / 3"),
        ("(x*2)/3", "x * 2 / 3"),
        ("x*(2/3)", "x * (2 / 3)"),
        ("-x**2", "-x**2"),
        ("(-x)**2", "(-x)**2"),
        ("2**-x**2", "2**-x**2"),
        ("(x**2)**3", "(x**2)**3"),
        ("x**(2**3)", "x**2**3"),
        ("-(x+1)*2", "-(x + 1) * 2"),
        ("pow(x,2)", "x**2"),
        ("Sin(x)+ATAN(x)+swish( x , beta = 1/3 )", "sine(x) + arctan(x) + swish(x, beta=1 / 3)"),
        ("where(x<0,-1,where(0<=x<1,0,1))", "where(x < 0, -1, where(0 <= x < 1, 0, 1))"),
        ("min(x,1,2)+max(x,0x1F)+clip(x,-1,1)", "min(x, 1, 2) + max(x, 0x1F) + clip(x, -1, 1)"),
        ("x\n + 1\t", "x + 1"),
        ("exp(x) - 1.50e-3", "exp(x) - 1.50e-3"),
    ],
)
def test_the_normal_form_says_the_same_in_one_way(text: str, normal: str) -> None:
    assert activation(text).formula == normal
    assert activation(normal).formula == normal


@given(REAL)
@FIXED
def test_the_normal_form_is_read_as_the_same_tree(pair: Pair) -> None:
    formula = activation(pair[0]).formula

    assert activation(formula).formula == formula
    assert ast.dump(ast.parse(pair[0])) == ast.dump(ast.parse(formula))


@given(REAL, INPUTS)
@FIXED
def test_the_normal_form_has_the_same_values(pair: Pair, x) -> None:
    record = activation(pair[0])

    def at(function) -> object:
        try:
            return shown(function(exact(x)))
        except LutgenError as problem:
            return str(problem)

    assert at(record.value) == at(activation(record.formula).value)


def shown(value: Value) -> object:
    return fraction(value) if isinstance(value, Exact) else ball(value).str()


REFUSED = [
    ("", "is empty"),
    (" \n\t", "is empty"),
    ("x+", "not an expression"),
    ("(x", "not an expression"),
    ("x)", "not an expression"),
    ("x x", "not an expression"),
    ("2x", "not an expression"),
    ("x = 3", "not an expression"),
    ("x*/2", "not an expression"),
    ("yield x", "not an expression"),
    ("017", "not an expression"),
    ("0.0039f*x", "not an expression"),
    ("x^2", "the power is **"),
    ("x//2", "divide with /"),
    ("x%2", "divide with /"),
    ("x@x", 'the character "@" is not allowed'),
    ("~x", "is not allowed"),
    ("x; import os", 'the character ";" is not allowed'),
    ("x # the input", "there are no comments"),
    ("x\\\n+1", "is not allowed"),
    ("f'{x}'", "there are no texts"),
    ('"a"*3', "there are no texts"),
    ("x[0]", "there are no lists"),
    ("{x}", "is not allowed"),
    ("lambda x: x", "is not allowed"),
    ("(y := x)", "is not allowed"),
    ("x.real", "there are no attributes"),
    ("().__class__", "there are no attributes"),
    ("x.__class__.__bases__", "there are no attributes"),
    ("__import__(x)", "unknown function"),
    ("eval(x)", "unknown function"),
    ("print(x)", "unknown function"),
    ("getattr(x, x)", "unknown function"),
    ("_record(x)", "unknown function"),
    ("__doc__", "unknown name"),
    ("sigmiod(x)", "did you mean 'sigmoid'"),
    ("x(2)", "x is not a function"),
    ("1(x)", "is not allowed"),
    ("sigmoid(x)(x)", "is not allowed"),
    ("sigmoid", "sigmoid is a function; write sigmoid(x)"),
    ("sigmoid()", "takes 1 argument, got 0"),
    ("elu(x, 0.5)", "takes 1 argument, got 2; parameters are given by name"),
    ("elu(x, alfa=1)", 'elu has no parameter "alfa"; it has alpha'),
    ("elu(x, alpha=x)", "must be a rational number without x"),
    ("elu(x, alpha=sqrt(2))", "must be a rational number without x"),
    ("elu(x, alpha=1/0)", "must be a rational number without x"),
    ("elu(x, alpha=-1)", "alpha of elu: must be at least 0"),
    ("elu(x, alpha=1, alpha=2)", "given twice"),
    ("hard_sigmoid(x, alpha=1e300)", "between 2^-128 and 2^64"),
    ("evonorm_s0(x, eps=0, var_group=0)", "evonorm_s0: evonorm_s0 needs var_group + eps > 0"),
    ("max(*x)", "is not allowed"),
    ("max(x, **x)", "** is a power"),
    ("max(x)", "takes 2 to 8 arguments, got 1"),
    ("min(x,x,x,x,x,x,x,x,x)", "takes 2 to 8 arguments, got 9"),
    ("max(x, 1, key=1)", "max has no parameter"),
    ("clip(x, 2, 1)", "needs lo at most hi"),
    ("clip(x, -1, -2)", "needs lo at most hi"),
    ("where(x, 1, 2)", "must be a comparison"),
    ("where(x < 0, 1)", "takes three arguments"),
    ("where(x is 0, 1, 2)", "is not allowed"),
    ("where(not x < 0, 1, 2)", "must be a comparison"),
    ("where(x < 0 and x > 1, 1, 2)", "must be a comparison"),
    ("x < 1", "a comparison is the first argument of where"),
    ("(x < 1) * x", "a comparison is the first argument of where"),
    ("x and 1", "is not allowed"),
    ("not x", "turn the comparison around"),
    ("x if x > 0 else 0", "where(condition, a, b)"),
    ("(x, 1)", "a comma belongs between"),
    ("await x", "is not allowed"),
    ("...", "is not allowed"),
    ("None", "is not allowed"),
    ("True", "is not allowed"),
    ("1j*x", "is not allowed"),
    ("1_000", "must hold numbers such as"),
    ("0o17", "must hold numbers such as"),
    ("1e999", "must hold numbers such as"),
    ("9" * 100, "must hold numbers such as"),
    ("y", "unknown name"),
    ("X", "unknown name"),
    ("pi", "unknown name"),
    ("nan", "unknown name"),
    ("9**9**9**9", "a power must be a number of at most 1024 in size"),
    ("2**1025", "a power must be"),
    ("x**-1025", "a power must be"),
    ("x**(10**10)", "a power must be"),
    ("x**(1/0)", "a power must be"),
    ("(" * 5000 + "x" + ")" * 5000, f"at most {MAX_LENGTH} characters"),
    ("(" * 120 + "x" + ")" * 120, f"at most {MAX_DEPTH} nested parentheses"),
    ("(" * 5000, f"at most {MAX_LENGTH} characters"),
    ("-" * 400 + "x", f"at most {MAX_DEPTH} parts deep"),
    ("+".join("x" * 200), f"at most {MAX_DEPTH} parts deep"),
    (f"max({','.join(['x*x'] * 8)})" + f"+max({','.join(['x*x'] * 8)})" * 12,
     f"at most {MAX_NODES} parts"),
    ("x" * 1001, f"at most {MAX_LENGTH} characters"),
    ("x" + " " * 5000, None),
    ("\u0445*2", "U+0445"),
    ("x\u22121", "U+2212"),
    ("\uff58", "U+FF58"),
    ("x\u202e", "U+202E"),
    ("x\0", "U+0000"),
    ("s\u0131gmoid(x)", "U+0131"),
    ("x\u00a0+1", "U+00A0"),
    ("x\x0c+1", "U+000C"),
    ("\udcff", "U+DCFF"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=lambda v: ascii(v)[:30])
def test_what_is_no_expression_is_one_clear_line(text: str, said: str | None) -> None:
    if said is None:
        assert activation(text).formula == "x"
        return
    with pytest.raises(UsageError) as caught:
        activation(text)

    message = str(caught.value)
    assert said in message and message.startswith("--expr: ")
    assert message.isascii() and message.isprintable() and len(message) < 300


PIECES = [
    *"x0123456789.,()+-*/<>=! _eEjJ", "**", "//", "where(", "max(", "sigmoid(x)", "elu(", "alpha=",
    "exp(", "and", "or", "not ", "if", "else", "lambda", "x,", "1e9", "==", "for x in x", "await ",
    "\n", "\t", "\\", "'", '"', "[", "{", ":", ";", "@", "#", "%", "\0", "é", "\u202e", "\udc80",
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
@settings(max_examples=1000, deadline=None, derandomize=True)
def test_garbage_is_an_expression_or_a_usage_error(text: str) -> None:
    try:
        record = activation(text)
    except UsageError as problem:
        assert str(problem).isascii() and "\n" not in str(problem)
        return
    assert record.formula.isascii() and record.formula.isprintable()
    assert not any(mark in record.formula for mark in ("*/", "/*", "//", "\\", "??", "'", '"', "`"))
    for x in (-3, 0, 2):
        try:
            record.value(Exact(x))
        except LutgenError as problem:
            assert str(problem).startswith("--expr: ")


PARAMS = [
    (["a"], "must be name=value"),
    (["=1"], "a name has letters"),
    (["a b=1"], "a name has letters"),
    (["__a=1"], "a name has letters"),
    (["a__b=1"], "a name has letters"),
    (["a_=1"], "a name has letters"),
    (["\u03b1=1"], "a name has letters"),
    (["a" * 33 + "=1"], "a name has letters"),
    (["x=1"], "this one is taken"),
    (["lambda=1"], "this one is taken"),
    (["exp=1"], "this one is taken"),
    (["where=1"], "this one is taken"),
    (["Expit=1"], "this one is taken"),
    (["a=1", "a=2"], "given twice"),
    (["a=nan"], "must be a finite number"),
    (["a="], "must be a finite number"),
    (["a=1e300"], "between 2^-128 and 2^64"),
    (["a=1", "b=2"], '"b" does not occur'),
    ([f"a{n}=1" for n in range(65)], "at most 64 parameters"),
]


@pytest.mark.parametrize(("params", "said"), PARAMS, ids=lambda v: ascii(v)[:30])
def test_what_is_no_parameter_is_one_clear_line(params: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=r"^--param") as caught:
        activation("a*x", params)

    assert said in str(caught.value)


def test_parameters_are_exact_and_are_part_of_the_record() -> None:
    given = ["a=0.1", "Beta_2=1/3", "c=0x1p-7"]
    record = activation("a*x + Beta_2*leaky_relu(x, alpha=c)", given)

    assert fraction(record.value(Exact(-3))) == Fraction(-3, 10) - Fraction(3, 3 * 128)
    assert {name: number.text for name, number in record.parse_parameters(given).items()} == {
        "a": "0.1", "Beta_2": "1/3", "c": "0x1p-7"
    }
