"""What the platform says no to, in its own words; the API makes answers of it."""

from __future__ import annotations


class Refusal(Exception):
    """A request that is not carried out: status, code and message of the platform's error body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
