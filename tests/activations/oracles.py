"""The second opinion: every activation of the catalogue, defined again without lutgen.

Nothing here imports lutgen, and the formulas are the plain definitions, in another form where
there is a natural one.  ``ORACLES[name].value(x, **parameters)`` takes and returns ``mpf`` at
any working precision; the same formula on fractions is exact (see ``dual.py``).

The derivative is never a closed form: it is a central difference at high precision, or the
exact slope by forward differentiation where everything is rational.  What cannot be had that
way is data of the oracle: the convention at kinks (``kinks``), rational points that the formula
alone does not show (``exact``), and limits that no practical precision tells from the value
(``hug``: the anchor and the side on which the function stays).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from mpmath import mp

from tests.activations.dual import (
    HALF,
    Dual,
    IrrationalError,
    atan,
    cos,
    erf,
    exp,
    log,
    ncdf,
    power,
    root,
    sin,
    sinh,
    tanh,
)

INFINITY = mp.inf
Facts = Mapping[str, Fraction]
Hug = tuple[Fraction, int]

DEFAULTS: dict[str, dict[str, str]] = {
    "linear": {},
    "sigmoid": {},
    "tanh": {},
    "exp": {},
    "erf": {},
    "log": {},
    "reciprocal": {},
    "rsqrt": {},
    "relu": {},
    "abs": {},
    "relu6": {},
    "hard_tanh": {"lo": "-1", "hi": "1"},
    "leaky_relu": {"alpha": "0.01"},
    "prelu": {"alpha": "0.25"},
    "rrelu": {"lower": "0.125", "upper": "1/3"},
    "elu": {"alpha": "1"},
    "selu": {
        "scale": "1.0507009873554804934193349852946",
        "alpha": "1.6732632423543772848170429916717",
    },
    "celu": {"alpha": "1"},
    "gelu": {},
    "gelu_tanh": {},
    "quick_gelu": {"beta": "1.702"},
    "silu": {},
    "swish": {"beta": "1"},
    "eswish": {"beta": "1.5"},
    "mish": {},
    "tanhexp": {},
    "sqnl": {},
    "bent_identity": {},
    "maxout": {"w1": "1", "w2": "-1", "b1": "0", "b2": "0"},
    "srelu": {"tl": "0", "al": "0.01", "tr": "1", "ar": "0.01"},
    "crelu_pos": {},
    "crelu_neg": {},
    "softplus": {"beta": "1"},
    "parametric_softplus": {"alpha": "1", "beta": "1"},
    "log_sigmoid": {},
    "softsign": {},
    "sine": {"omega": "1"},
    "cosine": {"omega": "1"},
    "sinc": {},
    "sinc_unnormalized": {},
    "arctan": {},
    "learnable_sigmoid": {"alpha": "1", "beta": "0"},
    "pau": {"a1": "1", "a2": "0.1", "b1": "1", "b2": "2"},
    "pade_pau": {
        "p0": "0.02996348",
        "p1": "0.61690165",
        "p2": "2.37539147",
        "p3": "3.06608078",
        "p4": "1.52474449",
        "p5": "0.25281987",
        "q1": "1.19160814",
        "q2": "4.40811795",
        "q3": "0.91111034",
        "q4": "0.34885983",
    },
    "dynamic_relu": {"context": "0", "a_min": "0.01", "a_max": "0.2", "b_scale": "0.1"},
    "dy_relu": {"a1": "1", "b1": "0", "a2": "0", "b2": "0"},
    "evonorm_b0_seed": {
        "gamma": "1",
        "beta": "0",
        "v": "0.1",
        "eps": "0.00001",
        "running_v": "1",
    },
    "evonorm_b0": {
        "gamma": "1",
        "beta": "0",
        "v": "1",
        "var_batch": "1",
        "var_inst": "1",
        "eps": "0.00001",
    },
    "evonorm_s0": {"gamma": "1", "beta": "0", "v": "1", "var_group": "1", "eps": "0.00001"},
    "hard_sigmoid": {"alpha": "0.2", "beta": "0.5"},
    "hard_sigmoid_torch": {"alpha": "1/6", "beta": "0.5"},
    "hard_swish": {},
    "quant_relu": {"levels": "4"},
    "glu_self": {},
    "geglu_self": {},
    "geglu_tanh_self": {},
    "swiglu_self": {"beta": "1"},
    "reglu_self": {},
    "lut": {"lo": "-5", "hi": "5"},
}
"""The names and default literals of the catalogue, copied from it by hand."""

_LUT_KNOTS = "0.00 0.05 0.12 0.20 0.30 0.40 0.50 0.60 0.70 0.80 0.88 0.95 1.00"
LUT_KNOTS = tuple(map(Fraction, _LUT_KNOTS.split()))


def parameters_of(name: str, given: Mapping[str, Fraction | str | int] = {}) -> Facts:
    """Return every parameter as a fraction: ``given`` over the catalogue's defaults."""
    unknown = set(given) - set(DEFAULTS[name])
    if unknown:
        raise KeyError(f"{name} has no parameter {sorted(unknown)}")
    return {key: Fraction(value) for key, value in {**DEFAULTS[name], **given}.items()}


