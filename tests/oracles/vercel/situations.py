"""What can become of a request to roll back, and what the vendor's command line and ours say of each.

One table: a test makes it happen with both, and docs/vercel-cli.md shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prodworthy.model.codes import Code
from tests.oracles.vercel.emulated import ALIAS

GOOD, BAD, OLD = "the one asked for", "the bad one", "a third one"  # deployments, as the table calls them
BOTH = f"the bad one on `{ALIAS}`, the one asked for elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One way in which a rollback to the good deployment can go, while the bad one is live."""

    what: str
    faults: Mapping[str, Any] = field(default_factory=dict)  # of the emulated platform; "old" stands for its id
    promoted: bool = False  # whether the bad one was promoted a moment ago, so that the project shows that job
    code: Code  # of ours
    exit: int  # of ours
    serves: str = BAD  # what production serves in the end
    vendor: int  # the exit code of the vendor's
    posts: int = 1  # how often the vendor's asks; ours asks once
    says: str  # how its last line begins; {good}, {bad} and {old} stand for ids

    @property
    def wrong(self) -> bool:
        """Whether the vendor's calls it a success while production serves something else."""
        return self.vendor == 0 and self.serves != GOOD


SITUATIONS = {
    "succeeded": Situation(
        what="carried out",
        vendor=0,
        says="Success! shop was rolled back to … ({good})",
        code=Code.DONE,
        exit=0,
        serves=GOOD,
    ),
    "stale": Situation(
        what="accepted, then lost; the project still shows the promotion of a moment ago",
        faults={"job_lost": True},
        promoted=True,
        vendor=0,
        says="Success! shop was rolled back to … ({bad})",
        code=Code.JOB_LOST,
        exit=23,
    ),
    "hidden": Situation(
        what="carried out, but the project goes on showing the promotion of a moment ago for a while",
        faults={"job_hidden": 1.0},
        promoted=True,
        vendor=0,
        says="Success! shop was rolled back to … ({bad})",
        code=Code.DONE,
        exit=0,
        serves=GOOD,
    ),
    "foreign": Situation(
        what="overtaken by somebody else's rollback to a third deployment",
        faults={"foreign_job": "old"},
        vendor=0,
        says="Success! shop was rolled back to … ({old})",
        code=Code.JOB_OVERTAKEN,
        exit=23,
        serves=OLD,
    ),
    "skipped": Situation(
        what="skipped by the platform",
        faults={"job_skipped": True},
        vendor=0,
        says="Rollback was skipped",
        code=Code.JOB_SKIPPED,
        exit=23,
    ),
    "lost": Situation(
        what="accepted, then lost; the project shows no job at all",
        faults={"job_lost": True},
        vendor=0,
        says="No deployment rollback in progress",
        code=Code.JOB_LOST,
        exit=23,
    ),
    "partial": Situation(
        what="called a success, while one domain stays behind",
        faults={"partial": [ALIAS]},
        vendor=0,
        says="Success! shop was rolled back to … ({good})",
        code=Code.NOT_PROVED,
        exit=23,
        serves=BOTH,
    ),
    "answered": Situation(
        what="carried out, but the request is answered with an error of the platform's (500)",
        faults={"fail_after": {"method": "POST", "path": "/*/rollback/*"}},
        vendor=1,
        posts=2,
        says="Error: The provided deploymentId ({good}) is already the current production deployment (422)",
        code=Code.DONE,
        exit=0,
        serves=GOOD,
    ),
    "cut": Situation(
        what="carried out, but the connection ends before the request is answered",
        faults={"cut_after": {"method": "POST", "path": "/*/rollback/*"}},
        vendor=1,
        posts=2,
        says="Error: The provided deploymentId ({good}) is already the current production deployment (422)",
        code=Code.DONE,
        exit=0,
        serves=GOOD,
    ),
    "failed": Situation(
        what="failed",
        faults={"job_failed": True},
        vendor=1,
        says="Error: Failed to remap all aliases to the requested deployment",
        code=Code.JOB_FAILED,
        exit=23,
    ),
}

HEAD = (
    "The rollback is …",
    "`vercel rollback` says",
    "exit code",
    "`prodworthy rollback` says (`code`)",
    "exit code",
    "production then serves",
)


def table() -> str:
    """The situations, in Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *map(_row, SITUATIONS.values())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(situation: Situation) -> Iterator[str]:
    named = {"good": GOOD, "bad": BAD, "old": OLD}
    yield situation.what
    yield situation.says.format(**named)
    yield f"**{situation.vendor}**" if situation.wrong else str(situation.vendor)
    yield f"`{situation.code.value}`"
    yield str(situation.exit)
    yield situation.serves
