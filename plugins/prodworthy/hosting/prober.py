"""Asking the app itself which build it is: each time as a visitor who comes anew."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from threading import Lock

import httpx

from prodworthy import __version__
from prodworthy.hosting.mask import Mask
from prodworthy.hosting.stamps import declared_stamp, signature
from prodworthy.hosting.transport import opened, within
from prodworthy.model import Addresses, Identity, Secret
from prodworthy.model.text import clean

BYPASS = "x-vercel-protection-bypass"
LEGS = 5  # redirects that are followed, all between hosts of our own
LARGEST = 2_000_000  # bytes of an answer that are read
PATIENCE = 10.0  # seconds for one answer
SENDABLE = re.compile(r"[\x21-\x7e]+")  # what a header field carries without being read as something else

# what the platform's own pages say of themselves in a header field
_MITIGATED = {"challenge": "the firewall's challenge", "deny": "the firewall's refusal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one host said of the build that it serves, asked once."""

    stamp: str | None = None
    leads_to: str | None = None  # the host of our own that answered in its place, or the stranger it sends people to
    trouble: str | None = None  # why there is no stamp
    walled: bool = False  # whether that is because deployment protection answered in the app's place


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    host: str
    status: int
    headers: httpx.Headers
    body: bytes


class _Trouble(Exception):
    """No answer of the app; the text is one clause."""

    def __init__(self, text: str, *, leads_to: str | None = None, walled: bool = False) -> None:
        super().__init__(text)
        self.leads_to = leads_to
        self.walled = walled


class Prober:
    """Asks hosts for their stamp, on a new connection and without cookies each time; usable from any thread.

    Without a declared identity, and of builds that do not have it yet, the document's files stand for the stamp.
    """

    def __init__(
        self,
        identity: Identity | None,
        *,
        bypass: Secret | None = None,
        addresses: Addresses | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`addresses` are those of an embedded deployment; `transport` is for tests."""
        self._identity = identity
        self._secret = bypass
        self._bypass = (bypass.value or "").strip() if bypass else ""
        self._mask = Mask([self._bypass])
        self._addresses = addresses
        self._lines: dict[str, httpx.BaseTransport] = {}  # whom each trusts is read from files, once
        self._lock = Lock()
        self._transport = transport

    @property
    def declared(self) -> bool:
        """Whether the target says where a build names itself."""
        return self._identity is not None

    def by_files(self) -> Prober:
        """One that goes by the documents' files, for builds whose declared stamps are the same."""
        return Prober(None, bypass=self._secret, addresses=self._addresses, transport=self._transport)

    def stamp(self, host: str, *, own: Collection[str] = ()) -> Said:
        """Asks once; redirects are followed to `own` hosts only, and so far only the bypass secret goes."""
        try:
            return self._declared(host, own) or self._signature(host, own)
        except _Trouble as trouble:
            leads_to = self._mask.text(trouble.leads_to) if trouble.leads_to else None
            return Said(trouble=str(trouble), leads_to=leads_to, walled=trouble.walled)

    def _line(self, host: str) -> httpx.BaseTransport:
        if self._transport:
            return self._transport
        with self._lock:
            if host not in self._lines:
                where = _only(self._addresses, host) if self._addresses else None
                self._lines[host] = opened(f"https://{host}", where, keep=False)
            return self._lines[host]

    def _declared(self, host: str, own: Collection[str]) -> Said | None:
        if self._identity is None:
            return None
        path = f"/{self._identity.path.lstrip('/')}"
        answer = self._answer(host, path, "application/json", own)
        stamp = declared_stamp(answer.body, self._identity, self._mask.text) if answer.status == 200 else None
        if stamp is None and answer.status >= 500:
            raise _Trouble(f"{path} answers {answer.status}")
        return Said(stamp=stamp, leads_to=_elsewhere(host, answer)) if stamp else None

    def _signature(self, host: str, own: Collection[str]) -> Said:
        answer = self._answer(host, "/", "text/html", own)
        said = Said(leads_to=_elsewhere(host, answer))
        if answer.status != 200:
            return replace(said, trouble=f"its start page answers {answer.status}")
        stamp = signature(answer.body, answer.host)
        what = "" if self._identity is None else f"{clean(self._identity.path, 60)} names no build, and "
        files = "its start page names no script or stylesheet whose name changes with its content"
        unsaid = f"{what}{files}: declare `identity` in the targets file"
        return replace(said, stamp=stamp, trouble=None if stamp else unsaid)

    def _answer(self, host: str, path: str, accept: str, own: Collection[str]) -> _Answer:
        """The app's own answer, after redirects between hosts of our own; raises _Trouble."""
        url = _onward(httpx.URL(scheme="https", host=host, path="/"), path)
        for _ in range(LEGS + 1):
            answer = self._asked(url, accept)
            _not_a_wall(answer, self._mask)
            location = answer.headers.get("location")
            if not (300 <= answer.status < 400 and location):
                return answer
            url = _onward(url, location)
            if url.host not in {host, *own} or url.port is not None:
                raise _Trouble(
                    f"it leads to {clean(self._mask.text(url.host), 80)}, which is none of ours", leads_to=url.host
                )
        raise _Trouble(f"it redirects more than {LEGS} times")

    def _asked(self, url: httpx.URL, accept: str) -> _Answer:
        if self._bypass and not SENDABLE.fullmatch(self._bypass):
            raise _Trouble("it was not asked: the protection bypass holds characters that no such secret has")
        headers = {
            "accept": accept,
            "accept-encoding": "gzip",
            "cache-control": "no-cache",
            "connection": "close",
            "user-agent": f"prodworthy/{__version__} (+deployment verification)",
        }
        if self._bypass:
            headers[BYPASS] = self._bypass
        timeout = httpx.Timeout(PATIENCE).as_dict()
        try:
            request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout})
            line = self._line(url.host)
            with within(PATIENCE):
                response = line.handle_request(request)
                try:
                    body = _body(response)
                finally:
                    response.close()
        except _Trouble:
            raise
        except httpx.TimeoutException:
            raise _Trouble(f"{url.host} did not answer in time") from None
        except Exception as error:  # noqa: BLE001  # hostile bytes make the libraries below raise nearly anything
            why = clean(self._mask.text(str(error)), 120) or type(error).__name__
            raise _Trouble(f"no answer from {url.host}: {why}") from None
        return _Answer(host=url.host, status=response.status_code, headers=response.headers, body=body)


