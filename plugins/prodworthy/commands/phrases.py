"""How a moment, an age, a commit and a deployment read in a sentence; fit for a terminal whatever the platform said."""

from __future__ import annotations

from datetime import UTC, datetime

from prodworthy.model.commit import COMMIT
from prodworthy.model.hosting import Deployment, JobKind
from prodworthy.model.text import clean

SHORT = 7  # characters of a commit, as git shows it
NOUNS = {JobKind.ROLLBACK: "rollback", JobKind.PROMOTE: "promotion", JobKind.UNKNOWN: "job of a kind that is not known"}
UNITS = ((365 * 86400, "y"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def by_platform(milliseconds: int) -> datetime | None:
    """A moment by the platform's clock, which may be off against ours; None: no moment there is."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def when(moment: datetime | None) -> str:
    """To the second, in UTC, as people in several places read it together."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else "at a time that is not known"


def age(seconds: float) -> str:
    """In the largest unit that counts at least one: "3 h"; what lies in the future, by clocks that differ, is "0 s"."""
    whole = max(0, int(seconds))
    size, unit = next(((size, unit) for size, unit in UNITS if whole >= size), UNITS[-1])
    return f"{whole // size} {unit}"


def ago(moment: datetime | None, now: datetime) -> str:
    """The moment, and how long it is past."""
    return f"{when(moment)} ({age((now - moment).total_seconds())} ago)" if moment else when(moment)


def short(commit: str | None) -> str:
    """A commit as git abbreviates it, other names of a build as they are."""
    if not commit:
        return ""
    return commit[:SHORT] if COMMIT.fullmatch(commit) else clean(commit, 40)


def quoted(message: str | None, most: int = 60) -> str:
    """The first line of a commit's message."""
    first = next((line for line in (message or "").splitlines() if line.strip()), "")
    return f"“{clean(first, most)}”" if first else ""


def named(deployment: Deployment) -> str:
    """The id, and what a person knows it by."""
    about = " ".join(filter(None, (short(deployment.commit), quoted(deployment.message))))
    return f"{clean(deployment.id)} ({about})" if about else clean(deployment.id)
