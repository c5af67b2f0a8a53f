"""Signs: which Supabase project served code talks to, told by its address and by the public keys in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from prodworthy.evidence.leaks import TOKEN, claims, line_of, matches, redacted
from prodworthy.model.bundle import Sign

MOST = 20  # signs of a kind that are told of one text
_ADDRESS = re.compile(rb"https://([a-z]{20})\.supabase\.co(?![\w.-])")  # a project's reference has twenty letters
_HOST, _BEFORE = b".supabase.co", len("https://") + 20
_PUBLISHABLE = re.compile(rb"\bsb_publishable_[A-Za-z0-9_-]{10,100}")


def signs(source: bytes, declared: str | None) -> tuple[Sign, ...]:
    """Every sign in a served text, each once. `declared`: the key that the target names."""
    found: dict[tuple[str, bytes], Sign] = {}
    for written, sign in _signs(source, (declared or "").encode()):
        found.setdefault((sign.what, written), sign)
    return tuple(found.values())


def _signs(source: bytes, declared: bytes) -> Iterator[tuple[bytes, Sign]]:
    for found in islice(_addresses(source), MOST):
        line = line_of(source, found.start())
        yield found[0], Sign(what="address", ref=found[1].decode(), shown=found[0].decode(), line=line)
    for found in islice(matches(_PUBLISHABLE, source, b"sb_publishable_"), MOST):
        yield found[0], _key("publishable key", None, found, declared)
    for found in islice(matches(TOKEN, source, b"eyJ"), MOST):
        told = claims(found[1])
        if told.get("iss") == "supabase" and told.get("role") == "anon":
            ref = told.get("ref")
            yield found[0], _key("anon key", ref[:40] if isinstance(ref, str) else None, found, declared)


def _addresses(source: bytes) -> Iterator[re.Match[bytes]]:
    place = source.find(_HOST)
    while place >= 0:
        if found := _ADDRESS.match(source, max(place - _BEFORE, 0)):
            yield found
        place = source.find(_HOST, place + len(_HOST))


def _key(what: str, ref: str | None, found: re.Match[bytes], declared: bytes) -> Sign:
    return Sign(
        what=what,
        ref=ref,
        shown=redacted(found[0], 24 if ref is None else 10),
        line=line_of(found.string, found.start()),
        declared=found[0] == declared if declared else None,
    )
