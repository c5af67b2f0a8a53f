"""Proof: which deployment every production domain serves, by the platform's word and by the app's own.

The platform's word ends at its control plane; only the app, asked through the domain, knows what the edge serves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from prodworthy.hosting.errors import HostingError, Rejected
from prodworthy.hosting.host import Host
from prodworthy.hosting.prober import Prober, Said
from prodworthy.hosting.stamps import BY_FILES
from prodworthy.hosting.stamps import names as named_by
from prodworthy.model.hosting import Deployment, Domain, Served
from prodworthy.model.text import clean

__all__ = ["TIMES", "Mark", "Prober", "Said", "known_domains", "mark", "names", "serving"]

TIMES = 3  # answers in a row that prove what a domain serves
AT_ONCE = 8  # domains that are asked at the same time


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
    first = {name: usable.get(name, Domain(name=name)) for name in ours}
    return tuple({**first, **usable}.values())


def serving(
    host: Host,
    domains: Sequence[str],
    prober: Prober | None,
    *,
    times: int = 1,
    expected: Mark | None = None,
    own: Collection[str] = (),
) -> tuple[Served, ...]:
    """What every domain serves, in the order given; never raises for one of them: its trouble says why.

    A domain that redirects to another of these, or of `own`, counts as that one. With `expected` a domain is asked no
    further once it says something else, and `Served.proved` says whether it serves that.
    """
    if not domains:
        return ()
    pool = ThreadPoolExecutor(min(AT_ONCE, len(domains)), thread_name_prefix="stamps")
    try:
        known = frozenset((*domains, *own))
        told = {each: pool.submit(_said, prober, each, known, times, expected) for each in domains} if prober else {}
        led = {each: _led(host, each) for each in domains}  # while the app is asked
        for each in told.values():
            if (onward := each.result()[1].leads_to) in known and onward not in led:
                led[onward] = _led(host, onward)
        return tuple(_served(each, led, told.get(each), expected, times) for each in domains)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # whoever presses Ctrl-C waits for nobody


def _mark(prober: Prober, deployment: Deployment, before: Deployment | None, live: Sequence[str]) -> Mark:
    earlier_hosts = [before.host, *live[:1]] if before and before.id != deployment.id else []
    asked = list(dict.fromkeys(host for host in (deployment.host, *earlier_hosts) if host))
    pool = ThreadPoolExecutor(max(1, len(asked)), thread_name_prefix="stamps")
    try:
        own = frozenset(live)
        told = dict(zip(asked, pool.map(lambda each: prober.stamp(each, own=own), asked), strict=True))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    said = told.get(deployment.host or "", Said(trouble="it has no address of its own"))
    if said.leads_to:  # its own address sends people to a domain, which serves another build
        said = Said(trouble=f"its own address leads to {clean(said.leads_to, 80)}")
    found = Mark(deployment=deployment, prober=prober, stamp=said.stamp, trouble=said.trouble)
    earlier = [told[each].stamp for each in asked if each != deployment.host and told[each].stamp]
    return replace(found, shared=bool(earlier and earlier[0] and found.on(earlier[0])))


def _led(host: Host, domain: str) -> str | HostingError | None:
    try:
        return host.serving(domain)
    except Rejected as error:
        return None if error.status == 404 else error
    except HostingError as error:
        return error


def _said(
    prober: Prober, domain: str, own: Collection[str], times: int, expected: Mark | None
) -> tuple[tuple[str, ...], Said]:
    """The stamps of so many answers one after the other, and the last answer."""
    stamps: list[str] = []
    said = Said()
    for _ in range(times):
        said = prober.stamp(domain, own=own)
        if said.stamp is None:
            break
        stamps.append(said.stamp)
        if expected and not expected.on(said.stamp):
            break
    return tuple(stamps), said


def _served(
    domain: str,
    led: dict[str, str | HostingError | None],
    told: Future[tuple[tuple[str, ...], Said]] | None,
    expected: Mark | None,
    times: int,
) -> Served:
    stamps, said = told.result() if told else ((), Said())
    counted = led.get(said.leads_to or domain, led[domain])
    troubles = [said.trouble]
    if isinstance(counted, HostingError):
        troubles.append(f"the host did not say where it leads: {counted}")
        counted = None
    served = Served(
        domain=domain,
        deployment=counted,
        stamps=stamps,
        leads_to=said.leads_to,
        trouble=_joined(troubles),
    )
    return served if expected is None else replace(served, proved=expected.proves(served, times))


def _joined(troubles: Iterable[str | None]) -> str | None:
    return "; ".join(clean(each) for each in troubles if each) or None
