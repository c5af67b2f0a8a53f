"""What of a smoke look can be judged by what, and how findings name the place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from prodworthy.model import Shortfall
from prodworthy.model.smoke import Heard, Smoke, View, Walk

SHOWN = 200  # characters of a page's text in a finding

Told = tuple[str, str]  # wanted, got
Sight = TypeVar("Sight", bound=Heard)


def arrived(smoke: Smoke) -> list[View]:
    """The views of the page that was asked for: whatever shows on an error page is no fault of its own."""
    return [
        view
        for view in smoke.seen
        if not view.looping and not view.refused and view.status == view.page.status and not elsewhere(smoke, view)
    ]


def rendered(smoke: Smoke) -> list[View]:
    """Those of them that show something."""
    return [view for view in arrived(smoke) if view.responsive and not view.blank]


def heard(smoke: Smoke) -> list[View | Walk]:
    """All that has something to say for itself: pages, and paths once they have begun."""
    return [*arrived(smoke), *(walk for walk in smoke.walked if walk.broken != 0)]


def elsewhere(smoke: Smoke, view: View) -> bool:
    """Whether the page ended at somebody else's."""
    parts = urlsplit(view.address)
    return parts.scheme in {"http", "https"} and parts.hostname not in smoke.hosts


def by_place(sights: Iterable[Sight], told: Callable[[Sight], Iterable[Told]]) -> Iterator[Shortfall]:
    """One shortfall for each place and thing told; `where` names the viewports in which it was seen."""
    viewports: dict[tuple[str, Told], dict[str, None]] = {}
    for sight in sights:
        place, viewport = named(sight)
        for each in told(sight):
            viewports.setdefault((place, each), {})[viewport] = None
    for (place, (wanted, got)), names in viewports.items():
        yield Shortfall(where=f"{place} ({', '.join(names)})", wanted=wanted, got=got)


def named(sight: Heard) -> tuple[str, str]:
    """The place and its viewport."""
    if isinstance(sight, Walk):
        return f"{sight.url}, path “{sight.name}”", sight.viewport
    assert isinstance(sight, View)
    return sight.url, sight.viewport


def shown(view: View) -> str:
    """The beginning of what is visible."""
    return quoted(view.text) if view.text else "no text at all"


def quoted(text: str) -> str:
    """The beginning of a text."""
    return f"“{text}”" if len(text) <= SHOWN else f"“{text[:SHOWN]}…”"
