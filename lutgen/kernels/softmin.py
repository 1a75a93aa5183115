"""Softmin of a row: the softmax of its negative."""

from __future__ import annotations

from fractions import Fraction

from lutgen.kernels import softmax
from lutgen.kernels._record import Built, Kernel, Port, fixed
from lutgen.kernels._softmax import softmax_of
from lutgen.kernels._spec import KernelSpec
from lutgen.numerics.reals import Value
from lutgen.program import Builder


def build(spec: KernelSpec) -> Built:
    """Return the softmax program of the negated codes."""
    b = Builder(spec.name)
    x = b.input("x", spec.input)
    return softmax.of_elements(b, spec, b.sub("negated", b.const(0), x))


def real(row: list[Value]) -> tuple[Value, ...]:
    """Return the softmin of exact reals."""
    return softmax_of([-x for x in row])


RECORD = Kernel(
    name="softmin",
    summary="Softmin of a row: softmax of its negative.",
    formula="exp(min(x) - x[i]) / sum(exp(min(x) - x))",
    source="torch.nn.Softmin",
    arity="row",
    ports=fixed(Port("x", meaning="the distances of a row")),
    real=lambda spec: real,
    extremes=lambda spec: (Fraction(0), Fraction(1)),
    build=build,
    takes_rows=True,
    settings=("max_n",),
)
