"""What production serves while it is judged: one deployment on every domain, from the first look to the last.

Compared is what the host says with what the app says, one domain with another, and before with after. Where two of
them differ nothing that was found can be laid at one deployment's door.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from prodworthy.hosting.abreast import Asked
from prodworthy.hosting.host import Host
from prodworthy.hosting.proof import ANSWERING, Mark, Prober, Said, closed, known_domains, serving
from prodworthy.hosting.stamps import BY_FILES
from prodworthy.model import Identity
from prodworthy.model.commit import COMMIT, same_commit, short
from prodworthy.model.hosting import Domain, Job, JobKind, Project, RollingRelease, Served
from prodworthy.model.text import clean

WHOLE = 40  # characters of a commit

_SAYS_COMMITS = re.compile(r"commit|sha|revision", re.IGNORECASE)
_WORDS = {JobKind.ROLLBACK: "a rollback", JobKind.PROMOTE: "a promotion", JobKind.UNKNOWN: "a move of production"}

_BY_ITSELF = (
    "nobody asked for a promotion or a rollback meanwhile: a new deployment went live by itself, "
    "or what had been asked for before came to its end"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Every domain at one moment, and what the project said just then."""

    project: Project
    served: tuple[Served, ...]
    release: RollingRelease | None = None  # the one that is active

    @property
    def deployments(self) -> tuple[str, ...]:
        """Ids of all that the host leads a domain to, each once."""
        return tuple(dict.fromkeys(each.deployment for each in self.served if each.deployment))


def look(host: Host, declared: Sequence[str], prober: Prober) -> Look:
    """One look at every production domain; raises HostingError when the host cannot be asked at all."""
    project = host.project()
    release = host.rolling_release() if project.rolling else None  # a project may only be set up for them
    known = known_domains(host, declared)
    own = {each.name for each in known}
    # what the host itself sends to a stranger serves no deployment; what the team names as the app's must serve one
    ours = [each.name for each in known if each.redirect in {None, *own} or each.name in declared]
    return Look(project=project, served=serving(host, ours, prober), release=release)


def stamped(domains: Sequence[str], prober: Prober) -> tuple[Served, ...]:
    """What the app itself says on every domain, where nobody asks the host."""
    asked = Asked([partial(prober.stamp, each, own=domains) for each in domains])
    return tuple(_heard(domain, each) for domain, each in zip(domains, asked.answers(ANSWERING), strict=True))


def is_commit(stamp: str, identity: Identity | None) -> bool:
    """Whether a stamp is surely a commit: a whole one, or hexadecimal where the target says that commits stand."""
    if not COMMIT.fullmatch(stamp):
        return False
    return len(stamp) == WHOLE or bool(identity and _SAYS_COMMITS.search(identity.pointer))


def disagreement(seen: Look, known: Mark | None, identity: Identity | None) -> Iterator[str]:
    """Why the domains do not serve one deployment; `known` is the one that the host names."""
    if seen.release is not None:
        yield "a rolling release is under way: visitors get one of two deployments"
    if len(seen.deployments) > 1 or not _alike(_declared_stamps(seen.served)):
        yield f"the domains do not serve one deployment{told(seen.served)}"
        return
    if known is not None and known.deployment.project not in {None, seen.project.id}:
        theirs, ours = clean(known.deployment.name, 60) or "another", clean(seen.project.name, 60)
        yield f"what the domains serve is of the project {theirs}, not of {ours}{told(seen.served)}"
    if known is not None and (others := denying(seen.served, known, identity)):
        yield f"the host says {known.deployment.described}, and the app says something else{told(others)}"


def denying(served: Sequence[Served], known: Mark, identity: Identity | None) -> list[Served]:
    """Domains on which the app says that it is another build; what may be no commit at all proves nothing."""
    return [each for each in served if any(_denies(stamp, known, identity) for stamp in _declared_stamps([each]))]


def changes(before: Look, after: Look) -> Iterator[str]:
    """What is no longer as it was, and who acted."""
    earlier = {each.domain: each for each in before.served}
    moved = [(earlier[each.domain], each) for each in after.served if _changed(earlier.get(each.domain), each)]
    if moved:
        who = _who(before.project, after.project)
        yield f"production changed during the run: {who}{_before_and_after(moved)}"
    elif _later_job(before.project, after.project):
        yield f"production was moved during the run: {_who(before.project, after.project)}"


def restamped(before: Sequence[Served], after: Sequence[Served]) -> Iterator[str]:
    """The same by the app's own word alone."""
    earlier = {each.domain: each for each in before}
    moved = [(earlier[each.domain], each) for each in after if _changed(earlier.get(each.domain), each)]
    if moved:
        yield f"production changed during the run{_before_and_after(moved)}"


