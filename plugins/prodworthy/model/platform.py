"""What an answer of the Supabase platform means when it is not what was asked for: told apart by status and code.

Sources: https://supabase.com/docs/guides/troubleshooting/http-status-codes,
https://docs.postgrest.org/en/stable/references/errors.html, https://supabase.com/docs/guides/functions/error-codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from prodworthy.model.exchange import Answer


class Sign(StrEnum):
    """One named cause; the value is how it reads in a sentence."""

    THROTTLED = "rate limit"
    NO_KEY = "no API key arrived"
    WRONG_KEY = "the API key is not known"
    WRONG_TOKEN = "the token does not belong to this project"  # noqa: S105
    EXPIRED = "the token is expired"
    LEGACY_OFF = "legacy API keys are disabled"
    IN_BROWSER = "a secret key that seemed to come from a browser"
    SECRET_ONLY = "open to secret keys only"  # noqa: S105
    DATABASE = "database unavailable"
    TIMEOUT = "statement timeout"
    READ_ONLY = "read-only database"
    NO_GRANT = "missing grant"
    POLICY = "row-level security"
    NO_TABLE = "unknown table"
    NO_SCHEMA = "schema not exposed"
    NO_FUNCTION = "unknown database function"
    NO_COLUMN = "unknown column"
    NOT_SINGLE = "not exactly one row"
    CONSTRAINT = "constraint"
    BROKEN = "server error"


KEY = frozenset({Sign.NO_KEY, Sign.WRONG_KEY, Sign.WRONG_TOKEN, Sign.EXPIRED, Sign.LEGACY_OFF, Sign.IN_BROWSER})
BENEATH = KEY | {Sign.DATABASE, Sign.TIMEOUT, Sign.READ_ONLY}  # not of the service that says so, but of what it needs
STALE = frozenset({Sign.NO_TABLE, Sign.NO_FUNCTION, Sign.NO_COLUMN})  # perhaps only the schema cache lags
STALE_CACHE = "the schema cache did not know it"  # how a try that was repeated for it is told

_CODES = {
    "PGRST000": Sign.DATABASE,
    "PGRST001": Sign.DATABASE,
    "PGRST002": Sign.DATABASE,
    "PGRST003": Sign.DATABASE,
    "PGRST106": Sign.NO_SCHEMA,
    "PGRST116": Sign.NOT_SINGLE,
    "PGRST202": Sign.NO_FUNCTION,
    "PGRST204": Sign.NO_COLUMN,
    "PGRST205": Sign.NO_TABLE,
    "PGRST301": Sign.WRONG_TOKEN,
    "PGRST302": Sign.WRONG_TOKEN,
    "PGRST303": Sign.WRONG_TOKEN,
    "25006": Sign.READ_ONLY,
    "42703": Sign.NO_COLUMN,
    "42883": Sign.NO_FUNCTION,
    "42P01": Sign.NO_TABLE,
    "57014": Sign.TIMEOUT,
}
_CLASSES = {"08": Sign.DATABASE, "53": Sign.DATABASE, "57": Sign.DATABASE, "23": Sign.CONSTRAINT}
_STATE = re.compile(r"[0-9A-Z]{5}")
_DATA_PLANE = re.compile(r"PGRST[0-9A-Z]+|[0-9A-Z]{5}")


def body(answer: Answer) -> Mapping[str, Any]:
    """The answer's JSON object; empty for anything else."""
    try:
        parsed = answer.json()
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def code(answer: Answer) -> str | None:
    """The error's own code, wherever the service puts it: header field or body."""
    for name in ("sb-error-code", "x-sb-error-code"):
        if value := answer.header(name):
            return value
    if match := re.search(r"\berror=([0-9A-Z]+)", answer.header("proxy-status") or ""):
        return match[1]
    told = body(answer)
    # storage answers {"statusCode", "error", "message"}; auth {"code": 400, "error_code"} or {"code": "..."}
    return next((each for key in ("error_code", "code", "error") if isinstance(each := told.get(key), str)), None)


def message(answer: Answer) -> str:
    """What the error says, in one line of bounded length; free text: show it, never assert on it."""
    told = body(answer)
    texts = (each for key in ("message", "msg", "error_description") if isinstance(each := told.get(key), str))
    return " ".join(next(texts, "" if told else answer.text[:200]).split())[:200]


def describe(answer: Answer) -> str:
    """Status, code and message of an answer, for people."""
    parts = (str(answer.status), code(answer) or "", message(answer) or answer.media_type)
    return " ".join(dict.fromkeys(part for part in parts if part))


def sign(answer: Answer) -> Sign | None:
    """What an unsuccessful answer means; None for success, and for errors that have no name here."""
    if answer.status < 400:
        return None
    if answer.status == 429:
        return Sign.THROTTLED
    error = code(answer) or ""
    if error == "42501":
        # one code for both; only the words differ
        return Sign.POLICY if "row-level security" in message(answer) else Sign.NO_GRANT
    if error == "PGRST303" and "expired" in message(answer).lower():
        return Sign.EXPIRED
    if error in _CODES:
        return _CODES[error]
    if _STATE.fullmatch(error) and error[:2] in _CLASSES:
        return _CLASSES[error[:2]]
    if answer.status == 401:
        return _refusal(answer)
    return Sign.BROKEN if answer.status >= 500 else None


def status(answer: Answer) -> int:
    """The status that is meant: storage answers most errors with 400 and puts their own into the body."""
    told = str(body(answer).get("statusCode", ""))
    return int(told) if answer.status >= 400 and re.fullmatch(r"[45]\d\d", told) else answer.status


def of_the_data_plane(answer: Answer) -> bool:
    """Whether an error comes from PostgREST or its database, by the form of its code."""
    return answer.status >= 400 and bool(_DATA_PLANE.fullmatch(code(answer) or ""))


def _refusal(answer: Answer) -> Sign | None:
    """The gateway's own 401, which carries no code."""
    text, hint = message(answer).lower(), str(body(answer).get("hint", "")).lower()
    if "can be used for this endpoint" in hint or "schema is forbidden" in text:
        return Sign.SECRET_ONLY
    if "legacy" in text and "disabled" in text:
        return Sign.LEGACY_OFF
    if "in browser" in text:
        return Sign.IN_BROWSER
    if "no api key" in text:
        return Sign.NO_KEY
    if "api key" in text or text == "unauthorized":  # the self-hosted gateway says no more than that
        return Sign.WRONG_KEY
    return None
