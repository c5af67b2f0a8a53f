"""Content-Security-Policy, parsed by its grammar and read as browsers read it (CSP Level 3, sections 2 and 6)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Where browsers look for what governs a kind of content, in this order.
SCRIPT_ELEMENTS = ("script-src-elem", "script-src", "default-src")
SCRIPT_ATTRIBUTES = ("script-src-attr", "script-src", "default-src")
EVALUATION = ("script-src", "default-src")
STYLE_ELEMENTS = ("style-src-elem", "style-src", "default-src")
STYLE_ATTRIBUTES = ("style-src-attr", "style-src", "default-src")
OBJECTS = ("object-src", "default-src")

SOURCE_LISTS = _words(
    "default-src script-src script-src-elem script-src-attr style-src style-src-elem style-src-attr img-src font-src "
    "connect-src media-src object-src child-src frame-src worker-src manifest-src fenced-frame-src base-uri "
    "form-action frame-ancestors prefetch-src navigate-to"
)
DEPRECATED = _words(
    "block-all-mixed-content plugin-types prefetch-src referrer reflected-xss disown-opener navigate-to"
)
KNOWN = (
    SOURCE_LISTS
    | DEPRECATED
    | _words(
        "sandbox upgrade-insecure-requests require-trusted-types-for trusted-types report-uri report-to "
        "require-sri-for webrtc"
    )
)
KEYWORDS = _words(
    "none self unsafe-inline unsafe-eval strict-dynamic unsafe-hashes report-sample wasm-unsafe-eval "
    "unsafe-allow-redirects inline-speculation-rules trusted-types-eval report-sha256 report-sha384 "
    "report-sha512"
)
BROAD_SCHEMES = frozenset({"http", "https", "data", "blob", "filesystem"})

_SCHEMES = BROAD_SCHEMES | {"ws", "wss"}
_SANDBOX = _words(
    "allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock allow-popups "
    "allow-popups-to-escape-sandbox allow-presentation allow-same-origin allow-scripts "
    "allow-storage-access-by-user-activation allow-top-navigation allow-top-navigation-by-user-activation "
    "allow-top-navigation-to-custom-protocols"
)
_VALUES = {
    "sandbox": _SANDBOX,
    "require-trusted-types-for": _words("'script'"),
    "require-sri-for": _words("script style"),
    "webrtc": _words("'allow' 'block'"),
}
_NOT_IN_META = _words("frame-ancestors report-uri sandbox")
_SPACE = re.compile(r"[\t\n\f\r ]+")
_QUOTED = re.compile(r"'([^']*)'")
_NONCE = re.compile(r"nonce-([A-Za-z0-9+/_-]+={0,2})", re.IGNORECASE)
_HASH = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})", re.IGNORECASE)
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?"
    r"(?P<host>\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])"
    r"(?P<port>:(?:[0-9]+|\*))?"
    r"(?P<path>/[^?#]*)?"
)
_IP = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[.*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host source; `scheme` and `path` are empty where the source names none."""

    text: str
    scheme: str  # lower case
    host: str  # lower case, perhaps with a leading "*."
    path: str

    @property
    def is_address(self) -> bool:
        """Whether it names an IP address, which browsers match only for 127.0.0.1."""
        return _IP.fullmatch(self.host) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """A source list, sorted by what each expression is."""

    keywords: frozenset[str]  # lower case, without quotes
    nonces: tuple[str, ...]
    hashes: tuple[str, ...]
    schemes: tuple[str, ...]  # lower case, without the colon
    hosts: tuple[Host, ...]
    invalid: tuple[str, ...]  # what browsers skip

    @property
    def trusts(self) -> bool:
        """Whether it trusts by nonce or hash, which makes browsers ignore 'unsafe-inline'."""
        return bool(self.nonces or self.hashes)

    @property
    def strict(self) -> bool:
        """Whether 'strict-dynamic' makes browsers ignore hosts, schemes and 'self'; only meant for scripts."""
        return "strict-dynamic" in self.keywords

    @property
    def inline(self) -> bool:
        """Whether any inline code runs."""
        return "unsafe-inline" in self.keywords and not self.trusts and not self.strict

    @property
    def broad(self) -> tuple[str, ...]:
        """The expressions that match any host."""
        schemes = tuple(f"{scheme}:" for scheme in self.schemes if scheme in BROAD_SCHEMES)
        return schemes + tuple(host.text for host in self.hosts if host.host == "*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One directive: its name in lower case and its values as they stand."""

    name: str
    values: tuple[str, ...]

    @property
    def sources(self) -> Sources:
        """Its values as a source list."""
        return _sources(self.values)

    def __str__(self) -> str:
        return " ".join((self.name, *self.values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy: the first directive of each name counts, later ones are ignored."""

    directives: Mapping[str, Directive]
    repeated: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # directives that do not count in a meta element

    def governing(self, chain: Iterable[str]) -> Directive | None:
        """The first directive of a fallback chain that is there; None: nothing restricts it."""
        return next((self.directives[name] for name in chain if name in self.directives), None)

    @property
    def void(self) -> bool:
        """Whether there is no directive that browsers know, so that it enforces nothing."""
        return not any(name in KNOWN for name in self.directives)


@lru_cache(maxsize=512)
def parse(line: str) -> tuple[Policy, ...]:
    """The policies of one header field line, which may hold several, separated by commas."""
    return tuple(_policy(part) for part in line.split(",") if part.strip("\t\n\f\r ;"))


@lru_cache(maxsize=512)
def parse_meta(content: str) -> Policy:
    """The policy of a meta element: a comma separates nothing there, and three directives are ignored."""
    return _policy(content, _NOT_IN_META)


def _policy(text: str, ignored: frozenset[str] = frozenset()) -> Policy:
    directives: dict[str, Directive] = {}
    repeated: dict[str, None] = {}
    for part in text.split(";"):
        tokens = [token for token in _SPACE.split(part) if token]
        if not tokens:
            continue
        name = tokens[0].lower()
        if name in directives:
            repeated[name] = None
        else:
            directives[name] = Directive(name=name, values=tuple(tokens[1:]))
    kept = {name: directive for name, directive in directives.items() if name not in ignored}
    return Policy(
        directives=MappingProxyType(kept),
        repeated=tuple(repeated),
        ignored=tuple(name for name in directives if name in ignored),
    )


@lru_cache(maxsize=4096)
def _sources(values: tuple[str, ...]) -> Sources:
    keywords: set[str] = set()
    nonces: list[str] = []
    hashes: list[str] = []
    schemes: list[str] = []
    hosts: list[Host] = []
    invalid: list[str] = []
    for value in values:
        if quoted := _QUOTED.fullmatch(value):
            inner = quoted[1]
            if inner.lower() in KEYWORDS:
                keywords.add(inner.lower())
            elif nonce := _NONCE.fullmatch(inner):
                nonces.append(nonce[1])
            elif _HASH.fullmatch(inner):
                hashes.append(inner)
            else:
                invalid.append(value)
        elif scheme := _SCHEME.fullmatch(value):
            schemes.append(scheme[1].lower())
        elif host := _HOST.fullmatch(value):
            hosts.append(_host(value, host))
        else:
            invalid.append(value)
    return Sources(
        keywords=frozenset(keywords),
        nonces=tuple(nonces),
        hashes=tuple(hashes),
        schemes=tuple(schemes),
        hosts=tuple(hosts),
        invalid=tuple(invalid),
    )


def _host(text: str, match: re.Match[str]) -> Host:
    scheme, host, path = match["scheme"], match["host"], match["path"]
    return Host(text=text, scheme=(scheme or "").lower(), host=host.lower().rstrip("."), path=path or "")


def _is_digest(algorithm: str, text: str) -> bool:
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return False
    return len(decoded) == _DIGEST_BYTES[algorithm.lower()]


# --- effects of several policies, all enforced together ---


def restricting(policies: Iterable[Policy], chain: Iterable[str]) -> tuple[Directive, ...]:
    """What each policy says about a kind of content; policies that say nothing are left out."""
    chain = tuple(chain)
    return tuple(directive for policy in policies if (directive := policy.governing(chain)) is not None)


def unanimous(directives: Iterable[Directive], permits: Callable[[Sources], bool]) -> Directive | None:
    """The first of `directives` if every one of them permits, else None: a second policy can only tighten."""
    found = tuple(directives)
    return found[0] if found and all(permits(directive.sources) for directive in found) else None


# --- syntax ---


def problems(policy: Policy) -> Iterator[tuple[str, str]]:
    """What is written in a way that browsers ignore or misread: the words at fault, and what is wrong with them."""
    for name in policy.repeated:
        yield name, "the directive is there twice: browsers use the first and ignore the rest"
    for directive in policy.directives.values():
        if directive.name not in KNOWN:
            yield directive.name, "no browser knows a directive of this name"
        elif directive.name in SOURCE_LISTS:
            yield from _problems_in(directive)
        elif directive.name in _VALUES:
            for value in directive.values:
                if value.lower() not in _VALUES[directive.name]:
                    yield f"{directive.name} {value}", "no browser knows this value here"


def _problems_in(directive: Directive) -> Iterator[tuple[str, str]]:
    sources = directive.sources
    if "none" in sources.keywords and len(directive.values) > 1:
        yield str(directive), "'none' is ignored beside other values"
    invalid = frozenset(sources.invalid)
    for value in dict.fromkeys(directive.values):
        if what := _mistaken(value, invalid):
            yield f"{directive.name} … {value}", what


def _mistaken(value: str, invalid: frozenset[str]) -> str | None:
    word = value.lower().rstrip(":")
    if word in KNOWN:
        return "a directive among the values: a semicolon is missing before it"
    if word in KEYWORDS or _NONCE.fullmatch(value) or _HASH.fullmatch(value):
        return f"without single quotes it is the name of a host; write '{value}'"
    if word.partition("/")[0] in _SCHEMES and not value.endswith(":"):
        return "the name of a host: a scheme ends with a colon"
    if (digest := _HASH.fullmatch(value.strip("'"))) and not _is_digest(digest[1], digest[2]):
        return "not the base64 of a whole digest, so it matches nothing"
    if value not in invalid:
        return None
    if value.lower().startswith("'nonce-"):
        return "a nonce has to be base64"
    if value.lower().startswith("'sha"):
        return "a hash has to be sha256, sha384 or sha512, a hyphen and base64"
    if value.startswith("'"):
        return "no browser knows this keyword"
    return "neither a keyword, a scheme nor a host"
