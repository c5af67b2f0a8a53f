"""Is it served well: compressed, and cached as long as its name allows?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.bundle import Bundle, File, How, Kind
from prodworthy.review.bundle.naming import folder, folders_of_hashed, hashed, named, readable, token, versioned
from prodworthy.review.rules import rule

COMPRESSIBLE = 2_000  # bytes: below it compression saves no packet
MONTH, WEEK = 2_592_000, 604_800  # seconds

CACHING = "https://vercel.com/docs/caching/cache-control-headers"
HTTP_CACHING = "https://developer.mozilla.org/docs/Web/HTTP/Guides/Caching#cache_busting"

IMMUTABLE = (
    'in vercel.json: "headers": [{ "source": "/assets/(.*)", "headers": [{ "key": "cache-control", '
    '"value": "public, max-age=31536000, immutable" }] }]'
)


@rule(
    "bundle.not-compressed",
    title="Code is served compressed",
    severity=Severity.MEDIUM,
    reason="Uncompressed code is three to five times as many bytes for everybody.",
    remedy="let the host compress: no cache-control with no-transform, a media type that is text, no proxy in front "
    "that decodes",
    references=["https://vercel.com/docs/how-vercel-cdn-works/compression"],
)
def not_compressed(bundle: Bundle) -> Iterator[Shortfall]:
    files = [file for file in bundle.sound if _worth_compressing(file) and _plain(file)]
    if files:
        size = sum(file.delivery.raw for file in files if file.delivery)
        yield Shortfall(
            where=named([file.url for file in files]),
            wanted="content-encoding br, gzip or zstd",
            got=f"none; {readable(size)} as they are",
        )


@rule(
    "bundle.hashed-not-immutable",
    title="Files that carry a hash in their name are cached for long",
    severity=Severity.LOW,  # it works, only slower: every visit asks again for what cannot have changed
    reason="Their content never changes under that name; asking again at every visit costs a round trip a file.",
    remedy=IMMUTABLE,
    references=[HTTP_CACHING, CACHING],
)
def hashed_not_immutable(bundle: Bundle) -> Iterator[Shortfall]:
    files = [file for file in _written_by_bundler(bundle) if hashed(file.path) and not _lasting(file, MONTH)]
    if files:
        seen = sorted({file.delivery.cache_control or "no cache-control" for file in files if file.delivery})
        yield Shortfall(
            where=named([file.url for file in files]),
            wanted="cache-control with immutable, or a max-age of at least 30 days",
            got=", or ".join(seen)[:200],
        )


@rule(
    "bundle.unhashed-cached-forever",
    title="Code without a hash or a version in its name is not cached for long",
    severity=Severity.MEDIUM,
    reason="After the next release browsers keep the old file and mix it with the new ones; not even a rollback "
    "reaches them.",
    remedy="let the build put a hash into the name (Vite does unless entryFileNames says otherwise), or serve it with "
    "cache-control: public, max-age=0, must-revalidate",
    references=[HTTP_CACHING],
)
def unhashed_cached_forever(bundle: Bundle) -> Iterator[Shortfall]:
    files = [file for file in bundle.sound if file.how is not How.SERVICE_WORKER]
    named_so = folders_of_hashed(files)
    for file in files:
        # among hashed neighbours a token that happens to look like a word is a hash too
        marked = token(file.path) if folder(file) in named_so else hashed(file.path)
        if not marked and not versioned(file.path) and _lasting(file, WEEK) and file.delivery:
            yield Shortfall(
                where=file.url,
                wanted="a hash or a whole version in the name, or a max-age below a week",
                got=file.delivery.cache_control[:200],
            )


def _written_by_bundler(bundle: Bundle) -> Iterator[File]:
    """Code, and the images and fonts beside it: those elsewhere may have a date in their names, and no hash."""
    yield from bundle.sound
    places = folders_of_hashed(bundle.sound)
    for file in bundle.files:
        if file.kind is Kind.ASSET and file.delivery and file.delivery.sound and folder(file) in places:
            yield file


def _worth_compressing(file: File) -> bool:
    assert file.delivery is not None
    return file.delivery.raw >= COMPRESSIBLE and file.delivery.gzip < 0.9 * file.delivery.raw


def _plain(file: File) -> bool:
    return file.delivery is not None and file.delivery.encoding in {"", "identity"}


_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)


def _lasting(file: File, seconds: int) -> bool:
    """Whether browsers keep the file so long without asking."""
    control = file.delivery.cache_control.lower() if file.delivery else ""
    if "no-store" in control or "no-cache" in control:
        return False
    age = _MAX_AGE.search(control)
    return age is not None and int(age[1]) >= seconds
