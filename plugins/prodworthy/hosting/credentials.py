"""The host's token: where its value is found, and how it is kept from everything that is started later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path

from prodworthy.hosting.errors import Refused
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Token


def value(token: Token, environment: Mapping[str, str]) -> str | None:
    """What was made up, else what the variable holds, else the dotenv file; None: not set.

    White space around it is dropped: secrets that were pasted into a pipeline's settings often end with a newline.
    Raises Refused for a dotenv file that is there and cannot be read.
    """
    if token.made_up is not None:
        return token.made_up
    held = environment.get(token.name, "").strip()
    if not held and token.file:
        held = _dotenv(token.file).get(token.name, "")
    return held or None


def take(tokens: Iterable[Token], environment: MutableMapping[str, str]) -> dict[str, str]:
    """Remove the tokens' variables, so that no test and no child process finds them, and return what they held.

    The answer is what `connect` takes for its environment.
    """
    names = {token.name for token in tokens if token.made_up is None}
    return {name: environment.pop(name) for name in sorted(names) if name in environment}


def _dotenv(path: str) -> dict[str, str]:
    """NAME=value lines; quotes around a value are taken off, everything else is ignored."""
    try:
        lines = Path(path).read_bytes().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be read") from None
    pairs = (line.strip().removeprefix("export ").partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): held.strip().strip("'\"").strip() for name, found, held in pairs if found}


def _unreadable(path: str, why: str) -> Refused:
    said = f"{path}, where the host's token should be, cannot be read: {why}"
    return Refused(Code.TOKEN_MISSING, said, "make it readable, or set the variable")
