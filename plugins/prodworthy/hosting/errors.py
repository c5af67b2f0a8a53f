"""What can go wrong in talking to the host, split by what the caller can do next.

HostingError
├── NotSent           nothing reached the platform; safe to repeat
├── OutcomeUnknown    it may have been carried out; look before repeating
├── Throttled         refused for now; .retry_after in seconds, if it said
├── Rejected          refused for good (4xx); .status, .platform_code, .message, .flags
├── Unavailable       failed on their side (5xx); for a POST as unknown as OutcomeUnknown
└── Unintelligible    answered, but not in the documented shape; for a POST as unknown too

Refused               ours, not the platform's: a rule of ours stops before anything is changed; .code, .remedy

Every text names the call (method and path without its query) and holds no token, secret or body; of what the platform
says only its own error message, on one line, without control characters and secrets of ours.
"""

from __future__ import annotations

from prodworthy.model.codes import Code


class HostingError(Exception):
    """The platform did not give what was asked of it; `call` is method and path."""

    def __init__(self, text: str, *, call: str = "") -> None:
        super().__init__(text)
        self.call = call

    @property
    def changing(self) -> bool:
        """Whether the call was one that changes something."""
        return self.call.startswith("POST ")


class NotSent(HostingError):
    """Nothing reached the platform."""


class OutcomeUnknown(HostingError):
    """The connection ended after the request was on its way."""


class Throttled(HostingError):
    """Too many requests; `retry_after` in seconds, None when the platform did not say."""

    def __init__(self, text: str, *, call: str = "", retry_after: float | None = None) -> None:
        super().__init__(text, call=call)
        self.retry_after = retry_after


class Rejected(HostingError):
    """Refused for good; `platform_code` and `message` are the platform's own words, perhaps empty.

    `flags` are the names of what its error holds as true: "invalidToken", "saml".
    """

    def __init__(
        self,
        text: str,
        *,
        status: int,
        platform_code: str = "",
        message: str = "",
        flags: frozenset[str] = frozenset(),
        call: str = "",
    ) -> None:
        super().__init__(text, call=call)
        self.status = status
        self.platform_code = platform_code
        self.message = message
        self.flags = flags


class Unavailable(HostingError):
    """Failed on the platform's side; `retry_after` in seconds, None when it did not say."""

    def __init__(self, text: str, *, status: int, call: str = "", retry_after: float | None = None) -> None:
        super().__init__(text, call=call)
        self.status = status
        self.retry_after = retry_after


class Unintelligible(HostingError):
    """An answer that is not in the documented shape."""


class Refused(Exception):
    """We do not act, and nothing was changed; the text is one sentence."""

    def __init__(self, code: Code, text: str, remedy: str) -> None:
        super().__init__(text)
        self.code = code
        self.remedy = remedy
