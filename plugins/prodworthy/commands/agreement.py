"""What `prodworthy current` says: whether the host and the app itself agree, on every domain, on what is current."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from prodworthy.commands.phrases import named, short
from prodworthy.model.commit import COMMIT
from prodworthy.model.hosting import Deployment, Project, RollingRelease, Served
from prodworthy.model.text import clean

if TYPE_CHECKING:
    from prodworthy.hosting.proof import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What every domain serves, held against what the host calls current."""

    project: Project
    current: Deployment | None
    domains: tuple[Served, ...]
    rolling: RollingRelease | None = None
    unmarked: str | None = None  # why the current deployment's own address did not say which build it is
    known: Mapping[str, Deployment] = field(default_factory=dict)  # by id: others that a domain serves

    @property
    def agreed(self) -> bool | None:
        """False: somebody says something else; None: nobody does, but not everything could be asked."""
        said = {each.proved for each in self.domains}
        if False in said:
            return False
        return None if None in said or not said or self.current is None else True

    def said(self) -> list[str]:
        """The answer in sentences, the disagreements first."""
        if self.current is None:
            return ["Nothing serves production yet: the project has no production deployment."]
        told = [*self._differing(), *self._moving()]
        match self.agreed:
            case True:
                told.append("Every domain serves it, by the host's word and by the app's own.")
            case None:
                told.append(f"NOT CONFIRMED: the app did not say on {self._listed(None)} which build it is.")
                told.extend([f"Its own address did not say either: {clean(self.unmarked)}."] if self.unmarked else [])
        return told

    def _differing(self) -> Iterator[str]:
        for each in self.domains:
            if each.proved is not False:
                continue
            led = self._name(each.deployment)
            said = ", ".join(dict.fromkeys(short(stamp) for stamp in each.stamps))
            app = f", and the app there says {said}" if said else ""
            yield f"DISAGREEMENT: {clean(each.domain)} is not on what is current: the host leads it to {led}{app}."

    def _moving(self) -> Iterator[str]:
        """Why domains may differ without anybody being wrong."""
        job = self.project.last_job
        if job and job.active:
            yield f"A {job.kind.value} to {clean(job.destination or '?')} is under way: look again when it has ended."
        if self.rolling and self.rolling.active:
            pair = f"{clean(self.rolling.base or '?')} or {clean(self.rolling.canary or '?')}"
            yield f"A rolling release is active: visitors get {pair}."

    def _listed(self, proved: bool | None) -> str:
        return ", ".join(clean(each.domain) for each in self.domains if each.proved is proved) or "any domain"

    def _name(self, deployment: str | None) -> str:
        if deployment is None:
            return "no deployment"
        return named(self.known[deployment]) if deployment in self.known else clean(deployment)


def held_against(domains: Sequence[Served], marks: Sequence[Mark]) -> tuple[Served, ...]:
    """Each domain with whether it serves one of the deployments that may serve production now.

    One whose app could not be asked, or does not tell, agrees with nothing and contradicts nothing.
    """
    return tuple(replace(each, proved=_proved(each, marks)) for each in domains)


def _proved(served: Served, marks: Sequence[Mark]) -> bool | None:
    if served.deployment is not None and served.deployment not in {mark.deployment.id for mark in marks}:
        return False
    by_app = [_says(stamp, marks) for stamp in served.stamps]
    if False in by_app:
        return False
    told = by_app and None not in by_app and served.deployment is not None and served.trouble is None
    return True if told else None


def _says(stamp: str, marks: Sequence[Mark]) -> bool | None:
    """Whether a stamp is one of theirs; None: there is nothing of the same kind to hold it against."""
    if any(mark.on(stamp) for mark in marks):
        return True
    commits = COMMIT.fullmatch(stamp) and all(mark.deployment.commit for mark in marks)
    return False if commits or all(mark.stamp is not None for mark in marks) else None