def told(served: Sequence[Served]) -> str:
    """Each domain with what it serves, on a line of its own."""
    return "".join(f"\n{clean(each.domain, 80)} serves {_what(each)}" for each in served)


def unled(served: Sequence[Served]) -> Iterator[str]:
    """Domains that the host leads to no deployment, or of which it did not say to which."""
    for each in served:
        if each.deployment is None:
            yield f"{clean(each.domain, 80)}: {each.trouble or 'the host leads it to no deployment'}"


def unheard(served: Sequence[Served], declared: Collection[str]) -> Iterator[str]:
    """Domains where the app did not say what they serve; of the host's own, undeclared, see `by_host_alone`."""
    for each in served:
        if (each.trouble or not each.stamps) and not _closed(each, declared):
            yield f"{clean(each.domain, 80)}: {each.trouble or 'the app does not say which build it is'}"


def unlike(served: Sequence[Served], known: Mark | None) -> Iterator[str]:
    """Domains whose documents are made of other files than the deployment's own address shows."""
    if known is None or not (known.stamp or "").startswith(BY_FILES):
        return
    for each in served:
        if any(stamp.startswith(BY_FILES) and not known.on(stamp) for stamp in each.stamps):
            yield (
                f"{clean(each.domain, 80)}: its start page is made of other files than that of "
                f"{known.deployment.described} on its own address; a declared identity tells whether it is that one"
            )


def by_host_alone(served: Sequence[Served], declared: Collection[str]) -> Iterator[str]:
    """Addresses that the host gave of itself and protects: nobody else comes there, and its word has to do."""
    for each in served:
        if _closed(each, declared):
            yield f"what {clean(each.domain, 80)} serves is known by the host's word alone: {each.trouble}"


def _before_and_after(moved: Sequence[tuple[Served, Served]]) -> str:
    lines = (f"{clean(one.domain, 80)} served {_what(one)} before, and {_what(other)} after" for one, other in moved)
    return "".join(f"\n{line}" for line in lines)


def _what(served: Served) -> str:
    stamps = ", ".join(dict.fromkeys(short(clean(each, 60)) for each in served.stamps))
    if served.deployment is None:
        return f"the build {stamps}" if stamps else "nothing that is known"
    return clean(served.deployment, 60) + (f" (its stamp: {stamps})" if stamps else "")


def _declared_stamps(served: Sequence[Served]) -> list[str]:
    """Without signatures, which are compared with those of the same address only: they hold addresses."""
    return [stamp for each in served for stamp in each.stamps if not stamp.startswith(BY_FILES)]


def _closed(served: Served, declared: Collection[str]) -> bool:
    return closed(Domain(name=served.domain, declared=served.domain in declared), served)


def _alike(stamps: Sequence[str]) -> bool:
    return all(same_commit(stamp, stamps[0]) for stamp in stamps)


def _denies(stamp: str, known: Mark, identity: Identity | None) -> bool:
    if known.stamp is not None and not known.stamp.startswith(BY_FILES):
        return not known.on(stamp)
    commit = known.deployment.commit
    comparable = commit is not None and COMMIT.fullmatch(commit) and is_commit(stamp, identity)
    return bool(comparable) and not known.on(stamp)


def _heard(domain: str, said: Said | Exception) -> Served:
    if isinstance(said, Exception):  # it took too long, or is a fault of ours, whose text nobody may see
        return Served(domain=domain, trouble=f"it could not be asked ({type(said).__name__})")
    stamps = (said.stamp,) if said.stamp else ()
    return Served(domain=domain, stamps=stamps, leads_to=said.leads_to, trouble=said.trouble, walled=said.walled)


def _changed(before: Served | None, after: Served) -> bool:
    if before is None:
        return False
    elsewhere = before.deployment != after.deployment and None not in (before.deployment, after.deployment)
    restamped = bool(before.stamps and after.stamps) and not _alike([*before.stamps, *after.stamps])
    return elsewhere or restamped


def _later_job(before: Project, after: Project) -> Job | None:
    """A promotion or rollback that was asked for between the two."""
    one, other = before.last_job, after.last_job
    if other is None or (one is not None and other.requested <= one.requested):
        return None
    return other


def _who(before: Project, after: Project) -> str:
    job = _later_job(before, after)
    if job is None:
        return _BY_ITSELF
    at = datetime.fromtimestamp(job.requested / 1000, UTC)
    way = f"from {clean(job.origin or 'none', 60)} to {clean(job.destination or 'none', 60)}"
    said = f"{_WORDS[job.kind]} {way} was asked for at {at:%H:%M:%S} UTC ({job.state.value})"
    reason = after.reason if job.kind is JobKind.ROLLBACK and after.reason != before.reason else None
    if reason is None:
        return said
    by = f" by {clean(reason.by, 60)}" if reason.by else ""
    return f"{said}{by}: {clean(reason.text, 250)}"
