"""What an answer of the app says of its build: the declared stamp, or else which files its document is made of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urljoin, urlsplit

from prodworthy.model import Identity
from prodworthy.model.commit import same_commit
from prodworthy.model.elements import Element, elements
from prodworthy.model.hosting import Deployment
from prodworthy.model.pointer import pointed
from prodworthy.model.text import clean

LONGEST = 120  # characters of a stamp that are kept
BY_FILES = "files-"  # how a signature begins, so that it is taken for no commit

# what bundlers write before the suffix of a file whose name changes with its content
_TOKEN = re.compile(r"(?:^|[-._/])(?=[A-Za-z0-9_-]*[0-9A-Z])[A-Za-z0-9_-]{8,64}(?:\.\w+)*\.(?:m?js|css)$")
_PINS = {"dpl", "v", "h", "hash"}  # parts of a query that change with the content
_FILES = {"script": "src", "link": "href"}
_KINDS = {"stylesheet", "modulepreload", "preload"}


def declared_stamp(body: bytes, identity: Identity, hidden: Callable[[str], str] = str) -> str | None:
    """What stands where the target says that the build's name stands; None: nothing, or no text.

    `hidden` takes out what an app must not repeat, before anything is cut.
    """
    try:
        value = pointed(json.loads(body), identity.pointer)
    except (ValueError, LookupError, RecursionError):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return clean(hidden(str(value)), LONGEST) or None


def signature(body: bytes, host: str) -> str | None:
    """One word for the scripts and stylesheets that a document names by their content; None: it names none.

    Two builds of the same sources with the same settings have the same one: they cannot be told apart by it.
    """
    files = sorted({name for element in elements(body) for name in _named(element, host)})
    if not files:
        return None
    return BY_FILES + hashlib.sha256("\n".join(files).encode()).hexdigest()[:12]


def names(stamp: str, deployment: Deployment) -> bool:
    """Whether a stamp says that it is this deployment: by commit, id, host or URL."""
    known = {each.lower() for each in (deployment.id, deployment.host, deployment.url) if each}
    return stamp.lower() in known or bool(deployment.commit and same_commit(stamp, deployment.commit))


def _named(element: Element, host: str) -> Iterator[str]:
    attribute = _FILES.get(element.tag)
    if attribute is None or (element.tag == "link" and not element.words("rel") & _KINDS):
        return
    address = element.get(attribute).strip()
    try:
        parts = urlsplit(urljoin(f"https://{host}/", address))
    except ValueError:  # such as "https://["
        return
    pinned = any(name in _PINS and value for name, value in parse_qsl(parts.query))
    if address and (pinned or _TOKEN.search(parts.path)):
        origin = "" if parts.hostname == host else parts.netloc  # one build has many hosts
        yield f"{origin}{parts.path}?{parts.query}"
