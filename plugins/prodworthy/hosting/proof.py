"""Proof: which deployment every production domain serves, by the platform's word and by the app's own.

The platform's word ends at its control plane; only the app, asked through the domain, knows what the edge serves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from prodworthy.hosting.abreast import AT_ONCE, Asked
from prodworthy.hosting.errors import HostingError, Rejected
from prodworthy.hosting.host import Host
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.prober import Prober, Said
from prodworthy.hosting.stamps import BY_FILES
from prodworthy.hosting.stamps import names as named_by
from prodworthy.model.hosting import Deployment, Domain, Served
from prodworthy.model.text import clean

__all__ = ["AT_ONCE", "TIMES", "Mark", "Prober", "Said", "closed", "known_domains", "led", "mark", "names", "serving"]

TIMES = 3  # answers in a row that prove what a domain serves
PACE = Patience()  # for its clock and its sleep
SPACING = 0.1  # seconds from one question to a domain to the next, so that not all fall into one lucky moment
LED = 10.0  # seconds for the host's word on where the domains lead
ANSWERING = 15.0  # seconds for one answer of every domain; more than a prober takes, but for a resolver that hangs
OWN = ".vercel.app"  # of addresses that the platform gives every project, and that its protection closes by default


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How a deployment is known again in what domains say, as its own immutable address told before anything moved."""

    deployment: Deployment
    prober: Prober | None  # that tells the builds apart as well as they can be; None: the app is not asked
    stamp: str | None = None  # None: its own address did not tell; then its commit, id and host are what is known
    shared: bool = False  # whether what was live before says the same, so that only the platform tells them apart
    trouble: str | None = None  # why its own address did not tell

    @property
    def comparable(self) -> bool:
        """Whether what domains say can be compared with anything."""
        return self.prober is not None and (self.stamp is not None or self.prober.declared)

    def on(self, stamp: str) -> bool:
        """Whether a stamp is this deployment's."""
        if self.stamp is None:
            return named_by(stamp, self.deployment)
        return stamp == self.stamp  # the same build says the same, to the letter

    def proves(self, served: Served, times: int = TIMES) -> bool:
        """Whether a domain serves this deployment, by the platform and by the app, so many times in a row."""
        told = len(served.stamps) >= times and all(map(self.on, served.stamps))
        return told and served.trouble is None and served.deployment == self.deployment.id


def mark(prober: Prober | None, deployment: Deployment, before: Deployment | None, live: Sequence[str] = ()) -> Mark:
    """Asks both builds for their stamps, `live` domains for that of the earlier one where its own address is closed."""
    if prober is None:
        return Mark(deployment=deployment, prober=None, trouble="the app was not asked")
    found = _mark(prober, deployment, before, live)
    if found.shared and not (found.stamp or "").startswith(BY_FILES):
        # the same commit built twice: with other settings its files differ
        by_files = _mark(prober.by_files(), deployment, before, live)
        return by_files if by_files.stamp and not by_files.shared else found
    return found


def names(host: Host, declared: Sequence[str]) -> tuple[str, ...]:
    """The platform's production domains and the declared hosts, each once; raises HostingError."""
    return tuple(domain.name for domain in known_domains(host, declared))


def known_domains(host: Host, declared: Sequence[str]) -> tuple[Domain, ...]:
    """What `names` names; a domain that is not verified may be a stranger's, and a wildcard is none that can be asked.

    The declared ones come first, because they are the ones that the team thinks of.
    """
    known = {each.name.lower(): replace(each, name=each.name.lower()) for each in host.domains()}
    usable = {name: each for name, each in known.items() if each.verified and not name.startswith("*.")}
    ours = dict.fromkeys(name.lower() for name in declared)
    first = {name: replace(usable.get(name, Domain(name=name)), declared=True) for name in ours}
    return (*first.values(), *(each for name, each in usable.items() if name not in first))


def closed(domain: Domain, served: Served) -> bool:
    """Whether nobody but the host can say what a domain serves: an address of the host's own, behind its own wall.

    One that the team declared must be open to be asked, because visitors are sent there.
    """
    return served.walled and not domain.declared and domain.name.endswith(OWN)


def led(host: Host, domains: Sequence[str]) -> tuple[Served, ...]:
    """Where the host leads every domain, asked of all at once; never raises for one of them."""
    answers = Asked([partial(_led, host, each) for each in domains]).answers(LED)
    return tuple(_served(each, dict(zip(domains, answers, strict=True)), (), Said(), None, 1) for each in domains)


