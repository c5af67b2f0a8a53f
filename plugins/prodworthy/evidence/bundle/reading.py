"""Reading: what one document or file leads to, weighs and tells. Pure, and run in threads."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

import brotli

from prodworthy.evidence import javascript, stylesheets
from prodworthy.evidence.bundle import packages
from prodworthy.evidence.bundle.addresses import Mention, Surroundings, absolute, import_map
from prodworthy.evidence.leaks import leaks
from prodworthy.evidence.markup import Markup, resolved
from prodworthy.evidence.signs import Declared, signs
from prodworthy.evidence.webpack import Webpack
from prodworthy.model import HTML, Answer
from prodworthy.model.bundle import Delivery, How, Kind, Leak, Sign

QUALITY = 5  # of brotli, where it is not served so: what hosts that compress on the fly choose

_KINDS = {
    **dict.fromkeys(("js", "mjs", "cjs"), Kind.SCRIPT),
    "css": Kind.STYLE,
    **dict.fromkeys(("json", "wasm"), Kind.DATA),
    **dict.fromkeys(("avif", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"), Kind.ASSET),
    **dict.fromkeys(("eot", "otf", "ttf", "woff", "woff2"), Kind.ASSET),
    **dict.fromkeys(("html", "mp3", "mp4", "ogg", "pdf", "txt", "webm"), Kind.ASSET),
}
_ASSETS = {How.CSS_URL, How.URL, How.PRELOAD, How.PREFETCH, How.NAME}
_STYLES = {How.STYLESHEET, How.CSS_IMPORT, How.STYLE_CHUNK}
_SCRIPTS = {
    *(How.SCRIPT, How.MODULE, How.FALLBACK, How.CHUNK, How.IMPORT_SCRIPTS),
    *(How.WORKER, How.WORKER_URL, How.SERVICE_WORKER, How.WORKLET),
}
_DOCUMENT = re.compile(  # comments are possessed: given back, each would be tried again with every other
    rb"\s*+(?:(?><!--(?:-?>|.*?-->))\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was read in one file or document."""

    mentions: tuple[Mention, ...] = ()
    leaks: tuple[Leak, ...] = ()
    signs: tuple[Sign, ...] = ()
    integrity: tuple[tuple[str, str], ...] = ()  # URL and metadata
    unresolved: tuple[str, ...] = ()  # what it imports statically and nobody can find
    source_map: str | None = None  # absolute URL, or "inline"
    webpack: Webpack | None = None
    packages: packages.Found = packages.NONE


NOTHING = Contents()


def document(url: str, body: bytes, declared: Declared) -> tuple[Surroundings, Contents]:
    """What a page leads to, and what its scripts' addresses depend on."""
    markup = Markup(url, body)
    surroundings = Surroundings(base=markup.base, imports=import_map(markup.base, markup.import_maps()))
    mentions = list(absolute(markup.base, markup.mentions()))
    scripts = [javascript.read(script) for script in markup.scripts()]
    for script in scripts:
        mentions += _led_to(markup.base, script, surroundings)
    for style in markup.styles():
        mentions += absolute(markup.base, stylesheets.mentions(style))
    demanded = ((resolved(markup.base, address), metadata) for address, metadata in markup.integrity())
    contents = Contents(
        mentions=tuple(dict.fromkeys(mentions)),
        integrity=(*((at, metadata) for at, metadata in demanded if at), *surroundings.imports.integrity.items()),
        unresolved=tuple(each for script in scripts for each in _unresolved(markup.base, script, surroundings)),
        leaks=leaks(body),
        signs=signs(body, declared),
    )
    return surroundings, contents


