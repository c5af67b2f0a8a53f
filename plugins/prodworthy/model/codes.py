"""The stable words for how an operator's command ends; scripts key on them, docs/commands.md lists them.

A code is never renamed or given another meaning. Exit codes are those of the verdicts (docs/verdicts.md).
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """How a command, or an attempt to move production, ended."""

    # what was typed or configured is not usable: exit 4
    USAGE = "usage"  # an option or argument that is not understood, or one that is missing
    TARGETS_UNUSABLE = "targets-unusable"  # the targets file, or the name of a target
    HOST_UNDECLARED = "host-undeclared"  # the target has no table [targets.x.vercel]
    TOKEN_MISSING = "token-missing"  # noqa: S105
    TOKEN_REFUSED = "token-refused"  # noqa: S105
    SCOPE_REFUSED = "scope-refused"  # the token is good, but not for this team or project
    PROJECT_UNKNOWN = "project-unknown"
    DEPLOYMENT_UNKNOWN = "deployment-unknown"
    DEPLOYMENT_FOREIGN = "deployment-foreign"  # of another project
    DEPLOYMENT_PREVIEW = "deployment-preview"
    DEPLOYMENT_UNREADY = "deployment-unready"
    DEPLOYMENT_DELETED = "deployment-deleted"
    CONFIRMATION_NEEDED = "confirmation-needed"  # no terminal, and no --yes
    NOT_UP = "not-up"  # the embedded deployment does not run
    ALREADY_UP = "already-up"  # the embedded deployment runs, and is not started twice
    # a rule refuses: exit 22
    DEPLOYMENT_NEVER_LIVE = "deployment-never-live"
    NO_CANDIDATE = "no-candidate"
    SEVERAL_CANDIDATES = "several-candidates"  # nothing was named, and more than one would do
    PLAN_LIMIT = "plan-limit"
    ALREADY_ROLLED_BACK = "already-rolled-back"  # nothing was named, and one step further back may not be meant
    ROLLING_RELEASE_ACTIVE = "rolling-release-active"
    JOB_ACTIVE = "job-active"
    REJECTED = "rejected"  # by the platform, for a reason that is not known here
    # could not look, and nothing was asked for: exit 10
    CURRENT_CHANGED = "current-changed"  # somebody else acted between the look and the act
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"
    UNINTELLIGIBLE = "unintelligible"
    FAULT = "fault"  # of prodworthy's own
    # asked for: exit 0 when proved, else 23
    DONE = "done"  # our job succeeded and every domain proves it
    ALREADY_CURRENT = "already-current"  # nothing had to be changed, and every domain proves it
    PLANNED = "planned"  # --plan: nothing was changed
    NOT_WAITED = "not-waited"  # --no-wait
    OUTCOME_UNKNOWN = "outcome-unknown"  # no answer to the request, and no job that is ours
    JOB_LOST = "job-lost"  # accepted, but the platform shows no such job
    JOB_OVERTAKEN = "job-overtaken"  # somebody else's job came after ours, or in its place
    JOB_FAILED = "job-failed"
    JOB_SKIPPED = "job-skipped"
    JOB_UNFINISHED = "job-unfinished"  # not done within the time that was given
    NOT_PROVED = "not-proved"  # the job succeeded, but a domain serves something else
    INDISTINGUISHABLE = "indistinguishable"  # the host leads every domain there, but both builds say the same
    ROLLING_RELEASE_STARTED = "rolling-release-started"  # by our promotion: visitors get it in stages
    QUEUED = "queued"  # behind an active rolling release
    # a person: exit 2, after the request 23
    DECLINED = "declined"
    INTERRUPTED = "interrupted"
    INTERRUPTED_AFTER_REQUEST = "interrupted-after-request"