def _no_kinks(**parameters: Fraction) -> dict[Fraction, Fraction]:
    return {}


def _nothing(x: Fraction, **parameters: Fraction) -> tuple[None, None]:
    return None, None


@dataclass(frozen=True)
class Oracle:
    """One independent definition.

    Attributes:
        value: the definition: ``mpf`` in and out, or exact on fractions.
        rational: whether the value is rational at every rational input.
        kinks: for the parameters, what the derivative is at each kink, by convention.
        exact: the value and the slope at ``x`` where these are rational and the formula does
            not show it; None for either that is not.  Infinite outside the domain.
        hug: for ``x`` not 0, the rational that the value, and the one that the slope, comes
            infinitely close to as ``|x|`` (or a parameter) grows, each with the side (+1 above,
            -1 below) on which it stays; None where there is no such limit.  Only to be believed
            where the number is indeed too close to tell.
        slope: the derivative by definition, where it is not the limit of quotients.
    """

    value: Callable
    rational: bool = False
    kinks: Callable[..., dict] = _no_kinks
    exact: Callable[..., tuple] = _nothing
    hug: Callable[..., tuple[Hug | None, Hug | None]] = _nothing
    slope: Callable | None = None


def exact_at(
    name: str, x: Fraction, parameters: Facts, *, derivative: bool = False
) -> Fraction | mp.mpf | None:
    """Return the value (or derivative) where it is rational, or infinite; else None."""
    oracle = ORACLES[name]
    known = oracle.exact(x, **parameters)[derivative]
    if known is not None:
        return known
    if derivative:
        if oracle.slope is not None:
            return Fraction(oracle.slope(x, **parameters))
        kinks = oracle.kinks(**parameters)
        if x in kinks:
            return kinks[x]
    try:
        found = oracle.value(Dual(x, Fraction(1)) if derivative else x, **parameters)
    except IrrationalError:
        return None
    if isinstance(found, mp.mpf):
        assert mp.isinf(found), f"{name} gave a rounded number where only exact ones are meant"
        return found
    if derivative:
        return found.slope if isinstance(found, Dual) else Fraction(0)
    return Fraction(found)


