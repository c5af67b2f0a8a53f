"""Files that a browser wrote, without what let it through: a trace holds the header fields of every request."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

from prodworthy.evidence.bypass import COOKIE
from prodworthy.evidence.smoke.masks import STARS

LARGEST = 200_000_000  # bytes of one entry, unpacked, that are looked at

# however the cookie is written: as a header field, and as the fields of an object in either order
_NAME = COOKIE.encode()
_SAID = re.compile(rb"(" + _NAME + rb"=)[^;,\"'\s\\]+")
_LISTED = re.compile(rb'("name"\s*:\s*"' + _NAME + rb'"\s*,\s*"value"\s*:\s*")[^"]+')
_TURNED = re.compile(rb'("value"\s*:\s*")[^"]+("\s*,\s*"name"\s*:\s*"' + _NAME + rb'")')


def purge(path: Path, values: Iterable[str]) -> None:
    """Write the file anew, a zip archive or another one, without these values and the platform's cookie.

    A file that cannot be read so is not kept. Nothing happens where there are no values, nor a file.
    """
    known = [value.encode() for value in values if value]
    if not known or not path.is_file():
        return
    aside = path.with_name(f"{path.name}.purged")
    try:
        if zipfile.is_zipfile(path):
            _repack(path, aside, known)
        else:
            aside.write_bytes(_without(path.read_bytes(), known))
        shutil.copymode(path, aside)
        aside.replace(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        path.unlink(missing_ok=True)
    finally:
        aside.unlink(missing_ok=True)


def _repack(path: Path, aside: Path, known: list[bytes]) -> None:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.file_size > LARGEST:
                raise ValueError(entry.filename)
            new.writestr(entry, _without(old.read(entry), known), zipfile.ZIP_DEFLATED)


def _without(content: bytes, known: list[bytes]) -> bytes:
    stars = STARS.encode()
    for value in known:
        content = content.replace(value, stars)
    if _NAME not in content:
        return content
    content = _SAID.sub(rb"\1" + stars, content)
    content = _LISTED.sub(rb"\1" + stars, content)
    return _TURNED.sub(rb"\1" + stars + rb"\2", content)
