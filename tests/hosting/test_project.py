"""Whether production is rolled back, as far as one read of the project tells."""

from __future__ import annotations

import pytest

from prodworthy.model.hosting import Job, JobKind, JobState, Project

ROLLBACK, PROMOTE, UNKNOWN = JobKind.ROLLBACK, JobKind.PROMOTE, JobKind.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "state", "auto_assign", "rolled_back"),
    [
        (ROLLBACK, JobState.SUCCEEDED, False, True),
        (ROLLBACK, JobState.SUCCEEDED, None, None),
        (PROMOTE, JobState.SUCCEEDED, False, False),  # a team that always stages
        # somebody turned it on again
        *((kind, state, True, False) for kind in JobKind for state in JobState),
        # what was before such a job nobody says
        *((kind, state, False, None) for kind in JobKind for state in JobState if state is not JobState.SUCCEEDED),
        (UNKNOWN, JobState.SUCCEEDED, False, None),
        (None, None, False, False),
    ],
)
def test_only_what_was_carried_out_tells(
    kind: JobKind | None, state: JobState | None, auto_assign: bool | None, rolled_back: bool | None
) -> None:
    job = Job(kind=kind, state=state, requested=1, origin="dpl_A", destination="dpl_B") if kind and state else None
    project = Project(id="prj_1", name="shop", account=None, current="dpl_B", auto_assign=auto_assign, last_job=job)
    assert project.rolled_back is rolled_back
