"""The app's functions as the platform has them on record: what was deployed, when, and of which files."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodworthy.local.backend.project import FunctionSource

CODE = frozenset({".ts", ".tsx", ".js", ".mjs", ".jsx", ".json", ".jsonc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """All functions of one project; all of them were deployed when it came up."""

    ref: str
    folder: Path  # the app's supabase/
    functions: Mapping[str, FunctionSource]
    at: int = field(default_factory=lambda: int(time.time() * 1000))  # milliseconds

    @property
    def slugs(self) -> tuple[str, ...]:
        """The functions' names in alphabetical order."""
        return tuple(sorted(self.functions))

    def record(self, slug: str) -> dict[str, Any]:
        """What the platform tells of a function; its times are milliseconds."""
        source = self.functions[slug]
        return {
            "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{slug}.{self.ref}")),
            "slug": slug,
            "name": slug,
            "status": "ACTIVE",
            "version": 1,
            "verify_jwt": source.verify_jwt,
            "created_at": self.at,
            "updated_at": self.at,
            "import_map": source.import_map is not None,
            "import_map_path": self._address(source.import_map) if source.import_map else None,
            "entrypoint_path": self._address(source.entrypoint),
            "ezbr_sha256": self._digest(source),
        }

    def multipart(self, slug: str) -> tuple[str, bytes]:
        """Content type and body: a part `metadata`, then one part a file, named by its path in the app."""
        source = self.functions[slug]
        boundary = uuid.uuid5(uuid.NAMESPACE_DNS, slug).hex
        metadata = {"deno2_entrypoint_path": self._path(source.entrypoint)}
        parts = [_part(boundary, 'name="metadata"', "application/json", json.dumps(metadata).encode())]
        for path in self._files(source):
            name = f'name="file"; filename="{self._path(path)}"'
            parts.append(_part(boundary, name, "application/typescript", path.read_bytes()))
        return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])

    def _files(self, source: FunctionSource) -> Iterator[Path]:
        """The function's own files, and those that functions share."""
        folders = [source.entrypoint.parent, *(self.folder / "functions").glob("_*")]
        for folder in folders:
            yield from sorted(path for path in folder.rglob("*") if path.suffix in CODE and path.is_file())

    def _digest(self, source: FunctionSource) -> str:
        """Stands for the digest of the platform's bundle, which nobody can foretell: it changes when a file does."""
        content = hashlib.sha256()
        for path in self._files(source):
            content.update(self._path(path).encode() + b"\0" + path.read_bytes() + b"\0")
        return content.hexdigest()

    def _path(self, path: Path) -> str:
        """Of a file, from the app's folder on: "supabase/functions/quote/index.ts"."""
        return Path(os.path.relpath(path.resolve(), self.folder.resolve().parent)).as_posix()

    def _address(self, path: Path) -> str:
        return f"file:///{self._path(path)}"


def _part(boundary: str, disposition: str, kind: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {kind}\r\n\r\n"
    return head.encode() + content + b"\r\n"