def number_at(
    name: str, x: Fraction, parameters: Facts, bits: int, *, derivative: bool = False
) -> mp.mpf:
    """Return the value (or the central difference) with about ``bits`` bits after the point.

    The steps of the central difference must not cross a kink, so ``x`` must not be one, nor
    closer than ``2 ** -(bits / 2)`` to one.
    """
    oracle = ORACLES[name]
    with mp.workprec((3 * bits) // 2 + 64 if derivative else bits + 64):
        at = _mpf(x)
        constants = {key: _mpf(value) for key, value in parameters.items()}
        if not derivative:
            return mp.mpf(oracle.value(at, **constants))
        step = mp.ldexp(1, -bits // 2)
        above, below = oracle.value(at + step, **constants), oracle.value(at - step, **constants)
        return mp.ldexp(mp.mpf(above) - below, bits // 2 - 1 + bits % 2)


def value_at(
    name: str, x: Fraction, parameters: Facts, bits: int = 400, *, derivative: bool = False
) -> Fraction | mp.mpf:
    """Return the value (or derivative): a fraction where it is rational, else an ``mpf``."""
    found = exact_at(name, x, parameters, derivative=derivative)
    return number_at(name, x, parameters, bits, derivative=derivative) if found is None else found


def _mpf(value: Fraction) -> mp.mpf:
    return mp.mpf(value.numerator) / value.denominator


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


# The definitions.  Where the usual stable form is well known, this is another one.


def _sigmoid(x):
    return (1 + tanh(x / 2)) / 2


def _log(x):
    return -INFINITY if x <= 0 else log(x)


def _reciprocal(x):
    return INFINITY if x == 0 else 1 / x


def _rsqrt(x):
    return INFINITY if x <= 0 else root(1 / x)


def _clip(x, low, high):
    if x <= low:
        return low
    return high if x >= high else x


def _leaky(x, alpha):
    return x if x > 0 else alpha * x


def _elu(x, alpha):
    return x if x > 0 else alpha * 2 * exp(x / 2) * sinh(x / 2)


def _celu(x, alpha):
    return x if x > 0 else alpha * 2 * exp(x / alpha / 2) * sinh(x / alpha / 2)


def _gelu_tanh(x):
    if not isinstance(x, mp.mpf):
        raise IrrationalError
    inner = root(8 / mp.pi) * (x + 44715 * x * x * x / 1000000)
    return x / (1 + exp(-inner))


def _swish(x, beta):
    return x * _sigmoid(beta * x)


def _tanhexp(x):
    # Beyond 2**200, where mpmath gives up, tanh is 1 to some 2**201 bits.
    growth = exp(x)
    return x * tanh(growth if growth < 2**200 else mp.mpf(2) ** 200)


def _sqnl(x):
    if abs(x) >= 2:
        return Fraction(_sign(x)) if isinstance(x, Fraction) else _sign_of_any(x)
    return x - x * abs(x) / 4


def _sign_of_any(x):
    return 1 if x > 0 else -1


def _srelu(x, tl, al, tr, ar):
    if x <= tl:
        return tl + al * (x - tl)
    return tr + ar * (x - tr) if x >= tr else x


def _crossing(w1, b1, w2, b2):
    """The convention where two lines cross: the slope of the first one."""
    return {} if w1 == w2 else {(b2 - b1) / (w1 - w2): w1}


def _log_sigmoid(x):
    return log(_sigmoid(x)) if x > -1 else x + log(_sigmoid(-x))


def _sinc(x):
    if x == 0:
        return x + 1
    if isinstance(x, mp.mpf):
        return mp.sinpi(x) / (mp.pi * x)
    raise IrrationalError


def _sinc_at(x):
    if x == 0:
        return Fraction(1), Fraction(0)
    if x.denominator == 1:
        return Fraction(0), (1 - 2 * (x.numerator % 2)) / x
    return None, None


def _sinc_unnormalized(x):
    return x + 1 if x == 0 else sin(x) / x


def _pau(x, a1, a2, b1, b2):
    if x == 0:
        return x * 0
    return _sign_of_any(x) * (a1 * power(abs(x), b1) + a2 * power(abs(x), b2))


def _pau_at_zero(a1, a2, b1, b2):
    """The slope at 0: infinite below exponent 1, that coefficient at 1, else 0."""
    weights: dict[Fraction, Fraction] = {}
    for a, b in ((a1, b1), (a2, b2)):
        weights[b] = weights.get(b, Fraction(0)) + a
    steep = [b for b, a in weights.items() if b < 1 and a]
    if steep:
        return {0: _sign(weights[min(steep)]) * INFINITY}
    return {0: weights.get(Fraction(1), Fraction(0))}


def _pade_pau(x, p0, p1, p2, p3, p4, p5, q1, q2, q3, q4):
    above = p0 + x * (p1 + x * (p2 + x * (p3 + x * (p4 + x * p5))))
    return above / (1 + abs(x * (q1 + x * (q2 + x * (q3 + x * q4)))))


def _dynamic_relu(x, context, a_min, a_max, b_scale):
    if x >= 0:
        return x
    return (a_min + (a_max - a_min) * _sigmoid(context)) * x + b_scale * tanh(context)


def _evonorm_b0_seed(x, gamma, beta, v, eps, running_v):
    return x * (gamma / root(v * x * x + (1 - v) * running_v + eps) + beta)


def _evonorm_b0(x, gamma, beta, v, var_batch, var_inst, eps):
    if isinstance(x, mp.mpf):
        return gamma * x / max(root(var_batch + eps), v * x + root(var_inst + eps)) + beta
    # Only the larger divisor has to be rational; mpmath tells which one it is.
    at = x.value if isinstance(x, Dual) else x
    with mp.workprec(300):
        batch, instance = mp.sqrt(_mpf(var_batch + eps)), mp.sqrt(_mpf(var_inst + eps))
        batch_wins = batch >= _mpf(v * at) + instance
    divisor = root(var_batch + eps) if batch_wins else v * x + root(var_inst + eps)
    return gamma * x / divisor + beta


def _evonorm_s0(x, gamma, beta, v, var_group, eps):
    return gamma * _swish(x, v) / root(var_group + eps) + beta


def _hard_sigmoid(x, alpha, beta):
    return _clip(alpha * x + beta, 0, 1)


def _hard_sigmoid_ends(alpha, beta):
    return {-beta / alpha: Fraction(0), (1 - beta) / alpha: Fraction(0)} if alpha else {}


def _quant_relu(x, levels):
    # ``round`` of a fraction takes ties to even; an mpf never gets here (the oracle is rational).
    return Fraction(round(Fraction(_clip(x, 0, 1)) * levels)) / levels


def _lut(x, lo, hi):
    last = len(LUT_KNOTS) - 1
    if x <= lo:
        return LUT_KNOTS[0]
    for index in range(last):
        left = lo + (hi - lo) * index / last
        right = lo + (hi - lo) * (index + 1) / last
        if x <= right:
            share = (x - left) / (right - left)
            return LUT_KNOTS[index] * (1 - share) + LUT_KNOTS[index + 1] * share
    return LUT_KNOTS[last]


def _lut_knots(lo, hi):
    """The convention at knots: the right-hand slope."""
    last = len(LUT_KNOTS) - 1
    step = (hi - lo) / last
    slopes = {
        lo + step * index: (LUT_KNOTS[index + 1] - LUT_KNOTS[index]) / step
        for index in range(last)
    }
    return {**slopes, hi: Fraction(0)}


# Rational points that the formulas do not show.


def _at_zero(value, slope):
    """Return an ``exact`` that knows the point 0 only."""
    return lambda x, **parameters: (value, slope) if x == 0 else (None, None)


def _elu_at(x, alpha):
    return (Fraction(0), Fraction(0)) if x < 0 and alpha == 0 else (None, None)


def _log_at(x):
    return (-INFINITY, INFINITY) if x <= 0 else (None, 1 / x)


def _rsqrt_at(x):
    return (INFINITY, -INFINITY) if x <= 0 else (None, None)


def _softplus_at(x, alpha, beta):
    return (None, alpha / beta / 2) if x == 0 or alpha == 0 else (None, None)


def _learnable_at(x, alpha, beta):
    if alpha * x + beta == 0:
        return HALF, alpha / 4
    return None, None if alpha else alpha


def _dynamic_relu_at(x, context, a_min, a_max, b_scale):
    if x >= 0 or a_min != a_max:
        return None, None
    return a_min * x if b_scale == 0 else None, a_min


def _evonorm_b0_seed_at(x, gamma, beta, **rest):
    return (beta * x, beta if gamma == 0 else None) if x == 0 or gamma == 0 else (None, None)


def _evonorm_at(x, gamma, beta, **rest):
    return (beta, 0 * beta if gamma == 0 else None) if x == 0 or gamma == 0 else (None, None)


# Limits: (value's anchor and side, slope's anchor and side) for x on one side of 0.


def _between(low: int, high: int):
    """Increasing from one limit to the other, so the slope stays above 0."""

    def hug(x):
        value = (Fraction(high), -1) if x > 0 else (Fraction(low), +1)
        return value, (Fraction(0), +1)

    return hug


def _swish_hug(x, beta=Fraction(1), factor=Fraction(1)):
    """``factor x sigmoid(beta x)`` and all its kin: ``x (1 - tail)`` and ``x tail``.

    With z = beta x: the slope is ``1 + (z - 1) e^-z`` above and ``(1 + z) e^z`` below.
    """
    if beta * x == 0 or factor == 0:
        return None, None
    if beta * x > 0:
        return (factor * x, -_sign(factor * x)), (factor, _sign(factor))
    return (Fraction(0), _sign(factor * x)), (Fraction(0), -_sign(factor))


def _square_gate_hug(x, beta=Fraction(1)):
    """``x^2 gate(beta x)``: the slope is ``2x + x (z - 2) e^-z`` above, ``x (2 + z) e^z`` below."""
    if beta * x == 0:
        return None, None
    if beta * x > 0:
        return (x * x, -1), (2 * x, _sign(x))
    return (Fraction(0), +1), (Fraction(0), -_sign(x))


def _softplus_hug(x, alpha, beta):
    """``ln(1 + e^(alpha x)) / beta``: above its asymptotes if beta > 0; slope inside its limits."""
    if alpha * x == 0:
        return None, None
    side, rise = _sign(beta), alpha / beta
    if alpha * x > 0:
        return (rise * x, side), (rise, -_sign(rise))
    return (Fraction(0), side), (Fraction(0), _sign(rise))


def _log_sigmoid_hug(x):
    if x > 0:
        return (Fraction(0), -1), (Fraction(0), +1)
    return (x, -1), (Fraction(1), -1)


def _elu_hug(x, alpha, scale=Fraction(1), width=Fraction(1)):
    """``scale alpha (e^(x / width) - 1)`` left of 0."""
    if x > 0 or width < 0 or alpha == 0:
        return None, None
    side = _sign(scale * alpha)
    return (-scale * alpha, side), (Fraction(0), _sign(scale * alpha / width))


def _exp_hug(x):
    return ((Fraction(0), +1), (Fraction(0), +1)) if x < 0 else (None, None)


def _learnable_hug(x, alpha, beta):
    argument = alpha * x + beta
    value = (Fraction(1), -1) if argument > 0 else (Fraction(0), +1)
    return value, (Fraction(0), _sign(alpha))


def _dynamic_relu_hug(x, context, a_min, a_max, b_scale):
    """The limit is that of a far context: there ``e^-|c|`` in a outweighs ``e^-2|c|`` in b."""
    if x >= 0 or abs(context) < 32:
        return None, None
    a, b = (a_max, b_scale) if context > 0 else (a_min, -b_scale)
    inward = _sign(a_min - a_max) * _sign(context)
    value = (a * x + b, inward * _sign(x) or -_sign(b))
    return value, (a, inward)


def _evonorm_s0_hug(x, gamma, beta, v, var_group, eps):
    try:
        factor = gamma / root(var_group + eps)
    except IrrationalError:
        if v * x > 0:
            return None, None
        factor = gamma
    value, slope = _swish_hug(x, v, factor)
    return (None if value is None else (value[0] + beta, value[1])), slope


ORACLES: dict[str, Oracle] = {
    "linear": Oracle(lambda x: x, rational=True),
    "sigmoid": Oracle(_sigmoid, hug=_between(0, 1)),
    "tanh": Oracle(lambda x: 1 - 2 / (exp(2 * x) + 1), hug=_between(-1, 1)),
    "exp": Oracle(exp, hug=_exp_hug),
    "erf": Oracle(erf, hug=_between(-1, 1)),
    "log": Oracle(_log, exact=_log_at),
    "reciprocal": Oracle(_reciprocal, rational=True, kinks=lambda: {0: -INFINITY}),
    "rsqrt": Oracle(_rsqrt, exact=_rsqrt_at),
    "relu": Oracle(lambda x: (x + abs(x)) / 2, rational=True, kinks=lambda: {0: Fraction(0)}),
    "abs": Oracle(lambda x: max(x, -x), rational=True, kinks=lambda: {0: Fraction(0)}),
    "relu6": Oracle(
        lambda x: min(max(x, 0), 6), rational=True, kinks=lambda: {0: Fraction(0), 6: Fraction(0)}
    ),
    "hard_tanh": Oracle(
        lambda x, lo, hi: _clip(x, lo, hi),
        rational=True,
        kinks=lambda lo, hi: {lo: Fraction(0), hi: Fraction(0)},
    ),
    "leaky_relu": Oracle(_leaky, rational=True, kinks=lambda alpha: {0: alpha}),
    "prelu": Oracle(_leaky, rational=True, kinks=lambda alpha: {0: alpha}),
    "rrelu": Oracle(
        lambda x, lower, upper: _leaky(x, (lower + upper) / 2),
        rational=True,
        kinks=lambda lower, upper: {0: Fraction(1)},
    ),
    "elu": Oracle(_elu, kinks=lambda alpha: {0: alpha}, exact=_elu_at, hug=_elu_hug),
    "selu": Oracle(
        lambda x, scale, alpha: scale * _elu(x, alpha),
        kinks=lambda scale, alpha: {0: scale * alpha},
        exact=lambda x, scale, alpha: _elu_at(x, scale * alpha),
        hug=lambda x, scale, alpha: _elu_hug(x, alpha, scale),
    ),
    "celu": Oracle(
        _celu,
        kinks=lambda alpha: {0: Fraction(1)},
        hug=lambda x, alpha: _elu_hug(x, alpha, width=alpha),
    ),
    "gelu": Oracle(
        lambda x: x * ncdf(x), exact=_at_zero(Fraction(0), HALF), hug=_swish_hug
    ),
    "gelu_tanh": Oracle(_gelu_tanh, exact=_at_zero(Fraction(0), HALF), hug=_swish_hug),
    "quick_gelu": Oracle(_swish, hug=_swish_hug),
    "silu": Oracle(lambda x: x / (1 + exp(-x)), hug=_swish_hug),
    "swish": Oracle(_swish, hug=_swish_hug),
    "eswish": Oracle(
        lambda x, beta: beta * x / (1 + exp(-x)),
        exact=lambda x, beta: (None, None) if beta else (beta, beta),
        hug=lambda x, beta: _swish_hug(x, factor=beta),
    ),
    "mish": Oracle(
        lambda x: x * tanh(log(1 + exp(x))),
        exact=_at_zero(Fraction(0), Fraction(3, 5)),
        hug=_swish_hug,
    ),
    "tanhexp": Oracle(_tanhexp, exact=_at_zero(Fraction(0), None), hug=_swish_hug),
    "sqnl": Oracle(_sqnl, rational=True),
    "bent_identity": Oracle(lambda x: (root(x * x + 1) - 1) / 2 + x),
    "maxout": Oracle(
        lambda x, w1, w2, b1, b2: max(w1 * x + b1, w2 * x + b2),
        rational=True,
        kinks=lambda w1, w2, b1, b2: _crossing(w1, b1, w2, b2),
    ),
    "srelu": Oracle(
        _srelu, rational=True, kinks=lambda tl, al, tr, ar: {tr: ar, tl: al}
    ),
    "crelu_pos": Oracle(lambda x: max(0, x), rational=True, kinks=lambda: {0: Fraction(0)}),
    "crelu_neg": Oracle(lambda x: max(0, -x), rational=True, kinks=lambda: {0: Fraction(0)}),
    "softplus": Oracle(
        lambda x, beta: log(1 + exp(beta * x)) / beta,
        exact=lambda x, beta: _softplus_at(x, beta, beta),
        hug=lambda x, beta: _softplus_hug(x, beta, beta),
    ),
    "parametric_softplus": Oracle(
        lambda x, alpha, beta: log(1 + exp(alpha * x)) / beta,
        exact=_softplus_at,
        hug=_softplus_hug,
    ),
    "log_sigmoid": Oracle(_log_sigmoid, exact=_at_zero(None, HALF), hug=_log_sigmoid_hug),
    "softsign": Oracle(lambda x: x / (1 + abs(x)), rational=True),
    "sine": Oracle(lambda x, omega: sin(omega * x)),
    "cosine": Oracle(lambda x, omega: cos(omega * x)),
    "sinc": Oracle(_sinc, exact=_sinc_at),
    "sinc_unnormalized": Oracle(
        _sinc_unnormalized, exact=_at_zero(Fraction(1), Fraction(0))
    ),
    "arctan": Oracle(atan, exact=lambda x: (None, 1 / (1 + x * x))),
    "learnable_sigmoid": Oracle(
        lambda x, alpha, beta: _sigmoid(alpha * x + beta),
        exact=_learnable_at,
        hug=_learnable_hug,
    ),
    "pau": Oracle(_pau, kinks=_pau_at_zero),
    "pade_pau": Oracle(_pade_pau, rational=True),
    "dynamic_relu": Oracle(
        _dynamic_relu,
        kinks=lambda context, a_min, a_max, b_scale: {0: Fraction(1)},
        exact=_dynamic_relu_at,
        hug=_dynamic_relu_hug,
    ),
    "dy_relu": Oracle(
        lambda x, a1, b1, a2, b2: max(a1 * x + b1, a2 * x + b2),
        rational=True,
        kinks=lambda a1, b1, a2, b2: _crossing(a1, b1, a2, b2),
    ),
    "evonorm_b0_seed": Oracle(_evonorm_b0_seed, exact=_evonorm_b0_seed_at),
    "evonorm_b0": Oracle(_evonorm_b0, exact=_evonorm_at),
    "evonorm_s0": Oracle(_evonorm_s0, exact=_evonorm_at, hug=_evonorm_s0_hug),
    "hard_sigmoid": Oracle(_hard_sigmoid, rational=True, kinks=_hard_sigmoid_ends),
    "hard_sigmoid_torch": Oracle(_hard_sigmoid, rational=True, kinks=_hard_sigmoid_ends),
    "hard_swish": Oracle(
        lambda x: x * _clip(x + 3, 0, 6) / 6,
        rational=True,
        kinks=lambda: {-3: Fraction(0), 3: Fraction(1)},
    ),
    "quant_relu": Oracle(
        _quant_relu, rational=True, slope=lambda x, levels: 1 if 0 < x < 1 else 0
    ),
    "glu_self": Oracle(lambda x: x * _sigmoid(x), hug=_swish_hug),
    "geglu_self": Oracle(
        lambda x: x * x * ncdf(x), exact=_at_zero(Fraction(0), Fraction(0)), hug=_square_gate_hug
    ),
    "geglu_tanh_self": Oracle(
        lambda x: x * _gelu_tanh(x),
        exact=_at_zero(Fraction(0), Fraction(0)),
        hug=_square_gate_hug,
    ),
    "swiglu_self": Oracle(lambda x, beta: x * _swish(x, beta), hug=_square_gate_hug),
    "reglu_self": Oracle(lambda x: x * (x + abs(x)) / 2, rational=True),
    "lut": Oracle(_lut, rational=True, kinks=_lut_knots),
}
