"""Builds: webpack's files brought together with the runtime that knows their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prodworthy.evidence.bundle.addresses import Mention, Surroundings
from prodworthy.evidence.markup import resolved
from prodworthy.evidence.webpack import Runtime, Webpack
from prodworthy.model.bundle import How


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a build."""

    url: str  # as it was asked for
    own: str  # as it was found, behind redirects
    surroundings: Surroundings
    webpack: Webpack


@dataclass(slots=True)
class _Running:
    """A runtime where it runs: a worker of the same build has one of its own, which knows other names."""

    runtime: Runtime
    file: str
    base: str  # what its names are relative to
    named: set[str] = field(default_factory=set)  # URLs

    def mentions(self, member: Member) -> tuple[Mention, ...]:
        """What the file leads to, if this is the runtime that runs it."""
        runtime = self.runtime
        told = [*(runtime.files() if member.url == self.file else ()), *runtime.asked(member.webpack.asked)]
        told += [(How.NAME, runtime.public + name) for name in member.webpack.assets]
        found = tuple(dict.fromkeys((how, url) for how, name in told if (url := resolved(self.base, name))))
        self.named.update(url for _, url in found)
        return found


@dataclass(slots=True)
class Build:
    """The files of one build that were read so far, in whichever order."""

    _members: list[Member] = field(default_factory=list)
    _running: list[_Running] = field(default_factory=list)

    def joined(self, member: Member) -> Iterator[tuple[Member, tuple[Mention, ...]]]:
        """What can be told now that this file is known: of itself, and of others that its runtime runs."""
        self._members.append(member)
        if runtime := member.webpack.runtime:
            base = member.own if runtime.beside else member.surroundings.base
            running = _Running(runtime, member.url, base)
            self._running.append(running)
            yield member, running.mentions(member)
            for each in self._members:
                if self._runs(running, each):
                    yield each, running.mentions(each)
        else:
            for running in self._running:
                if self._runs(running, member):
                    yield member, running.mentions(member)

    def _runs(self, running: _Running, member: Member) -> bool:
        """Whether a runtime runs a file: it named it, or documents load both."""
        if member.webpack.runtime:
            return False
        return member.url in running.named or (self._at_top(running.file) and self._at_top(member.url))

    def _at_top(self, url: str) -> bool:
        return not any(url in running.named for running in self._running if running.file != url)
