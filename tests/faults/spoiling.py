"""A pytest plugin: embedded deployments are started spoiled. Named with -p when the catalogue runs the checks."""

from __future__ import annotations

from prodworthy.local import deployment

deployment.CHILD = "tests.faults.spoiled"
