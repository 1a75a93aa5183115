"""Dynamic rectified linear unit of its paper, for one channel and one context."""

from __future__ import annotations

from lutgen.activations import maxout
from lutgen.activations._record import Activation, Parameter
from lutgen.numerics.reals import Exact, Value


def value(x: Exact, a1: Exact, b1: Exact, a2: Exact, b2: Exact) -> Value:
    """Return the higher of the two lines."""
    return maxout.value(x, a1, a2, b1, b2)


def derivative(x: Exact, a1: Exact, b1: Exact, a2: Exact, b2: Exact) -> Value:
    """Return the slope of the higher line; the first one has precedence."""
    return maxout.derivative(x, a1, a2, b1, b2)


RECORD = Activation(
    name="dy_relu",
    value=value,
    derivative=derivative,
    summary="Dynamic ReLU of Chen et al. with its coefficients fixed: the higher of two lines.",
    formula="max(a1 * x + b1, a2 * x + b2)",
    source="Chen et al. 2020, arXiv:2003.10027",
    note="The layer computes the coefficients from its input; a table needs them fixed.  The "
    "defaults are the initial ones, relu.  The article's form is dynamic_relu.",
    aliases=("dyrelu",),
    parameters=(
        Parameter("a1", "1", meaning="slope of the first line"),
        Parameter("b1", "0", meaning="value of the first line at 0"),
        Parameter("a2", "0", meaning="slope of the second line"),
        Parameter("b2", "0", meaning="value of the second line at 0"),
    ),
    symmetry=lambda a1, b1, a2, b2: maxout.symmetry(a1, a2, b1, b2),
    monotone=lambda a1, b1, a2, b2: maxout.monotone(a1, a2, b1, b2),
    bounds=lambda a1, b1, a2, b2: maxout.bounds(a1, a2, b1, b2),
    kinks=lambda a1, b1, a2, b2: maxout.kinks(a1, a2, b1, b2),
    kink_rule="the slope of the first line, a1",
)
