"""What a targets file leads to outside itself: the environment, dotenv files, JSON files beside it, addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prodworthy.model import Secret
from prodworthy.model.pointer import pointed
from prodworthy.targets.errors import TargetsError
from prodworthy.targets.file import TargetsFile

Raw = Mapping[str, Any]
UNSET = "https://unset.invalid"  # stands for an address that is not known; never asked


class Surroundings:
    """Reads for one target; remembers which variables that must hold an address are not set."""

    def __init__(self, file: TargetsFile, environment: Mapping[str, str]) -> None:
        self._file = file
        self._environment = environment
        self._unset: list[str] = []

    @property
    def unset(self) -> str | None:
        """Why the target cannot be looked at."""
        names = " and ".join(self._unset)
        return f"{names}, which must hold an address, is not set" if names else None

    def error(self, key: str, sentence: str) -> TargetsError:
        """What is wrong at a dotted key, and on which line."""
        return self._file.error(key, sentence)

    def place(self, path: str) -> Path:
        """A path of the file: relative to its folder."""
        return self._file.folder / path

    def address(self, key: str, raw: str | Raw) -> str:
        """What is written there, or what a variable holds: an origin, or UNSET."""
        if isinstance(raw, str):
            return raw
        secret = self.secret(raw)
        if not secret.value:
            self._unset.append(secret.name)
            return UNSET
        return self.origin(key, secret.value)

    def origin(self, key: str, text: str) -> str:
        """Scheme, host and port, without a trailing slash; raises TargetsError for anything else."""
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable or parts.path.strip("/") or parts.query or parts.fragment or '"' in text:
            found = repr(text[:60]) if "://" in text else ""
            raise self.error(key, f"{found or 'what it holds'} is not an address such as https://shop.example.com")
        return text.rstrip("/")

    def secret(self, raw: Raw) -> Secret:
        """A named variable; from a dotenv file where it is not set."""
        name = raw["env"]
        value = self._environment.get(name)
        if not value and "file" in raw:
            value = self._dotenv(raw["file"]).get(name)
        return Secret(name=name, value=value or None)

    def json_file(self, key: str, path: str | None) -> Any:
        """A JSON file beside the targets file, or the part of it that the pointer after # leads to."""
        if path is None:
            return None
        path, _, pointer = path.partition("#")
        place = self.place(path)
        try:
            return pointed(json.loads(place.read_text(encoding="utf-8")), pointer)
        except LookupError:
            raise self.error(key, f"{place} has nothing at {pointer}") from None
        except OSError as error:
            raise self.error(key, f"{place}: {error.strerror}") from None
        except ValueError as error:
            raise self.error(key, f"{place} is not JSON: {error}") from None

    def _dotenv(self, name: str) -> dict[str, str]:
        """NAME=value lines; quotes around a value are taken off, everything else is ignored."""
        path = self.place(name)
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise TargetsError(f"{path}: cannot be read: {error}") from None
        pairs = (line.removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
        return {key.strip(): value.strip().strip("'\"") for key, found, value in pairs if found}
