"""The files of one build, read once: their types, tags and compressed forms."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import os
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import brotli

SMALLEST_WORTH_COMPRESSING = 512  # bytes; below this the platform's gain is a header's worth
_BROTLI_QUALITY = 5  # what an edge affords on the fly; 11 would cost seconds for a hundred chunks

_TYPES = {
    ".avif": "image/avif",
    ".cjs": "application/javascript",
    ".css": "text/css",
    ".eot": "application/vnd.ms-fontobject",
    ".gif": "image/gif",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "application/javascript",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".m4a": "audio/mp4",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "application/javascript",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".rss": "application/rss+xml",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
_CHARSET = {"application/javascript", "application/json", "application/manifest+json"}
# https://vercel.com/docs/compression, "MIME types"
_COMPRESSED = {
    "application/atom+xml", "application/geo+json", "application/javascript", "application/json", "application/ld+json",
    "application/manifest+json", "application/rdf+xml", "application/rss+xml", "application/vnd.ms-fontobject",
    "application/wasm", "application/xhtml+xml", "application/xml", "font/otf", "font/ttf", "image/bmp",
    "image/svg+xml", "image/x-icon",
}  # fmt: skip
_KNOWN_TO_PYTHON = mimetypes.MimeTypes()  # its own table only: what this machine has configured must not matter
_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=_BROTLI_QUALITY),
    "gzip": lambda content: gzip.compress(content, compresslevel=6, mtime=0),
}


class File:
    """One immutable file of a build."""

    def __init__(self, name: str, content: bytes, modified: float) -> None:
        self.name = name  # the last part of its path
        self.content = content
        self.type = _type_of(name)
        self.etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.modified = formatdate(modified, usegmt=True)
        self._encoded: dict[str, asyncio.Task[bytes]] = {}

    @property
    def compressible(self) -> bool:
        """Whether the platform would compress it at all."""
        plain = self.type.partition(";")[0]
        listed = plain in _COMPRESSED or plain.startswith("text/")
        return listed and len(self.content) >= SMALLEST_WORTH_COMPRESSING

    async def encoded(self, encoding: str) -> bytes:
        """Its content as "br", "gzip" or "" (as it is); compressed once, in a thread, however many ask at a time."""
        if not encoding:
            return self.content
        if encoding not in self._encoded:
            work = asyncio.to_thread(_ENCODERS[encoding], self.content)
            self._encoded[encoding] = asyncio.create_task(work)
        return await asyncio.shield(self._encoded[encoding])  # one client giving up must not cancel it for the others


def read_files(folder: Path) -> dict[str, File]:
    """Every file below `folder` by its path in it ("assets/app.js"); what leads out of the folder is left out."""
    root = folder.resolve()
    files = {}
    for parent, _, names in os.walk(root):
        for name in names:
            path = Path(parent, name)
            if path.is_file() and path.resolve().is_relative_to(root):
                key = path.relative_to(root).as_posix()
                files[key] = File(name, path.read_bytes(), path.stat().st_mtime)
    return files


def accepted_encoding(header: str) -> str:
    """The platform's choice for an Accept-Encoding header: brotli, else gzip, else none ("")."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        weights[name] = float(weight) if weight.replace(".", "", 1).isdigit() else 0.0
    return next((name for name in _ENCODERS if weights.get(name, weights.get("*", 0.0)) > 0), "")


def _type_of(name: str) -> str:
    suffix = Path(name).suffix.lower()
    kind = _TYPES.get(suffix) or _KNOWN_TO_PYTHON.guess_type(f"x{suffix}")[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind in _CHARSET or kind.startswith("text/") else kind
