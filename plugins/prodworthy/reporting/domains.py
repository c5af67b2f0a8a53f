"""What every production domain served, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model.commit import short
from prodworthy.model.hosting import Served
from prodworthy.model.text import clean
from prodworthy.model.verdict import Binding

MOST = 60  # characters of a stamp, an id, a domain


def served(binding: Binding) -> Iterator[tuple[str, str, str]]:
    """Each domain, what it served at the beginning, and at the end; empty: not looked at."""
    before, after = ({each.domain: _what(each) for each in looked} for looked in (binding.before, binding.after))
    for domain in dict.fromkeys((*before, *after)):
        yield clean(domain, MOST), before.get(domain, ""), after.get(domain, "")


def _what(served: Served) -> str:
    stamps = ", ".join(dict.fromkeys(short(clean(each, MOST)) for each in served.stamps))
    told = [clean(served.deployment, MOST) if served.deployment else "", f"stamp {stamps}" if stamps else ""]
    led = f"leads to {clean(served.leads_to, MOST)}" if served.leads_to else ""
    return ", ".join(filter(None, [*told, led, clean(served.trouble or "")])) or "not known"
