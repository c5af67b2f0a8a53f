"""Binding what is judged to a deployment: the one on its own address, or the one that production serves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from prodworthy.hosting import production, subject
from prodworthy.hosting.host import Host
from prodworthy.hosting.production import Look, look
from prodworthy.hosting.proof import Mark, Prober, mark
from prodworthy.hosting.subject import Asked, Undecided
from prodworthy.model import Identity, Target
from prodworthy.model.hosting import Bound, Served
from prodworthy.model.verdict import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One target as it is judged, and what was found out about it before the first look."""

    target: Target
    binding: Binding = field(default_factory=Binding)
    before: Look | None = None  # None: production is not what is judged
    impossible: str = ""  # why nothing can be judged


def candidate(target: Target, host: Host, asked: Asked) -> Judged:
    """The target on its candidate's own address. Raises HostingError when the host cannot be asked."""
    try:
        found = subject.judged(host, asked)
    except Undecided as undecided:
        return Judged(target=target, impossible=str(undecided))
    assert found.url is not None
    assert found.host is not None
    moved = replace(target, url=found.url, domains=(found.url,), deployment=found)
    said = prober(moved).stamp(found.host)
    stamps = (said.stamp,) if said.stamp else ()
    return Judged(target=replace(moved, identity=expecting(moved, stamps)), binding=Binding(deployment=found))


def live(target: Target, host: Host, asked: Asked) -> Judged:
    """The target on its domains, as production serves it now, which must be what is named. Raises likewise."""
    try:
        meant = subject.judged(host, asked) if asked.deployment else None
    except Undecided as undecided:
        return Judged(target=target, impossible=str(undecided))
    seen = look(host, target.hosts, prober(target))
    known: Mark | None = None
    if len(seen.deployments) == 1:
        known = mark(prober(target), host.deployment(seen.deployments[0]), None)
    mixed = tuple(production.disagreement(seen, known, target.identity))
    if meant and not mixed and seen.deployments != (meant.id,):
        mixed = (f"production does not serve {meant.described}{production.told(seen.served)}",)
    unbound = [*_unbound(seen.served, target), *production.unlike(seen.served, known)]
    deployment = known.deployment if known and not mixed else None
    binding = Binding(
        deployment=None if unbound else deployment,
        before=seen.served,
        mixed=mixed,
        unasked=tuple(unbound),
        reserved=tuple(production.by_host_alone(seen.served, target.hosts)),
    )
    stamps = [stamp for each in seen.served for stamp in each.stamps]
    moved = replace(target, deployment=deployment)
    return Judged(target=replace(moved, identity=expecting(moved, stamps)), binding=binding, before=seen)


def still(judged: Judged, host: Host) -> Binding:
    """What became of it at the end of the run. Raises HostingError likewise."""
    if judged.before is None:
        return judged.binding
    after = look(host, judged.target.hosts, prober(judged.target))
    mixed = tuple(production.changes(judged.before, after))
    if not mixed and not judged.binding.mixed:
        mixed = tuple(production.disagreement(after, None, judged.target.identity))
    return _ended(judged.binding, after.served, mixed, _unbound(after.served, judged.target))


def lost(judged: Judged, why: str) -> Binding:
    """What became of it where the host could not be asked at the end of the run."""
    told = f"what production served at the end of the run is not known: {why}"
    return replace(judged.binding, deployment=None, unasked=(*judged.binding.unasked, told))


def bound(target: Target, to: Bound) -> Judged:
    """The target on its domains and all that a command names, which asks the host; here only the app is asked."""
    served = production.stamped(_domains(target, to), prober(target))
    known = mark(prober(target), to.deployment, None)
    others = production.denying(served, known, target.identity)
    denied = f"what is judged is not {to.deployment.described}{production.told(others)}"
    unbound = [*production.unheard(served, target.hosts), *production.unlike(served, known)]
    binding = Binding(
        deployment=None if others or unbound else to.deployment,
        before=served,
        mixed=(denied,) if others else (),
        unasked=tuple(unbound),
        reserved=tuple(production.by_host_alone(served, target.hosts)),
    )
    moved = replace(target, deployment=to.deployment)
    stamps = [stamp for each in served for stamp in each.stamps]
    return Judged(target=replace(moved, identity=expecting(moved, stamps)), binding=binding)


def bound_still(judged: Judged, to: Bound) -> Binding:
    """What became of that at the end of the run."""
    served = production.stamped(_domains(judged.target, to), prober(judged.target))
    restamped = production.restamped(judged.binding.before, served)
    return _ended(judged.binding, served, restamped, production.unheard(served, judged.target.hosts))


def prober(target: Target) -> Prober:
    """That asks the target's addresses which build they serve."""
    bypass = target.hosting.bypass if target.hosting else None
    return Prober(target.identity, bypass=bypass, addresses=target.addresses)


def _unbound(served: Sequence[Served], target: Target) -> list[str]:
    """Why some domains are not known to serve what the others do: what the host does not say, then what the app."""
    led = [each for each in served if each.deployment]
    return [*production.unled(served), *production.unheard(led, target.hosts)]


def _ended(before: Binding, after: Sequence[Served], mixed: Iterable[str], unbound: Iterable[str]) -> Binding:
    """With the last look; what could not be looked at in the first one either is told once."""
    later = [f"at the end of the run {each}" for each in unbound if each not in before.unasked]
    ended = replace(before, after=tuple(after), mixed=(*before.mixed, *mixed), unasked=(*before.unasked, *later))
    return replace(ended, deployment=None) if ended.mixed or ended.unasked else ended


def _domains(target: Target, to: Bound) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*target.hosts, *to.domains)))


def expecting(target: Target, stamps: Sequence[str]) -> Identity | None:
    """The declared identity, which must be the deployment's commit where it is one that such builds name."""
    identity, deployment = target.identity, target.deployment
    if identity is None or identity.expect or deployment is None or not deployment.commit:
        return identity
    named = any(production.is_commit(stamp, identity) for stamp in stamps)
    return replace(identity, expect=deployment.commit) if named else identity