def serving(
    host: Host,
    domains: Sequence[str],
    prober: Prober | None,
    *,
    times: int = 1,
    expected: Mark | None = None,
    own: Collection[str] = (),
    pace: Patience = PACE,
) -> tuple[Served, ...]:
    """What every domain serves, in the order given; never raises for one of them: its trouble says why.

    A domain that redirects to another of these, or of `own`, counts as that one. With `expected` a domain is asked no
    further once it says something else, and `Served.proved` says whether it serves that.
    """
    if not domains:
        return ()
    word = Asked([partial(_led, host, each) for each in domains])  # while the app is asked
    heard = _heard(prober, domains, frozenset((*domains, *own)), times, expected, pace) if prober else {}
    where = dict(zip(domains, word.answers(LED), strict=True))
    onward = [said.leads_to for _, said in heard.values() if said.leads_to in own and said.leads_to not in where]
    more = [each for each in dict.fromkeys(onward) if each]
    where |= dict(zip(more, Asked([partial(_led, host, each) for each in more]).answers(LED), strict=True))
    nothing: tuple[tuple[str, ...], Said] = ((), Said())
    return tuple(_served(each, where, *heard.get(each, nothing), expected, times) for each in domains)


def _mark(prober: Prober, deployment: Deployment, before: Deployment | None, live: Sequence[str]) -> Mark:
    earlier_hosts = [before.host, *live[:1]] if before and before.id != deployment.id else []
    asked = list(dict.fromkeys(host for host in (deployment.host, *earlier_hosts) if host))
    told = _once(prober, asked, frozenset(live))
    said = told.get(deployment.host or "", Said(trouble="it has no address of its own"))
    if said.leads_to:  # its own address sends people to a domain, which serves another build
        said = Said(trouble=f"its own address leads to {clean(said.leads_to, 80)}")
    found = Mark(deployment=deployment, prober=prober, stamp=said.stamp, trouble=said.trouble)
    earlier = [told[each].stamp for each in asked if each != deployment.host and told[each].stamp]
    return replace(found, shared=bool(earlier and earlier[0] and found.on(earlier[0])))


def _led(host: Host, domain: str) -> str | None:
    try:
        return host.serving(domain)
    except Rejected as error:
        if error.status != 404:
            raise
        return None


def _heard(
    prober: Prober,
    domains: Sequence[str],
    own: Collection[str],
    times: int,
    expected: Mark | None,
    pace: Patience,
) -> dict[str, tuple[tuple[str, ...], Said]]:
    """Of every domain the stamps of so many answers one after the other, and the last answer."""
    stamps: dict[str, tuple[str, ...]] = dict.fromkeys(domains, ())
    last: dict[str, Said] = {}
    asked, began = list(stamps), 0.0
    for number in range(times):
        if number:
            pace.sleep(max(began + SPACING - pace.clock(), 0.0))
        began = pace.clock()
        said = _once(prober, asked, own)
        last |= said
        told = {each: one.stamp for each, one in said.items() if one.stamp is not None}
        stamps |= {each: (*stamps[each], stamp) for each, stamp in told.items()}
        asked = [each for each, stamp in told.items() if expected is None or expected.on(stamp)]
        if not asked:
            break
    return {each: (stamps[each], last[each]) for each in stamps}


def _once(prober: Prober, hosts: Sequence[str], own: Collection[str]) -> dict[str, Said]:
    """One answer of every host, all asked at once."""
    answers = Asked([partial(prober.stamp, each, own=own) for each in hosts]).answers(ANSWERING)
    return {each: _without_fault(said) for each, said in zip(hosts, answers, strict=True)}


def _without_fault(said: Said | Exception) -> Said:
    if isinstance(said, HostingError):
        return Said(trouble=str(said))
    return Said(trouble=f"it could not be asked: {type(said).__name__}") if isinstance(said, Exception) else said


def _served(
    domain: str,
    where: dict[str, str | Exception | None],
    stamps: tuple[str, ...],
    said: Said,
    expected: Mark | None,
    times: int,
) -> Served:
    counted = where.get(said.leads_to or domain, where[domain])
    troubles = [said.trouble]
    if isinstance(counted, Exception):
        why = str(counted) if isinstance(counted, HostingError) else type(counted).__name__
        troubles.append(f"the host did not say where it leads: {why}")
        counted = None
    served = Served(
        domain=domain,
        deployment=counted,
        stamps=stamps,
        leads_to=said.leads_to,
        trouble=_joined(troubles),
        walled=said.walled,
    )
    return served if expected is None else replace(served, proved=expected.proves(served, times))


def _joined(troubles: Iterable[str | None]) -> str | None:
    return "; ".join(clean(each) for each in troubles if each) or None
