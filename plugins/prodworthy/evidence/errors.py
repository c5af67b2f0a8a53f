"""Why a piece of evidence could not be gathered.

LookError
├── Unobserved        the look was taken and did not succeed; .gap says what is missing
├── NotConfigured     the targets file does not say what to expect; .lines are what to paste
└── NotAsked          optional, and what it needs is not given: listed, changes no verdict
"""

from __future__ import annotations

from prodworthy.model import Cause, Gap


class LookError(Exception):
    """A piece of evidence could not be gathered; never a finding."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.what, gap.why)
        self.gap = gap

    def __str__(self) -> str:
        return f"{self.gap.what}: {self.gap.why}"


class Unobserved(LookError):
    """The look was taken and did not succeed."""

    @classmethod
    def because(cls, what: str, why: str, cause: Cause) -> Unobserved:
        """The usual way to raise it."""
        return cls(Gap(what=what, why=why, cause=cause))


class NotConfigured(LookError):
    """A check has nothing to go by: neither configured nor declared not applicable."""

    def __init__(self, check: str, lines: str) -> None:
        why = f"neither configured nor listed in not_applicable; paste one of these into the targets file:\n{lines}"
        super().__init__(Gap(what=f"check {check}", why=why, cause=Cause.CONFIGURATION))
        self.lines = lines


class NotAsked(LookError):
    """An optional piece whose secret or address is not named: listed as not asked."""

    def __init__(self, why: str) -> None:
        super().__init__(Gap(what="not asked", why=why, cause=Cause.CONFIGURATION))
        self.why = why
