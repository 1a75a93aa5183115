"""``--optimize``: what a method is chosen by, and the spec that comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from lutgen.cli._options import F
from lutgen.errors import UsageError
from lutgen.request import Request
from lutgen.spec import Spec
from lutgen.targets import FAMILIES, GOALS, Options

if TYPE_CHECKING:
    from lutgen.kernels import KernelRequest, KernelSpec
    from lutgen.optimize import Choice


class Goal(NamedTuple):
    """What a method is chosen by.

    Attributes:
        name: one of ``GOALS``; None where none is chosen.
        family: whose cells count for ``area``.
    """

    name: str | None
    family: str


def goal_options(command: F) -> F:
    """Add ``--optimize`` and ``--family``."""
    for option in (
        click.option("--family", default=FAMILIES[0], show_default=True,
                     metavar="|".join(FAMILIES), help="Whose cells --optimize area counts."),
        click.option("--optimize", metavar="|".join(GOALS),
                     help="Choose among candidates for hardware; area maps 8-bit ones with Yosys."),
    ):
        command = option(command)
    return command


def goal_from(options: dict[str, object]) -> Goal:
    """Return what the options of ``goal_options`` say, and take them out of ``options``.

    With a goal, a method that is left open is every one.

    Raises:
        UsageError: there is no such goal or family.
    """
    goal = Goal(options.pop("optimize"), options.pop("family"))
    for option, value, known in (
        ("--optimize", goal.name, (None, *GOALS)), ("--family", goal.family, FAMILIES)
    ):
        if value not in known:
            names = ", ".join(name for name in known if name)
            raise UsageError.about(option, f"must be one of {names}", value)
    if goal.name and options["method"] is None:
        options["method"] = "auto"
    return goal


def spec_of(
    request: Request | KernelRequest, goal: Goal, form: Options
) -> tuple[Spec | KernelSpec, Choice | None]:
    """Return the spec of a request, and how its method was chosen where there is a goal.

    Raises:
        LutgenError: the request makes no sense, or nothing answers it.
    """
    spec = request.resolve()
    if goal.name is None:
        return spec, None
    if not isinstance(spec, Spec):
        name = spec.activation.name
        raise UsageError(f"--optimize: {name} takes several numbers; leave it out")
    # Loaded here: it brings the synthesis with it, which a plain build does not need.
    from lutgen.optimize import choose

    choice = choose(spec, goal.name, form, goal.family)
    return choice.spec, choice
