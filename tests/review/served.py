"""Answers as a sound site gives them, and the same with changes."""

from __future__ import annotations

from collections.abc import Iterable

from prodworthy.model import Answer
from prodworthy.model.surface import Kind, Served, Surface
from prodworthy.review import headers

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https://shop.supabase.co; "
    "connect-src 'self' https://shop.supabase.co wss://shop.supabase.co; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; upgrade-insecure-requests"
)
SOUND = {
    "server": "Vercel",
    "x-vercel-id": "fra1::abcde-1700000000000-0123456789ab",
    "x-vercel-cache": "HIT",
    "access-control-allow-origin": "*",
    "cache-control": "public, max-age=0, must-revalidate",
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": CSP,
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HTML = "<!doctype html><html lang=en><head><title>Shop</title>{}</head><body><h1>Shop</h1>{}</body></html>"
PAGE = "https://shop.test/"
A_HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"

Lines = str | None | tuple[str, ...]


def answer(changes: dict[str, Lines] | None = None, *, head: str = "", body: str = "", status: int = 200) -> Answer:
    """A sound answer with changes: a field's new value, its several lines, or None to leave it out."""
    fields: dict[str, Lines] = {**SOUND, **(changes or {})}
    lines = [(name, line) for name, value in fields.items() for line in _lines(value)]
    return Answer(status=status, http="HTTP/2", fields=tuple(lines), body=HTML.format(head, body).encode())


def _lines(value: Lines) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def surface(*answers: Answer, kind: Kind = Kind.PAGE, url: str = PAGE) -> Surface:
    return Surface(served=tuple(Served(url=url, kind=kind, answer=each) for each in answers))


def rules(judged: Surface) -> set[str]:
    return {finding.rule.removeprefix("headers.") for finding in headers.everything(judged)}
