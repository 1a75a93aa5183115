"""Targets of others: loaded when their name is asked for, and held to what targets promise."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from lutgen.errors import LutgenError, PluginError, shown
from lutgen.plugins import Plugin, guarded
from lutgen.solution import Artifact, Solution, Verdict
from lutgen.targets import Options


class Target(Protocol):
    """What a plug-in registers: a module or an object with two functions."""

    def emit(self, solution: Solution, options: Options) -> tuple[Artifact, ...]:
        """Return the files of a solution."""

    def replay(
        self, folder: Path, solutions: tuple[Solution, ...], options: Options
    ) -> tuple[Verdict, ...]:
        """Return what running the files of solutions found."""


class PluginTarget(NamedTuple):
    """A target of others, whose failures are its own.

    Attributes:
        plugin: who registers it.
        target: what does the work.
    """

    plugin: Plugin
    target: Target

    def emit(self, solution: Solution, options: Options) -> tuple[Artifact, ...]:
        """Return the files of a solution.

        Raises:
            LutgenError: what the plug-in raises of these.
            PluginError: it fails otherwise, or gives something else.
        """
        made = guarded(self.plugin, lambda: tuple(self.target.emit(solution, options)))
        # What a sidecar lists no file of, it could not be read with.
        if not made:
            raise PluginError(f"plug-in {self.plugin}: emits no file")
        for artifact in made:
            if not (
                isinstance(artifact, Artifact)
                and isinstance(artifact.path, str | PurePosixPath)
                and isinstance(artifact.content, bytes)
            ):
                raise PluginError(f"plug-in {self.plugin}: emits something that is no file")
            path = PurePosixPath(artifact.path)
            if path.is_absolute() or ".." in path.parts or not path.name:
                raise PluginError(f"plug-in {self.plugin}: emits {path}, outside the folder")
            if "\\" in str(path) or not str(path).isprintable():
                raise PluginError(f"plug-in {self.plugin}: emits {shown(path)}, no printable name")
        return tuple(
            Artifact(PurePosixPath(artifact.path), artifact.content, self.plugin.name)
            for artifact in made
        )

    def replay(
        self, folder: Path, solutions: tuple[Solution, ...], options: Options
    ) -> tuple[Verdict, ...]:
        """Return what running the files of solutions found; a failure is a verdict on each."""
        try:
            made = guarded(
                self.plugin, lambda: tuple(self.target.replay(folder, solutions, options))
            )
            if not all(map(_is_verdict, made)):
                raise PluginError(f"plug-in {self.plugin}: replays without a verdict")
        except LutgenError as problem:
            made = ()
            reason = str(problem)
        else:
            reason = f"plug-in {self.plugin}: replays without a verdict"
        name, judged = self.plugin.name, {verdict.name for verdict in made}
        return made + tuple(
            Verdict(solution.spec.name, name, self.plugin.distribution, 0, 0, reason)
            for solution in solutions
            if solution.spec.name not in judged
        )


def _is_verdict(found: object) -> bool:
    """Return whether this is a verdict that can be told."""
    if not isinstance(found, Verdict):
        return False
    texts = (found.name, found.target, found.tool, found.problem, found.note)
    numbers = (found.codes, found.mismatches)
    return all(isinstance(text, str) and text.isprintable() for text in texts) and all(
        isinstance(number, int) and number >= 0 for number in numbers
    )


def checked(plugin: Plugin) -> PluginTarget:
    """Return the target that a plug-in registers.

    Raises:
        PluginError: it cannot be loaded, or does not both emit and replay.
    """
    target = plugin.load()
    if not (callable(getattr(target, "emit", None)) and callable(getattr(target, "replay", None))):
        raise PluginError(f"plug-in {plugin}: must have both emit and replay")
    if not plugin.name.isidentifier() or not plugin.name.isascii():
        raise PluginError(f"plug-in {plugin}: a target's name must be a plain word")
    return PluginTarget(plugin, target)