def _only(addresses: Addresses, host: str) -> Addresses:
    """Where a host of an embedded deployment listens; raises _Trouble when it is none, for all of those are here."""
    place = addresses.of(host, 443)
    if place is None:
        raise _Trouble(f"nothing listens at {host}")
    return replace(addresses, hosts={f"{host}:443": place})


def _onward(url: httpx.URL, location: str) -> httpx.URL:
    try:
        onward = url.join(location)
    except (httpx.InvalidURL, ValueError):
        raise _Trouble("it redirects to what is no address") from None
    if onward.scheme != "https":
        raise _Trouble("it redirects to an address that is not https", leads_to=onward.host or None)
    return onward


def _not_a_wall(answer: _Answer, mask: Mask) -> None:
    """Raises _Trouble when somebody else answered in place of the app."""
    headers = answer.headers
    mitigated = _MITIGATED.get(headers.get("x-vercel-mitigated", "").strip().lower())
    sso = headers.get("location", "").startswith("https://vercel.com/sso-api")
    signs = any(line.startswith("_vercel_sso_nonce=") for line in headers.get_list("set-cookie"))
    if mitigated:
        raise _Trouble(f"{mitigated} answered instead of the app")
    if sso or (answer.status == 401 and signs):
        raise _Trouble("deployment protection answered instead of the app", walled=True)
    error = clean(mask.text(headers.get("x-vercel-error", "")), 60)
    if error and error != "NOT_FOUND":  # which an app has where its own page for that is missing
        raise _Trouble(f"the host answered instead of the app: {error}")
    if answer.status == 429:
        raise _Trouble("it answers 429: too many requests")


def _body(response: httpx.Response) -> bytes:
    """The first bytes, undone with a cap, so that a small answer cannot become a huge one."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", ""}:
        raise _Trouble("it answers in a coding that was not asked for")
    undone = zlib.decompressobj(wbits=31) if coding == "gzip" else None
    body = bytearray()
    for piece in response.stream:  # type: ignore[union-attr]  # of a BaseTransport always a SyncByteStream
        body += undone.decompress(piece, LARGEST - len(body)) if undone else piece
        if len(body) >= LARGEST:
            break
    return bytes(body[:LARGEST])


def _elsewhere(host: str, answer: _Answer) -> str | None:
    return None if answer.host == host else answer.host