def leading(kind: Kind, url: str, body: bytes, surroundings: Surroundings) -> Contents:
    """Where a file leads to."""
    mentions: Iterable[Mention] = ()
    lost: tuple[str, ...] = ()
    source_map, built = None, None
    if kind is Kind.SCRIPT:
        script = javascript.read(body)
        mentions, lost = _led_to(url, script, surroundings), _unresolved(url, script, surroundings)
        source_map, built = javascript.source_map(body), script.webpack
    elif kind is Kind.STYLE:
        mentions = absolute(url, stylesheets.mentions(body))
        source_map = stylesheets.source_map(body)
    if source_map and not source_map.startswith("data:"):
        source_map = resolved(url, source_map)
    return Contents(mentions=tuple(dict.fromkeys(mentions)), unresolved=lost, source_map=source_map, webpack=built)


def weighed(contents: Contents, body: bytes, declared: Declared) -> Contents:
    """What else a file tells."""
    found, source_map, told = leaks(body), contents.source_map, packages.in_comments(body)
    if source_map and source_map.startswith("data:"):
        inner = _inline(source_map)
        found, told, source_map = found + leaks(inner), packages.in_map(inner), "inline"
    return replace(contents, leaks=found, signs=signs(body, declared), source_map=source_map, packages=told)


def mapped(body: bytes) -> tuple[tuple[Leak, ...], packages.Found]:
    """What a source map tells."""
    return leaks(body), packages.in_map(body)


def _led_to(url: str, script: javascript.Script, surroundings: Surroundings) -> list[Mention]:
    found = ((how, surroundings.address(how, specifier, url)) for how, specifier in script.mentions)
    return [(how, address) for how, address in found if address]


def _unresolved(url: str, script: javascript.Script, surroundings: Surroundings) -> tuple[str, ...]:
    return tuple(name[:200] for how, name in script.mentions if surroundings.unresolved(how, name, url))


def _inline(address: str) -> bytes:
    head, _, data = address.partition(",")
    try:
        return base64.b64decode(data) if head.endswith(";base64") else data.encode()
    except (ValueError, binascii.Error):
        return b""


def kind(how: How, url: str) -> Kind:
    """What a file is used as that is mentioned so."""
    if how in _STYLES:
        return Kind.STYLE
    if how in _SCRIPTS:
        return Kind.SCRIPT
    suffix = PurePosixPath(urlsplit(url).path).suffix[1:].lower()
    return _KINDS.get(suffix, Kind.ASSET if how in _ASSETS else Kind.SCRIPT)


def delivery(answer: Answer, method: str) -> Delivery:
    """How an answer came, not yet weighed."""
    length = answer.header("content-length") or ""
    announced = int(length) if method == "HEAD" and length.isascii() and length.isdigit() else 0
    charset = _CHARSET.search(answer.header("content-type") or "")
    return Delivery(
        status=answer.status,
        media_type=answer.media_type,
        encoding=(answer.header("content-encoding") or "").strip().lower(),
        cache_control=", ".join(answer.lines("cache-control")),
        nosniff=(answer.header("x-content-type-options") or "").strip().lower() == "nosniff",
        raw=len(answer.body) or announced,
        gzip=0,
        transferred=answer.transferred or announced,
        markup=is_markup(answer),
        charset=charset[1].lower() if charset else "",
    )


def packed(delivered: Delivery, body: bytes) -> Delivery:
    """The same with what the file weighs."""
    served = delivered.encoding == "br"
    return replace(
        delivered,
        gzip=_gzipped(body),
        brotli=delivered.transferred if served else len(brotli.compress(body, quality=QUALITY)),
        letters=_letters(body),
    )


def is_markup(answer: Answer) -> bool:
    """Whether the body is a document, whatever its server calls it."""
    return answer.media_type in HTML or bool(_DOCUMENT.match(answer.body[:2048]))


def _gzipped(body: bytes) -> int:
    packer = zlib.compressobj(wbits=31)
    return len(packer.compress(body)) + len(packer.flush())


def _letters(body: bytes) -> Literal["ascii", "utf-8", "other"]:
    if body.isascii():
        return "ascii"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "other"
    return "utf-8"
