"""Signs: which back end served code talks to, told by its address and by the public keys in it.

An address of the developer's own machine is a sign only where it surely is a back end's, at the ports of Supabase's
local stack or beside a key: libraries hold others, GoTrue's client http://localhost:9999 for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from prodworthy.evidence.leaks import TOKEN, claims, line_of, matches, redacted
from prodworthy.model.bundle import Sign

MOST = 20  # signs of a kind that are told of one text
_ADDRESS = re.compile(rb"https://([a-z]{20})\.supabase\.co(?![\w.-])")  # a project's reference has twenty letters
_HOST, _BEFORE = b".supabase.co", len("https://") + 20
_SCHEMES, _HOME = ("http", "https"), ("localhost", "127.0.0.1", "[::1]")
_LOOPBACKS = tuple(f"{scheme}://{host}:".encode() for scheme in _SCHEMES for host in _HOME)
_LOOPBACK = re.compile(rb"https?://(?:localhost|127\.0\.0\.1|\[::1\]):(\d{2,5})(?![\w.-])")
_STACK = {b"54321", b"54322"}  # https://supabase.com/docs/guides/local-development/cli/config#api.port
_NEAR = 200  # bytes between an address and the key that goes with it
_PUBLISHABLE = re.compile(rb"\bsb_publishable_[A-Za-z0-9_-]{10,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the target names of its back end."""

    key: str | None = None
    host: str | None = None  # of its address, with a port that is not the scheme's own

    @property
    def at_home(self) -> bool:
        """Whether it runs on this machine itself."""
        return self.host is not None and self.host.rpartition(":")[0] in _HOME


def signs(source: bytes, declared: Declared) -> tuple[Sign, ...]:
    """Every sign in a served text, each once; addresses of one's own machine where the target names another's."""
    found: dict[tuple[str, bytes], Sign] = {}
    for written, sign in (*_addressed(source, declared), *_signs(source, (declared.key or "").encode())):
        found.setdefault((sign.what, written), sign)
    return tuple(found.values())


def _addressed(source: bytes, declared: Declared) -> Iterator[tuple[bytes, Sign]]:
    told = set()
    for found in islice(_addresses(source), MOST):
        host = found[0].decode().removeprefix("https://")
        told.add(host)
        yield found[0], _address(found[0], found.start(), source, ref=found[1].decode(), declared=host == declared.host)
    if declared.host is None:
        return
    written = declared.host.encode()
    if declared.host not in told and (place := source.find(written)) >= 0:
        yield written, _address(written, place, source, declared=True)
    if not declared.at_home:
        for found in islice(_at_home(source), MOST):
            yield found[0], _address(found[0], found.start(), source)


def _at_home(source: bytes) -> Iterator[re.Match[bytes]]:
    for found in matches(_LOOPBACK, source, *_LOOPBACKS):
        around = max(found.start() - _NEAR, 0), found.end() + _NEAR
        if found[1] in _STACK or _PUBLISHABLE.search(source, *around) or TOKEN.search(source, *around):
            yield found


def _signs(source: bytes, declared: bytes) -> Iterator[tuple[bytes, Sign]]:
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


def _address(written: bytes, place: int, source: bytes, *, ref: str | None = None, declared: bool = False) -> Sign:
    shown = written.decode("ascii", "replace")
    return Sign(what="address", ref=ref, shown=shown, line=line_of(source, place), declared=declared)


def _key(what: str, ref: str | None, found: re.Match[bytes], declared: bytes) -> Sign:
    return Sign(
        what=what,
        ref=ref,
        shown=redacted(found[0], 24 if ref is None else 10),
        line=line_of(found.string, found.start()),
        declared=found[0] == declared if declared else None,
    )
