"""What `prodworthy current` says: whether the host and the app itself agree, on every domain, on what is current."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from prodworthy.commands.phrases import NOUNS, named, short
from prodworthy.model.commit import COMMIT, same_commit
from prodworthy.model.hosting import Deployment, Project, RollingRelease, Served
from prodworthy.model.text import clean

if TYPE_CHECKING:
    from prodworthy.hosting.proof import Mark

REMEDY = (
    "name in the target where a build says which it is (identity), or what opens its own address (protection_bypass)"
)

APART = (
    "let every build say something of its own (identity), such as VERCEL_DEPLOYMENT_ID; until then ask what differs by"
    " hand"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What every domain serves, held against what the host calls current."""

    project: Project
    current: Deployment | None
    domains: tuple[Served, ...]
    elsewhere: tuple[Served, ...] = ()  # domains that the host itself sends to somebody else
    rolling: RollingRelease | None = None
    shared: Deployment | None = None  # the build before, where the app cannot tell it from the current one
    before: Mark | None = None  # of what was live before, where a domain contradicts
    unmarked: str | None = None  # why the current deployment's own address did not say which build it is
    known: Mapping[str, Deployment] = field(default_factory=dict)  # by id: others that a domain serves

    @property
    def agreed(self) -> bool | None:
        """False: somebody says something else; None: nobody does, but not everything could be asked."""
        said = {each.proved for each in self.domains}
        if False in said:
            return False
        return True if said == {True} and self.current and not self.shared and not self._two else None

    @property
    def _two(self) -> bool:
        """Whether visitors get one of two deployments, so that nothing is what all of them get."""
        return bool(self.rolling and self.rolling.active)

    def said(self) -> list[str]:
        """The answer in sentences, the disagreements first."""
        if self.current is None:
            return ["Nothing serves production yet: the project has no production deployment."]
        told = [*self._differing(), *self._moving(), *self._strangers()]
        match self.agreed:
            case True:
                told.append("Every domain serves it, by the host's word and by the app's own.")
            case None:
                told += [f"NOT CONFIRMED: {each}." for each in self._unheard()]
                told += [f"Remedy: {REMEDY}."] if self.unmarked else []
                told += [f"Remedy: {APART}."] if self.shared else []
        return told

    def _unheard(self) -> Iterator[str]:
        """Where nobody could be heard, or what was said could not be compared."""
        own = f", and on its own address neither: {clean(self.unmarked)}" if self.unmarked else ""
        for each in self._counted(None):
            if each.deployment is None and not each.trouble:
                yield f"the host leads {clean(each.domain)} to no deployment"
            elif each.trouble:
                yield f"on {clean(each.domain)}: {clean(each.trouble)}"
            elif not self._two:
                yield f"the app does not say on {clean(each.domain)} which build it is{own}"
        if not self.domains:
            yield "the project has no production domain"
        if self.shared:
            yield (
                f"the host leads every domain to it, but the app says the same in {named(self.shared)}, which was live"
                " before, so that nobody can see whether the edge has followed"
            )
        if self._two:
            yield "a rolling release is active, so that no domain serves one deployment alone"

    def _differing(self) -> Iterator[str]:
        for each in self._counted(False):
            stamps = list(dict.fromkeys(each.stamps))
            app = ", and then ".join(self._stamped(stamp) for stamp in stamps)
            domain = clean(each.domain)
            if each.deployment == self.project.current:
                yield f"DISAGREEMENT: the host leads {domain} to what is current, but the app there says {app}."
            elif each.deployment is None:
                yield f"DISAGREEMENT: the host does not say where {domain} leads, and the app there says {app}."
            else:
                says = f"; the app there says {app}" if app else ""
                other = self._name(each.deployment)
                yield f"DISAGREEMENT: the host leads {domain} to another deployment, {other}{says}."

    def _counted(self, proved: bool | None) -> list[Served]:
        """The domains of which it is so; one that redirects to another of them counts as that."""
        names = {each.domain for each in self.domains}
        return [each for each in self.domains if each.proved is proved and each.leads_to not in names]

    def _stamped(self, stamp: str) -> str:
        """A stamp, and the deployment that it names."""
        if self.before and self.before.stamp == stamp:
            return f"{short(stamp)}, which is {named(self.before.deployment)}, live before"
        build = next((each for each in self.known.values() if each.commit and same_commit(stamp, each.commit)), None)
        return f"{short(stamp)}, which is {clean(build.id)}" if build else short(stamp)

    def _strangers(self) -> Iterator[str]:
        for each in self.elsewhere:
            away = clean(each.leads_to or "")
            yield f"The host redirects {clean(each.domain)} to {away}, so that it serves no deployment of this project."

    def _moving(self) -> Iterator[str]:
        """Why domains may differ without anybody being wrong."""
        job = self.project.last_job
        if job and job.active:
            yield f"A {NOUNS[job.kind]} to {clean(job.destination or '?')} is under way: look again when it has ended."
        if self.rolling and self.rolling.active:
            pair = f"{clean(self.rolling.base or '?')} or {clean(self.rolling.canary or '?')}"
            yield f"A rolling release is active: visitors get {pair}."

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
    """By the mark of the deployment that the host leads it to; what another one says confirms nothing there."""
    if served.deployment is not None and served.deployment not in {mark.deployment.id for mark in marks}:
        return False
    if any(_says(stamp, marks) is False for stamp in served.stamps):
        return False
    by_app = [
        _says(stamp, [mark for mark in marks if mark.deployment.id == served.deployment]) for stamp in served.stamps
    ]
    return True if by_app and set(by_app) == {True} and served.trouble is None else None


def _says(stamp: str, marks: Sequence[Mark]) -> bool | None:
    """Whether a stamp is one of theirs; None: there is nothing of the same kind to hold it against."""
    if not marks:
        return None
    if any(mark.on(stamp) for mark in marks):
        return True
    commits = COMMIT.fullmatch(stamp) and all(mark.deployment.commit for mark in marks)
    return False if commits or all(mark.stamp is not None for mark in marks) else None
