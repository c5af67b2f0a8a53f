"""What goes wrong in the data API, with the codes and statuses that PostgREST gives it.

Source: PostgREST's documentation, "Errors" (https://docs.postgrest.org/en/stable/references/errors.html).
"""

from __future__ import annotations

import re

import psycopg

from prodworthy.local.backend.messages import Response, json_response

# longest prefix of the SQLSTATE wins
_STATUSES = {
    "08": 503, "09": 500, "0L": 403, "0P": 403, "21000": 400, "23503": 409, "23505": 409, "25": 500, "25006": 405,
    "28": 403, "2D": 500, "38": 500, "39": 500, "3B": 500, "40": 500, "42883": 404, "42P01": 404, "42P17": 500,
    "53": 503, "53400": 500, "54": 413, "55": 500, "57": 500, "57P01": 503, "58": 500, "F0": 500, "HV": 500,
    "P0": 500, "P0001": 400, "XX": 500,
}  # fmt: skip
_NO_GRANT = re.compile(r"permission denied for (table|view|sequence|function|schema) (?P<name>\S+)")


class Problem(Exception):
    """A refusal of the data API."""

    def __init__(
        self, status: int, code: str, message: str, *, details: object = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.hint = hint

    def response(self) -> Response:
        """The answer: always the four keys, and the header that tells PostgREST's errors from the gateway's."""
        headers = {"proxy-status": f"PostgREST; error={self.code}"}
        if self.status == 401:
            explained = f' error="invalid_token", error_description="{self.message}"' if self.code[:4] == "PGRS" else ""
            headers["www-authenticate"] = f"Bearer{explained}"
        body = {"code": self.code, "details": self.details, "hint": self.hint, "message": self.message}
        return json_response(self.status, body, headers)


def database_problem(error: psycopg.Error, role: str) -> Problem:
    """What the database refused, told as PostgREST tells it."""
    state = error.sqlstate
    if state is None:  # the connection, not a statement
        return Problem(503, "PGRST001", "Database client error. Retrying the connection.", details=str(error).strip())
    diagnostics = error.diag
    message = diagnostics.message_primary or str(error)
    hint = diagnostics.message_hint or _grant_hint(error, message, role)
    return Problem(_status(state, role), state, message, details=diagnostics.message_detail, hint=hint)


def _status(state: str, role: str) -> int:
    if state == "42501":
        return 401 if role == "anon" else 403
    if re.fullmatch(r"PT[1-5]\d\d", state):
        return int(state[2:])
    fitting = [prefix for prefix in _STATUSES if state.startswith(prefix)]
    return _STATUSES[max(fitting, key=len)] if fitting else 400


def _grant_hint(error: psycopg.Error, message: str, role: str) -> str | None:
    match = _NO_GRANT.match(message)
    if error.sqlstate != "42501" or not match or match[1] not in {"table", "view"}:
        return None
    return f"Grant the required privileges to the current role with: GRANT SELECT ON public.{match['name']} TO {role};"
