"""What is seen of a target's health: endpoints, domains, a path that does not exist, and which build it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from urllib.parse import urljoin, urlsplit

from prodworthy.model.exchange import Answer, Exchange, Gap, gaps_in
from prodworthy.model.measurement import Measurement, retries_in
from prodworthy.model.target import Endpoint, Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSeen:
    """One declared endpoint or page, asked once or several times."""

    declared: Endpoint
    url: str
    page: bool = False  # declared under `pages`: HTML for people
    exchanges: tuple[Exchange, ...] = ()  # one a sample, in order

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The app's own answers."""
        return tuple(answer for exchange in self.exchanges if (answer := exchange.answered))

    @property
    def name(self) -> str:
        """Method and path, as they are declared."""
        return f"{self.declared.method} {self.declared.path}"

    @property
    def times(self) -> tuple[float, ...]:
        """Seconds that each answer took, without opening a connection."""
        return tuple(answer.timings.answering for answer in self.answers)

    @property
    def first_bytes(self) -> tuple[float, ...]:
        """Seconds of each of these until the answer began; none where any of them is not known."""
        known = [answer.timings.first_byte for answer in self.answers]
        return tuple(each for each in known if each is not None) if None not in known else ()

    @property
    def measured(self) -> Iterator[Measurement]:
        """Median and worst, and how the median splits into waiting for the answer and its transfer."""
        times, count = self.times, len(self.times)
        if count == 1:
            yield Measurement(what=self.name, value=times[0], unit="s")
        if count < 2:
            return
        yield Measurement(what=f"{self.name}, median of {count}", value=median(times), unit="s")
        yield Measurement(what=f"{self.name}, worst of {count}", value=max(times), unit="s")
        if self.first_bytes:
            transfers = [time - first for time, first in zip(times, self.first_bytes, strict=True)]
            yield Measurement(what=f"{self.name}, to the first byte", value=median(self.first_bytes), unit="s")
            yield Measurement(what=f"{self.name}, from first byte to last", value=median(transfers), unit="s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Everything whose status and body are declared: endpoints, then pages."""

    seen: tuple[EndpointSeen, ...] = ()
    unusable: tuple[Gap, ...] = ()  # declarations that nothing can be judged by

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return (*self.unusable, *gaps_in(exchange for seen in self.seen for exchange in seen.exchanges))

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """How long each took, and what took several tries."""
        times = tuple(each for seen in self.seen for each in seen.measured)
        return times + retries_in(exchange for seen in self.seen for exchange in seen.exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSeen:
    """One domain: where its root leads, and what plain HTTP answers."""

    origin: str  # as declared: "https://shop.test"
    journey: tuple[Exchange, ...] = ()  # the root on a connection of its own, then every redirect that was followed
    plain: Exchange | None = None  # http:// of the same host; None: not asked
    robots: Exchange | None = None  # /robots.txt; None: not asked, because the domain leads elsewhere

    @property
    def secure(self) -> Exchange | None:
        """The first exchange over TLS."""
        return self.journey[0] if self.journey and self.origin.startswith("https://") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Domains:
    """Every domain of a target; its own address when it declares none."""

    url: str
    declared: bool  # whether these are known to be production; else an address of the host's own may be a preview
    local: bool  # on this machine under its own name, where plain HTTP is no fault
    certificate_days: int  # that a certificate must still last
    seen: tuple[DomainSeen, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed; a closed port for plain HTTP is nothing missing."""
        return gaps_in(exchange for domain in self.seen for exchange in (*domain.journey, domain.robots))

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took several tries."""
        asked = ((*domain.journey, domain.plain, domain.robots) for domain in self.seen)
        return retries_in(exchange for exchanges in asked for exchange in exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownPage:
    """What a path that does not exist answers."""

    expected: str  # "404" or "fallback"
    exchange: Exchange
    asset: Exchange | None = None  # a script that does not exist; asked only where a fallback answers every path

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return gaps_in([self.exchange, self.asset])

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took several tries."""
        return retries_in([self.exchange, self.asset])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What one address says about the build that it serves, asked several times."""

    origin: str
    exchanges: tuple[Exchange, ...]  # one after the other, each on a connection of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a document itself says about its build."""

    url: str
    name: str  # of the meta element: "commit"
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """Which build every address says it serves."""

    url: str
    declared: Identity | None  # None: the target does not say where the build's identity is
    candidate: bool = False  # whether `url` serves a build that the domains do not serve yet
    stamps: tuple[Stamp, ...] = ()
    marks: tuple[Mark, ...] = ()  # of the declared pages, and of every domain's root

    @property
    def judged(self) -> tuple[Stamp, ...]:
        """The addresses that must serve the build that is judged."""
        return tuple(stamp for stamp in self.stamps if stamp.origin == self.url or not self.candidate)

    @property
    def alike(self) -> tuple[Stamp, ...]:
        """The addresses that must serve one build, whichever."""
        return tuple(stamp for stamp in self.stamps if stamp.origin != self.url or not self.candidate)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed."""
        return gaps_in(exchange for stamp in self.stamps for exchange in stamp.exchanges)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took several tries."""
        return retries_in(exchange for stamp in self.stamps for exchange in stamp.exchanges)


def destination(exchange: Exchange) -> str | None:
    """The absolute address that an exchange's last answer redirects to; None when it does not."""
    answer = exchange.answered
    location = answer.header("location") if answer and 300 <= answer.status < 400 else None
    if not location:
        return None
    base = exchange.url
    for hop in exchange.hops:
        base = _joined(base, hop.header("location") or "")
    return _joined(base, location)


def origin_of(url: str) -> str:
    """Scheme and host, and the port where it is not the scheme's own; in lower case."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:  # such as "https://["
        return base
