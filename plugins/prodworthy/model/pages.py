"""The declared pages as they were served."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from prodworthy.model.exchange import Exchange, Gap, unread_in
from prodworthy.model.target import Page


def addresses(exchange: Exchange) -> tuple[str, ...]:
    """The URL of every answer of an exchange: one for each redirect that was followed, then the final one's."""
    urls = [exchange.url]
    for hop in exchange.hops:
        urls.append(_resolved(urls[-1], hop.header("location") or ""))
    return tuple(urls)


def _resolved(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:  # a location such as "https://[" is no address
        return base


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPage:
    """One declared page and what came of asking for it."""

    page: Page
    exchange: Exchange

    @property
    def url(self) -> str:
        """The address of the document itself, behind the redirects that were followed."""
        return addresses(self.exchange)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Every declared page, in the order of declaration."""

    served: tuple[ServedPage, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The pages of which no document came, those behind a redirect loop included."""
        return unread_in(page.exchange for page in self.served)
